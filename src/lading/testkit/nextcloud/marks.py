"""System tags, their relations to files, and comments, over WebDAV."""

import json
from typing import Any

from .cloud import Cloud
from .http import Reply, Request, bad, conflict, forbidden, missing, unallowed
from .store import Row
from .writing import now
from .xml import DAV, OC, Entry, changes, http_date, multistatus, parsed, patched, text, wanted

LONGEST_COMMENT = 1000  # characters


def tags(cloud: Cloud, request: Request, inner: str) -> Reply:
    """/systemtags: list, make, change, remove."""
    if not inner and request.method == "POST":
        return _new_tag(cloud, request)
    if request.method == "PROPFIND":
        return _tag_list(
            cloud, request, "systemtags", cloud.store.rows("SELECT * FROM tag ORDER BY id"), inner
        )
    if request.method != "DELETE":
        raise unallowed(f"No {request.method} on tags")
    if not cloud.people.is_admin(request.user):
        raise forbidden("No permission to delete tags")
    cloud.store.run("DELETE FROM tagged WHERE tag=?", inner)
    cloud.store.run("DELETE FROM tag WHERE id=?", inner)
    return Reply(204)


def _new_tag(cloud: Cloud, request: Request) -> Reply:
    told = _json(request)
    name = told.get("name")
    if not isinstance(name, str) or not name.strip():
        raise bad('Missing "name" attribute')
    visible, assignable = int(told.get("userVisible", True)), int(told.get("userAssignable", True))
    if not (visible and assignable) and not cloud.people.is_admin(request.user):
        raise bad("Not sufficient permissions")
    sql = "SELECT 1 FROM tag WHERE name=? AND visible=? AND assignable=?"
    if cloud.store.row(sql, name, visible, assignable):
        raise conflict(f"Tag {name} already exists")
    made = cloud.store.run(
        "INSERT INTO tag(name, visible, assignable) VALUES(?, ?, ?)", name, visible, assignable
    )
    return Reply(201, b"", [("Content-Location", f"/remote.php/dav/systemtags/{made}")])


def relations(cloud: Cloud, request: Request, inner: str) -> Reply:
    """/systemtags-relations/files/FILEID[/TAG]: list, tie, untie."""
    kind, _, rest = inner.partition("/")
    file, _, tag = rest.partition("/")
    node = _node(cloud, request, kind, file)
    rows = cloud.store.rows(
        "SELECT tag.* FROM tagged JOIN tag ON tag.id=tag WHERE node=? ORDER BY tag.id", node
    )
    if request.method == "PROPFIND":
        return _tag_list(cloud, request, f"systemtags-relations/files/{node}", rows, tag)
    tied = any(str(row["id"]) == tag for row in rows)
    if request.method == "PUT":
        if tied:
            raise conflict(f"Tag with id {tag} is already assigned")
        if not tag.isdigit() or cloud.store.row("SELECT 1 FROM tag WHERE id=?", tag) is None:
            raise missing(f"Tag with id {tag} not found")
        cloud.store.run("INSERT INTO tagged VALUES(?, ?)", node, int(tag))
        return Reply(201)
    if request.method == "DELETE" and tied:
        cloud.store.run("DELETE FROM tagged WHERE node=? AND tag=?", node, int(tag))
        return Reply(204)
    raise missing(f"Tag with id {tag} not found")


def _tag_list(cloud: Cloud, request: Request, where: str, rows: list[Row], one: str) -> Reply:
    names, base = wanted(request.content()), f"/remote.php/dav/{where}"
    admin = cloud.people.is_admin(request.user)
    rows = [row for row in rows if (row["visible"] or admin) and (not one or str(row["id"]) == one)]
    if one and not rows:
        raise missing(f"Tag with id {one} not found")
    entries: list[Entry] = (
        [] if one else [(f"{base}/", _only({f"{DAV}resourcetype": "<d:collection/>"}, names))]
    )
    if one or request.header("depth", "1") != "0":
        for row in rows:
            assign = "true" if row["assignable"] or admin else "false"
            known: dict[str, str | None] = {
                f"{DAV}resourcetype": "",
                f"{OC}id": str(row["id"]),
                f"{OC}display-name": text(row["name"]),
                f"{OC}user-visible": "true" if row["visible"] else "false",
                f"{OC}user-assignable": "true" if row["assignable"] else "false",
                f"{OC}can-assign": assign,
            }
            entries.append((f"{base}/{row['id']}", _only(known, names)))
    return multistatus(entries, upper=True)


