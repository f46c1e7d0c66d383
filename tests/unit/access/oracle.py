"""
Effective access worked out the slow way: one person, one entry, straight down from the top.

It reads the same rows as the product and shares no code with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lading.connectors.profile import AccessRules
from lading.model.access import Grant, Link, Principal, PrincipalKind, Role
from lading.model.paths import Path

SINGLE = (PrincipalKind.PERSON, PrincipalKind.GUEST)


@dataclass
class World:
    """One drive: its entries (without the top), people, grants and rules."""

    entries: set[Path]
    principals: list[Principal]
    members: set[tuple[str, str]] = field(default_factory=set)
    grants: list[Grant] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    rules: AccessRules = field(default_factory=AccessRules)

    def people(self) -> list[str]:
        return [one.id for one in self.principals if one.kind in SINGLE]

    def one(self, who: str) -> Principal | None:
        return next((one for one in self.principals if one.id == who), None)

    def alive(self, who: str, now: int) -> bool:
        one = self.one(who)
        if one is None or not one.active:
            return False
        if one.kind != "guest":
            return True
        if one.until is not None and one.until <= now:
            return False
        owner = self.one(one.owner or "")
        return not self.rules.owned_guests or (owner is not None and owner.kind == "person" and owner.active)

    def counts_as(self, who: str, now: int) -> set[str]:
        """Ids, and `*` for everybody."""
        if not self.alive(who, now):
            return set()
        found: set[str] = set()
        todo = [who]
        while todo:
            one = todo.pop()
            principal = self.one(one)
            if one in found or principal is None or not principal.active:
                continue
            found.add(one)
            todo += [group for group, member in self.members if member == one]
            todo += [principal.parent] if principal.parent else []
        if self.one(who).kind == "person" or self.rules.everybody_guests:
            found.add("*")
        return found

    def local(self, who: str, path: Path, now: int) -> Role:
        """The role by grants alone, whether or not the folders above can be passed."""
        me = self.counts_as(who, now)
        allowed: list[tuple[int, Role]] = []
        denied: list[tuple[int, Role]] = []
        for depth in range(len(path) + 1):
            here = [g for g in self.grants if g.path == path[:depth] and self._holds(g, path, now)]
            if any(g.effect == "reset" for g in here):
                allowed, denied = [], []
            if any(g.effect == "break" for g in here):
                allowed = []
            for g in here:
                name = "*" if g.principal.kind == "everybody" else g.principal.id
                if name not in me:
                    continue
                if g.effect == "allow":
                    cap = dict(self.rules.caps).get(g.principal.kind, Role.MANAGE)
                    role = g.role if g.principal.kind in SINGLE else min(g.role, cap)
                    allowed.append((g.rank, role))
                if g.effect == "deny":
                    denied.append((g.rank, g.role))
        ranks = [rank for rank, _ in allowed + denied]
        if not ranks:
            return Role.NONE
        allow = max((role for rank, role in allowed if rank == min(ranks)), default=Role.NONE)
        deny = min((role for rank, role in denied if rank == min(ranks) and role), default=None)
        role = allow
        if deny is not None and allow >= deny:
            role = Role(deny - 1)
            if role == Role.PASS and not self.rules.passage:
                role = Role.NONE
        return Role(min(role, dict(self.rules.caps).get(self.one(who).kind, Role.MANAGE)))

    def role(self, who: str, path: Path, now: int) -> Role:
        role = self.local(who, path, now)
        if self.rules.passage:
            passed = all(self.local(who, path[:depth], now) >= Role.PASS for depth in range(len(path)))
            return role if passed else Role.NONE
        if role == Role.NONE:
            below = [entry for entry in self.entries if entry[: len(path)] == path and entry != path]
            if any(self.local(who, entry, now) >= Role.PREVIEW for entry in below):
                return Role.PASS
        return role

    def _holds(self, grant: Grant, path: Path, now: int) -> bool:
        if grant.expires is not None and grant.expires <= now:
            return False
        if grant.reach == "all":
            return True
        return grant.reach == ("here" if grant.path == path else "below")
