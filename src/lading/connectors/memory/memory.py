"""
A drive in memory: the reference implementation of `lading.connectors.api`.

It is short, clear and right rather than fast: one lock, taken for moments and
never while a source is asked for bytes.  It has every facet but changes and freeze, as far
as its store's settings do not take them away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Unpack

from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition, check
from lading.connectors.facets import Reader, Span
from lading.connectors.names import check_holdable, check_names
from lading.connectors.profile import Profile
from lading.model.entry import Entry, Kind
from lading.model.errors import (
    Changed,
    Forbidden,
    NotEmpty,
    NotFound,
    Truncated,
    WrongKind,
)
from lading.model.paths import ROOT, Path, within

from .access import MemoryGrants, MemoryLinks, MemoryPeople
from .batch import MemoryBatch
from .content import Content, ContentReader
from .marks import Marks, MemoryCapacity, MemorySettings
from .placing import fits, put, target_of
from .store import MemoryStore, Settings
from .versions import MemoryVersions


class MemoryDrive(Drive):
    """
    A client of *store*, or of a new one with these *settings*.

    *owner* keeps its partials apart from those of others.
    """

    def __init__(
        self, store: MemoryStore | None = None, *, owner: str = "lading", **settings: Unpack[Settings]
    ) -> None:
        if store is not None and settings:
            raise TypeError("settings belong to the store")
        self.store = store = store or MemoryStore(**settings)
        self.brief = MemoryBrief(self) if "brief" in store.offers else None
        self.ranges = MemoryRanges(self) if "ranges" in store.offers else None
        self.moves = MemoryMoves(store) if "moves" in store.offers else None
        self.partials = MemoryPartials(store, owner) if "partials" in store.offers else None
        self.settle = MemorySettle(store) if "settle" in store.offers else None
        self.versions = MemoryVersions(store) if "versions" in store.offers else None
        self.grants = MemoryGrants(store) if "grants" in store.offers else None
        self.links = MemoryLinks(store) if "links" in store.offers else None
        self.people = MemoryPeople(store) if "people" in store.offers else None
        self.locks = Marks(store, "locks") if "locks" in store.offers else None
        self.labels = Marks(store, "labels") if "labels" in store.offers else None
        self.comments = Marks(store, "comments") if "comments" in store.offers else None
        self.settings = MemorySettings(store) if "settings" in store.offers else None
        self.capacity = MemoryCapacity(store) if "capacity" in store.offers else None
        self.batch = MemoryBatch(self, store) if "batch" in store.offers else None

    @property
    def profile(self) -> Profile:
        """Facts about the store."""
        return self.store.profile

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Entries in the order of their folded names, so that a cursor outlives changes."""
        check_names(folder)
        store = self.store
        with store.lock:
            spelled, node = store.find(folder)
            if not node.is_folder:
                raise WrongKind(folder, "not a folder")
            after = store.after(folder, cursor)
            keys = sorted(key for key in node.children if key > after)
            told = keys[: store.page_size]
            entries = [node.children[key].entry((*spelled, node.children[key].name)) for key in told]
            return Page(entries, store.cursor(told[-1]) if len(keys) > len(told) else None)

    def stat(self, path: Path) -> Entry:
        """The entry at *path*, spelled as it was stored."""
        check_names(path)
        with self.store.lock:
            spelled, node = self.store.find(path)
            return node.entry(spelled)

    @contextmanager
    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Iterator[Reader]:
        """Read the content as it is now, whatever is written meanwhile."""
        check_names(path)
        with self.store.lock:
            spelled, node = self.store.find(path)
            if node.content is None:
                raise WrongKind(path, "a folder")
            entry, content = node.entry(spelled), node.content
        if expect is not None and entry.etag != expect:
            raise Changed(path, "its etag is another")
        if start > entry.size:
            raise Changed(path, f"only {entry.size} bytes long")
        yield ContentReader(entry, content, start)

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        """Gather *source* aside and put it in place at once."""
        check_holdable(path, self.profile.names)
        with self.store.lock:
            target_of(self.store, path, expect)
        content = Content()
        for block in source:
            content.add(block)
            fits(self.store, path, content.size, size)
        if size is not None and content.size != size:
            raise Truncated(path, f"{content.size} bytes instead of {size}")
        with self.store.lock:
            self.store.room(path, content.size)
            return put(self.store, path, content, expect, modified)

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """Make the folder, or set the time of the one that is there."""
        check_holdable(path, self.profile.names)
        store = self.store
        with store.lock:
            spelled, node = store.look(path)
            if node is None:
                parent_path, parent = store.folder(path)
                spelled, node = (*parent_path, path[-1]), store.new_node(path[-1], modified)
                parent.children[store.key(path[-1])] = node
            elif not node.is_folder:
                raise WrongKind(path, "a file")
            elif modified is not None and store.profile.keeps_modified:
                node.modified = store.time(modified)
            store.changes += 1
            return node.entry(spelled)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        """Remove a file, or a folder that is empty."""
        check_names(path)
        if path == ROOT:
            raise Forbidden(path, "the root stays")
        store = self.store
        with store.lock:
            spelled, node = store.find(path)
            check(expect, node.entry(spelled), path)
            if node.children:
                raise NotEmpty(path, f"{len(node.children)} entries")
            del store.find(path[:-1])[1].children[store.key(path[-1])]
            store.changes += 1


