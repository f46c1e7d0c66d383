"""
How much of a pass is done that has not ended yet.
"""

from __future__ import annotations

from typing import NamedTuple

from lading.manifest.parts import read_table
from lading.stages.transfer.journal import Journal
from lading.stages.transfer.state import Pass

_DONE = frozenset({"moved", "renamed"})


class SoFar(NamedTuple):
    """Objects and bytes that stand in NEW because of the pass."""

    objects: int
    bytes: int


def so_far(it: Pass) -> SoFar:
    """What partitions of *it* that ended, and those that were cut off, have moved; nobody may be at work on it."""
    sizes = [size for bucket, size in _outcomes(it) if bucket in _DONE]
    return SoFar(len(sizes), sum(sizes))


def _outcomes(it: Pass) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for file in it.result.glob("*.parquet"):
        table = read_table(file, columns=["bucket", "size"])
        found += zip(table["bucket"].to_pylist(), table["size"].to_pylist(), strict=True)
    for file in it.work.glob("*.jsonl"):
        if (it.result / f"{file.stem}.parquet").exists():
            continue
        with Journal(file) as journal:
            found += [(outcome.bucket, outcome.size) for outcome in journal.outcomes.values()]
    return found
