"""
Pages of rows of which some may not be told.

A page goes on behind the last row that was looked at, told or not; a page may be short or empty
and still have a next one, so nobody waits while a large table is searched for the little they may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from lading.drive.rights.members import chunks

Row = TypeVar("Row", bound=Sequence[Any])

LOOKS = 20
"""Queries for one page, at most."""


class After(NamedTuple):
    """What is asked for: rows with a number above *number*, of one *space* or (None) of all."""

    number: int = 0
    space: int | None = None


def gathered(
    fetch: Callable[[int, int], list[Row]], told: Callable[[Row], bool], after: int, limit: int
) -> tuple[list[Row], int | None]:
    """
    Up to *limit* rows that may be *told*, and the number behind which the next page begins; None at the end.

    *fetch* gives, for a number and a limit, rows in the order of their numbers, which stand first in them.
    """
    found: list[Row] = []
    for _ in range(LOOKS):
        wanted = limit - len(found)
        rows = fetch(after, wanted)
        found += filter(told, rows)
        if len(rows) < wanted:
            return found, None
        after = rows[-1][0]
        if len(found) == limit:
            break
    return found, after


def paths_of(cursor: Any, nodes: Iterable[tuple[int, str, str]]) -> dict[int, str]:
    """The encoded path of each of *nodes* (id, trail, encoded name), by id; one query for the names of some thousand."""
    asked = list(nodes)
    above = {key for _, trail, _ in asked for key in trail.split("/")[1:-1]}
    names: dict[str, str] = {}
    for some in chunks(map(int, above)):
        cursor.execute(f"SELECT id, name FROM drive_node WHERE id IN ({places(some)})", some)
        names.update((str(number), name) for number, name in cursor.fetchall())
    return {number: _path(trail, name, names) for number, trail, name in asked}


def places(values: Sequence[Any]) -> str:
    """Marks for *values* in a query."""
    return ", ".join(["%s"] * len(values))


def _path(trail: str, name: str, names: dict[str, str]) -> str:
    return "/".join([*(names.get(key, "") for key in trail.split("/")[1:-1]), name]) if trail else ""
