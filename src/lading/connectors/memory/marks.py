"""
Locks, labels, comments and settings: hung on entries by whoever fills the store, told and not enforced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from lading.connectors.facets import Room
from lading.model.access import Setting
from lading.model.paths import Path

from .store import MemoryStore


class Marks:
    """All of one kind, with the paths that their entries have now."""

    def __init__(self, store: MemoryStore, kind: Literal["locks", "labels", "comments", "settings"]) -> None:
        self._store = store
        self._kind = kind

    def all(self) -> Iterator[Any]:
        """Every one; a lock that has ended is none."""
        now = self._store.clock()
        with self._store.lock:
            found = [
                replace(mark, path=path)
                for path, node in self._store.nodes()
                for mark in getattr(node, self._kind)
                if self._kind != "locks" or mark.expires is None or mark.expires > now
            ]
        return iter(found)


class MemorySettings(Marks):
    """The settings of entries."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store, "settings")

    def all(self) -> Iterator[Setting] | None:  # type: ignore[override]
        """Every one; None where the store is to be asked entry by entry."""
        return super().all() if self._store.bulk else None

    def list(self, path: Path) -> tuple[Setting, ...]:
        """The settings of this very entry."""
        with self._store.lock:
            spelled, node = self._store.find(path)
            return tuple(replace(setting, path=spelled) for setting in node.settings)


class MemoryCapacity:
    """The quota of the store."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def room(self) -> Room:
        """What is used counts partials."""
        total = self._store.quota_bytes
        with self._store.lock:
            return Room() if total is None else Room(total, max(0, total - self._store.used()))
