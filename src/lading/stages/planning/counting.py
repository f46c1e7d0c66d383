"""
Counts of what happens to things, closed into an account for each feature.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lading.model.errors import AccountOpen
from lading.model.fidelity import Account, Example, Line
from lading.model.losses import CODES, Feature, Outcome, worst
from lading.model.text import Text

EXAMPLES = 3
"""Examples of each loss; the worst."""


class Ranked(NamedTuple):
    """An example and how bad it is: the lowest *rank* is the worst, paths in their order break ties."""

    rank: int
    path: str | None
    what: str


class Group(NamedTuple):
    """*things* to which the same *losses* happen; none: they arrive as they were."""

    losses: tuple[str, ...]
    things: int
    examples: Sequence[Ranked] = ()


def account(feature: Feature, groups: Iterable[Group], found: int, unknown: str | None = None) -> Account:
    """
    The account of *feature*, of which *found* things were counted apart from *groups*.

    Only losses of this feature are looked at.

    Raises:
        AccountOpen: the groups hold more or fewer.
    """
    buckets = dict.fromkeys(Outcome, 0)
    counts: dict[str, int] = defaultdict(int)
    examples: dict[str, set[Ranked]] = defaultdict(set)
    for group in groups:
        losses = tuple(dict.fromkeys(code for code in group.losses if CODES[code].feature is feature))
        buckets[worst(losses)] += group.things
        for code in losses:
            counts[code] += group.things
            examples[code].update(group.examples)
    lines = tuple(Line(code, counts[code], _first(examples[code])) for code in sorted(counts, key=_order))
    closed = Account(
        feature,
        found,
        buckets[Outcome.EXACT],
        buckets[Outcome.TRANSLATED],
        buckets[Outcome.LOSSY],
        buckets[Outcome.DROPPED],
        lines,
        unknown,
    )
    if not closed.closes:
        counted = sum(buckets.values())
        raise AccountOpen(
            "",
            Text(f"{feature}: found {found}, counted {counted}", f"{feature}：发现 {found}，计入 {counted}"),
        )
    return closed


_WORST_FIRST = list(CODES)


def _order(code: str) -> tuple[int, int]:
    """Worst first, then as the list of codes has them."""
    return -list(Outcome).index(CODES[code].outcome), _WORST_FIRST.index(code)


def _first(examples: Iterable[Ranked]) -> tuple[Example, ...]:
    ordered = sorted(examples, key=lambda it: (it.rank, it.path or "", it.what))
    return tuple(Example(it.path, it.what) for it in ordered[:EXAMPLES])
