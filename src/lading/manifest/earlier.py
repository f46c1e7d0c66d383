"""
What an earlier manifest of the same drive saves a scan: contents read again, and rights asked again.

A file counts as unchanged if its size, time, etag and identity are those of then, and the drive tells a
time or an etag at all.  Its rights are those of then only where the drive promises that its etag changes
with them (`Profile.etag_covers_rights`), and where its folder says what it said then: what a file has of
its folder stands in no table.

All of it is held in memory; for manifests of many rows see `inherit`.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from lading.manifest import few
from lading.manifest.digest_column import DigestColumn
from lading.manifest.granted import Mark, mark_of_words
from lading.manifest.parts import batches_of
from lading.manifest.path_index import PathIndex
from lading.manifest.read import Manifest
from lading.manifest.tables import PROBLEMS
from lading.model.access import Effect, Reach
from lading.model.entry import Entry

_COLUMNS = ["path", "size", "modified", "etag", "id", "sha256", "problem"]
_WORDS = ("effect", "principal_kind", "principal", "role", "rank", "expires")


class Earlier:
    """What the parts *files* of an earlier manifest tell of files, and which entries had a list of grants of their *own*."""

    def __init__(self, files: Sequence[str], own: Mapping[str, Mark] | None) -> None:
        paths, sizes, *looks, digests, self._problems = few.columns_of(files, _COLUMNS)
        self._index = PathIndex(paths)
        self._sizes = array("q", sizes.to_pylist())
        self._looks = looks
        self._digests = DigestColumn(digests)
        self._own = own

    def content(self, where: str, entry: Entry) -> bytes | None:
        """The SHA-256 of the file *entry*, at the encoded path *where*, if it looks as it did then, and could be read."""
        if entry.modified is None and entry.etag is None:
            return None
        row = self._index.find(where)
        if row is None or self._sizes[row] != entry.size:
            return None
        modified, etag, identity, problem = (it[row].as_py() for it in (*self._looks, self._problems))
        if problem is not None or (modified, etag, identity) != (entry.modified, entry.etag, entry.id):
            return None
        return self._digests[row]

    def as_its_folder(self, where: str) -> bool:
        """Whether the entry at *where* had the rights of its folder then; False if that is not known."""
        return self._own is not None and where not in self._own

    def mark(self, folder: str) -> Mark | None:
        """What the list of *folder* said then; None if that is not known."""
        if self._own is None:
            return None
        while folder and folder not in self._own:
            folder = folder.rpartition("/")[0]
        return self._own.get(folder)


class Source(NamedTuple):
    """Where an `Earlier` is read: the part *files* of a manifest, and its table of *grants*, None if that does not tell all of them."""

    files: tuple[str, ...]
    grants: str | None
    finished: float
    """When the manifest was (s since 1970): another one may come to lie at the same place."""


def source_of(manifest: Manifest) -> Source | None:
    """Where what *manifest* tells is read; None if that is too much to be held in memory."""
    table = manifest.table("grants")
    if not few.are_few([*manifest.files, *([table] if table else [])]):
        return None
    # Of what could not be asked it is not known whether it had rights of its own.
    unsure = manifest.tables.get(PROBLEMS, {}).get("rows")
    return Source(tuple(manifest.files), None if unsure else table, manifest.facts["finished"])


@lru_cache(maxsize=1)
def earlier_of(source: Source) -> Earlier:
    """What *source* tells, read once in this process."""
    return Earlier(source.files, None if source.grants is None else _own(source.grants))


def _own(file: str) -> dict[str, Mark]:
    """By path, what the list of each entry that has rows in the table *file* says here."""
    lists: dict[str, list[few.Row]] = {}
    for batch in batches_of(file):
        for row in batch.to_pylist():
            rows = lists.setdefault(row["path"], [])
            if row["effect"] != Effect.RESET.value and row["reach"] != Reach.LATER.value:
                rows.append(tuple(row[name] for name in _WORDS))
    return {path: mark_of_words(rows) for path, rows in lists.items()}