class MemoryBrief:
    """Listings of *drive* that tell neither times nor digests of files."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """As `Drive.list`, with less of each file."""
        page = self._drive.list(folder, cursor=cursor)
        told = [it._replace(modified=None, digests=()) if it.is_file else it for it in page.entries]
        return page._replace(entries=told)


class MemoryRanges:
    """Parts of a file of *drive*, one after the other."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive

    def read(self, path: Path, spans: Iterable[Span], *, expect: str, at_once: int) -> Iterator[bytes]:
        """The bytes in each of *spans*."""
        for start, end in spans:
            with self._drive.read(path, start=start, expect=expect) as reader:
                if end > reader.entry.size:
                    raise Changed(path, f"only {reader.entry.size} bytes long")
                found = b""
                while len(found) < end - start:
                    found += reader.read(end - start - len(found))
                yield found


class MemoryMoves:
    """Renames within the tree."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        """Hang the very same node elsewhere: what belongs to it stays."""
        check_names(source)
        check_holdable(target, self._store.profile.names)
        store = self._store
        with store.lock:
            _, node = store.find(source)
            if source == ROOT or (source != target and _inside(store, target, source)):
                raise WrongKind(source, "a folder cannot lie in itself")
            found = store.look(target)[1]
            # A new spelling of the same name is no second entry.
            if found is not node or source == target:
                found = target_of(store, target, expect)
            parent_path, parent = store.folder(target)
            if found is not None and node.is_folder:
                raise WrongKind(target, "a folder cannot replace a file")
            del store.find(source[:-1])[1].children[store.key(source[-1])]
            node.name = target[-1]
            parent.children[store.key(target[-1])] = node
            store.changes += 1
            return node.entry((*parent_path, node.name))


class MemoryPartials:
    """Contents that are no entries yet, by owner and token."""

    def __init__(self, store: MemoryStore, owner: str) -> None:
        self._store = store
        self._owner = owner

    def offset(self, token: str) -> int:
        """Bytes held for *token*."""
        with self._store.lock:
            held = self._store.partials.get((self._owner, token))
            return held.size if held else 0

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        """Add *source*; each block stays from the moment it arrived."""
        at = start
        self._cut(token, at)
        for block in source:
            self._add(token, block, at)
            at += len(block)
        return at

    @contextmanager
    def read(self, token: str) -> Iterator[Reader]:
        """Read what is held now."""
        with self._store.lock:
            held = self._held(token)
            entry = Entry((token,), Kind.FILE, held.size)
        yield ContentReader(entry, held, 0)

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        """Turn the partial into the content of *path*."""
        store = self._store
        check_holdable(path, store.profile.names)
        with store.lock:
            held = self._held(token)
            entry = put(store, path, held, expect, modified)
            del store.partials[self._owner, token]
            return entry

    def sweep(self, keep: Collection[str]) -> int:
        """Forget this owner's partials except *keep*."""
        with self._store.lock:
            gone = [key for key in self._store.partials if key[0] == self._owner and key[1] not in keep]
            for key in gone:
                del self._store.partials[key]
            return len(gone)

    def _held(self, token: str) -> Content:
        held = self._store.partials.get((self._owner, token))
        if held is None:
            raise NotFound(token, "nothing is held")
        return held

    def _cut(self, token: str, at: int) -> None:
        """Give up what is held beyond *at*; an unknown token begins."""
        with self._store.lock:
            held = self._store.partials.get((self._owner, token)) or Content()
            if held.size < at:
                raise Changed(token, f"{held.size} bytes long, not {at}")
            kept = Content()
            while kept.size < at:
                kept.add(held.piece(kept.size, at - kept.size))
            self._store.partials[self._owner, token] = kept

    def _add(self, token: str, block: bytes, at: int) -> None:
        with self._store.lock:
            held = self._store.partials.get((self._owner, token)) or Content()
            if held.size != at:
                raise Changed(token, f"{held.size} bytes long, not {at}")
            self._store.room(token, len(block))
            fits(self._store, token, held.size + len(block), None)
            held.add(block)
            self._store.partials[self._owner, token] = held


class MemorySettle:
    """
    Lasting storage, as far as there is any: nothing here survives the process.

    The store writes down when it was asked, so that a caller's order can be tested.
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def settle(self) -> None:
        """Note that all changes so far were settled."""
        with self._store.lock:
            self._store.settled = self._store.changes


def _inside(store: MemoryStore, path: Path, folder: Path) -> bool:
    keys = tuple(map(store.key, path)), tuple(map(store.key, folder))
    return within(*keys) and keys[0] != keys[1]
