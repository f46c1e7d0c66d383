"""
A snapshot as it is written down: its own manifest, with what the face of the snapshot says otherwise than the drive did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from lading.connectors.facets import Table, WrittenDown
from lading.manifest.read import Manifest, digests_of
from lading.manifest.schema import ENTRIES, TEXTS
from lading.manifest.tables import PROBLEMS
from lading.vault.part import Part

# Versions have the digests of earlier contents that were read for the snapshot, and nothing of it fails to be asked.
_OTHERWISE = frozenset({"versions", PROBLEMS})
_AT_ONCE = 4_000
"""Rows that are looked at one by one, which takes more memory than their columns."""
_PATH = ENTRIES.get_field_index("path")


class SnapshotWritten:
    """What *manifest* of the snapshot *name* tells; only what is in *part*."""

    def __init__(self, manifest: Manifest, name: str, part: Part | None = None) -> None:
        self._manifest = manifest
        self._name = name
        self._part = part
        self.objects = manifest.objects

    def all(self) -> WrittenDown:
        return WrittenDown(self._entries(), self._tables(), {"snapshot": self._name})

    def _entries(self) -> Iterator[pa.RecordBatch]:
        for batch in self._manifest.batches(rows=_AT_ONCE):
            yield as_seen(batch if self._part is None else _within(batch, self._part))

    def _tables(self) -> dict[str, Table]:
        manifest = self._manifest
        if self._part is not None:
            # People are those of the whole snapshot, the rest is asked for: it is told for the part alone.
            names = [name for name in ("principals", "members") if manifest.has(name)]
        else:
            names = [name for name in manifest.tables if name not in _OTHERWISE]
        return {name: Table(manifest.table(name) or "", manifest.tables[name]) for name in names}


def as_seen(batch: pa.RecordBatch) -> pa.RecordBatch:
    """
    Rows of the manifest of a snapshot as its face tells them.

    A file's etag is the SHA-256 of its content where the vault holds that, and the first of its digests; nobody has read it here.
    """
    kept = [None if it is None else it.hex() for it in batch.column("sha256").to_pylist()]
    etags = [
        told if it is None else it for it, told in zip(kept, batch.column("etag").to_pylist(), strict=True)
    ]
    digests = map(_digests, kept, batch.column("digests").to_pylist())
    columns = {
        "etag": pa.array(etags, pa.string()),
        "digests": pa.array(list(digests), TEXTS),
        "sha256": pa.nulls(len(batch), pa.binary(32)),
    }
    arrays = [columns.get(name, batch.column(name)) for name in ENTRIES.names]
    return pa.RecordBatch.from_arrays(arrays, schema=ENTRIES)


def _digests(kept: str | None, told: Sequence[str]) -> Sequence[str]:
    if kept is None:
        return told
    if not told:
        return (f"sha256:{kept}",)
    others = [f"{name}:{value}" for name, value in digests_of(told) if name != "sha256"]
    return (f"sha256:{kept}", *others)


def _within(batch: pa.RecordBatch, part: Part) -> pa.RecordBatch:
    paths = batch.column(_PATH).to_pylist()
    return batch.take(pa.array([at for at, path in enumerate(paths) if part.holds(path)], pa.int64()))
