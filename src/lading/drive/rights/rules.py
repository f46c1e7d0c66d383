"""
Read the rules of one person from the tables.

Grants of the person and of all they count as, what ends inheritance in the spaces these touch, an open
break-glass, and walls.  It decides one thing only: somebody who stands on both sides of a wall
has no rules in any space of that wall.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from lading.drive.models import Kind
from lading.drive.people.closure import reach
from lading.drive.rights.decide import Rule
from lading.drive.rights.roles import Role

_RULES = """
WITH granted AS (
    SELECT n.id, n.space_id, n.trail, n.kind, n.breaks, g.role, g.deny, g.expires
    FROM drive_grant g JOIN drive_node n ON n.id = g.node_id JOIN drive_space s ON s.id = n.space_id
    WHERE g.principal_id IN ({ids}) AND (g.expires IS NULL OR g.expires > %s) AND s.deleted IS NULL
)
SELECT id, space_id, trail, kind, breaks, role, deny, expires FROM granted
UNION ALL
SELECT n.id, n.space_id, n.trail, n.kind, n.breaks, 0, NULL, NULL
FROM drive_node n
WHERE n.breaks AND n.space_id IN (SELECT space_id FROM granted WHERE NOT deny)
"""
_SELF = """
SELECT p.kind, s.id, b.expires
FROM drive_principal p
LEFT JOIN drive_account a ON a.principal_id = p.id AND a.admin = 'system'
LEFT JOIN drive_breakglass b ON b.principal_id = a.principal_id AND b.expires > %s
LEFT JOIN drive_space s ON s.id = b.space_id AND s.deleted IS NULL
WHERE p.id = %s
"""
_WALLS = "SELECT wall_id, side, space_id FROM drive_wallside"
_SPACES = "SELECT id, root_id, bin_id FROM drive_space WHERE deleted IS NULL AND id IN ({ids})"


@dataclass(frozen=True, slots=True)
class Found:
    """The rules of one person; *spaces* are root and bin by space, *until* is when a rule expires next."""

    rules: Sequence[Rule]
    spaces: dict[int, tuple[int | None, int | None]]
    floors: dict[int, Role]
    cap: Role
    until: int | None


NOBODY = Found((), {}, {}, Role.NONE, None)


def read_rules(principal: int, now: int) -> Found:
    """What stands in the tables for *principal* at *now*."""
    counted = reach(principal, now=now)
    if not counted.ids:
        return NOBODY
    rows = _granted(counted.ids, now)
    kind, glass = _self(principal, now)
    allowed = {row[1] for row in rows if row[6] is False} | set(glass)
    closed = crossed(_all(_WALLS, []), allowed)
    ends = [row[7] for row in rows] + list(glass.values()) + [counted.until]
    rows = [row for row in rows if row[1] not in closed]
    spaces = _spaces({row[1] for row in rows} | (set(glass) - closed))
    floors = {space: Role.DOWNLOAD for space in glass if space in spaces}
    return Found(
        rules=merged(rows, {space: spaces[space][0] for space in floors}),
        spaces=spaces,
        floors=floors,
        cap=Role.EDIT if kind == "guest" else Role.MANAGE,
        until=min((end for end in ends if end is not None), default=None),
    )


def crossed(sides: Iterable[tuple[int, int, int]], spaces: set[int]) -> set[int]:
    """The spaces of all walls of which *spaces* touch both sides; *sides* are (wall, side, space)."""
    touched: dict[int, set[int]] = {}
    behind: dict[int, set[int]] = {}
    for wall, side, space in sides:
        behind.setdefault(wall, set()).add(space)
        if space in spaces:
            touched.setdefault(wall, set()).add(side)
    return {space for wall, on in touched.items() if len(on) > 1 for space in behind[wall]}


def merged(rows: Iterable[Sequence[Any]], roots: dict[int, int | None]) -> list[Rule]:
    """One rule per node, of rows as `_RULES` gives them; *roots* get one even if nothing stands there."""
    rules: dict[int, Rule] = {
        root: Rule(root, space, "", True, False, Role.NONE, None)
        for space, root in roots.items()
        if root is not None
    }
    for node, space, trail, kind, breaks, role, deny, _ in rows:
        known = rules.get(node)
        allow = known.allow if known else Role.NONE
        lowest = known.deny if known else None
        if deny:
            lowest = Role(role) if lowest is None else min(lowest, Role(role))
        else:
            allow = max(allow, Role(role))
        rules[node] = Rule(node, space, trail, kind == Kind.FOLDER, bool(breaks), allow, lowest)
    return list(rules.values())


def _granted(ids: Iterable[int], now: int) -> list[Sequence[Any]]:
    return [
        (*row[:6], None if row[6] is None else bool(row[6]), row[7])
        for row in _all(_RULES.format(ids=_places(ids)), [*ids, now])
    ]


def _self(principal: int, now: int) -> tuple[str, dict[int, int]]:
    """The kind of *principal*, and when their break-glass ends by space."""
    rows = _all(_SELF, [now, principal])
    glass: dict[int, int] = {}
    for _, space, expires in rows:
        if space is not None:
            glass[space] = max(glass.get(space, 0), expires)
    return (rows[0][0] if rows else ""), glass


def _spaces(ids: set[int]) -> dict[int, tuple[int | None, int | None]]:
    if not ids:
        return {}
    return {row[0]: (row[1], row[2]) for row in _all(_SPACES.format(ids=_places(ids)), list(ids))}


def _places(ids: Iterable[int]) -> str:
    return ", ".join("%s" for _ in ids)


def _all(sql: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
