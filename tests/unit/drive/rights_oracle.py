"""
Rights worked out the slow way: walk up, collect, decide.

It knows nothing of trails, rule nodes, ranges or caches, and shares no code with the product but the
names of the roles.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from lading.drive.rights.roles import Role


@dataclass
class Thing:
    """A node: its parent's number (None for a root), and what stands on it."""

    space: int
    parent: int | None
    folder: bool = True
    breaks: bool = False
    binned: bool = False


class Rule(NamedTuple):
    node: int
    who: int
    role: Role
    deny: bool
    expires: int | None


@dataclass
class World:
    """Nodes, principals and rules by number; *kinds* of principals are those of the product."""

    things: list[Thing]
    kinds: list[str]
    active: list[bool]
    parents: dict[int, int] = field(default_factory=dict)
    members: set[tuple[int, int]] = field(default_factory=set)
    rules: list[Rule] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    sides: dict[int, int] = field(default_factory=dict)
    glass: set[tuple[int, int]] = field(default_factory=set)

    def counts_as(self, who: int) -> set[int]:
        if not self.active[who]:
            return set()
        found: set[int] = set()
        todo = [who]
        while todo:
            one = todo.pop()
            if one in found or not self.active[one]:
                continue
            found.add(one)
            todo += [group for member, group in self.members if member == one]
            if one in self.parents:
                todo.append(self.parents[one])
        if self.kinds[who] == "person":
            found |= {one for one, kind in enumerate(self.kinds) if kind == "everybody"}
        return found

    def role(self, who: int, node: int, now: int) -> Role:
        """The role without PASS."""
        if self.things[node].binned or self.things[node].space in self._closed(who, now):
            return Role.NONE
        me = self.counts_as(who)
        allowed, denied = [], []
        at: int | None = node
        open_above = True
        while at is not None:
            for rule in self.rules:
                if (
                    rule.node != at
                    or rule.who not in me
                    or (rule.expires is not None and rule.expires <= now)
                ):
                    continue
                if rule.deny:
                    denied.append(rule.role)
                elif open_above:
                    allowed.append(rule.role)
            if self.things[at].breaks:
                open_above = False
            at = self.things[at].parent
        if me and (who, self.things[node].space) in self.glass:
            allowed.append(Role.DOWNLOAD)
        ladder = [Role.PREVIEW, Role.DOWNLOAD, Role.UPLOAD, Role.EDIT, Role.MANAGE]
        if self.kinds[who] == "guest":
            ladder.remove(Role.MANAGE)
        having = {
            step
            for step in ladder
            if any(step <= role for role in allowed) and not any(step >= role for role in denied)
        }
        return max(having, default=Role.NONE)

    def seen(self, who: int, node: int, now: int) -> Role:
        """The role, or PASS where something below is visible."""
        role = self.role(who, node, now)
        if role is Role.NONE and any(self.seen(who, child, now) for child in self._children(node)):
            return Role.PASS
        return role

    def on(self, who: int, now: int) -> set[int]:
        """The sides of the one wall on which *who* is."""
        me = self.counts_as(who)
        spaces = {
            self.things[rule.node].space
            for rule in self.rules
            if rule.who in me and not rule.deny and (rule.expires is None or rule.expires > now)
        }
        spaces |= {space for one, space in self.glass if one == who and me}
        return {self.sides[space] for space in spaces - self.deleted if space in self.sides}

    def _closed(self, who: int, now: int) -> set[int]:
        return self.deleted | (set(self.sides) if len(self.on(who, now)) > 1 else set())

    def _children(self, node: int) -> list[int]:
        return [number for number, thing in enumerate(self.things) if thing.parent == node]
