"""
What hangs on the files of an export: versions, grants and links, told from the table; nothing can be given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NoReturn

from lading.connectors.conditions import Precondition
from lading.connectors.export.matching import Content, Matched
from lading.connectors.export.members import Source
from lading.connectors.export.people import People
from lading.connectors.export.reading import Reading
from lading.connectors.export.tree import Node, Tree
from lading.model.access import Grant, Link, Version
from lading.model.errors import NotFound, ReadOnly, WrongKind
from lading.model.paths import Path

READ_ONLY = "an export is read, never written"
Look = Callable[[Path], Node]
"""The node at a path; raises what `Drive.stat` raises."""


class ExportVersions:
    """Several rows of one path; the last is the present one."""

    def __init__(self, source: Source, tree: Tree, look: Look, matched: Matched, people: People) -> None:
        self._source = source
        self._tree = tree
        self._look = look
        self._matched = matched
        self._people = people

    def list(self, path: Path) -> Iterator[Version]:
        """All versions of a file, oldest first."""
        node = self._look(path)
        if not node.entry.is_file:
            raise WrongKind(path, "not a file")
        return iter(self._versions(node))

    def all(self) -> Iterator[tuple[Path, tuple[Version, ...]]]:
        """Every file with its versions."""
        for node in self._tree.files():
            yield node.entry.path, tuple(self._versions(node))

    def read(self, path: Path, version: str) -> Reading:
        """The content of one version."""
        node = self._look(path)
        told = [one.id for one in self._versions(node)]
        if version not in told or node.member is None:
            raise NotFound(path, "there is no such version")
        contents = self._matched.versions.get(path)
        if contents is None:
            return Reading(self._source, node.member, node.entry, start=0, sha256="")
        content = contents[told.index(version)]
        entry = node.entry._replace(size=content.member.size, etag=content.member.etag)
        return Reading(self._source, content.member, entry, start=0, sha256=content.fact.sha256)

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> NoReturn:
        """Refuse."""
        raise ReadOnly(path, READ_ONLY)

    def _versions(self, node: Node) -> Iterator[Version]:
        contents = self._matched.versions.get(node.entry.path)
        if contents is None:
            entry = node.entry
            yield Version("1", entry.modified or 0, entry.size, modified=entry.modified)
            return
        saved = -(2**63)
        for number, content in enumerate(contents, start=1):
            version = self._version(content, number)
            # A clock that went back: order is what the numbers say.
            saved = max(saved, version.saved)
            yield replace(version, saved=saved)

    def _version(self, content: Content, number: int) -> Version:
        fact, member = content
        modified = member.modified if fact.modified is None else fact.modified.at
        saved = modified if fact.saved is None else fact.saved.at
        return Version(
            id=fact.version or f"row {number}",
            saved=saved or 0,
            size=member.size,
            author=self._people.author(fact.author).id if fact.author else "",
            digests=(("sha256", fact.sha256),) if fact.sha256 else (),
            modified=modified,
            label=fact.label,
        )


class ExportGrants:
    """Grants by path, made when the drive was opened."""

    def __init__(self, look: Look, grants: Mapping[Path, tuple[Grant, ...]]) -> None:
        self._look = look
        self._grants = grants

    def list(self, path: Path) -> tuple[Grant, ...]:
        """The grants on this very entry."""
        self._look(path)
        return self._grants.get(path, ())

    def all(self) -> Iterator[Grant]:
        """Every grant."""
        return (grant for grants in self._grants.values() for grant in grants)

    def set(self, grant: Grant) -> NoReturn:
        """Refuse."""
        raise ReadOnly(grant.path, READ_ONLY)

    def unset(self, grant: Grant) -> NoReturn:
        """Refuse."""
        raise ReadOnly(grant.path, READ_ONLY)


class ExportLinks:
    """Links by path, as the column `link` tells them."""

    def __init__(self, look: Look, links: Mapping[Path, tuple[Link, ...]]) -> None:
        self._look = look
        self._links = links

    def list(self, path: Path) -> tuple[Link, ...]:
        """The links to this very entry."""
        self._look(path)
        return self._links.get(path, ())

    def all(self) -> Iterator[Link]:
        """Every link."""
        return (link for links in self._links.values() for link in links)

    def make(self, link: Link, *, password: str | None) -> NoReturn:
        """Refuse."""
        raise ReadOnly(link.path, READ_ONLY)

    def revoke(self, link: Link) -> NoReturn:
        """Refuse."""
        raise ReadOnly(link.path, READ_ONLY)
