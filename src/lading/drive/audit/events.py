"""The events of the database as the audit reads and marks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection

from lading.drive.actor import SYSTEM
from lading.drive.audit.records import Told
from lading.drive.audit.settled import set_settled
from lading.drive.writing import writing

_COLUMNS = "id, at, kind, actor, principal, space, clock, node, path, facts, sealed"


class Row(NamedTuple):
    """An event, and the number of its record (None: not sealed yet)."""

    id: int
    told: Told
    sealed: int | None


def unsealed(limit: int) -> list[Row]:
    """The oldest events that are not sealed."""
    return _rows(f"SELECT {_COLUMNS} FROM drive_event WHERE sealed IS NULL ORDER BY id LIMIT %s", [limit])


def told_of(ids: Sequence[int]) -> list[Row]:
    """The events of *ids* that are there."""
    if not ids:
        return []
    marks = ",".join(["%s"] * len(ids))
    return _rows(f"SELECT {_COLUMNS} FROM drive_event WHERE id IN ({marks})", list(ids))


def mark_sealed(pairs: Sequence[tuple[int, int]], *, settled: int | None = None) -> None:
    """Note the number of the record of each event: *pairs* of number and id; and what is *settled* with it."""
    with writing(SYSTEM), connection.cursor() as cursor:
        for number, first, last in runs(pairs):
            cursor.execute(
                "UPDATE drive_event SET sealed = id + %s WHERE id BETWEEN %s AND %s AND sealed IS NULL",
                [number - first, first, last],
            )
        if settled is not None:
            set_settled(cursor, settled)


def runs(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """
    Runs of pairs in which number and id both go up by one, as (number, first id, last id).

    An event that was not among the pairs is in none of them, whenever it was committed.
    """
    number = first = last = 0
    for one, event in pairs:
        if first and event == last + 1 and one - event == number - first:
            last = event
            continue
        if first:
            yield number, first, last
        number, first, last = one, event, event
    if first:
        yield number, first, last


def _rows(query: str, values: list[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [Row(row[0], Told({"event": row[0]}, *row[1:10]), row[10]) for row in cursor.fetchall()]
