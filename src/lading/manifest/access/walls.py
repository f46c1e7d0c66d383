"""
Walls between deals, on one drive: nobody has anything on both sides, and no group or department either.

As inside our own drive what is allowed counts, be it denied again; where folders must be passed, what
cannot be reached does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

from lading.manifest.access.causes import Cell, Fate, verdicts
from lading.manifest.access.decide import Item, levels, limited
from lading.manifest.access.ground import Ground, Moved
from lading.manifest.access.people import Directory, Pair, directory, masks
from lading.manifest.access.tables import EVERYBODY, Tables
from lading.manifest.access.walk import Place, Side, walk
from lading.model.access import Effect, Reach, Role


class Wall(NamedTuple):
    """A wall by its *name*; each of its two *sides* is a set of paths (encoded), with all below them."""

    name: str
    sides: tuple[tuple[str, ...], tuple[str, ...]]

    def side_of(self, path: str) -> int | None:
        """The side on which *path* lies."""
        return next(
            (at for at, tops in enumerate(self.sides) if any(inside(path, top) for top in tops)), None
        )


class Crossing(NamedTuple):
    """*whom* (keys of principals) *grants* let to both sides of *wall*: one grant for each side."""

    wall: Wall
    whom: tuple[str, ...]
    grants: tuple[Item, Item]


class Checked(NamedTuple):
    """What stands on both sides, and the paths of walls that the drive does not have."""

    crossings: list[Crossing]
    missing: list[str]
    directory: Directory


@dataclass(slots=True)
class _Held:
    """Who has something on one side, and the grants that may have given it."""

    people: int
    items: dict[int, Item]


def inside(path: str, top: str) -> bool:
    """Whether *path* is *top* or lies below it."""
    return path == top or not top or path.startswith(top + "/")


def check_walls(
    connection: duckdb.DuckDBPyConnection,
    tables: Tables,
    walls: Sequence[Wall],
    now: int,
    *,
    moved: Moved = (),
) -> Checked:
    """
    Who stands on both sides of one of *walls* at *now*.

    Raises:
        BadManifest: a table cannot be understood.
    """
    known = directory(connection, tables)
    keys = sorted({*known.known, EVERYBODY})
    tops = sorted({top for wall in walls for side in wall.sides for top in side})
    held = {top: _Held(0, {}) for top in tops}
    there: set[str] = set()
    side = Side(masks([Pair((key,)) for key in keys], 0, known, now), tables.rules, now, {})
    ground = Ground(connection, [tables], moved=moved, at=tops)

    def visit(place: Place) -> None:
        if place.there and place.path in held:
            there.add(place.path)
        for top in tops:
            if inside(place.path, top):
                _gather(held[top], place, side, top)

    walk(ground.nodes(), [side], visit)
    crossings = [one for wall in walls for one in _crossings(wall, held, keys)]
    return Checked(crossings, [top for top in tops if top and top not in there], known)


def _gather(held: _Held, place: Place, side: Side, top: str) -> None:
    standing = place.sides[0]
    if not standing.items and place.path != top:
        return
    for spot in (standing.own, standing.below):
        found = levels(spot.state, passage=side.rules.passage, denials=False)
        held.people |= limited(found, side.masks.may, spot.reached)[Role.PREVIEW]
    if place.path == top:
        for below in (False, True):
            for item, fate, _ in verdicts(Cell(place, below, 1), 0):
                if fate is Fate.COUNTS:
                    _keep(held, item)
    for item in standing.items:
        _keep(held, item)


def _keep(held: _Held, item: Item) -> None:
    if (
        item.alive
        and item.effect is Effect.ALLOW
        and item.role >= Role.PREVIEW
        and item.reach is not Reach.LATER
    ):
        held.items[item.number] = item


def _crossings(wall: Wall, held: dict[str, _Held], keys: Sequence[str]) -> list[Crossing]:
    sides = [[held[top] for top in tops] for tops in wall.sides]
    people = [0, 0]
    for at, side in enumerate(sides):
        for one in side:
            people[at] |= one.people
    both, found = people[0] & people[1], []
    items = [sorted({item for one in side for item in one.items.values()}) for side in sides]
    for first in items[0]:
        for second in items[1]:
            some = both & first.mask & second.mask
            if some:
                whom = tuple(key for bit, key in enumerate(keys) if some >> bit & 1)
                found.append(Crossing(wall, whom, (first, second)))
                both &= ~some
    return found
