"""
Compare the store with the tables.

A drive at work changes meanwhile: what looks wrong is looked at once more,
by its own row and its own content, before it is called a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from django.db import connection

from lading.drive.actor import SYSTEM
from lading.drive.check.findings import Finding, Found, Hit
from lading.drive.check.rows import Recorded, pages, pairs, recorded, recorded_now
from lading.drive.quick import reading
from lading.drive.store import Item, Store
from lading.drive.store.base import BLOCK, Area, Left
from lading.drive.store.hashing import Hashing
from lading.drive.store.recording import DAY, SWEPT, bring_back
from lading.drive.tree.find import path_of
from lading.drive.tree.row import columns, row_of
from lading.drive.writing import writing
from lading.model.errors import Forbidden, Unavailable, Unreadable
from lading.model.paths import shown

HITS = 20
LOOKS = 3
"""How often a content that is there is read again before it is called unreadable."""

_UNRECORDED = (
    "SELECT DISTINCT v.digest, v.size FROM drive_version v WHERE NOT EXISTS"
    " (SELECT 1 FROM drive_content c WHERE c.digest = v.digest) AND v.digest > %s ORDER BY v.digest LIMIT %s"
)
_HITS = (
    f"SELECT s.key, v.number, {columns('n')} FROM drive_version v JOIN drive_node n ON n.id = v.node_id"
    " JOIN drive_space s ON s.id = n.space_id WHERE v.digest = %s ORDER BY v.id LIMIT %s"
)
_LOST = (
    "SELECT key, size FROM drive_partial WHERE size > 0 AND digest = '' AND touched < %s AND key > %s"
    " ORDER BY key LIMIT %s"
)


class Look(NamedTuple):
    """One content looked at: its bytes in the store, whether all were read, what is wrong with it."""

    size: int
    read: bool
    found: Found | None


def look_at_contents(store: Store, now: int, *, read_data: bool) -> Iterator[Look]:
    """Every content of the store and of the tables, once."""
    for item, row in pairs(store.all(), recorded()):
        if item and row:
            yield Look(item.size, read_data, _both(store, item, row, now, read_data))
        elif item:
            yield Look(item.size, False, _only_stored(item, now))
        elif row:
            yield Look(0, False, _only_recorded(store, row, now))


def look_at_unrecorded(store: Store) -> Iterator[Found]:
    """Versions whose content has no row."""
    for digest, size in pages(_UNRECORDED, ""):
        if recorded_now(digest) is not None or not _versions_need(digest):
            continue
        if store.exists(digest) or store.find(digest, Area.SWEPT):
            yield Found(Finding("content.unrecorded", digest), partial(_record, store, digest, size))
        else:
            yield Found(Finding("content.missing", digest, hits(digest)))


def look_at_unfinished(store: Store, now: int) -> Iterator[Found]:
    """What uploads left behind, and uploads that lost what they had."""
    for left in store.left():
        if left.modified < now - DAY and not (left.area == "partial" and _known(left.name)):
            finding = Finding("unfinished.left", f"{left.area}/{left.name}", {"size": left.size})
            yield Found(finding, partial(_drop, store, left))
    for key, size in pages(_LOST, "", now - DAY):
        if store.partial_size(key) < size:
            yield Found(Finding("unfinished.lost", key), partial(_forget_upload, key))


def hits(digest: str) -> dict[str, object]:
    """How many versions need a content, and the first of them."""
    with reading() as cursor:
        cursor.execute("SELECT COUNT(*) FROM drive_version WHERE digest = %s", [digest])
        count = cursor.fetchone()[0]
        cursor.execute(_HITS, [digest, HITS])
        rows = [(key, number, row_of(node)) for key, number, *node in cursor.fetchall()]
        first = [Hit(key, row.id, number, shown(path_of(cursor, row))[1:]) for key, number, row in rows]
    return {"versions": count, "hits": first}


def _both(store: Store, item: Item, row: Recorded, now: int, read_data: bool) -> Found | None:
    if row.seen == SWEPT and row.needed and recorded_now(row.digest) == row:
        return Found(Finding("content.swept", row.digest), partial(_bring_back, store, row.digest))
    if not read_data and item.size == row.size:
        return None
    for _ in range(LOOKS):
        try:
            right = _right(store, row)
        except (Unreadable, Forbidden):
            if not store.exists(row.digest):
                # It was taken out since it was listed.
                return _only_recorded(store, row, now)
            # It is there: savers and sweepers moved it while it was looked for, or the disk is damaged.
            continue
        return None if right else _wrong(store, row)
    return Found(Finding("content.unreadable", row.digest, hits(row.digest)))


def _wrong(store: Store, row: Recorded) -> Found:
    return Found(Finding("content.wrong", row.digest, hits(row.digest)), partial(_set_aside, store, row))


def _right(store: Store, row: Recorded) -> bool:
    """Whether the bytes are those of the digest; also the size of the row must be theirs."""
    with store.open(row.digest) as content, Hashing() as hashing:
        while chunk := content.read(BLOCK):
            hashing.add(chunk)
        return (hashing.digest(), hashing.size) == (row.digest, row.size)


def _only_stored(item: Item, now: int) -> Found | None:
    # A young one belongs to an upload under way; one that versions need is told of as unrecorded.
    if item.modified >= now - DAY or recorded_now(item.digest) or _versions_need(item.digest):
        return None
    return Found(Finding("content.orphan", item.digest, {"size": item.size}))


def _only_recorded(store: Store, old: Recorded, now: int) -> Found | None:
    row = recorded_now(old.digest)
    if row is None or store.exists(row.digest):
        return None
    swept = store.find(row.digest, Area.SWEPT)
    if recorded_now(row.digest) != row:
        # Somebody is at work on it between our looks.
        return None
    if row.needed and swept:
        return Found(Finding("content.swept", row.digest), partial(_bring_back, store, row.digest))
    if row.needed:
        return Found(Finding("content.missing", row.digest, hits(row.digest)))
    if row.seen == SWEPT or row.seen >= now - DAY:
        return None
    return Found(Finding("content.unfounded", row.digest), partial(_forget, row))


def _versions_need(digest: str) -> bool:
    with reading() as cursor:
        cursor.execute("SELECT 1 FROM drive_version WHERE digest = %s LIMIT 1", [digest])
        return cursor.fetchone() is not None


def _known(key: str) -> bool:
    with reading() as cursor:
        cursor.execute("SELECT 1 FROM drive_partial WHERE key = %s", [key])
        return cursor.fetchone() is not None


def _bring_back(store: Store, digest: str) -> bool:
    with writing(SYSTEM) as work, connection.cursor() as cursor:
        cursor.execute("UPDATE drive_content SET seen = %s WHERE digest = %s", [work.now, digest])
        try:
            bring_back(store, digest)
        except Unavailable:
            return False
    return True


def _record(store: Store, digest: str, size: int) -> bool:
    with writing(SYSTEM) as work, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO drive_content (digest, size, seen) VALUES (%s, %s, %s)"
            " ON CONFLICT (digest) DO UPDATE SET seen = excluded.seen",
            [digest, size, work.now],
        )
        bring_back(store, digest)
    return True


def _set_aside(store: Store, row: Recorded) -> bool:
    """Move a wrong content away; right only if nothing needs it, or a good one was among what was swept."""
    # First the row: whoever puts the same content now looks whether it is there.
    with writing(SYSTEM), connection.cursor() as cursor:
        cursor.execute(f"UPDATE drive_content SET seen = {SWEPT} WHERE digest = %s", [row.digest])
    store.move(row.digest, Area.OBJECTS, Area.DAMAGED)
    item = store.find(row.digest, Area.SWEPT)
    if item and _right(store, row):
        return _bring_back(store, row.digest)
    return not row.needed


def _forget(row: Recorded) -> bool:
    with writing(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM drive_content WHERE digest = %s AND seen = %s AND NOT EXISTS"
            " (SELECT 1 FROM drive_version v WHERE v.digest = drive_content.digest)",
            [row.digest, row.seen],
        )
    return True


def _forget_upload(key: str) -> bool:
    with writing(SYSTEM), connection.cursor() as cursor:
        cursor.execute("DELETE FROM drive_partial WHERE key = %s", [key])
    return True


def _drop(store: Store, left: Left) -> bool:
    store.drop_left(left)
    return True
