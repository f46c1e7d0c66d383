"""
Whom somebody counts as: themselves, their groups, their departments, everybody.

Grants name principals; this says which of them speak for a person.  It reads
and decides nothing else: what the grants give is worked out in `lading.drive.rights`.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from django.db import connection

EVERYBODY = "everybody"
"""The key of the principal that stands for all people of the firm; guests are not of the firm."""

# UNION drops what was met before, so a circle that slipped in ends as well.  *way* lets both
# databases look each principal up by its id: by membership (0) and by department (1).
_REACH = """
WITH RECURSIVE way(n) AS (SELECT 0 UNION ALL SELECT 1), me AS (
    SELECT p.id, p.kind, p.parent_id, p.until
    FROM drive_principal p LEFT JOIN drive_principal o ON o.id = p.owner_id
    WHERE p.id = %s AND p.active
      AND (p.kind <> 'guest' OR (p.until > %s AND o.active AND o.kind = 'person'))
), up(id, parent) AS (
    SELECT id, parent_id FROM me
    UNION
    SELECT p.id, p.parent_id
    FROM up CROSS JOIN way w
    LEFT JOIN drive_membership m ON m.member_id = up.id AND w.n = 0
    JOIN drive_principal p ON p.id = CASE w.n WHEN 0 THEN m.group_id ELSE up.parent END
    WHERE p.active
)
SELECT up.id, me.until FROM up CROSS JOIN me
UNION
SELECT e.id, me.until FROM me JOIN drive_principal e ON e.key = 'everybody'
WHERE me.kind = 'person' AND e.kind = 'everybody'
"""


class Reach(NamedTuple):
    """The *ids* somebody counts as, and *until* when (None: no end is known)."""

    ids: frozenset[int]
    until: int | None


def closure(principal_id: int, *, now: int | None = None) -> frozenset[int]:
    """
    The ids that speak for *principal_id*; empty for who is inactive, has ended or does not exist.

    Groups count with the groups and departments they belong to, departments with all above them.
    An inactive group or department gives nothing and passes nothing on.  A guest counts for nothing
    from `until` on and while no active person owns them, and is never part of `everybody`.
    """
    return reach(principal_id, now=now).ids


def reach(principal_id: int, *, now: int | None = None) -> Reach:
    """`closure`, and the time at which it ends by itself; one query."""
    moment = time.time_ns() if now is None else now
    with connection.cursor() as cursor:
        cursor.execute(_REACH, [principal_id, moment])
        rows = cursor.fetchall()
    return Reach(frozenset(row[0] for row in rows), rows[0][1] if rows else None)
