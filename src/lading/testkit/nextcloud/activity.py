"""
The activity log over OCS: /apps/activity/api/v2/activity.

Like neighbours are told as one entry with several objects, as the real app
does; a reader that looks at object_id alone misses the others.
"""

import hashlib
import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from .ocs import Call, Failed, Route
from .store import Row

MOST_OBJECTS = 5
MOST_ENTRIES = 200
FILTERS = ("all", "self", "by", "files", "files_sharing", "filter")
WORDS = {
    "created": "created {file}",
    "changed": "changed {file}",
    "deleted": "deleted {file}",
    "restored": "restored {file}",
    "renamed": "renamed {file}",
    "moved": "moved {file}",
    "shared": "shared {file}",
}


def listing(call: Call) -> Any:
    """What happened, of the asker's own log."""
    rows, more = _rows(call)
    if rows:
        call.headers.append(("X-Activity-Last-Given", str(rows[-1]["id"])))
    first = call.cloud.store.value("SELECT MIN(id) FROM activity WHERE affected=?", call.user)
    if call.number("since", 0) and first is not None:
        call.headers.append(("X-Activity-First-Known", str(first)))
    etag = hashlib.md5(json.dumps([row["id"] for row in rows]).encode()).hexdigest()
    call.headers.append(("ETag", etag))
    if not rows or call.request.header("if-none-match").strip('"') == etag:
        call.status = 304
        return []
    if more:
        query = f"since={rows[-1]['id']}&limit={_limit(call)}&sort={_order(call)}"
        path = f"{call.request.base}/{call.request.path}"
        call.headers.append(("Link", f'<{path}?{query}>; rel="next"'))
    return [_entry(call, group) for group in _grouped(rows)]


def _rows(call: Call) -> tuple[list[Row], bool]:
    """One page, and whether another follows."""
    name = call.words[0] if call.words else "all"
    if name not in FILTERS:
        raise Failed(404, "Invalid filter")
    since, ascending = call.number("since", 0), _order(call) == "asc"
    terms: list[str] = ["affected=?"]
    values: list[Any] = [call.user]
    if since:
        terms.append("id>?" if ascending else "id<?")
        values.append(since)
    if name in ("self", "by"):
        terms.append("actor=?" if name == "self" else "actor<>?")
        values.append(call.user)
    if name in ("files", "files_sharing"):
        terms.append("app=?")
        values.append(name)
    if call.given("object_type") == "files" and call.number("object_id", 0):
        terms.append("node=?")
        values.append(call.number("object_id", 0))
    limit = _limit(call)
    rows = call.cloud.store.rows(
        f"SELECT * FROM activity WHERE {' AND '.join(terms)} ORDER BY id {'ASC' if ascending else 'DESC'} LIMIT ?",
        *values,
        limit + 1,
    )
    return rows[:limit], len(rows) > limit


def _order(call: Call) -> str:
    return "asc" if call.given("sort") == "asc" else "desc"


def _limit(call: Call) -> int:
    return max(1, min(call.number("limit", 50), MOST_ENTRIES))


def _grouped(rows: list[Row]) -> list[list[Row]]:
    """Neighbours of one kind by one person together."""
    groups = [[row] for row in rows[:1]]
    for before, row in pairwise(rows):
        alike = all(before[key] == row[key] for key in ("app", "type", "subject", "actor"))
        if alike and len(groups[-1]) < MOST_OBJECTS:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _entry(call: Call, rows: list[Row]) -> dict[str, Any]:
    row = rows[0]
    names = ", ".join(dict.fromkeys(it["path"].rpartition("/")[2] for it in rows))
    return {
        "activity_id": row["id"],
        "app": row["app"],
        "type": row["type"],
        "user": row["actor"],
        "subject": f"{'You' if row['actor'] == call.user else call.cloud.people.name(row['actor'])} "
        + WORDS[row["subject"]].format(file=names),
        "subject_rich": [
            WORDS[row["subject"]],
            {"file": {"type": "file", "id": str(row["node"]), "name": names, "path": row["path"].strip("/")}},
        ],
        "message": "",
        "message_rich": ["", []],
        "object_type": "files",
        "object_id": row["node"],
        "object_name": row["path"],
        "objects": {str(it["node"]): it["path"] for it in rows},
        "link": f"{call.request.base}/index.php/apps/files/?dir={row['path'].rpartition('/')[0] or '/'}",
        "icon": "",
        "datetime": datetime.fromtimestamp(row["time"], UTC).isoformat(),
    }


ROUTES: list[Route] = [
    ("GET", "apps/activity/api/v2/activity", listing),
    ("GET", "apps/activity/api/v2/activity/([a-z_]+)", listing),
]
