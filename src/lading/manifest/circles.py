"""
Who belongs to a group or department, at any depth.

A table of memberships names both sides by id alone.  Where an id stands for a person and for a group, a
member is taken for the person: groups in groups are told by drives whose ids are unique.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.identity import GROUPS, INDIVIDUALS, Key, key_of

People = frozenset[Key]


class Circles:
    """
    The people in each group of one drive.

    *members* is None where the drive did not tell them: then any two groups may have people in common.
    With *owned_guests* a guest counts only while an active person owns them.
    """

    def __init__(
        self,
        principals: Iterable[Principal],
        members: Iterable[Membership] | None,
        *,
        owned_guests: bool = False,
    ) -> None:
        self._owned_guests = owned_guests
        self.principals: Mapping[Key, Principal] = {key_of(it): it for it in principals}
        self.known = members is not None
        self._direct: dict[Key, list[Key]] = defaultdict(list)
        for member in members or ():
            for group in self._keys(member.group, GROUPS):
                self._direct[group] += self._keys(member.member, INDIVIDUALS) or self._keys(
                    member.member, GROUPS
                )
        self._found: dict[Key, People] = {}

    def people(self, key: Key) -> People:
        """The people and guests whom *key* means: themselves, or those in the group; nobody for everybody."""
        if key.kind in INDIVIDUALS:
            return frozenset((key,))
        if key not in self._found:
            self._found[key] = self._below(key)
        return self._found[key]

    def overlap(self, one: Key, other: Key) -> bool:
        """Whether somebody may be meant by both; in doubt they are."""
        if PrincipalKind.EVERYBODY in (one.kind, other.kind) or one == other:
            return True
        if not self.known and (one.kind in GROUPS or other.kind in GROUPS):
            return True
        return not self.people(one).isdisjoint(self.people(other))

    def has_guests(self, key: Key) -> bool:
        """Whether a guest may be in the group; in doubt one is."""
        if not self.known:
            return key.kind in GROUPS
        return any(it.kind is PrincipalKind.GUEST for it in self.people(key))

    @cached_property
    def active(self) -> People:
        """All people and guests who can do anything."""
        return frozenset(key for key in self.principals if key.kind in INDIVIDUALS and self._can_act(key))

    def _keys(self, id_: str, kinds: Iterable[PrincipalKind]) -> list[Key]:
        return [key for kind in kinds if (key := Key(kind, id_)) in self.principals]

    def _can_act(self, key: Key) -> bool:
        principal = self.principals[key]
        if not principal.active or key.kind is not PrincipalKind.GUEST or not self._owned_guests:
            return principal.active
        owner = self.principals.get(Key(PrincipalKind.PERSON, principal.owner or ""))
        return owner is not None and owner.active

    def _below(self, group: Key) -> People:
        found: set[Key] = set()
        seen, waiting = {group}, [group]
        while waiting:
            for member in self._direct.get(waiting.pop(), ()):
                if member.kind in INDIVIDUALS:
                    found.add(member)
                elif member not in seen:
                    seen.add(member)
                    waiting.append(member)
        return frozenset(found)
