"""
"The first rule that names somebody decides" (POSIX), said with denials or with lower roles.

A drive of the other sort gives everybody the most that any grant gives.  So where an earlier rule gives some people
less than a later one that means them too, they are denied the difference; where NEW cannot do just that, the
later grant is lowered for all.  This takes each entry's list by itself: a manifest puts a `reset` before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lading.manifest.translate.decided import Decided
from lading.manifest.translate.denials import deny
from lading.manifest.translate.target import Target
from lading.model.access import Effect, Grant, Principal, Reach, Role
from lading.model.identity import Key, key_of


class _Naming(NamedTuple):
    """A rule that decides for *principal*, and what it gives them."""

    principal: Principal
    rank: int
    role: Role
    later: bool


class Ranks:
    """What earlier rules of one entry take from later ones; *beside* are the denials that say so."""

    def __init__(self, grants: Sequence[Grant], to: Target) -> None:
        self._to = to
        self.beside: tuple[Decided, ...] = ()
        self._ceilings: dict[int, Role] = {}
        self._denied: set[int] = set()
        if len({grant.rank for grant in grants}) > 1:
            self._look(grants)

    def ceiling(self, grant: Grant, codes: list[str]) -> Role:
        """The most that *grant* may give, with what is done about it in *codes*."""
        if id(grant) in self._denied:
            codes.append("grant.first_rule_denied")
        role = min(grant.role, self._ceilings.get(id(grant), grant.role))
        if role < grant.role:
            codes.append("grant.first_rule")
        return role

    def _look(self, grants: Sequence[Grant]) -> None:
        namings = _namings(grants)
        beside: dict[Key, Decided] = {}
        for grant in grants:
            if grant.effect is not Effect.ALLOW:
                continue
            for naming in namings:
                if not self._takes(naming, grant):
                    continue
                denial = self._denial(naming, grant, namings)
                if denial is None:
                    self._ceilings[id(grant)] = min(naming.role, self._ceilings.get(id(grant), grant.role))
                else:
                    beside[key_of(naming.principal)] = denial
                    self._denied.add(id(grant))
        self.beside = tuple(beside.values())

    def _takes(self, naming: _Naming, grant: Grant) -> bool:
        """Whether *naming* decides for somebody before *grant* does, and gives less."""
        return (
            naming.rank < grant.rank
            and naming.role < grant.role
            and naming.later is (grant.reach is Reach.LATER)
            and self._to.circles.overlap(key_of(naming.principal), key_of(grant.principal))
        )

    def _denial(self, naming: _Naming, grant: Grant, namings: Sequence[_Naming]) -> Decided | None:
        """The denial that takes from those in *naming* just what *grant* would add; None if there is none."""
        if naming.later or any(self._spoils(naming, other) for other in namings):
            return None
        wanted = Role(naming.role + 1)
        denial = Grant(grant.path, naming.principal, frozenset(), Effect.DENY, role=wanted)
        decided = deny(denial, self._to)
        return decided._replace(old=None) if decided.new and not decided.losses else None

    def _spoils(self, naming: _Naming, other: _Naming) -> bool:
        """Whether a denial to those in *naming* would take from some of them what *other* gives them."""
        return (
            other.rank <= naming.rank
            and other.role > naming.role
            and self._to.circles.overlap(key_of(naming.principal), key_of(other.principal))
        )


def _namings(grants: Sequence[Grant]) -> list[_Naming]:
    """Each principal that a rank names, once, with the most that it allows them there."""
    roles: dict[tuple[Key, int, bool], tuple[Principal, Role]] = {}
    for grant in grants:
        if grant.effect in (Effect.ALLOW, Effect.DENY):
            place = key_of(grant.principal), grant.rank, grant.reach is Reach.LATER
            role = grant.role if grant.effect is Effect.ALLOW else Role.NONE
            _, known = roles.get(place, (grant.principal, Role.NONE))
            roles[place] = grant.principal, max(role, known)
    return [_Naming(who, rank, role, later) for (_, rank, later), (who, role) in roles.items()]
