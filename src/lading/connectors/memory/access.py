"""
Who may do what: grants, links and people, kept as they are given and enforced by nobody.

What a store cannot hold is told by `Features`, and refused here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lading.connectors.able import EVERYWHERE, refused_grant, refused_link
from lading.connectors.names import check_names
from lading.model.access import ANYBODY, Grant, Link, Membership, Principal, PrincipalKind
from lading.model.errors import NotFound, Unable
from lading.model.paths import ROOT, Path
from lading.model.text import Text

from .store import MemoryStore, Node


class MemoryGrants:
    """The grants on the entries of *store*; its own words for rights are the names of the roles."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def list(self, path: Path) -> tuple[Grant, ...]:
        """The grants set on this very entry."""
        check_names(path)
        with self._store.lock:
            spelled, node = self._store.find(path)
            return tuple(replace(grant, path=spelled) for grant in node.grants)

    def all(self) -> Iterator[Grant] | None:
        """Every grant."""
        if not self._store.bulk:
            return None
        with self._store.lock:
            nodes = self._store.nodes()
            found = [replace(grant, path=path) for path, node in nodes for grant in node.grants]
        return iter(found)

    def set(self, grant: Grant) -> None:
        """Give *grant* in the place of the one like it."""
        check_names(grant.path)
        if refusal := refused_grant(grant, self._store.profile.features):
            raise Unable(grant.path, refusal)
        rights = frozenset() if grant.effect in EVERYWHERE else frozenset({grant.role.name.lower()})
        with self._store.lock:
            node = self._store.find(grant.path)[1]
            principal = self._known(grant)
            _drop(node, grant)
            node.grants.append(replace(grant, path=ROOT, principal=principal, rights=rights, source=""))

    def unset(self, grant: Grant) -> None:
        """Take *grant* away."""
        check_names(grant.path)
        with self._store.lock:
            if (node := self._store.look(grant.path)[1]) is not None:
                _drop(node, grant)

    def _known(self, grant: Grant) -> Principal:
        if grant.effect in EVERYWHERE:
            return ANYBODY
        if grant.principal.kind is PrincipalKind.EVERYBODY:
            return self._store.people.get(grant.principal.id, grant.principal)
        if (found := self._store.people.get(grant.principal.id)) is None:
            name = grant.principal.id
            raise NotFound(grant.path, Text(f"no principal {name}", f"没有用户、部门或群组 {name}"))
        return found


class MemoryLinks:
    """The links to the entries of *store*."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def list(self, path: Path) -> tuple[Link, ...]:
        """The links made for this very entry."""
        check_names(path)
        with self._store.lock:
            spelled, node = self._store.find(path)
            return tuple(replace(link, path=spelled) for link in node.links)

    def all(self) -> Iterator[Link] | None:
        """Every link."""
        if not self._store.bulk:
            return None
        with self._store.lock:
            nodes = self._store.nodes()
            found = [replace(link, path=path) for path, node in nodes for link in node.links]
        return iter(found)

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        """Make a link with the limits of *link*."""
        check_names(link.path)
        store = self._store
        if refusal := refused_link(link, password, store.profile.features):
            raise Unable(link.path, refusal)
        with store.lock:
            spelled, node = store.find(link.path)
            if link.version is not None and all(version.id != link.version for version, _ in node.versions):
                said = Text(f"there is no version {link.version}", f"没有版本 {link.version}")
                raise NotFound(link.path, said)
            made = replace(
                link,
                path=spelled,
                id=store.number(),
                rights=frozenset({link.role.name.lower()}),
                has_password=password is not None,
                used=0,
                by=store.account,
                created=store.clock(),
            )
            node.links.append(made)
            return made, f"memory:/s/{store.number()}"

    def revoke(self, link: Link) -> None:
        """End *link*."""
        check_names(link.path)
        with self._store.lock:
            if (node := self._store.look(link.path)[1]) is not None:
                node.links[:] = [one for one in node.links if one.id != link.id]


class MemoryPeople:
    """Who is known to *store*."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def principals(self) -> Iterator[Principal]:
        """All of them."""
        with self._store.lock:
            return iter([*self._store.people.values()])

    def members(self, group: str) -> Iterator[Principal]:
        """Direct members of *group*."""
        with self._store.lock:
            if group not in self._store.people:
                raise NotFound(group, Text("there is no such group", "没有此群组"))
            return iter([self._store.people[one.member] for one in self._pairs() if one.group == group])

    def memberships(self) -> Iterator[Membership]:
        """Every direct membership."""
        with self._store.lock:
            return iter([*self._pairs()])

    def _pairs(self) -> Iterator[Membership]:
        yield from self._store.members
        for one in self._store.people.values():
            if one.kind is PrincipalKind.DEPARTMENT and one.parent is not None:
                yield Membership(one.parent, one.id)


def _drop(node: Node, grant: Grant) -> None:
    node.grants[:] = [one for one in node.grants if not _alike(one, grant)]


def _alike(one: Grant, other: Grant) -> bool:
    if one.effect is not other.effect:
        return False
    if one.effect in EVERYWHERE:
        return True
    return (one.principal.kind, one.principal.id) == (other.principal.kind, other.principal.id)
