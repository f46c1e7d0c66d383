"""
What one actor sees and may do, on every node.

The rules of a person are read in one query, resolved once, and kept in the process until the epoch
of the drive moves or one of them expires.  After that a role costs look-ups in dictionaries, and no query
but the one that reads the epoch.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection

from lading.drive.actor import Actor, Scope
from lading.drive.rights.decide import Decided, Range, decide, ranges, role_below, role_in_bin
from lading.drive.rights.kept import Kept
from lading.drive.rights.roles import Role
from lading.drive.rights.rules import NOBODY, Found, read_rules
from lading.drive.writing import MustWait, epoch, in_hurry
from lading.model.errors import Unavailable
from lading.model.text import Text

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Resolved:
    """The rights of one principal until the time *until* (None: no rule expires)."""

    decided: Decided
    roots: dict[int, int]
    bins: frozenset[str]
    until: int | None


class Sight:
    """What *actor* sees; *epoch* is the one it was worked out for."""

    __slots__ = ("_bins", "_cap", "_decided", "_last", "_roots", "actor", "epoch")

    def __init__(self, actor: Actor, epoch: int, resolved: Resolved) -> None:
        self.actor = actor
        self.epoch = epoch
        self._decided = resolved.decided
        self._roots = resolved.roots
        self._bins = resolved.bins
        self._cap = _cap(actor)
        # What is listed has one trail after the other, each many times.
        self._last: tuple[str, Role] = ("", Role.NONE)

    def role(self, trail: str, node: int) -> Role:
        """
        The role on *node*, whose trail is *trail*: NONE if it is hidden, PASS if only something below is visible.

        What lies in a bin is hidden; see `role_in_bin`.
        """
        role = self._uncapped(trail, node)
        return role if role <= self._cap else self._cap

    def role_in_bin(self, place: str, trail: str, node: int) -> Role:
        """
        The role on *node*, which lies in a bin with *trail*, as if its tree were back below *place*.

        *place* is the trail that the top of the tree had or would get, so the rules of its old folder count
        together with those that stand on it and below it.  NONE if *place* lies in a bin itself.
        """
        return min(role_in_bin(self._decided, place, trail, node), self._cap)

    def share_role(self, trail: str, node: int) -> Role:
        """The role where grants and links are concerned: MANAGE asks for the scope `share`, not for `write`."""
        scopes = self.actor.scopes
        if Scope.READ not in scopes:
            return Role.NONE
        return min(self._uncapped(trail, node), Role.MANAGE if Scope.SHARE in scopes else Role.EDIT)

    def spaces(self) -> tuple[int, ...]:
        """The ids of the spaces of which anything is visible, ascending."""
        return tuple(space for space in sorted(self._roots) if self.space_role(space) is not Role.NONE)

    def space_role(self, space: int) -> Role:
        """The role on the root of *space*."""
        root = self._roots.get(space)
        return Role.NONE if root is None else self.role("", root)

    def ranges(self, space: int, at_least: Role = Role.PREVIEW) -> list[Range]:
        """The nodes of *space* on which the role is *at_least*, as ranges of trails and single nodes."""
        if at_least > self._cap or space not in self._roots:
            return []
        return ranges(self._decided, space, max(at_least, Role.PASS))

    def _uncapped(self, trail: str, node: int) -> Role:
        decided = self._decided
        role = decided.own.get(node)
        if role is not None:
            # It may have gone to the bin a moment ago.
            return Role.NONE if trail and trail.partition("/")[0] in self._bins else role
        last, role = self._last
        if last != trail:
            role = role_below(decided, trail)
            self._last = (trail, role)
        return Role.PASS if role is Role.NONE and node in decided.passable else role


def sight(actor: Actor, *, now: int | None = None) -> Sight:
    """
    What *actor* sees now.

    An actor without a principal sees nothing: not the drive itself, and not the bearer of a link,
    for whom `sight_of_link` is there.  Inside a transaction nothing is kept, since it may be taken back.
    """
    moment = time.time_ns() if now is None else now
    if actor.principal is None:
        return Sight(actor, epoch(), NOTHING)
    number, resolved = resolved_for(actor.principal, moment)
    return Sight(actor, number, resolved)


def resolved_for(principal: int, now: int) -> tuple[int, Resolved]:
    """
    The rights of *principal* at *now*, and the epoch they belong to.

    Raises:
        MustWait: they must be worked out, which takes its time where there are many, and we are in a hurry.
    """
    number = epoch()
    for _ in range(_TRIES):
        if (resolved := KEPT.get(principal, number, now)) is not None:
            return number, resolved
        if in_hurry():
            raise MustWait
        resolved = resolve_found(read_rules(principal, now))
        # Had something changed between two of the queries, they would not fit together.
        before, number = number, epoch()
        if before == number:
            if not connection.in_atomic_block:
                KEPT.put(principal, number, resolved)
            return number, resolved
    raise Unavailable("", Text("rights change all the time", "权限一直在变化"))


def forget() -> None:
    """Let go of all that is kept, for whoever took back a transaction by hand."""
    KEPT.forget()


def resolve_found(found: Found) -> Resolved:
    """Decide what the rules of somebody come to."""
    bins = frozenset(str(bin_) for _, bin_ in found.spaces.values() if bin_ is not None)
    decided = decide(found.rules, floors=found.floors, cap=found.cap, bins=bins)
    roots = {space: root for space, (root, _) in found.spaces.items() if root is not None}
    return Resolved(decided, roots, bins, found.until)


KEPT: Kept[Resolved] = Kept(most=2_000)
NOTHING = resolve_found(NOBODY)


def _cap(actor: Actor) -> Role:
    if Scope.READ not in actor.scopes:
        return Role.NONE
    return Role.MANAGE if Scope.WRITE in actor.scopes else Role.DOWNLOAD
