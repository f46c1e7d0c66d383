"""
A catalog of few entries, in memory.

The columns stay as Arrow has them, and rows are found by the hashes of paths in one block of memory: processes
that are forked later share all of it, and to look at a row copies nothing, as counting references would.  Who restores asks for contents alone: the columns
that say more are read when somebody lists.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

import pyarrow as pa

from lading.manifest.read import Manifest
from lading.manifest.schema import ENTRIES
from lading.model.access import Version
from lading.model.errors import BadManifest
from lading.model.paths import Path, encode
from lading.vault.catalog import FACTS, TWICE, Held, Told, held, split
from lading.vault.part import Part

_CONTENT = ["kind", "size", "sha256"]


class FewEntries:
    """The entries of *manifest*, of which versions are not known (only those of *part*)."""

    def __init__(self, manifest: Manifest, part: Part | None = None) -> None:
        """
        Raises:
            BadManifest: an entry stands in it twice.
        """
        self._manifest = manifest
        self._paths, *self._content = _columns(manifest, ["path", *_CONTENT])
        paths: list[str] = self._paths.to_pylist()
        if len(set(paths)) < len(paths):
            raise BadManifest(manifest.directory, TWICE)
        hashes = list(map(hash, paths))
        rows = [at for at, path in enumerate(paths) if part is None or part.holds(path)]
        rows.sort(key=hashes.__getitem__)
        # Those of texts are another in each process, but not in one that was forked.
        self._hashes = array("q", map(hashes.__getitem__, rows))
        self._rows = array("I", rows)

    def children(self, folder: Path, after: str, limit: int) -> list[Held]:
        """At most *limit* entries of *folder*, in the order of their encoded names, those after *after*."""
        parent = encode(folder)
        names = self._names.get(parent, [])
        first = bisect_right(names, after) if after else 0
        above = f"{parent}/" if parent else ""
        rows = [self._row(above + name) for name in names[first : first + limit]]
        return [self._held(at) for at in rows if at is not None]

    def find(self, path: Path) -> Held | None:
        """The entry at *path*; None if there is none."""
        at = self._row(encode(path))
        return None if at is None else self._held(at)

    def content(self, path: Path) -> tuple[str, int, bytes | None] | None:
        """Kind and size of the entry at *path*, and the SHA-256 of its content; None if there is none."""
        at = self._row(encode(path))
        if at is None:
            return None
        kind, size, digest = self._content
        return kind[at].as_py(), size[at].as_py(), digest[at].as_py()

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

    def _row(self, path: str) -> int | None:
        wanted = hash(path)
        first = bisect_left(self._hashes, wanted)
        for at in range(first, len(self._rows)):
            if self._hashes[at] != wanted:
                break
            if self._paths[self._rows[at]].as_py() == path:
                return self._rows[at]
        return None

    def _held(self, at: int) -> Held:
        told: Told = (self._paths[at].as_py(), *[column[at].as_py() for column in self._facts])
        return held(told)

    @cached_property
    def _facts(self) -> list[pa.Array]:
        """All columns but the paths, which are the keys."""
        return _columns(self._manifest, FACTS[1:])

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """The names in each folder, in order; made for who lists, which a restore need not."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for at in self._rows:
            parent, name = split(self._paths[at].as_py())
            found[parent].append(name)
        for names in found.values():
            names.sort()
        return dict(found)


def _columns(manifest: Manifest, names: list[str]) -> list[pa.Array]:
    """The columns *names* of the entries, each in one piece, with the same rows at the same places each time."""
    schema = pa.schema([ENTRIES.field(name) for name in names])
    batches = (batch.select(names) for batch in manifest.batches(names))
    table = pa.Table.from_batches(batches, schema).combine_chunks()
    return [it.chunk(0) if it.num_chunks else pa.nulls(0, it.type) for it in table.columns]
