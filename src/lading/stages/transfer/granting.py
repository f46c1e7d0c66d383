"""
Decide about one grant in NEW, and say why.

Pure: what it should be, what stands there and what an earlier pass set in, steps out.  What takes something away from
people is done before any content is written, what gives them something after everything else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from lading.model.access import Effect, Reach, Role


class Terms(NamedTuple):
    """What a grant says beside whom it is about."""

    role: Role
    reach: Reach
    expires: int | None


class Why(StrEnum):
    """Why."""

    SAME = "same"
    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    """An earlier pass set it and OLD no longer has it."""
    HELD_BACK = "held_back"
    """OLD seems to have it no longer, but could not be asked for certain."""
    COVERED = "covered"
    """People set another one in NEW that does at least the same; it stays."""
    TAKEN = "taken"
    """People set another one in NEW; it stays, and this one is not set."""
    THEIRS = "theirs"
    """People set it in NEW, OLD has none; it stays."""


class Step(NamedTuple):
    """Set the grant to *terms*; None: take it away."""

    terms: Terms | None


class Steps(NamedTuple):
    """What to do before any content is written, and what after all else; None: nothing."""

    early: Step | None
    late: Step | None
    why: Why


class Sides(NamedTuple):
    """What OLD asks for, what stands in NEW, and what an earlier pass set there, of one grant."""

    wanted: Terms | None
    found: Terms | None
    landed: Terms | None


def decide_grant(effect: Effect, it: Sides, *, certain: bool = True, overwrite: bool = False) -> Steps:
    """What is to be done; *certain*: OLD was asked for the grants of the entry and told all of them."""
    if it.wanted is None:
        return _unwanted(effect, it, certain)
    if it.found == it.wanted or (it.found is not None and effect in (Effect.BREAK, Effect.RESET)):
        return Steps(None, None, Why.SAME)
    if it.found is None:
        step = Step(it.wanted)
        return Steps(None, step, Why.NEW) if effect is Effect.ALLOW else Steps(step, None, Why.NEW)
    if it.found != it.landed and not overwrite:
        return Steps(None, None, Why.COVERED if _covers(effect, it.found, it.wanted) else Why.TAKEN)
    return _changed(effect, it.wanted, it.found)


def _unwanted(effect: Effect, it: Sides, certain: bool) -> Steps:
    if it.found is None or it.found != it.landed:
        return Steps(None, None, Why.THEIRS)
    if not certain:
        return Steps(None, None, Why.HELD_BACK)
    gone = Step(None)
    return Steps(gone, None, Why.GONE) if effect is Effect.ALLOW else Steps(None, gone, Why.GONE)


def _changed(effect: Effect, wanted: Terms, found: Terms) -> Steps:
    """First to what both allow, then to what is wanted."""
    between = _least(wanted, found) if effect is Effect.ALLOW else _strictest(wanted, found)
    early = None if between == found else Step(between)
    late = None if between == wanted else Step(wanted)
    return Steps(early, late, Why.CHANGED)


def _least(one: Terms, other: Terms) -> Terms | None:
    if one.reach is not other.reach:
        return None
    return Terms(min(one.role, other.role), one.reach, _sooner(one.expires, other.expires))


def _strictest(one: Terms, other: Terms) -> Terms:
    reach = one.reach if one.reach is other.reach else Reach.ALL
    return Terms(min(one.role, other.role), reach, _later(one.expires, other.expires))


def _covers(effect: Effect, one: Terms, other: Terms) -> bool:
    """Whether *one* does at least what *other* does."""
    if one.reach not in (other.reach, Reach.ALL) or _later(one.expires, other.expires) != one.expires:
        return False
    return one.role >= other.role if effect is Effect.ALLOW else one.role <= other.role


def _sooner(one: int | None, other: int | None) -> int | None:
    ends = [end for end in (one, other) if end is not None]
    return min(ends, default=None)


def _later(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)
