"""
For whom a principal speaks, and what many people count as.

The same rules as `lading.drive.people.closure`, for whole sets at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection

# In both queries *way* keeps memberships and departments from multiplying each other, and the
# recursive name stands once, as PostgreSQL asks.
_BELOW = """
WITH RECURSIVE way(n) AS (SELECT 0 UNION ALL SELECT 1), down(id) AS (
    SELECT id FROM drive_principal WHERE id IN ({ids}) AND active
    UNION
    SELECT p.id FROM down d CROSS JOIN way w
    LEFT JOIN drive_membership m ON m.group_id = d.id AND w.n = 0
    LEFT JOIN drive_principal c ON c.parent_id = d.id AND w.n = 1
    JOIN drive_principal p ON p.id = CASE w.n WHEN 0 THEN m.member_id ELSE c.id END AND p.active
)
SELECT id FROM down
UNION
SELECT id FROM drive_principal WHERE kind = 'person' AND active
    AND EXISTS (SELECT 1 FROM drive_principal e WHERE e.kind = 'everybody' AND e.id IN ({ids}))
"""
COUNTED = """
WITH RECURSIVE way(n) AS (SELECT 0 UNION ALL SELECT 1), counted(who, id) AS (
    SELECT p.id, p.id FROM drive_principal p LEFT JOIN drive_principal o ON o.id = p.owner_id
    WHERE p.id IN ({ids}) AND p.active
      AND (p.kind <> 'guest' OR (p.until > %s AND o.active AND o.kind = 'person'))
    UNION
    SELECT c.who, p.id FROM counted c CROSS JOIN way w
    JOIN drive_principal q ON q.id = c.id
    LEFT JOIN drive_membership m ON m.member_id = c.id AND w.n = 0
    JOIN drive_principal p ON p.id = CASE w.n WHEN 0 THEN m.group_id ELSE q.parent_id END AND p.active
), reached(who, id) AS (
    SELECT who, id FROM counted
    UNION ALL
    SELECT p.id, e.id FROM drive_principal p CROSS JOIN drive_principal e
    WHERE p.id IN ({ids}) AND p.kind = 'person' AND p.active AND e.kind = 'everybody'
)
"""
_AT_ONCE = 5_000


def below(principals: Iterable[int]) -> set[int]:
    """All active principals that count as one of *principals*, these included; guests whatever their end."""
    found: set[int] = set()
    for some in chunks(principals):
        found.update(row[0] for row in fetch(_BELOW, some, some))
    return found


def counted(principals: Iterable[int], now: int) -> dict[int, set[int]]:
    """What each of *principals* counts as at *now*; who counts for nothing is missing."""
    found: dict[int, set[int]] = {}
    for some in chunks(principals):
        for who, counts_as in fetch(COUNTED + "SELECT who, id FROM reached", some, [now], some):
            found.setdefault(who, set()).add(counts_as)
    return found


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """*ids* in lists that a statement can hold."""
    rest = iter(ids)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def fetch(sql: str, *values: Sequence[Any]) -> list[Any]:
    """The rows of *sql*; the first of *values* are the ids that `{ids}` stands for."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.format(ids=", ".join("%s" for _ in values[0])), [value for some in values for value in some]
        )
        return list(cursor.fetchall())
