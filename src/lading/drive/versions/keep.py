"""
Decide which versions of a file are kept.

A rule can only let go of versions that are old, and never of the newest, of a labelled
one, or of anything under a legal hold.  Plain values in, a reason for each version out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

DAY = 86_400 * 10**9
"""Nanoseconds."""

THIN_AFTER = 1
DAILY_UNTIL = 30
WEEKLY_UNTIL = 365
"""Days of age: all are kept, then the last of each day, of each week, of each four weeks."""


class Versioned(Protocol):
    """What the rule looks at: *number* counts up, *saved* is in ns since 1970."""

    @property
    def number(self) -> int: ...
    @property
    def saved(self) -> int: ...
    @property
    def label(self) -> str: ...


V = TypeVar("V", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Keep the newest *count* and all that are younger than *days* days; None for both keeps everything.

    With *thin* older ones are not let go of but thinned out; with *thin* alone that begins at once.
    """

    count: int | None = None
    days: int | None = None
    thin: bool = False


EVERYTHING = Rule()


class Why(StrEnum):
    """Why a version is kept or not."""

    HELD = "held"
    NEWEST = "newest"
    LABELLED = "labelled"
    NO_RULE = "no_rule"
    AMONG_NEWEST = "among_newest"
    YOUNG = "young"
    LAST_OF_DAY = "last_of_day"
    LAST_OF_WEEK = "last_of_week"
    LAST_OF_FOUR_WEEKS = "last_of_four_weeks"
    BEYOND = "beyond"
    """Not kept."""


def keep(versions: Iterable[V], rule: Rule, *, held: bool, now: int) -> list[tuple[V, bool, Why]]:
    """
    Each of *versions* of one file with whether it is kept and why, the highest number first.

    What was let go of at some time would not be kept at any later time, so deciding often comes
    to the same as deciding once.
    """
    ordered = sorted(versions, key=lambda version: -version.number)
    thinned = _last_ones(ordered, now) if rule.thin else {}
    decided = []
    for place, version in enumerate(ordered):
        why = (
            _always(version, place, held)
            or _by_rule(version, place, rule, now)
            or thinned.get(version.number)
        )
        decided.append((version, why is not None, why or Why.BEYOND))
    return decided


def _always(version: Versioned, place: int, held: bool) -> Why | None:
    if held:
        return Why.HELD
    if place == 0:
        return Why.NEWEST
    return Why.LABELLED if version.label else None


def _by_rule(version: Versioned, place: int, rule: Rule, now: int) -> Why | None:
    if rule == EVERYTHING:
        return Why.NO_RULE
    if rule.count is not None and place < rule.count:
        return Why.AMONG_NEWEST
    if rule.days is not None and now - version.saved < rule.days * DAY:
        return Why.YOUNG
    return None


def _last_ones(ordered: Sequence[Versioned], now: int) -> dict[int, Why]:
    """
    The numbers that thinning keeps.

    Days, weeks and four weeks are counted from 1970 and lie within each other, so the last of
    a longer span is also the last of its shorter ones.
    """
    found: dict[int, Why] = {}
    spans: set[tuple[int, int]] = set()
    for version in ordered:
        age, day = now - version.saved, version.saved // DAY
        if age < THIN_AFTER * DAY:
            found[version.number] = Why.YOUNG
        length, why = _span(age)
        for span in (1, 7, 28):
            if span == length and (span, day // span) not in spans:
                found.setdefault(version.number, why)
            spans.add((span, day // span))
    return found


def _span(age: int) -> tuple[int, Why]:
    if age < DAILY_UNTIL * DAY:
        return 1, Why.LAST_OF_DAY
    if age < WEEKLY_UNTIL * DAY:
        return 7, Why.LAST_OF_WEEK
    return 28, Why.LAST_OF_FOUR_WEEKS
