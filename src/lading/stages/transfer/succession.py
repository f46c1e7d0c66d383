"""
Which versions of a file NEW still lacks, and whether it can put them in order.

Pure: the versions that OLD has and those that stand in NEW, oldest first, in; a place to go on from out.  NEW
puts a version on top of all others, so what is missing below its newest one cannot be brought in any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lading.connectors.profile import Profile
from lading.model.access import Version


class Wanted(NamedTuple):
    """
    A version of OLD on its way: its *ordinal* and *id* there, and the facts that NEW is given.

    *sha256* is its digest, None where OLD told none and it was not read yet.
    """

    ordinal: int
    id: str
    version: Version
    sha256: str | None


class Standing(NamedTuple):
    """The versions before *next* are done with; those at the places *missed* stand below what NEW holds and are not there."""

    next: int
    missed: tuple[int, ...]


def standing(wanted: Sequence[Wanted], there: Sequence[Version], profile: Profile) -> Standing | None:
    """
    Where to go on, if the newest version that is *there* is one of those *wanted*; None if it is none of them.

    Among several that it may be, the one counts below which least is missing; then the last.
    """
    if not there:
        return Standing(0, ())
    found = [
        Standing(place + 1, _missed(wanted[:place], there[:-1], profile))
        for place, one in enumerate(wanted)
        if alike(one, there[-1], profile)
    ]
    return min(found, key=lambda it: (len(it.missed), -it.next), default=None)


def standing_below(wanted: Sequence[Wanted], there: Sequence[Version], profile: Profile) -> Standing:
    """Where to go on if the newest version that is *there* may stay below: behind the last one that is there at all."""
    for length in range(len(there), 0, -1):
        if (found := standing(wanted, there[:length], profile)) is not None:
            return found
    return Standing(0, ())


def alike(wanted: Wanted, there: Version, profile: Profile) -> bool:
    """
    Whether *there* is the version *wanted*, as far as NEW (*profile*) keeps and tells facts.

    Author and label may have changed since it landed: somebody corrected the identity map, or labelled it.
    """
    given, told = wanted.version, dict(there.digests).get("sha256")
    if there.size != given.size or (told and wanted.sha256 and told != wanted.sha256):
        return False
    return "saved" not in profile.features.versions or there.saved == profile.kept_time(given.saved)


def _missed(wanted: Sequence[Wanted], there: Sequence[Version], profile: Profile) -> tuple[int, ...]:
    """The places of those *wanted* that are not *there* in their order, matched from the newest down."""
    missed = []
    left = len(there)
    for place in range(len(wanted) - 1, -1, -1):
        at = next((n for n in range(left - 1, -1, -1) if alike(wanted[place], there[n], profile)), None)
        if at is None:
            missed.append(place)
        else:
            left = at
    return tuple(reversed(missed))
