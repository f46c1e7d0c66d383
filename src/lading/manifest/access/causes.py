"""
Why one side gives people more than the other: each person and entry has exactly one cause.

The side that gives more is asked for the grant that decides; the other one, what keeps it from
doing the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from lading.manifest.access.decide import Item, holds, levels
from lading.manifest.access.walk import Place, Side, Spot
from lading.model.access import Effect, Role


class Fate(StrEnum):
    """What becomes of a grant on an entry at or below its own."""

    COUNTS = "counts"
    ENDED = "ended"
    """It has expired."""
    ELSEWHERE = "elsewhere"
    """Its reach does not hold there."""
    STOPPED = "stopped"
    """Inheritance ends between it and the entry."""


class Verdict(NamedTuple):
    """What becomes of *item*; *by* is what ended inheritance."""

    item: Item
    fate: Fate
    by: Item | None = None


class Why(StrEnum):
    """What the other side has, or lacks, so that it gives less."""

    ENTRY = "entry"
    """The entry is not there."""
    PERSON = "person"
    """The person has no counterpart there."""
    INACTIVE = "inactive"
    """The person counts for nothing there: not active, at an end, or without an owner."""
    DENIAL = "denial"
    BREAK = "break"
    """Inheritance ends before it arrives."""
    MEMBER = "member"
    """The same grant is there, but the person is not in the group it names."""
    ROLE = "role"
    """The same grant is there with a lower role."""
    EXPIRED = "expired"
    REACH = "reach"
    RANK = "rank"
    """A grant of a lower rank decides."""
    PASSAGE = "passage"
    """A folder above cannot be passed."""
    CAP = "cap"
    """The drive gives principals of this kind no more."""
    GRANT = "grant"
    """There is no such grant."""
    NAMES = "names"
    """The name of a folder above something that is seen on one side only."""


class Part(NamedTuple):
    """The *people* (bits) to whom *giver* gives more, since the other side is as *why* and *other* say."""

    why: Why
    giver: Item | None
    other: Item | None
    people: int


class Cell(NamedTuple):
    """A node, or with *below* what lies below it without being a node; *there* are the sides that have it."""

    place: Place
    below: bool
    there: int

    def spot(self, side: int) -> Spot:
        """What it comes to on *side*."""
        standing = self.place.sides[side]
        return standing.below if self.below else standing.own


def verdicts(cell: Cell, side: int) -> list[Verdict]:
    """What becomes of every grant of *side* on the way to *cell*, the nearest first."""
    found: list[Verdict] = []
    allowances = everything = None
    for place in cell.place.chain():
        below = cell.below or place is not cell.place
        here = [_verdict(item, below, allowances, everything) for item in place.sides[side].items]
        for item, fate, _ in here:
            if fate is Fate.COUNTS and item.effect is Effect.BREAK:
                allowances = allowances or item
            if fate is Fate.COUNTS and item.effect is Effect.RESET:
                allowances, everything = allowances or item, everything or item
        found += here
    return found


def parts(cell: Cell, people: int, give: int, sides: Sequence[Side]) -> list[Part]:
    """The causes for which the side *give* gives *people* more on *cell* than the other one; names of folders are left out."""
    other, found = 1 - give, []
    theirs: list[Verdict] | None = None
    for item, having in _givers(verdicts(cell, give), people):
        if not cell.there >> other & 1:
            found.append(Part(Why.ENTRY, item, None, having))
            continue
        if theirs is None:
            theirs = verdicts(cell, other)
        found += _Against(cell, sides[other], other, theirs).parts(item, having)
    return found


def _verdict(item: Item, below: bool, allowances: Item | None, everything: Item | None) -> Verdict:
    if not item.alive:
        return Verdict(item, Fate.ENDED)
    if not holds(item, below=below):
        return Verdict(item, Fate.ELSEWHERE)
    stop = everything if item.effect is not Effect.ALLOW else allowances
    return Verdict(item, Fate.STOPPED if stop else Fate.COUNTS, stop)


def _givers(found: list[Verdict], people: int) -> Iterator[tuple[Item, int]]:
    """The grants that decide for *people*, each with those for whom it does."""
    giving = [item for item, fate, _ in found if fate is Fate.COUNTS and item.effect is Effect.ALLOW]
    for item in sorted(giving, key=lambda item: (item.rank, -item.role)):
        if having := people & item.mask:
            yield item, having
            people &= ~having


class _Against:
    """What the side that gives less says to a grant of the other one."""

    def __init__(self, cell: Cell, side: Side, number: int, found: list[Verdict]) -> None:
        self._place = cell.place
        self._number = number
        self._side = side
        self._spot = cell.spot(number)
        self._found = found

    def parts(self, giver: Item, people: int) -> Iterator[Part]:
        masks = self._side.masks
        for why, bits in ((Why.PERSON, ~masks.there), (Why.INACTIVE, ~masks.alive)):
            if some := people & bits:
                yield Part(why, giver, None, some)
                people &= ~some
        for part in self._denied(giver, people):
            yield part
            people &= ~part.people
        if people:
            yield from self._compared(giver, people)

    def _denied(self, giver: Item, people: int) -> Iterator[Part]:
        passage = self._side.rules.passage
        free = levels(self._spot.state, passage=passage, denials=False)
        left = levels(self._spot.state, passage=passage)
        denied = people & _any(had & ~has for had, has in zip(free, left, strict=True))
        denials = [it for it, fate, _ in self._found if fate is Fate.COUNTS and it.effect is Effect.DENY]
        for denial in sorted(denials, key=lambda it: (it.rank, it.role)):
            if some := denied & denial.mask:
                yield Part(Why.DENIAL, giver, denial, some)
                denied &= ~some

    def _compared(self, giver: Item, people: int) -> Iterator[Part]:
        same = self._counterpart(giver)
        if same is None:
            yield Part(self._hindered(people) or Why.GRANT, giver, None, people)
            return
        item, by = same.item, same.by
        if some := people & ~item.mask:
            yield Part(Why.MEMBER, giver, item, some)
            people &= ~some
        if people:
            why, blame = self._reason(giver, same, people)
            yield Part(why, giver, by if blame else item, people)

    def _reason(self, giver: Item, same: Verdict, people: int) -> tuple[Why, bool]:
        """Why a grant like *giver* does less, and whether what ended inheritance is to blame."""
        if same.fate is Fate.ENDED:
            return Why.EXPIRED, False
        if same.fate is Fate.ELSEWHERE:
            return Why.REACH, False
        if same.fate is Fate.STOPPED:
            return Why.BREAK, True
        if same.item.role < giver.role:
            return Why.ROLE, False
        return self._hindered(people) or Why.RANK, False

    def _hindered(self, people: int) -> Why | None:
        if people & ~self._spot.reached:
            return Why.PASSAGE
        found = levels(self._spot.state, passage=self._side.rules.passage)
        capped = _any(
            bits & ~may
            for bits, may in zip(found[Role.PASS :], self._side.masks.may[Role.PASS :], strict=True)
        )
        return Why.CAP if people & capped else None

    def _counterpart(self, giver: Item) -> Verdict | None:
        """What becomes of the grant that is on the same entry for the same principal."""
        alike = [
            one
            for one in self._found
            if one.item.key == giver.key and one.item.path == giver.path and one.item.effect is Effect.ALLOW
        ]
        return max(
            alike, key=lambda one: (one.fate is Fate.COUNTS, one.item.alive, one.item.role), default=None
        )


def _any(bits: Iterator[int]) -> int:
    found = 0
    for some in bits:
        found |= some
    return found
