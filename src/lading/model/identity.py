"""
Who of the old drive is who on the new one.

The identity map has one match for each principal of OLD: somebody of NEW, or the reason why
there is nobody.  It is made by `lading.stages.planning`, corrected by people, and then taken
as it is: whoever translates a grant asks here and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from lading.model.access import ANYBODY, Principal, PrincipalKind

INDIVIDUALS = (PrincipalKind.PERSON, PrincipalKind.GUEST)
GROUPS = (PrincipalKind.GROUP, PrincipalKind.DEPARTMENT)


class Key(NamedTuple):
    """What names a principal on its drive: an id may stand for a person and for a group."""

    kind: PrincipalKind
    id: str


class Outcome(StrEnum):
    """What became of a principal of OLD."""

    MAPPED = "mapped"
    """They are somebody of NEW."""
    MISSING = "missing"
    """Nobody of NEW could be them: to be created."""
    AMBIGUOUS = "ambiguous"
    """Somebody of NEW could be them, but it is not certain."""
    LEFT = "left"
    """They are not active in OLD any more: nothing is given to them; who they are is known for what they wrote."""
    OUTSIDE = "outside"
    """A guest who is no guest of NEW."""
    UNMAPPED = "unmapped"
    """A person decided that they are nobody of NEW."""


class By(StrEnum):
    """By what somebody was found."""

    ID = "id"
    MAIL = "mail"
    LOGIN = "login"
    RULE = "rule"
    NAME = "name"
    MAP = "map"
    """A line of the corrected map."""
    KIND = "kind"
    """There is only one of the kind: everybody."""


class Why(StrEnum):
    """Why somebody is ambiguous."""

    SEVERAL_NEW = "several_new"
    """Several of NEW fit."""
    SEVERAL_OLD = "several_old"
    """Several of OLD say the same of themselves."""
    MAIL_DIFFERS = "mail_differs"
    LOGIN_DIFFERS = "login_differs"
    NAME_DIFFERS = "name_differs"
    INACTIVE = "inactive"
    """Who fits is not active in NEW."""
    SHARED = "shared"
    """Another principal of OLD leads to the same one of NEW."""


class Accept(StrEnum):
    """What a person may accept in the map, each for one line."""

    SHARED = "shared"
    """Several principals of OLD become this one of NEW."""
    WIDER = "wider"
    """The group of NEW has people whom that of OLD has not: they get its grants."""
    FEWER = "fewer"
    """The group of NEW lacks people of that of OLD: its denials do not hold for them."""


@dataclass(frozen=True, slots=True)
class Match:
    """
    One principal of OLD and what became of them.

    *new* is who they are: of those who left, too, where that is certain.  *candidates* are those of NEW between whom nobody can decide.  Of a group, *wider* counts people of
    the one in NEW who are not mapped from people of the one in OLD, and *fewer* active people of the one in
    OLD who are not in that of NEW; None: not known, for the members of one side were not told.
    """

    old: Principal
    outcome: Outcome
    new: Principal | None = None
    by: By | None = None
    why: Why | None = None
    candidates: tuple[Principal, ...] = ()
    accept: frozenset[Accept] = frozenset()
    wider: int | None = 0
    fewer: int | None = 0

    @property
    def outlives(self) -> bool:
        """Whether a guest ends later in NEW than in OLD."""
        ours, theirs = self.old.until, self.new.until if self.new else None
        mapped = self.old.kind is PrincipalKind.GUEST and self.outcome is Outcome.MAPPED
        return mapped and ours is not None and (theirs is None or theirs > ours)

    @property
    def widens(self) -> bool:
        """Whether a grant to them would reach people whom it did not reach."""
        return bool(self.wider) and Accept.WIDER not in self.accept

    @property
    def spares(self) -> bool:
        """Whether a denial to them would not reach people whom it reached."""
        return bool(self.fewer) and Accept.FEWER not in self.accept


class IdentityMap:
    """All matches, each principal of OLD once."""

    def __init__(self, matches: Iterable[Match]) -> None:
        self._matches: Mapping[Key, Match] = {key_of(match.old): match for match in matches}

    def __iter__(self) -> Iterator[Match]:
        return iter(self._matches.values())

    def __len__(self) -> int:
        return len(self._matches)

    @property
    def digest(self) -> str:
        """The SHA-256 of who became whom, and of what people accepted, in hex."""
        rows = [
            [*_place(it.old), it.outcome, *_place(it.new), sorted(it.accept), it.wider, it.fewer]
            for it in self
        ]
        text = json.dumps(sorted(rows, key=lambda row: row[:2]), ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def find(self, kind: PrincipalKind, id_: str) -> Match | None:
        """The match of a principal of OLD; None if OLD never told of them."""
        if kind is PrincipalKind.EVERYBODY:
            return Match(Principal(kind, id_), Outcome.MAPPED, ANYBODY, By.KIND)
        return self._matches.get(Key(kind, id_))

    def individual(self, id_: str) -> Match | None:
        """The match of the person or guest with *id_*: authors and makers are told by id alone."""
        found = (self._matches.get(Key(kind, id_)) for kind in INDIVIDUALS)
        return next((match for match in found if match is not None), None)


def key_of(principal: Principal) -> Key:
    """What names *principal*."""
    return Key(principal.kind, principal.id)


def _place(principal: Principal | None) -> tuple[str, str]:
    return ("", "") if principal is None else (principal.kind.value, principal.id)


def same_sort(one: PrincipalKind, other: PrincipalKind) -> bool:
    """Whether the one can become the other: a group may become a department, a guest never a person."""
    return one is other or (one in GROUPS and other in GROUPS)
