"""
Take out contents that nothing needs.

In three steps, each of which may be killed or run by many at a time:

1. *mark*: the row of a content that nothing needs, and that nobody put for a
   day, gets `seen` 0, and that is committed.  A content without a row gets such
   a row.  From here on whoever needs it after all looks for it (`store.record`).
2. *take out*: it is moved to the area `swept`, where it is still read.
3. *remove*: a day later, if still nothing needs it, it is removed for good.

What turns out to be needed, at whichever step, is brought back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.db import connection

from lading.drive.actor import SYSTEM
from lading.drive.check.rows import NEEDED, Recorded, lock_rows, pages, pairs, recorded, recorded_row
from lading.drive.store import Item, Store
from lading.drive.store.base import Area
from lading.drive.store.recording import DAY, SWEPT, bring_back
from lading.drive.writing import writing
from lading.model.errors import Unavailable
from lading.model.failpoints import failpoint

FAILPOINTS = ("sweep.marked", "sweep.moved", "sweep.removed")
"""Where a sweep may be killed: see `lading.model.failpoints`."""

_TOGETHER = 50
"""How many contents one transaction handles: others wait for it where the database has one writer."""

_UNNEEDED = (
    f"SELECT c.digest FROM drive_content c WHERE c.seen > {SWEPT} AND c.seen < %s AND NOT {NEEDED}"
    " AND c.digest > %s ORDER BY c.digest LIMIT %s"
)
_MARKED = (
    f"SELECT c.digest FROM drive_content c WHERE c.seen = {SWEPT} AND c.digest > %s"
    " ORDER BY c.digest LIMIT %s"
)
_MARK_NEW = (
    f"INSERT INTO drive_content (digest, size, seen) VALUES (%s, %s, {SWEPT})"
    " ON CONFLICT (digest) DO NOTHING RETURNING 1"
)

T = TypeVar("T")


@dataclass
class Swept:
    """What a sweep did, in numbers of contents; *bytes* were freed for good."""

    marked: int = 0
    taken_out: int = 0
    brought_back: int = 0
    removed: int = 0
    bytes: int = 0


def sweep(store: Store, now: int, *, unneeded: int = DAY, kept: int = DAY) -> Swept:
    """
    Go through the three steps: contents are *unneeded* ns before the first, and *kept* before the third.

    *kept* is never less than the time between a put and its record.

    Raises:
        Unavailable: the database or the store went away; the next sweep goes on.
    """
    done = Swept()
    # First what earlier sweeps took out: whatever the clocks say, nothing is taken out and removed in one.
    _remove(store, done, now, now - kept)
    _mark_unneeded(done, now - unneeded)
    _mark_unrecorded(store, done, now - unneeded)
    _take_out(store, done, now)
    return done


def _mark_unneeded(done: Swept, before: int) -> None:
    for digests in _batches(row[0] for row in pages(_UNNEEDED, "", before)):
        with writing(SYSTEM), connection.cursor() as cursor:
            held = [
                row.digest for row in _held(cursor, digests) if not row.needed and SWEPT < row.seen < before
            ]
            _set_seen(cursor, held, SWEPT)
        done.marked += len(held)
        failpoint("sweep.marked")


def _mark_unrecorded(store: Store, done: Swept, before: int) -> None:
    found = (
        item for item, row in pairs(store.all(), recorded()) if item and not row and item.modified < before
    )
    for items in _batches(found):
        with writing(SYSTEM), connection.cursor() as cursor:
            for item in items:
                cursor.execute(_MARK_NEW, [item.digest, item.size])
                done.marked += cursor.fetchone() is not None
        failpoint("sweep.marked")


def _take_out(store: Store, done: Swept, now: int) -> None:
    for digests in _batches(row[0] for row in pages(_MARKED, "")):
        with writing(SYSTEM), connection.cursor() as cursor:
            for row in _held(cursor, digests):
                if row.seen != SWEPT:
                    continue
                if row.needed:
                    _needed_after_all(cursor, store, done, row.digest, now)
                elif _moved_out(store, row.digest):
                    done.taken_out += 1
                    failpoint("sweep.moved")
                elif store.find(row.digest, Area.SWEPT) is None:
                    _forget(cursor, row.digest)


def _moved_out(store: Store, digest: str) -> bool:
    """Whether the content lay among what counts; what was put since it was taken out last rests anew from now."""
    if store.exists(digest):
        # Left there, the one taken out before would keep its age, and go before whoever put this one records it.
        store.remove(digest, Area.SWEPT)
    return store.move(digest, Area.OBJECTS, Area.SWEPT)


def _remove(store: Store, done: Swept, now: int, before: int) -> None:
    old = (item for item in store.all(Area.SWEPT) if item.modified < before)
    for items in _batches(old):
        with writing(SYSTEM), connection.cursor() as cursor:
            # A content without a row gets one, so that whoever records it meanwhile waits for us.
            for item in items:
                cursor.execute(_MARK_NEW, [item.digest, item.size])
            rows = {row.digest: row for row in _held(cursor, [item.digest for item in items])}
            for item in items:
                if item.digest in rows:
                    _remove_one(cursor, store, done, rows[item.digest], item, now)


def _remove_one(cursor: Any, store: Store, done: Swept, row: Recorded, item: Item, now: int) -> None:
    if row.needed or row.seen != SWEPT:
        _needed_after_all(cursor, store, done, row.digest, now)
        if not store.exists(row.digest):
            return
    else:
        done.removed += 1
        done.bytes += item.size
        _forget(cursor, row.digest)
    store.remove(row.digest, Area.SWEPT)
    failpoint("sweep.removed")


def _needed_after_all(cursor: Any, store: Store, done: Swept, digest: str, now: int) -> None:
    try:
        bring_back(store, digest)
    except Unavailable:
        # It is nowhere: the checker tells of it.
        return
    _set_seen(cursor, [digest], now)
    done.brought_back += 1


def _held(cursor: Any, digests: list[str]) -> list[Recorded]:
    """The rows of *digests* as they are now, nobody else's until the end of the transaction."""
    if lock := lock_rows():
        # A statement sees what was there when it began, before it has its locks: what was needed since only the next one sees.
        cursor.execute(
            f"SELECT c.digest FROM drive_content c WHERE c.digest IN ({_marks(digests)}) ORDER BY c.digest{lock}",
            digests,
        )
        digests = [row[0] for row in cursor.fetchall()]
    if not digests:
        return []
    cursor.execute(
        f"SELECT c.digest, c.size, c.seen, {NEEDED} FROM drive_content c WHERE c.digest IN ({_marks(digests)})"
        " ORDER BY c.digest",
        digests,
    )
    return [recorded_row(row) for row in cursor.fetchall()]


def _marks(values: list[str]) -> str:
    return ",".join(["%s"] * len(values))


def _set_seen(cursor: Any, digests: list[str], seen: int) -> None:
    cursor.executemany(
        "UPDATE drive_content SET seen = %s WHERE digest = %s", [(seen, one) for one in digests]
    )


def _forget(cursor: Any, digest: str) -> None:
    cursor.execute(f"DELETE FROM drive_content WHERE digest = %s AND seen = {SWEPT}", [digest])


def _batches(things: Iterable[T]) -> Iterator[list[T]]:
    source = iter(things)
    while batch := list(islice(source, _TOGETHER)):
        yield batch
