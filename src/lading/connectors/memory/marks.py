"""
Locks, labels and comments: hung on entries by whoever fills the store, told and not enforced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from .store import MemoryStore


class Marks:
    """All of one kind, with the paths that their entries have now."""

    def __init__(self, store: MemoryStore, kind: Literal["locks", "labels", "comments"]) -> None:
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
