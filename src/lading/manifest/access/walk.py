"""
Walk down the nodes and say what each side gives on each of them.

Only the nodes from the top to the present one are held.  A node is told when all below it are known,
since the name of a folder is seen by whoever sees something in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lading.connectors.profile import AccessRules
from lading.manifest.access.decide import Item, State, added, holds, levels, limited
from lading.manifest.access.ground import Node, Rest, Row
from lading.manifest.access.people import Levels, Masks
from lading.model.access import Effect, PrincipalKind, Reach, Role

EVERYONE = -1
"""All bits."""


@dataclass(frozen=True, slots=True)
class Side:
    """One drive at one moment: its people, its *rules*, and its keys as the other side knows them."""

    masks: Masks
    rules: AccessRules
    now: int
    common: Mapping[str, str]

    def item(self, row: Row) -> Item:
        """What the grant of *row* means here."""
        role = row.role
        if row.kind not in (PrincipalKind.PERSON, PrincipalKind.GUEST):
            role = min(role, dict(self.rules.caps).get(PrincipalKind(row.kind), role))
        return Item(
            number=row.number,
            path=row.path,
            effect=Effect(row.effect),
            kind=row.kind,
            principal=row.principal,
            role=role if row.effect == Effect.ALLOW else row.role,
            rank=row.rank,
            reach=Reach(row.reach),
            expires=row.expires,
            source=row.source,
            key=self.common.get(row.key, row.key),
            mask=self.masks.of.get(row.key, 0),
            alive=row.expires is None or row.expires > self.now,
        )


@dataclass(slots=True)
class Spot:
    """
    What a cell comes to on one side: *found* is who has which role, *state* what it follows from.

    *reached* is who has passed all folders above, *names* who has PASS only for what they see below.
    """

    state: State
    reached: int
    found: Levels
    names: int = 0


@dataclass(slots=True)
class Standing:
    """One side of a node: its grants, the node itself, and what lies below without being a node."""

    items: tuple[Item, ...]
    own: Spot
    below: Spot


@dataclass(slots=True)
class Place:
    """A node with the places above it, of which the last is nearest."""

    path: str
    there: int
    rest: tuple[Rest, ...]
    above: Place | None
    sides: tuple[Standing, ...]
    seen: list[int] = field(default_factory=list)
    """For each side, who sees something below."""
    sums: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    """How many entries are here and below, by the sides that have them."""

    def chain(self) -> list[Place]:
        """This place and all above it, the nearest first."""
        found: list[Place] = []
        place: Place | None = self
        while place is not None:
            found.append(place)
            place = place.above
        return found


Visit = Callable[[Place], None]


def walk(nodes: Iterable[Node], sides: Sequence[Side], visit: Visit) -> None:
    """Hand each of *nodes* (in their order) to *visit*, with what it comes to on each of *sides*."""
    top: Place | None = None
    for node in nodes:
        while top is not None and not _below(node.path, top.path):
            top = _left(top, sides, visit)
        top = _entered(node, top, sides)
    while top is not None:
        top = _left(top, sides, visit)


def _below(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")


def _entered(node: Node, above: Place | None, sides: Sequence[Side]) -> Place:
    standings = tuple(
        _standing(tuple(map(side.item, rows)), above.sides[number] if above else None, side)
        for number, (side, rows) in enumerate(zip(sides, node.grants, strict=True))
    )
    return Place(node.path, node.there, node.rest, above, standings, [0] * len(sides))


def _standing(items: tuple[Item, ...], above: Standing | None, side: Side) -> Standing:
    if above is not None and not items:
        spot = above.below
        own = Spot(spot.state, spot.reached, spot.found)
        passing = Spot(spot.state, own.found[Role.PASS], spot.found)
        return Standing(items, own, passing if side.rules.passage else spot)
    state, reached = (above.below.state, above.below.reached) if above else ((), EVERYONE)
    own = _spot(added(state, (item for item in items if holds(item, below=False))), reached, side)
    through = own.found[Role.PASS] if side.rules.passage else reached
    below = _spot(added(state, (item for item in items if holds(item, below=True))), through, side)
    return Standing(items, own, below)


def _spot(state: State, reached: int, side: Side) -> Spot:
    found = levels(state, passage=side.rules.passage)
    return Spot(state, reached, limited(found, side.masks.may, reached))


def _left(place: Place, sides: Sequence[Side], visit: Visit) -> Place | None:
    for number, side in enumerate(sides):
        standing, bit = place.sides[number], 1 << number
        seen = place.seen[number]
        if any(rest.there & bit for rest in place.rest):
            seen |= standing.below.found[Role.PREVIEW]
        own = standing.own
        if not side.rules.passage:
            own.names = seen & side.masks.may[Role.PASS] & ~own.found[Role.PASS]
        if place.there & bit:
            seen |= own.found[Role.PREVIEW]
        if place.above is not None:
            place.above.seen[number] |= seen
        if own.names:
            own.found = (
                *own.found[: Role.PASS],
                own.found[Role.PASS] | own.names,
                *own.found[Role.PREVIEW :],
            )
    _summed(place)
    visit(place)
    return place.above


def _summed(place: Place) -> None:
    place.sums[place.there] += 1
    for rest in place.rest:
        place.sums[rest.there] += rest.entries
    if place.above is not None:
        for there, count in enumerate(place.sums):
            place.above.sums[there] += count