def comments(cloud: Cloud, request: Request, inner: str) -> Reply:
    """/comments/files/FILEID[/COMMENT]: list, write, change and remove one's own."""
    kind, _, rest = inner.partition("/")
    file, _, comment = rest.partition("/")
    node = _node(cloud, request, kind, file)
    if not comment and request.method == "POST":
        return _new_comment(cloud, request, node)
    if request.method in ("PROPFIND", "REPORT"):
        return _comment_list(cloud, request, node, comment)
    row = cloud.store.row("SELECT * FROM comment WHERE node=? AND id=?", node, comment)
    if row is None:
        raise missing("Comment not found")
    if row["actor"] != request.user:
        raise forbidden("Only authors are allowed to edit their comment.")
    if request.method == "DELETE":
        cloud.store.run("DELETE FROM comment WHERE id=?", row["id"])
        return Reply(204)
    if request.method != "PROPPATCH":
        raise unallowed(f"No {request.method} on comments")
    results = {}
    for name, value in changes(request.content()):
        results[name] = 200 if name == f"{OC}message" and value is not None else 403
        if results[name] == 200 and value is not None:
            cloud.store.run("UPDATE comment SET message=? WHERE id=?", value.text or "", row["id"])
    return patched(f"/remote.php/dav/comments/files/{node}/{row['id']}", results)


def _new_comment(cloud: Cloud, request: Request, node: int) -> Reply:
    message = _json(request).get("message")
    if not isinstance(message, str) or not message.strip():
        raise bad(
            "Message exceeds allowed character limit of 1000" if message else "Message may not be empty"
        )
    if len(message) > LONGEST_COMMENT:
        raise bad("Message exceeds allowed character limit of 1000")
    # The time is the server's: nothing in the request can set it.
    sql = "INSERT INTO comment(node, actor, message, time) VALUES(?, ?, ?, ?)"
    made = cloud.store.run(sql, node, request.user, message, now())
    return Reply(201, b"", [("Content-Location", f"/remote.php/dav/comments/files/{node}/{made}")])


def _comment_list(cloud: Cloud, request: Request, node: int, one: str) -> Reply:
    body = request.content()
    names, base = (
        (None if request.method == "REPORT" else wanted(body)),
        f"/remote.php/dav/comments/files/{node}",
    )
    rows = cloud.store.rows("SELECT * FROM comment WHERE node=? ORDER BY id DESC", node)
    entries: list[Entry] = []
    if request.method == "REPORT":
        asked = parsed(body)
        start, limit = int(asked.findtext(f"{OC}offset") or 0), int(asked.findtext(f"{OC}limit") or 0)
        rows = rows[start : start + limit] if limit else rows[start:]
    elif not one:
        entries.append((f"{base}/", _only({f"{DAV}resourcetype": "<d:collection/>"}, names)))
    if request.header("depth", "1") != "0" or one:
        rows = [row for row in rows if not one or str(row["id"]) == one]
        entries += [(f"{base}/{row['id']}", _only(_comment(cloud, row, request.user), names)) for row in rows]
    return multistatus(entries, upper=True)


def _comment(cloud: Cloud, row: Row, user: str) -> dict[str, str | None]:
    values = {
        "id": str(row["id"]),
        "parentId": "0",
        "topmostParentId": "0",
        "childrenCount": "0",
        "message": text(row["message"]),
        "verb": "comment",
        "actorType": "users",
        "actorId": text(row["actor"]),
        "actorDisplayName": text(cloud.people.name(row["actor"])),
        "creationDateTime": http_date(row["time"]),
        "objectType": "files",
        "objectId": str(row["node"]),
        "isUnread": "false" if row["actor"] == user else "true",
        "mentions": "",
    }
    return {f"{DAV}resourcetype": "", **{OC + name: value for name, value in values.items()}}


def _node(cloud: Cloud, request: Request, kind: str, file: str) -> int:
    if kind != "files" or not file.isdigit() or cloud.view(request.user).by_id(int(file)) is None:
        raise missing(f"{kind} with id {file} not found")
    return int(file)


def _only(known: dict[str, str | None], names: list[str] | None) -> dict[str, str | None]:
    return known if names is None else {name: known.get(name) for name in names}


def _json(request: Request) -> dict[str, Any]:
    try:
        told = json.loads(request.content())
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise bad("The body is no JSON object")
    return told
