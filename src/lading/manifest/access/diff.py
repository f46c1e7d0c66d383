"""
Who gained and who lost access between two drives, counted, and grouped by cause.

A pair is a person and an entry; it counts as gained if the second side gives a higher role than the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lading.manifest.access.causes import Cell, Part, Why, parts
from lading.manifest.access.decide import NOBODY, Item, role_in
from lading.manifest.access.ground import Node
from lading.manifest.access.people import LEVELS, Levels, members_of
from lading.manifest.access.walk import Place, Side, walk
from lading.model.access import Role

_EXAMPLES = 3


class Example(NamedTuple):
    """*person* (the place in the people of the comparison) has *before* on one side and *after* on the other."""

    path: str
    person: int
    before: Role
    after: Role


@dataclass(slots=True)
class Cause:
    """
    Pairs that changed for one reason.

    Of a gain *giver* is a grant of the second drive and *other* one of the first; of a loss it is the other way round.
    *people* are bits.
    """

    gain: bool
    why: Why
    giver: Item | None
    other: Item | None
    people: int = 0
    pairs: int = 0
    entries: int = 0
    examples: list[Example] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many people."""
        return self.people.bit_count()


class Tolerance(NamedTuple):
    """Gains that are accepted: of *people* (bits) on *path* and below, up to *role*."""

    path: str
    people: int
    role: Role


@dataclass(slots=True)
class Outcome:
    """
    The comparison at one moment, in pairs; `same` counts those with any role.

    *gainers* and *losers* are bits; *inside* tells how many entries lie at and below each asked path, by the sides that have them.
    """

    gained: int = 0
    lost: int = 0
    same: int = 0
    tolerated: int = 0
    gainers: int = 0
    losers: int = 0
    causes: list[Cause] = field(default_factory=list)
    inside: dict[str, tuple[int, ...]] = field(default_factory=dict)


def compare(
    nodes: Iterable[Node],
    sides: Sequence[Side],
    *,
    tolerances: Sequence[Tolerance] = (),
    asked: Iterable[str] = (),
) -> Outcome:
    """Compare the first of two *sides* with the second over all *nodes*; for paths *asked* entries are counted, too."""
    work = _Comparing(sides, tolerances, frozenset(asked))
    walk(nodes, sides, work.visit)
    work.outcome.causes = sorted(work.causes.values(), key=lambda it: (not it.gain, -it.pairs))
    return work.outcome


class _Comparing:
    """Adds up place by place."""

    def __init__(self, sides: Sequence[Side], tolerances: Sequence[Tolerance], asked: frozenset[str]) -> None:
        self.outcome = Outcome()
        self.causes: dict[tuple[bool, Why, int, int], Cause] = {}
        self._sides = sides
        self._tolerances, self._names = _by_path(tolerances), _above(tolerances)
        self._asked = asked

    def visit(self, place: Place) -> None:
        """Compare a place, and what lies below it without being a node."""
        if place.path in self._asked:
            self.outcome.inside[place.path] = tuple(place.sums)
        if place.there:
            self._cell(Cell(place, False, place.there), 1, place.path)
        for rest in place.rest:
            self._cell(Cell(place, True, rest.there), rest.entries, rest.example)

    def _cell(self, cell: Cell, count: int, example: str) -> None:
        one, two = (cell.spot(side).found if cell.there >> side & 1 else NOBODY for side in (0, 1))
        if one == two:
            self.outcome.same += one[Role.PASS].bit_count() * count
            return
        gained, lost = _more(two, one), _more(one, two)
        same = (one[Role.PASS] | two[Role.PASS]) & ~gained & ~lost
        self.outcome.same += same.bit_count() * count
        if gained and self._tolerances:
            gained = self._untolerated(cell, (one, two), gained, count)
        self.outcome.gained += gained.bit_count() * count
        self.outcome.lost += lost.bit_count() * count
        self.outcome.gainers |= gained
        self.outcome.losers |= lost
        for gain, people in ((True, gained), (False, lost)):
            for part in self._parts(cell, people, gain):
                self._note(gain, part, (one, two), count, example)

    def _parts(self, cell: Cell, people: int, gain: bool) -> Iterator[Part]:
        give = 1 if gain else 0
        if not cell.below and (names := people & cell.spot(give).names):
            yield Part(Why.NAMES, None, None, names)
            people &= ~names
        if people:
            yield from parts(cell, people, give, self._sides)

    def _note(self, gain: bool, part: Part, found: tuple[Levels, Levels], count: int, example: str) -> None:
        giver, other = (it.number if it else -1 for it in (part.giver, part.other))
        key = (gain, part.why, giver, other)
        cause = self.causes.get(key)
        if cause is None:
            cause = self.causes[key] = Cause(gain, part.why, part.giver, part.other)
        cause.people |= part.people
        cause.pairs += part.people.bit_count() * count
        cause.entries += count
        if len(cause.examples) < _EXAMPLES:
            person = next(iter(members_of(part.people)))
            roles = (role_in(levels, 1 << person) for levels in found)
            cause.examples.append(Example(example, person, *roles))

    def _untolerated(self, cell: Cell, found: tuple[Levels, Levels], gained: int, count: int) -> int:
        accepted = [0] * LEVELS
        for place in cell.place.chain():
            for role, bits in enumerate(self._tolerances.get(place.path, NOBODY)):
                accepted[role] |= bits
        if not cell.below:
            accepted[Role.PASS] |= self._names.get(cell.place.path, 0)
        left = 0
        for role in range(1, LEVELS):
            left |= found[1][role] & ~found[0][role] & ~accepted[role]
        self.outcome.tolerated += (gained & ~left).bit_count() * count
        return left


def _more(one: Levels, two: Levels) -> int:
    """Who has a higher role in *one* than in *two*."""
    found = 0
    for role in range(Role.PASS, LEVELS):
        found |= one[role] & ~two[role]
    return found


def _by_path(tolerances: Sequence[Tolerance]) -> Mapping[str, Levels]:
    found: dict[str, Levels] = {}
    for path, people, role in tolerances:
        known = found.get(path, NOBODY)
        found[path] = tuple(bits | people if 1 <= at <= role else bits for at, bits in enumerate(known))
    return found


def _above(tolerances: Sequence[Tolerance]) -> Mapping[str, int]:
    """Who may see the name of each folder above what they may gain."""
    found: dict[str, int] = {}
    for path, people, _ in tolerances:
        names = path.split("/")
        for above in ("", *("/".join(names[:depth]) for depth in range(1, len(names)))):
            found[above] = found.get(above, 0) | people
    return found
