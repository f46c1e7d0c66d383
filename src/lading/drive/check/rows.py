"""
What the tables say about contents, read in pages, and compared with the store.

Both sides come in the order of digests, so neither is ever held in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import connection

from lading.drive.quick import reading
from lading.drive.store import Item

PAGE = 1000

NEEDED = (
    "(EXISTS (SELECT 1 FROM drive_version v WHERE v.digest = c.digest)"
    " OR EXISTS (SELECT 1 FROM drive_partial p WHERE p.digest = c.digest))"
)
"""Whether anything needs the content of row `c`: a version, or an upload that waits for its place."""

_RECORDED = (
    f"SELECT c.digest, c.size, c.seen, {NEEDED} FROM drive_content c WHERE c.digest > %s"
    " ORDER BY c.digest LIMIT %s"
)


class Recorded(NamedTuple):
    """A row of contents; *needed* if anything needs it, *seen* in ns (0: taken out, or about to be)."""

    digest: str
    size: int
    seen: int
    needed: bool


def recorded() -> Iterator[Recorded]:
    """Every content in the tables, by digest."""
    return map(recorded_row, pages(_RECORDED, ""))


def recorded_row(values: tuple[Any, ...]) -> Recorded:
    """The row that a query for digest, size, `seen` and `NEEDED` gave."""
    digest, size, seen, needed = values
    return Recorded(digest, size, seen, bool(needed))


def recorded_now(digest: str) -> Recorded | None:
    """The row of one content as it is now."""
    with reading() as cursor:
        cursor.execute(
            f"SELECT c.digest, c.size, c.seen, {NEEDED} FROM drive_content c WHERE c.digest = %s", [digest]
        )
        row = cursor.fetchone()
    return recorded_row(row) if row else None


def pages(sql: str, first: Any, *values: Any) -> Iterator[tuple[Any, ...]]:
    """
    All rows of a query, a page at a time.

    *sql* is ordered by its first column, and takes *values*, then the key to begin after (*first*), then
    the number of rows.  Between two pages nothing is held, so nobody waits for the reader.
    """
    last = first
    while True:
        with reading() as cursor:
            cursor.execute(sql, [*values, last, PAGE])
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1][0]


def pairs(items: Iterable[Item], rows: Iterable[Recorded]) -> Iterator[tuple[Item | None, Recorded | None]]:
    """Each digest once, with what the store and the tables have of it; both must be sorted by digest."""
    left, right = iter(items), iter(rows)
    item, row = next(left, None), next(right, None)
    while item or row:
        if row is None or (item and item.digest < row.digest):
            yield item, None
            item = next(left, None)
        elif item is None or row.digest < item.digest:
            yield None, row
            row = next(right, None)
        else:
            yield item, row
            item, row = next(left, None), next(right, None)


def lock_rows() -> str:
    """What a SELECT of contents ends with inside a transaction that will change them; locked ones are left out."""
    return " FOR UPDATE OF c SKIP LOCKED" if connection.vendor == "postgresql" else ""
