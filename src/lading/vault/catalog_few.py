"""
A catalog of few entries, in memory.

The columns are blocks of memory, and rows are found by the hashes of paths in one more: processes
that are forked later share all of it, and to look at a row copies nothing, as counting references would.  Who restores asks for contents alone: the columns
that say more are read when somebody lists.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

import pyarrow as pa

from lading.manifest import few
from lading.manifest.digest_column import DigestColumn
from lading.manifest.path_index import PathIndex
from lading.manifest.read import Manifest
from lading.model.access import Version
from lading.model.entry import Kind
from lading.model.errors import BadManifest
from lading.model.paths import Path, encode
from lading.vault.catalog import FACTS, TWICE, Held, Told, held, split
from lading.vault.part import Part

_CONTENT = ["path", "kind", "size", "sha256"]
_KINDS = [kind.value for kind in Kind]
_CODES = {kind: code for code, kind in enumerate(_KINDS)}


class FewEntries:
    """The entries of *manifest*, of which versions are not known (only those of *part*)."""

    def __init__(self, manifest: Manifest, part: Part | None = None) -> None:
        """
        Raises:
            BadManifest: an entry stands in it twice.
        """
        self._manifest = manifest
        column, kinds, sizes, digests = few.columns_of(manifest.files, _CONTENT)
        self._rows: Sequence[int] = range(len(column))
        if part is not None:
            self._rows = array("I", (at for at, it in enumerate(column.to_pylist()) if part.holds(it)))
        self._index = PathIndex(column, self._rows)
        if self._index.twice:
            raise BadManifest(manifest.directory, TWICE)
        self._kinds = bytes(map(_CODES.__getitem__, kinds.to_pylist()))
        self._sizes = array("q", sizes.to_pylist())
        self._digests = DigestColumn(digests)

    def children(self, folder: Path, after: str, limit: int) -> list[Held]:
        """At most *limit* entries of *folder*, in the order of their encoded names, those after *after*."""
        parent = encode(folder)
        names = self._names.get(parent, [])
        first = bisect_right(names, after) if after else 0
        above = f"{parent}/" if parent else ""
        rows = [self._index.find(above + name) for name in names[first : first + limit]]
        return [self._held(at) for at in rows if at is not None]

    def find(self, path: Path) -> Held | None:
        """The entry at *path*; None if there is none."""
        at = self._index.find(encode(path))
        return None if at is None else self._held(at)

    def content(self, path: Path) -> tuple[str, int, bytes | None] | None:
        """Kind and size of the entry at *path*, and the SHA-256 of its content; None if there is none."""
        at = self._index.find(encode(path))
        return None if at is None else (_KINDS[self._kinds[at]], self._sizes[at], self._digests[at])

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

    def _held(self, at: int) -> Held:
        told: Told = (self._index.path(at), *[column[at].as_py() for column in self._facts])
        return held(told)

    @cached_property
    def _facts(self) -> list[pa.Array]:
        """All columns but the paths, which are the keys."""
        return few.columns_of(self._manifest.files, FACTS[1:])

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """The names in each folder, in order; made for who lists, which a restore need not."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for at in self._rows:
            parent, name = split(self._index.path(at))
            found[parent].append(name)
        for names in found.values():
            names.sort()
        return dict(found)
