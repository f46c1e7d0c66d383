"""
Values of the drive as members of answers.

Plain dictionaries, for a listing has 10,000 of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from lading.drive.models import Principal
from lading.drive.tree.expect import etag
from lading.drive.tree.find import SpaceRow
from lading.drive.tree.row import FOLDER, Seen
from lading.model.paths import encode

Known = dict[int, str]

_KEPT = 100_000
_keys: dict[tuple[str, str], Known] = {}

_TABLES = {"principal": "drive_principal", "space": "drive_space"}


def keys(table: str, ids: Iterable[int | None]) -> Known:
    """
    The keys of the rows *ids* of *table* (`principal` or `space`), by id.

    A key never changes, so each is asked for once per process.
    """
    known = _keys.setdefault((table, str(settings.LADING_DRIVE["home"])), {})
    if connection.in_atomic_block:
        known = dict(known)  # what this transaction made may be taken back
    missing = {number for number in ids if number is not None and number not in known}
    if missing:
        if len(known) > _KEPT:
            known.clear()
        _learn(table, sorted(missing), known)
    return known


def _learn(table: str, missing: Sequence[int], known: Known) -> None:
    with connection.cursor() as cursor:
        for start in range(0, len(missing), 500):
            some = missing[start : start + 500]
            places = ", ".join(["%s"] * len(some))
            cursor.execute(f"SELECT id, key FROM {_TABLES[table]} WHERE id IN ({places})", list(some))
            known.update(cursor.fetchall())


def time(nanos: int | None) -> str | None:
    """A time, or None, as it travels."""
    return None if nanos is None else str(nanos)


def entry(seen: Seen) -> dict[str, Any]:
    """One entry."""
    return entries((seen,))[0]


def entries(all_seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Entries, with one question for the keys of all authors."""
    authors = keys("principal", {seen.row.author for seen in all_seen})
    spaces = keys("space", {seen.row.space for seen in all_seen})
    return [_entry(seen, authors, spaces) for seen in all_seen]


def _entry(seen: Seen, authors: Known, spaces: Known) -> dict[str, Any]:
    row = seen.row
    folder = row.kind == FOLDER
    modified = row.modified
    return {
        "id": str(row.id),
        "space": spaces[row.space],
        "path": encode(seen.path),
        "name": encode((row.name,)) if row.name else "",
        "kind": "folder" if folder else "file",
        "size": row.size,
        "modified": None if modified is None else str(modified),
        "saved": str(row.saved),
        "created": str(row.created),
        "etag": None if folder else etag(row),
        "sha256": None if folder else row.digest,
        "number": row.number,
        "author": None if row.author is None else authors.get(row.author),
        "role": seen.role.name.lower(),
    }


def space(row: SpaceRow) -> dict[str, Any]:
    """A space as its viewer sees it."""
    return {
        "key": row.key,
        "name": encode((row.name,)),
        "label": encode((row.label,)),
        "root": str(row.root),
        "quota": row.quota,
        "used": row.used,
        "frozen": row.frozen,
        "role": row.role.name.lower(),
        "shares": row.shares,
        "keep": {"count": row.keep_count, "days": row.keep_days, "thin": bool(row.keep_thin)},
    }


def principal(row: Principal) -> dict[str, Any]:
    """Somebody."""
    return principals((row,))[0]


def principals(rows: Sequence[Principal], logins: Known | None = None) -> list[dict[str, Any]]:
    """Many, with one question for the keys of those they belong to; *logins* are by id."""
    others = keys("principal", (other for row in rows for other in (row.parent_id, row.owner_id)))
    return [_principal(row, others, logins or {}) for row in rows]


def _principal(row: Principal, others: Known, logins: Known) -> dict[str, Any]:
    return {
        "key": row.key,
        "kind": row.kind,
        "name": row.name,
        "mail": row.mail,
        "login": logins.get(row.id),
        "parent": others.get(row.parent_id or 0),
        "owner": others.get(row.owner_id or 0),
        "until": time(row.until),
        "active": row.active,
    }
