"""
A catalog of few entries, in memory.

The columns stay as Arrow has them and are looked up by a dictionary of paths: processes that are forked
later share all of it, and a look at a row copies few pages.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

import pyarrow as pa

from lading.manifest.read import Manifest
from lading.manifest.schema import ENTRIES
from lading.model.access import Version
from lading.model.errors import BadManifest
from lading.model.paths import Path, encode
from lading.model.text import Text
from lading.vault.catalog import FACTS, Held, Told, held, split
from lading.vault.part import Part

_SCHEMA = pa.schema([ENTRIES.field(name) for name in FACTS])
_NOTHING = pa.nulls(0)
_KIND, _SIZE, _SHA256 = map(FACTS[1:].index, ("kind", "size", "sha256"))
_TWICE = Text("an entry stands in it twice", "其中有条目重复出现")


class FewEntries:
    """The entries of *manifest*, of which versions are not known (only those of *part*)."""

    def __init__(self, manifest: Manifest, part: Part | None = None) -> None:
        """
        Raises:
            BadManifest: an entry stands in it twice.
        """
        batches = (batch.select(FACTS) for batch in manifest.batches(FACTS))
        table = pa.Table.from_batches(batches, _SCHEMA).combine_chunks()
        paths = table.column("path").to_pylist()
        # All but the paths, which are the keys.
        self._columns = [it.chunk(0) if it.num_chunks else _NOTHING for it in table.columns[1:]]
        self._rows = {path: at for at, path in enumerate(paths) if part is None or part.holds(path)}
        if part is None and len(self._rows) != len(paths):
            raise BadManifest(manifest.directory, _TWICE)

    def children(self, folder: Path, after: str, limit: int) -> list[Held]:
        """At most *limit* entries of *folder*, in the order of their encoded names, those after *after*."""
        parent = encode(folder)
        names = self._names.get(parent, [])
        first = bisect_right(names, after) if after else 0
        above = f"{parent}/" if parent else ""
        return [self._held(above + name) for name in names[first : first + limit]]

    def find(self, path: Path) -> Held | None:
        """The entry at *path*; None if there is none."""
        encoded = encode(path)
        return self._held(encoded) if encoded in self._rows else None

    def content(self, path: Path) -> tuple[str, int, bytes | None] | None:
        """Kind and size of the entry at *path*, and the SHA-256 of its content; None if there is none."""
        at = self._rows.get(encode(path))
        if at is None:
            return None
        columns = self._columns
        return columns[_KIND][at].as_py(), columns[_SIZE][at].as_py(), columns[_SHA256][at].as_py()

    def versions(self, path: Path) -> list[tuple[Version, bytes | None]]:
        """None are known."""
        return []

    def all_versions(self) -> Iterator[tuple[Path, tuple[Version, ...]]]:
        """None are known."""
        return iter(())

    def again(self) -> FewEntries:
        """This one: nothing in it belongs to a process."""
        return self

    def close(self) -> None:
        """Nothing to let go of."""

    def _held(self, path: str) -> Held:
        at = self._rows[path]
        told: Told = (path, *[column[at].as_py() for column in self._columns])
        return held(told)

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """The names in each folder, in order; made for who lists, which a restore need not."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for path in self._rows:
            parent, name = split(path)
            found[parent].append(name)
        for names in found.values():
            names.sort()
        return dict(found)
