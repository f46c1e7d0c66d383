"""
What hung on the files of a snapshot, told out of the tables of its manifest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.manifest.read import Manifest
from lading.model.access import Grant, Link, Membership, Principal, Version
from lading.model.entry import Entry, Kind
from lading.model.errors import NotFound, ReadOnly
from lading.model.paths import Path, encode
from lading.model.text import Text
from lading.vault.catalog import Catalog
from lading.vault.part import Part

Held = tuple[Version, bytes | None]
Reading = Callable[[Entry, bytes | None], Reader]


class Told:
    """The rows of one table: `all`, and `list` for those of one path; nothing can be changed."""

    def __init__(
        self, manifest: Manifest, table: str, look: Callable[[Path], object], part: Part | None = None
    ) -> None:
        self._manifest = manifest
        self._table = table
        self._look = look
        self._part = part

    def all(self) -> Iterator[Any]:
        part, values = self._part, self._manifest.values(self._table)
        return values if part is None else (it for it in values if part.holds(encode(it.path)))

    def list(self, path: Path) -> tuple[Any, ...]:
        self._look(path)
        return tuple(value for value in self.all() if value.path == path)


class SnapshotGrants(Told):
    """The grants of a snapshot."""

    def set(self, grant: Grant) -> None:
        raise ReadOnly(grant.path)

    def unset(self, grant: Grant) -> None:
        raise ReadOnly(grant.path)


class SnapshotLinks(Told):
    """The links of a snapshot."""

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        raise ReadOnly(link.path)

    def revoke(self, link: Link) -> None:
        raise ReadOnly(link.path)


class SnapshotPeople:
    """The principals of a snapshot."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    def principals(self) -> Iterator[Principal]:
        return self._manifest.values("principals")

    def memberships(self) -> Iterator[Membership]:
        return self._manifest.values("members")

    def members(self, group: str) -> Iterator[Principal]:
        known = {one.id: one for one in self.principals()}
        if group not in known:
            raise NotFound(group)
        return iter(
            [known[it.member] for it in self.memberships() if it.group == group and it.member in known]
        )


class SnapshotVersions:
    """The versions of a snapshot; the current one is the content of the entry."""

    def __init__(self, catalog: Catalog, lock: threading.Lock, reading: Reading) -> None:
        self._catalog = catalog
        self._lock = lock
        self._reading = reading

    def list(self, path: Path) -> Iterator[Version]:
        return iter([version for version, _ in self._of(path)])

    def all(self) -> Iterator[tuple[Path, tuple[Version, ...]]] | None:
        return self._catalog.all_versions()

    @contextmanager
    def read(self, path: Path, version: str) -> Iterator[Reader]:
        found = next((pair for pair in self._of(path) if pair[0].id == version), None)
        if found is None:
            raise NotFound(path, Text(f"there is no version {version}", f"没有版本 {version}"))
        facts, digest = found
        entry = Entry(path, Kind.FILE, facts.size, facts.modified, None, facts.id, facts.digests)
        yield self._reading(entry, digest)

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        raise ReadOnly(path)

    def _of(self, path: Path) -> Sequence[Held]:
        with self._lock:
            found = self._catalog.versions(path)
            if found:
                # The last one is the present content, of which the entry tells the digest.
                held = self._catalog.find(path)
                last, digest = found[-1]
                found[-1] = last, held.digest if held and held.digest else digest
        if not found:
            raise NotFound(path)
        return found


_TOLD: Mapping[str, type[Told]] = {
    "grants": SnapshotGrants,
    "links": SnapshotLinks,
    "locks": Told,
    "labels": Told,
    "comments": Told,
    "settings": Told,
}


def facets_of(manifest: Manifest, look: Callable[[Path], object], part: Part | None = None) -> dict[str, Any]:
    """
    The facets that *manifest* can tell (only for what is in *part*), by name; versions are apart.  *look* raises NotFound for a path where nothing is.
    """
    found: dict[str, Any] = {
        name: make(manifest, name, look, part) for name, make in _TOLD.items() if manifest.has(name)
    }
    if manifest.has("principals") and manifest.has("members"):
        found["people"] = SnapshotPeople(manifest)
    return found
