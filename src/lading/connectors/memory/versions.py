"""
Earlier contents: every write leaves the one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.connectors.names import check_holdable, check_names
from lading.model.access import Version
from lading.model.entry import Entry, Kind
from lading.model.errors import NotFound, Truncated, Unable, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

from .content import Content, ContentReader
from .placing import fits, put, target_of
from .store import MemoryStore, Node


class MemoryVersions:
    """The versions of the files of *store*."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def list(self, path: Path) -> Iterator[Version]:
        """All versions, oldest first."""
        check_names(path)
        with self._store.lock:
            return iter([version for version, _ in self._file(path)[1].versions])

    def all(self) -> Iterator[tuple[Path, tuple[Version, ...]]] | None:
        """Every file."""
        if not self._store.bulk:
            return None
        with self._store.lock:
            found = [
                (path, tuple(version for version, _ in node.versions))
                for path, node in self._store.nodes()
                if node.versions
            ]
        return iter(found)

    @contextmanager
    def read(self, path: Path, version: str) -> Iterator[Reader]:
        """Read the content of one version."""
        check_names(path)
        with self._store.lock:
            spelled, node = self._file(path)
            found = next((pair for pair in node.versions if pair[0].id == version), None)
        if found is None:
            raise NotFound(path, Text(f"there is no version {version}", f"没有版本 {version}"))
        facts, content = found
        entry = Entry(spelled, Kind.FILE, facts.size, facts.modified, node.id, facts.id, facts.digests)
        yield ContentReader(entry, content, 0)

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        """Gather *source* aside and make it the newest version at once."""
        store = self._store
        check_holdable(path, store.profile.names)
        kept = store.profile.features.versions
        if not kept:
            raise Unable(path, Text("it takes no versions", "不接受历史版本"))
        if "author" in kept and version.author and version.author not in store.people:
            raise NotFound(path, Text(f"no principal {version.author}", f"没有用户 {version.author}"))
        with store.lock:
            target_of(store, path, expect)
        content = Content()
        for block in source:
            content.add(block)
            fits(store, path, content.size, version.size)
        if content.size != version.size:
            raise Truncated(path, f"{content.size} bytes instead of {version.size}")
        with store.lock:
            store.room(path, content.size)
            modified = version.modified if "modified" in kept else None
            return put(store, path, content, expect, modified, version)

    def _file(self, path: Path) -> tuple[Path, Node]:
        spelled, node = self._store.find(path)
        if node.is_folder:
            raise WrongKind(path, "a folder")
        return spelled, node
