"""
What a translation has to know: the new drive, how grants of the old one work together, and who is who.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lading.connectors.profile import AccessRules, Features, Profile
from lading.manifest.circles import Circles
from lading.model.access import Effect, Principal, PrincipalKind, Role
from lading.model.identity import GROUPS, IdentityMap, Match, Outcome, key_of


@dataclass(frozen=True)
class Target:
    """
    NEW as *profile* tells it, the rules of OLD, the identity map, and who is in the groups of OLD.

    *now*, in nanoseconds since 1970 UTC, is when OLD was scanned: what had ended then is left.
    *endless*: grants that end are set without an end where NEW cannot hold it, and somebody ends them by hand.
    """

    profile: Profile
    old: AccessRules
    people: IdentityMap
    circles: Circles
    now: int = 0
    endless: bool = False

    @property
    def features(self) -> Features:
        """What NEW can be given."""
        return self.profile.features

    def ended(self, expires: int | None) -> bool:
        """Whether what ends at *expires* has ended."""
        return expires is not None and expires <= self.now

    @cached_property
    def loose_guests(self) -> bool:
        """Whether a guest can do something in NEW, or for longer, who cannot in OLD."""
        guests = (
            it for it in self.people if it.old.kind is PrincipalKind.GUEST and it.outcome is Outcome.MAPPED
        )
        return any(it.outlives or key_of(it.old) not in self.circles.active for it in guests)

    @property
    def new(self) -> AccessRules:
        """How grants of NEW work together."""
        return self.profile.access or AccessRules()


class Found(NamedTuple):
    """Who of NEW a principal of OLD is, with their match; or *why* they cannot be given anything."""

    new: Principal | None
    match: Match | None = None
    why: str = ""


_WHY = {Outcome.LEFT: "left", Outcome.OUTSIDE: "outside"}


def found(principal: Principal, to: Target) -> Found:
    """Who of NEW gets what *principal* has: `nobody`, `left`, `outside` and `kind` say why nobody does."""
    match = to.people.find(principal.kind, principal.id)
    if match is None or match.new is None or match.outcome is not Outcome.MAPPED:
        return Found(None, match, _WHY.get(match.outcome, "nobody") if match else "nobody")
    if principal.kind is PrincipalKind.GUEST and key_of(principal) not in to.circles.active:
        return Found(None, match, "left")
    if match.new.kind not in to.features.principals:
        return Found(None, match, "kind")
    return Found(match.new, match)


def cap(rules: AccessRules, kind: PrincipalKind) -> Role:
    """The most that principals of *kind* can have."""
    return dict(rules.caps).get(kind, Role.MANAGE)


def kinds_meant(principal: Principal, to: Target) -> frozenset[PrincipalKind]:
    """The kinds of those whom a grant of OLD to *principal* reaches, its own included."""
    kinds = {principal.kind}
    if principal.kind in GROUPS:
        kinds.add(PrincipalKind.PERSON)
        if to.circles.has_guests(key_of(principal)):
            kinds.add(PrincipalKind.GUEST)
    if principal.kind is PrincipalKind.EVERYBODY:
        kinds.add(PrincipalKind.PERSON)
        if to.old.everybody_guests:
            kinds.add(PrincipalKind.GUEST)
    return frozenset(kinds)


def says_exactly(effect: Effect, role: Role, rights: frozenset[str], rules: AccessRules) -> bool:
    """Whether *rights*, the words of OLD, are just *role*; where it has no words of its own, they are."""
    if not rights or rights == {role.name.lower()}:
        return True
    return (effect, role, tuple(sorted(rights))) in rules.words


def at_most(role: Role, roles: frozenset[Role]) -> Role | None:
    """The highest of *roles* that is not above *role*."""
    return max((it for it in roles if it <= role), default=None)
