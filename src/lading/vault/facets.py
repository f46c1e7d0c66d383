"""
What hung on the files of a snapshot, told out of the tables of its manifest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader, Upload, Wanted
from lading.manifest.read import Manifest
from lading.model.access import Grant, Link, Membership, Principal, Version
from lading.model.entry import Entry, Kind
from lading.model.errors import Changed, LadingError, NotFound, ReadOnly, TooLarge, Unreadable, WrongKind
from lading.model.paths import Path, encode
from lading.model.text import Text
from lading.vault.catalog import Catalog
from lading.vault.part import Part
from lading.vault.spoiled import spoiled
from lading.vault.together import contents_together
from lading.vault.vault import Vault
from lading.vault.words import WHOLE

Held = tuple[Version, bytes | None]
Reading = Callable[[Entry, bytes | None], Reader]
Content = tuple[str, int, bytes | None]
"""Kind, size and SHA-256 of what stands at a path."""
_Place = tuple[Wanted, tuple[bytes, int] | Exception]
"""What is wanted, and the SHA-256 and the size of it, or why it is not given."""
NOT_KEPT = Text("its content could not be read when the snapshot was taken", "制作快照时其内容无法读取")
_MOST_FILES, _MOST_BYTES = 200, 4 << 20
"""Contents that are held in memory at once, and their bytes, unless a single one has more."""


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


class SnapshotBatch:
    """Many small contents at once, read as they lie side by side in the packs."""

    def __init__(self, catalog: Catalog, lock: threading.Lock, vault: Vault) -> None:
        self._catalog = catalog
        self._lock = lock
        self._vault = vault

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        return iter([ReadOnly(upload.path) for upload in uploads])

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        held: list[_Place] = []
        size = 0
        for one in wanted:
            found = self._place(one)
            more = found[1] if isinstance(found, tuple) else 0
            if held and (len(held) == _MOST_FILES or size + more > _MOST_BYTES):
                yield from self._contents(held)
                held, size = [], 0
            held.append((one, found))
            size += more
        yield from self._contents(held)

    def _contents(self, places: Sequence[_Place]) -> Iterator[bytes | Exception]:
        digests = [found[0] for _, found in places if isinstance(found, tuple)]
        contents = iter(contents_together(self._vault, digests))
        for one, found in places:
            if not isinstance(found, tuple):
                yield found
                continue
            content = next(contents)
            if isinstance(content, LadingError):
                content = spoiled(self._vault, one.path, content)
            if one.proven is not None and isinstance(content, bytes):
                one.proven(content, found[0].hex())
            yield content

    def _place(self, one: Wanted) -> tuple[bytes, int] | Exception:
        """The SHA-256 and the size of what is wanted, or why it is not given."""
        with self._lock:
            found = self._catalog.content(one.path) if one.path else (Kind.FOLDER.value, 0, None)
            if found is not None and one.version is not None:
                found = self._version(one, found)
        if found is None:
            return NotFound(one.path)
        kind, size, digest = found
        if kind != Kind.FILE:
            return WrongKind(one.path)
        if digest is None:
            return Unreadable(one.path, NOT_KEPT)
        if one.version is None and one.etag is not None and one.etag != digest.hex():
            return Changed(one.path)
        return TooLarge(one.path, Text(f"{size} bytes", f"{size} 字节")) if size > WHOLE else (digest, size)

    def _version(self, one: Wanted, now: Content) -> Content | None:
        versions = self._catalog.versions(one.path)
        for number, (version, digest) in enumerate(versions, 1):
            if version.id == one.version:
                return now if number == len(versions) else (now[0], version.size, digest)
        return None


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
