"""
Record a content in the database, in the transaction of the change that needs it.

The sweeper takes out contents that nothing needs, at the same time and perhaps
on another machine.  Both meet at the content's row: the sweeper first marks it
(`seen` 0) and commits, and only then touches the store.  So a row that is new
or was seen lately says that the content is there.  For any other row it is
looked for and, if it was swept, brought back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from lading.drive.store.base import Area, Store, Stored, missing
from lading.drive.store.chosen import store
from lading.model.errors import Unavailable
from lading.model.failpoints import failpoint

SWEPT = 0
"""`Content.seen` of what was taken out, or is about to be."""

DAY = 86_400 * 1_000_000_000
UNSURE = DAY // 2
"""A row not seen for this long may be in the hands of a sweeper, who waits twice as long (and for clocks that differ)."""

_FAST = (
    "INSERT INTO drive_content (digest, size, seen) VALUES (%s, %s, %s)"
    " ON CONFLICT (digest) DO UPDATE SET seen = excluded.seen WHERE drive_content.seen > %s RETURNING 1"
)
_SLOW = (
    "INSERT INTO drive_content (digest, size, seen) VALUES (%s, %s, %s)"
    " ON CONFLICT (digest) DO UPDATE SET seen = excluded.seen, size = excluded.size"
)


def record(cursor: Any, stored: Stored, now: int) -> None:
    """
    Say that *stored* is needed; call it inside `writing`, before the row that needs it.

    Also for a content that another version has already: that one may be on its way out.
    *cursor* may be None; *now* is in ns, within a day of when the content was put.

    Raises:
        Unavailable: the content was swept for good in between; put it again.
    """
    if cursor is None:
        with connection.cursor() as own:
            _record(own, stored, now)
    else:
        _record(cursor, stored, now)


def record_many(cursor: Any, contents: Iterable[Stored], now: int) -> None:
    """Record many in the order of their digests, so that two batches never wait for each other."""
    for stored in sorted(set(contents)):
        record(cursor, stored, now)


def _record(cursor: Any, stored: Stored, now: int) -> None:
    digest, size = stored
    cursor.execute(_FAST, [digest, size, now, now - UNSURE])
    if cursor.fetchone() is None:
        # The row is locked by this write before the store is asked.
        cursor.execute(_SLOW, [digest, size, now])
        bring_back(store(), digest)
    failpoint("store.recorded")


def bring_back(contents: Store, digest: str) -> None:
    """
    Make sure that a content is there, if need be from what was swept.

    Raises:
        Unavailable: it is nowhere.
    """
    # Somebody else may bring it back between the first look and the move.
    there = (
        contents.exists(digest) or contents.move(digest, Area.SWEPT, Area.OBJECTS) or contents.exists(digest)
    )
    if not there:
        raise Unavailable(f"sha256:{digest}", missing(digest).details)
