"""
Folders that let nobody through: where OLD asks for passage on every folder above (POSIX) and NEW does not.

What stands below such a folder gave nothing to those whom it keeps out; in NEW it would.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from lading.manifest.circles import Circles, People
from lading.model.access import Effect, Grant, PrincipalKind, Reach, Role
from lading.model.identity import GROUPS, Key, key_of

STRANGER = Key(PrincipalKind.PERSON, "\0")
"""Somebody who is in no group and whom no rule names."""


class Passes(StrEnum):
    """How many of those whom a principal means get through a folder."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


def everyone(circles: Circles, *, guests: bool) -> People:
    """Whom `everybody` means: all who can act, with or without *guests*, and somebody unknown."""
    known = (key for key in circles.active if guests or key.kind is not PrincipalKind.GUEST)
    return frozenset((STRANGER, *known))


class Gate:
    """Who gets through a folder whose own list is *grants*; *everybody* as `everyone` tells them."""

    def __init__(self, grants: Sequence[Grant], circles: Circles, everybody: People) -> None:
        self._circles = circles
        self._everybody = everybody
        here = self._passing([it for it in grants if it.reach in (Reach.ALL, Reach.HERE)])
        below = self._passing([it for it in grants if it.reach in (Reach.ALL, Reach.BELOW)])
        self._through = here & below
        self._open = all(it.role >= Role.PASS for it in grants if it.effect is Effect.ALLOW) and any(
            it.principal.kind is PrincipalKind.EVERYBODY and it.role >= Role.PASS for it in grants
        )

    def passes(self, key: Key) -> Passes:
        """How many of those whom *key* means get through."""
        if not self._circles.known and key.kind in GROUPS:
            return Passes.ALL if self._open else Passes.SOME
        people = self._people(key)
        if people <= self._through:
            return Passes.ALL
        return Passes.NONE if people.isdisjoint(self._through) else Passes.SOME

    def _people(self, key: Key) -> People:
        return self._everybody if key.kind is PrincipalKind.EVERYBODY else self._circles.people(key)

    def _passing(self, grants: Iterable[Grant]) -> People:
        """Those whom the first rank that names them lets through."""
        ranks: dict[int, list[Grant]] = {}
        for grant in grants:
            if grant.effect in (Effect.ALLOW, Effect.DENY):
                ranks.setdefault(grant.rank, []).append(grant)
        through: set[Key] = set()
        named: set[Key] = set()
        for _, rules in sorted(ranks.items()):
            allowed, denied = set[Key](), set[Key]()
            for rule in rules:
                people = self._people(key_of(rule.principal))
                if rule.effect is Effect.ALLOW and rule.role >= Role.PASS:
                    allowed |= people
                elif rule.effect is Effect.DENY and rule.role <= Role.PASS:
                    denied |= people
            through |= allowed - denied - named
            named.update(*(self._people(key_of(rule.principal)) for rule in rules))
        return frozenset(through)
