"""
All WebDAV locks on entries that somebody sees.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from lading.drive.quick import reading
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.survey.paging import After, gathered, places

_LOCKS = (
    "SELECT l.id, l.path, p.key, l.exclusive, l.deep, l.expires FROM drive_lock l"
    " JOIN drive_principal p ON p.id = l.principal_id WHERE l.id > %s AND l.expires > %s ORDER BY l.id LIMIT %s"
)
_ROOTS = "SELECT id, root_id FROM drive_space WHERE deleted IS NULL AND id IN ({ids})"
_LEVEL = "SELECT id, parent_id, name FROM drive_node WHERE parent_id IN ({ids}) AND name IN ({names})"


class LockRow(NamedTuple):
    """A lock that stands: *path* is encoded and within the space, *holder* the key of a principal."""

    space: int
    path: str
    holder: str
    exclusive: bool
    deep: bool
    expires: int


class _Spot(NamedTuple):
    space: int
    path: str


def locks(look: Sight, after: After, limit: int, now: int) -> tuple[list[LockRow], int | None]:
    """Locks in the order they were taken; not those on addresses where nothing is yet."""
    with reading() as cursor:

        def fetch(number: int, wanted: int) -> list[tuple[Any, ...]]:
            cursor.execute(_LOCKS, [number, now, wanted])
            return list(cursor.fetchall())

        rows, following = gathered(fetch, lambda row: _asked(row, after.space), after.number, limit)
        seen = _seen(cursor, look, {_spot(row[1]) for row in rows})
    told = [
        LockRow(*_spot(row[1]), row[2], bool(row[3]), bool(row[4]), row[5])
        for row in rows
        if _spot(row[1]) in seen
    ]
    return told, following


def _asked(row: tuple[Any, ...], space: int | None) -> bool:
    return space is None or _spot(row[1]).space == space


def _spot(key: str) -> _Spot:
    space, _, path = key.partition("/")
    return _Spot(int(space), path)


def _seen(cursor: Any, look: Sight, spots: set[_Spot]) -> set[_Spot]:
    """Those of *spots* at which *look* sees an entry; a query for each level, however many there are."""
    found = {spot: (node, "") for spot, node in _roots(cursor, spots).items()}
    left = {spot: spot.path.split("/") if spot.path else [] for spot in found}
    while waiting := [spot for spot in found if left[spot]]:
        steps = {spot: (found[spot][0], left[spot].pop(0)) for spot in waiting}
        known = _children(cursor, set(steps.values()))
        for spot, (parent, name) in steps.items():
            child = known.get((parent, name))
            if child is None:
                del found[spot]
            else:
                found[spot] = (child, f"{found[spot][1]}{parent}/")
    return {spot for spot, (node, trail) in found.items() if look.role(trail, node) >= Role.PREVIEW}


def _roots(cursor: Any, spots: Iterable[_Spot]) -> dict[_Spot, int]:
    asked = list(spots)
    spaces = sorted({spot.space for spot in asked})
    if not spaces:
        return {}
    cursor.execute(_ROOTS.format(ids=places(spaces)), spaces)
    roots = dict(cursor.fetchall())
    return {spot: roots[spot.space] for spot in asked if spot.space in roots}


def _children(cursor: Any, pairs: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    parents, names = sorted({parent for parent, _ in pairs}), sorted({name for _, name in pairs})
    cursor.execute(_LEVEL.format(ids=places(parents), names=places(names)), [*parents, *names])
    return {(parent, name): node for node, parent, name in cursor.fetchall()}
