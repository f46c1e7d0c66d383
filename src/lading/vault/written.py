"""
A snapshot as it is written down: its own manifest, with what the face of the snapshot says otherwise than the drive did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

import pyarrow as pa

from lading.connectors.facets import Table, WrittenDown
from lading.manifest.digest_column import DigestColumn
from lading.manifest.fingerprint import WIDTH
from lading.manifest.read import Manifest, digests_of
from lading.manifest.schema import ENTRIES, TEXTS
from lading.manifest.tables import PROBLEMS
from lading.vault.part import Part

# Versions have the digests of earlier contents that were read for the snapshot, and nothing of it fails to be asked.
_OTHERWISE = frozenset({"versions", PROBLEMS})
_AT_ONCE = 4_000
"""Rows that are looked at one by one, which takes more memory than their columns."""
_LOOKED_AT = frozenset({"path", "sha256"})
"""Columns that say what is in a part, and what others are."""
_NAME = "sha256"


class SnapshotWritten:
    """What *manifest* of the snapshot *name* tells; only what is in *part*."""

    def __init__(self, manifest: Manifest, name: str, part: Part | None = None) -> None:
        self._manifest = manifest
        self._name = name
        self._part = part
        self.objects = manifest.objects

    def all(self, columns: Sequence[str] | None = None) -> WrittenDown:
        entries = self._entries(ENTRIES.names if columns is None else columns)
        return WrittenDown(entries, self._tables(), {"snapshot": self._name})

    def _entries(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        # Whoever wants less has less read.
        raw = [name for name in ENTRIES.names if name in columns or name in _LOOKED_AT]
        for batch in self._manifest.batches(raw, rows=_AT_ONCE):
            yield as_seen(batch if self._part is None else _within(batch, self._part), columns)

    def _tables(self) -> dict[str, Table]:
        manifest = self._manifest
        if self._part is not None:
            # People are those of the whole snapshot, the rest is asked for: it is told for the part alone.
            names = [name for name in ("principals", "members") if manifest.has(name)]
        else:
            names = [name for name in manifest.tables if name not in _OTHERWISE]
        return {name: Table(manifest.table(name) or "", manifest.tables[name]) for name in names}


def as_seen(batch: pa.RecordBatch, columns: Sequence[str] = ENTRIES.names) -> pa.RecordBatch:
    """
    *columns* of the rows of the manifest of a snapshot, as its face tells them.

    A file's etag is the SHA-256 of its content where the vault holds that, and the first of its digests; nobody has read it here.
    """
    kept = DigestColumn(batch.column("sha256")).hexes()
    made: dict[str, Callable[[], pa.Array]] = {
        "etag": lambda: _etags(kept, batch.column("etag")),
        "digests": lambda: _all_digests(kept, batch.column("digests")),
        "sha256": lambda: pa.nulls(len(batch), pa.binary(WIDTH)),
    }
    arrays = [made[name]() if name in made else batch.column(name) for name in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(map(ENTRIES.field, columns)))


def _etags(kept: Sequence[str | None], told: pa.Array) -> pa.Array:
    return pa.array(
        [old if it is None else it for it, old in zip(kept, told.to_pylist(), strict=True)], pa.string()
    )


def _all_digests(kept: Sequence[str | None], told: pa.Array) -> pa.Array:
    # Not `flatten`, which loads all compute functions of Arrow.
    if told.offsets[0] != told.offsets[-1]:
        return pa.array(list(map(_digests, kept, told.to_pylist())), TEXTS)
    ours = [f"{_NAME}:{it}" for it in kept if it is not None]
    ends = accumulate((int(it is not None) for it in kept), initial=0)
    return pa.ListArray.from_arrays(pa.array(list(ends), pa.int32()), pa.array(ours, pa.string()), type=TEXTS)


def _digests(kept: str | None, told: Sequence[str]) -> Sequence[str]:
    if kept is None:
        return told
    if not told:
        return (f"{_NAME}:{kept}",)
    others = [f"{name}:{value}" for name, value in digests_of(told) if name != _NAME]
    return (f"{_NAME}:{kept}", *others)


def _within(batch: pa.RecordBatch, part: Part) -> pa.RecordBatch:
    paths = batch.column("path").to_pylist()
    return batch.take(pa.array([at for at, path in enumerate(paths) if part.holds(path)], pa.int64()))
