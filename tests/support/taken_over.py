"""
A snapshot scanned twice: its manifest taken over, and walked as any other drive is.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.connectors.wrap.policy import Policy
from lading.manifest.read import Manifest
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from lading.vault import face

# Their own to each scan, or files whose bytes say how they were written; rows and fingerprints are compared.
_OWN = frozenset({"started", "finished", "parts", "spaces", "taken_over", "tables"})


def both_ways(
    address: Address, folder: Path, patch: pytest.MonkeyPatch, features: Collection[Feature] = ()
) -> tuple[Manifest, Manifest]:
    """The manifest of the snapshot at *address* taken over, and the one that a walk leaves."""
    taken = _scanned(address, folder / "taken", features)
    patch.setattr(face, "SnapshotWritten", lambda *given: None)
    return taken, _scanned(address, folder / "walked", features)


def told(manifest: Manifest) -> dict[str, Any]:
    """All that a manifest says, in an order of its own."""
    tables = {name: _rows(manifest.table(name) or "") for name in manifest.tables}
    prints = {name: (facts["rows"], facts["fingerprint"]) for name, facts in manifest.tables.items()}
    entries = [row for batch in manifest.batches() for row in batch.to_pylist()]
    facts = {name: value for name, value in manifest.facts.items() if name not in _OWN}
    return {
        "facts": facts,
        "prints": prints,
        "entries": sorted(entries, key=lambda row: row["path"]),
        "spaces": list(manifest.spaces()),
        **tables,
    }


def _scanned(address: Address, folder: Path, features: Collection[Feature]) -> Manifest:
    # Forked here: what was patched in this process is so in the worker.
    with Crew(1) as crew:
        return scan(address, Policy(read_only=True), folder, crew=crew, features=features)


def _rows(file: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.ParquetFile(file).read().to_pylist()
    return rows
