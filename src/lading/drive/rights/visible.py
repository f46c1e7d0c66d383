"""
Count what somebody sees, in SQL and without looking at each node.

A visible set is a few ranges of trails, so the index on trails answers for any number of nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection

from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight

_AT_ONCE = 1_000
# A subquery for each range is one look into the index; a join would leave it to the planner to walk all nodes.
_COUNT = """
WITH piece(space, low, high) AS (VALUES {pieces})
SELECT sum((
    SELECT count(*) FROM drive_node n WHERE n.space_id = p.space AND n.trail >= p.low AND n.trail < p.high
)) FROM piece p
"""


def count_visible(
    seeing: Sight, spaces: Iterable[int] | None = None, *, at_least: Role = Role.PREVIEW
) -> int:
    """How many nodes of *spaces* (None: of all) are *at_least* that much open to the actor, roots included."""
    total, trails = 0, list[tuple[int, str, str]]()
    for space in seeing.spaces() if spaces is None else spaces:
        for piece in seeing.ranges(space, at_least):
            if piece.node is not None:
                total += 1
            else:
                total -= len(piece.without)
                trails.append((space, piece.low, piece.high))
    with connection.cursor() as cursor:
        for some in _chunks(trails):
            places = ", ".join(["(%s, %s, %s)"] * len(some))
            cursor.execute(_COUNT.format(pieces=places), [value for piece in some for value in piece])
            total += int(cursor.fetchone()[0])
    return total


def _chunks(pieces: Iterable[tuple[int, str, str]]) -> Iterator[list[tuple[int, str, str]]]:
    rest = iter(pieces)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
