"""
How fast bytes arrive, told from the moments at which they came.
"""

from __future__ import annotations

from collections.abc import Iterable

BIN = 0.05
"""Seconds that are counted together."""


class Flow:
    """Bytes by the time of their arrival, in bins; lives in one thread."""

    def __init__(self) -> None:
        self.bytes = 0
        self.bins: dict[int, int] = {}

    def add(self, size: int, now: float) -> None:
        """Count *size* bytes that arrived at *now* (seconds, any clock)."""
        self.bytes += size
        at = int(now / BIN)
        self.bins[at] = self.bins.get(at, 0) + size


def merged(flows: Iterable[dict[int, int]]) -> dict[int, int]:
    """Several flows of one clock as one."""
    total: dict[int, int] = {}
    for flow in flows:
        for at, size in flow.items():
            total[at] = total.get(at, 0) + size
    return total


def rate(bins: dict[int, int], *, skip: float = 0.3) -> float | None:
    """
    Bits per second once the beginning is over: its share *skip* is left out, as is the last bin.

    None if too little arrived.
    """
    if len(bins) < 4:
        return None
    first, last = min(bins), max(bins)
    start = first + max(1, int((last - first) * skip))
    if last <= start:
        return None
    return sum(size for at, size in bins.items() if start <= at < last) * 8 / ((last - start) * BIN)
