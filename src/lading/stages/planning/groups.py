"""
Hold mapped groups against each other: does the one in NEW have the same people?

A grant to a group that has more people in NEW would give them something; a denial to one that has fewer
would no longer hold for those who are missing.
"""

from __future__ import annotations

from dataclasses import replace

from lading.manifest.circles import Circles, People
from lading.model.identity import GROUPS, IdentityMap, Key, Match, Outcome, key_of


def with_members(people: IdentityMap, old: Circles, new: Circles) -> IdentityMap:
    """*people*, each mapped group with how many it has more and fewer in NEW."""
    became = {
        key_of(match.old): key_of(match.new)
        for match in people
        if match.new is not None and match.outcome is Outcome.MAPPED
    }
    outliving = frozenset(key_of(match.old) for match in people if match.outlives)
    return IdentityMap(_counted(match, old, new, became, outliving) for match in people)


def _counted(match: Match, old: Circles, new: Circles, became: dict[Key, Key], outliving: People) -> Match:
    if match.new is None or match.outcome is not Outcome.MAPPED or match.old.kind not in GROUPS:
        return match
    if not (old.known and new.known):
        return replace(match, wider=None, fewer=None)
    ours = old.people(key_of(match.old)) & old.active
    theirs = new.people(key_of(match.new)) & new.active
    expected = {became[key] for key in ours - outliving if key in became}
    missing = sum(1 for key in ours if became.get(key) not in theirs)
    return replace(match, wider=len(theirs - expected), fewer=missing)
