"""
Walls between deals, on one drive: nobody has anything on both sides, and no group or department either.

As inside our own drive what is allowed counts, be it denied again; where folders must be passed, what
cannot be reached does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb

from lading.manifest.access.causes import Cell, Fate, verdicts
from lading.manifest.access.decide import Item, levels, limited
from lading.manifest.access.ground import Ground, Moved
from lading.manifest.access.people import Directory, Pair, directory, masks, members_of
from lading.manifest.access.tables import EVERYBODY, Tables
from lading.manifest.access.walk import Place, Side, walk
from lading.model.access import Effect, PrincipalKind, Reach, Role


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
    """
    Who stands on both sides, and the paths of walls that the drive does not have.

    *on* tells for each wall the keys of who has anything on its two sides, *groups* for each
    path the keys of groups that grants on it or below it name.
    """

    crossings: list[Crossing]
    missing: list[str]
    on: list[tuple[frozenset[str], frozenset[str]]]
    groups: dict[str, frozenset[str]]
    directory: Directory


@dataclass(slots=True)
class _Held:
    """Who has something at a path or below it, the grants that may have given it, and the groups that any grant names."""

    people: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)


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
    held = {top: _Held() for top in tops}
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
    return Checked(
        [one for wall in walls for one in _crossings(wall, held, keys)],
        [top for top in tops if top and top not in there],
        [_on(wall, held, keys) for wall in walls],
        {top: frozenset(one.groups) for top, one in held.items()},
        known,
    )


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
        if item.kind == PrincipalKind.GROUP:
            held.groups.add(item.key)


def _keep(held: _Held, item: Item) -> None:
    if (
        item.alive
        and item.effect is Effect.ALLOW
        and item.role >= Role.PREVIEW
        and item.reach is not Reach.LATER
    ):
        held.items[item.number] = item


def _crossings(wall: Wall, held: dict[str, _Held], keys: Sequence[str]) -> list[Crossing]:
    one, two = (_people(tops, held) for tops in wall.sides)
    both, found = one & two, []
    items = [sorted({item for top in tops for item in held[top].items.values()}) for tops in wall.sides]
    for first in items[0]:
        for second in items[1]:
            some = both & first.mask & second.mask
            if some:
                found.append(Crossing(wall, tuple(keys[bit] for bit in members_of(some)), (first, second)))
                both &= ~some
    return found


def _on(wall: Wall, held: dict[str, _Held], keys: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    one, two = (frozenset(keys[bit] for bit in members_of(_people(tops, held))) for tops in wall.sides)
    return one, two


def _people(tops: Sequence[str], held: dict[str, _Held]) -> int:
    found = 0
    for top in tops:
        found |= held[top].people
    return found
