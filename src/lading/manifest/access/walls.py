"""
Walls between deals, on one drive: nobody has anything on both sides, and no group or department either.

As inside our own drive what is allowed counts, be it denied again; where folders must be passed, what
cannot be reached does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lading.manifest.access.causes import Cell, Fate, verdicts
from lading.manifest.access.decide import Item, levels, limited
from lading.manifest.access.ground import Ground, Moved
from lading.manifest.access.people import Directory, Pair, directory, masks, members_of
from lading.manifest.access.tables import EVERYBODY, Tables, relation
from lading.manifest.access.walk import Place, Side, walk
from lading.manifest.engine import duckdb
from lading.model.access import Effect, PrincipalKind, Reach, Role


class Wall(NamedTuple):
    """
    A wall by its *name*; each of its two *sides* is a set of paths (encoded), with all below them.

    *both* are the keys of people who are meant to stand on both: the account of the move.
    """

    name: str
    sides: tuple[tuple[str, ...], tuple[str, ...]]
    both: frozenset[str] = frozenset()

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
    Who stands on both sides, who does so with leave (*tolerated*), and the paths of walls that the drive does not have.

    *on* tells for each wall the keys of who has anything on its two sides, *groups* for each
    path the keys of groups that grants on it or below it name.
    """

    crossings: list[Crossing]
    missing: list[str]
    on: list[tuple[frozenset[str], frozenset[str]]]
    groups: dict[str, frozenset[str]]
    directory: Directory
    tolerated: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Held:
    """Who has something at a path or below it, the grants that may have given it, and the groups that any grant names."""

    people: int = 0
    items: set[Item] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)


def inside(path: str, top: str) -> bool:
    """Whether *path* is *top* or lies below it."""
    return path == top or not top or path.startswith(top + "/")


def check_walls(
    connection: duckdb.DuckDBPyConnection,
    manifests: Sequence[Tables],
    walls: Sequence[Wall],
    now: int,
    *,
    moved: Moved = (),
    roots: Sequence[str] = (),
) -> Checked:
    """
    Who stands on both sides of one of *walls* at *now*, on the drive of which *manifests* are.

    Several manifests are those of accounts of which each is told a part: what one of them tells, counts.  *roots*
    are the paths on the drive at which they begin, if not at its own root.

    Raises:
        BadManifest: a table cannot be understood.
    """
    directories = [directory(connection, tables) for tables in manifests]
    keys = sorted({EVERYBODY, *(key for known in directories for key in known.known)})
    tops = sorted({top for wall in walls for side in wall.sides for top in side})
    held = {top: _Held() for top in tops}
    # A manifest does not list the folder at which it begins.
    there = set(roots)
    for tables, known, root in zip(manifests, directories, roots or [""] * len(manifests), strict=True):
        pairs = [Pair((key if key == EVERYBODY or key in known.known else None,)) for key in keys]
        side = Side(masks(pairs, 0, known, now), tables.rules, now, {})
        changed = [*moved, *_below(connection, tables, root)] if root else moved
        _walk(Ground(connection, [tables], moved=changed, at=tops), side, held, there)
    return Checked(
        [one for wall in walls for one in _crossings(wall, held, keys)],
        [top for top in tops if top and top not in there],
        [_on(wall, held, keys) for wall in walls],
        {top: frozenset(one.groups) for top, one in held.items()},
        _whole(directories),
        frozenset(key for wall in walls for key in _named(_both(wall, held), keys) if key in wall.both),
    )


def _below(connection: duckdb.DuckDBPyConnection, tables: Tables, root: str) -> Moved:
    """How the paths of a manifest that begins at *root* change."""
    tops = relation(connection, tables.entries).project("split_part(path, '/', 1)").distinct().fetchall()
    return [("", root), *((top, f"{root}/{top}") for (top,) in tops if top)]


def _walk(ground: Ground, side: Side, held: dict[str, _Held], there: set[str]) -> None:
    def visit(place: Place) -> None:
        if place.there and place.path in held:
            there.add(place.path)
        for top in held:
            if inside(place.path, top):
                _gather(held[top], place, side, top)

    walk(ground.nodes(), [side], visit)


def _whole(directories: Sequence[Directory]) -> Directory:
    """The first directory, with whom only a later one lists."""
    whole = directories[0]
    for other in directories[1:]:
        for key, one in other.known.items():
            if key not in whole.known or (one.listed and not whole.known[key].listed):
                whole.known[key] = one
    return whole


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
        held.items.add(item)


def _crossings(wall: Wall, held: dict[str, _Held], keys: Sequence[str]) -> list[Crossing]:
    found = []
    both = _both(wall, held) & ~sum(1 << number for number, key in enumerate(keys) if key in wall.both)
    items = [sorted({it for top in tops for it in held[top].items}, key=_place_of) for tops in wall.sides]
    for first in items[0]:
        for second in items[1]:
            some = both & first.mask & second.mask
            if some:
                found.append(Crossing(wall, tuple(_named(some, keys)), (first, second)))
                both &= ~some
    return found


def _place_of(item: Item) -> tuple[int, str, str]:
    return item.number, item.path, item.key


def _both(wall: Wall, held: dict[str, _Held]) -> int:
    one, two = (_people(tops, held) for tops in wall.sides)
    return one & two


def _on(wall: Wall, held: dict[str, _Held], keys: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    one, two = (frozenset(_named(_people(tops, held), keys)) for tops in wall.sides)
    return one, two


def _named(bits: int, keys: Sequence[str]) -> Iterator[str]:
    return (keys[bit] for bit in members_of(bits))


def _people(tops: Sequence[str], held: dict[str, _Held]) -> int:
    found = 0
    for top in tops:
        found |= held[top].people
    return found
