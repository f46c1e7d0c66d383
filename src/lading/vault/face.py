"""
A snapshot seen as a drive that takes no changes: restoring is a copy out of it, like out of any other.

Address: `vault:STORE` with the options `snapshot` (the beginning of its name,
or `latest`), `password` or `key-file` (references or a path), `part` (a file that
says which entries are meant, see `lading.vault.part`), and those of the store's
own drive behind `store.`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.connectors.kinds import DriveKind
from lading.connectors.names import check_names
from lading.connectors.profile import Features, Profile
from lading.connectors.profile_facts import profile_from
from lading.manifest.read import Manifest
from lading.model.entry import Entry, Kind
from lading.model.errors import BadVault, Changed, NotFound, ReadOnly, Truncated, Unreadable, WrongKind
from lading.model.paths import ROOT, Path, encode
from lading.model.text import Text
from lading.vault.catalog import Catalog, Held
from lading.vault.cataloguing import catalog_of
from lading.vault.contents import check_content
from lading.vault.extract import manifest_of
from lading.vault.facets import NOT_KEPT, SnapshotBatch, SnapshotVersions, facets_of
from lading.vault.opening import store_at, unlocked
from lading.vault.part import Part, read_part
from lading.vault.scratch import new_folder, remove_folder
from lading.vault.snapshots import LATEST, Snapshot, find
from lading.vault.spoiled import spoiled
from lading.vault.vault import Vault
from lading.vault.words import WHOLE
from lading.vault.written import SnapshotWritten

KIND = DriveKind(about=Text("A snapshot in a vault.", "保管库中的快照。"), features=Features())
_PAGE = 1_000
_shared: dict[tuple[object, ...], SnapshotDrive] = {}
"""Snapshots that are open in this process, or were in the one that it was forked from when that did so."""


def open(address: Address) -> SnapshotDrive:
    """
    The snapshot at *address*.

    Raises:
        BadAddress: an option makes no sense.
        BadVault, WrongKey, NotFound: there is no such vault, secret or snapshot.
    """
    file = address.options.get("part")
    part = None if file is None else read_part(file)
    if (same := _shared.get(_key(address))) is not None:
        return same.again(store_at(address))
    if (whole := _shared.get(_key(_whole(address)))) is not None:
        return whole.again(store_at(address), part)
    store = store_at(address)
    vault = Vault(store, unlocked(store, address))
    vault.load()
    snapshot = find(vault.store, vault.master, address.options.get("snapshot", LATEST))
    folder = new_folder()
    with _removed_after_failure(folder):
        manifest = manifest_of(vault, snapshot, os.path.join(folder, "manifest"), lasting=False)
        return SnapshotDrive(
            vault, snapshot, Laid(manifest, catalog_of(manifest, folder, part), part), folder
        )


@contextmanager
def shared(address: Address) -> Iterator[SnapshotDrive]:
    """
    Open the snapshot at *address* once: meanwhile this process, and those that it forks, open it without looking at the vault again.

    Raises:
        BadAddress, BadVault, WrongKey, NotFound: as `open` does.
    """
    before = dict(_shared)
    with open(address) as drive:
        _shared[_key(address)] = drive
        try:
            yield drive
        finally:
            _shared.clear()
            _shared.update(before)


class Laid(NamedTuple):
    """What a snapshot is told from: its *manifest* on the local disk, and the *catalog* of its entries, or of *part* of them."""

    manifest: Manifest
    catalog: Catalog
    part: Part | None


class SnapshotDrive(Drive):
    """*snapshot* of *vault*, told from what is *laid* out; *folder* is removed with it."""

    def __init__(self, vault: Vault, snapshot: Snapshot, laid: Laid, folder: str | None = None) -> None:
        self.vault = vault
        self.snapshot = snapshot
        self.manifest = laid.manifest
        self._laid = laid
        self._folder = folder
        self._catalog = laid.catalog
        self._lock = threading.Lock()
        self._profile = _profile(vault, self.manifest)
        self.batch = SnapshotBatch(self._catalog, self._lock, vault)
        self.written = SnapshotWritten(self.manifest, snapshot.name, laid.part)
        told = facets_of(self.manifest, self.stat, laid.part)
        self.grants, self.links = told.get("grants"), told.get("links")
        self.people, self.locks = told.get("people"), told.get("locks")
        self.labels, self.comments = told.get("labels"), told.get("comments")
        self.settings = told.get("settings")
        if self.manifest.has("versions"):
            self.versions = SnapshotVersions(self._catalog, self._lock, self._reading)

    def again(self, store: Drive, part: Part | None = None) -> SnapshotDrive:
        """
        The same snapshot, or *part* of it, read from *store*, which is the same one opened anew; not to be used longer than this one.

        It may be asked for in a process that was forked from the one that opened the snapshot.
        """
        vault = Vault(store, self.vault.opened)
        vault.take_over(self.vault)
        if part is None:
            return SnapshotDrive(vault, self.snapshot, self._laid._replace(catalog=self._catalog.again()))
        folder = new_folder()
        with _removed_after_failure(folder):
            laid = Laid(self.manifest, catalog_of(self.manifest, folder, part), part)
            return SnapshotDrive(vault, self.snapshot, laid, folder)

    @property
    def profile(self) -> Profile:
        return self._profile

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        check_names(folder)
        if folder and self._find(folder).entry.kind is not Kind.FOLDER:
            raise WrongKind(folder)
        with self._lock:
            found = self._catalog.children(folder, cursor or "", _PAGE)
        entries = [held.entry for held in found]
        more = _name(found[-1]) if len(found) == _PAGE else None
        return Page(entries, more)

    def stat(self, path: Path) -> Entry:
        check_names(path)
        if path:
            return self._find(path).entry
        # Whoever asks for the root wants to know whether contents can be had.
        self.vault.store.drive.stat(ROOT)
        return Entry(ROOT, Kind.FOLDER)

    @contextmanager
    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Iterator[Reader]:
        check_names(path)
        entry, digest = self._find(path) if path else Held(Entry(ROOT, Kind.FOLDER), None)
        if entry.kind is not Kind.FILE:
            raise WrongKind(path)
        if expect is not None and expect != entry.etag:
            raise Changed(path)
        if start > entry.size:
            raise Changed(path, f"{entry.size} bytes")
        yield self._reading(entry, digest, start)

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> NoReturn:
        check_names(path)
        raise ReadOnly(path)

    def make_folder(self, path: Path, *, modified: int | None = None) -> NoReturn:
        check_names(path)
        raise ReadOnly(path)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        check_names(path)
        raise ReadOnly(path)

    def close(self) -> None:
        self._catalog.close()
        if self._folder is not None:
            remove_folder(self._folder)
        self.vault.store.drive.close()

    def _find(self, path: Path) -> Held:
        with self._lock:
            held = self._catalog.find(path)
        if held is None:
            raise NotFound(path)
        return held

    def _reading(self, entry: Entry, digest: bytes | None, start: int = 0) -> Reader:
        if digest is None:
            raise Unreadable(entry.path, NOT_KEPT)
        return ContentReader(entry, self.vault, digest, start)


class ContentReader:
    """Gives the content of *entry*, whose SHA-256 is *digest*, out of *vault* from byte *start* on; `Proving`."""

    def __init__(self, entry: Entry, vault: Vault, digest: bytes, start: int) -> None:
        self.entry = entry
        self._vault, self._digest = vault, digest
        self._blocks = vault.content(digest)
        self._held = memoryview(b"")
        self._skip = start
        self._done = 0

    def leave_proof(self) -> None:
        self._blocks = self._vault.content(self._digest, prove=False)

    def prove(self, sha256: str) -> None:
        with self._told():
            check_content(self._digest, bytes.fromhex(sha256))

    def read(self, size: int, /) -> bytes:
        while not self._held:
            block = self._next()
            if block is None:
                return self._end()
            self._done += len(block)
            kept = memoryview(block)[self._skip :]
            self._skip -= len(block) - len(kept)
            self._held = kept
        piece, self._held = self._held[:size], self._held[size:]
        return bytes(piece)

    def _next(self) -> bytes | None:
        with self._told():
            return next(self._blocks, None)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except BadVault as problem:
            raise spoiled(self._vault, self.entry.path, problem) from None

    def _end(self) -> bytes:
        if self._done != self.entry.size:
            raise Truncated(self.entry.path, f"{self._done} bytes, {self.entry.size} expected")
        return b""


def _key(address: Address) -> tuple[object, ...]:
    """What two addresses of the same snapshot have in common; whose leftovers are swept is nothing to a vault."""
    return address.place, *sorted(address.options.items())


def _whole(address: Address) -> Address:
    options = {name: value for name, value in address.options.items() if name != "part"}
    return replace(address, options=options)


@contextmanager
def _removed_after_failure(folder: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        remove_folder(folder)
        raise


def _name(held: Held) -> str:
    return encode(held.entry.path[-1:])


def _profile(vault: Vault, manifest: Manifest) -> Profile:
    told: Any = manifest.facts["profile"]
    address = vault.store.drive.profile.address
    return replace(
        profile_from(told),
        kind="vault",
        address=address,
        digests=("sha256",),
        features=Features(),
        calls_per_second=None,
        local=vault.store.drive.profile.local,
        batch_content=WHOLE,
    )
