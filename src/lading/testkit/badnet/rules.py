"""
How bad a network is, what it did, and what befalls each connection.

Plain values and one pure function.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Rules:
    """
    How bad the network is; the default forwards faithfully.

    Bytes count from the start of a connection.  A drop is a reset (RST) and
    counts both directions; a truncation is an orderly end (FIN) in the middle
    of what the server sends.  Where both a fixed place and a rate are given,
    the nearer one wins.
    """

    refuse_chance: float = 0.0
    """Share of connections that are reset before a byte flows."""
    drop_after: int | None = None
    """Reset every connection after this many bytes."""
    drop_per_mib: float = 0.0
    """Resets to expect in each MiB."""
    truncate_after: int | None = None
    """End every connection after this many bytes from the server."""
    truncate_per_mib: float = 0.0
    """Truncations to expect in each MiB from the server."""
    latency: float = 0.0
    """Seconds that every byte is late, in each direction."""
    jitter: float = 0.0
    """Seconds that may come on top, evenly spread; bytes stay in order."""
    bytes_per_second: float | None = None
    """What all connections together may carry, both directions counted."""
    dark_after: int | None = None
    """Go dark whenever this many more bytes have been carried by all connections."""
    dark_for: float = 1.0
    """Seconds that such a darkness lasts: connections are reset, new ones refused."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the network did so far."""

    connections: int = 0
    refused: int = 0
    dropped: int = 0
    truncated: int = 0
    darknesses: int = 0
    unreachable: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    delayed_chunks: int = 0


@dataclass(frozen=True, slots=True)
class Fate:
    """What is going to befall one connection; None where nothing will."""

    refused: bool
    drop_at: int | None
    truncate_at: int | None


def fate(rules: Rules, seed: int, number: int) -> Fate:
    """Decide about the connection with this *number*, counted from 0 in order of arrival."""
    rng = Random(f"{seed}/{number}")
    refused = rng.random() < rules.refuse_chance
    drop = _nearer(rules.drop_after, _distance(rules.drop_per_mib, rng))
    truncate = _nearer(rules.truncate_after, _distance(rules.truncate_per_mib, rng))
    return Fate(refused, drop, truncate)


def _distance(per_mib: float, rng: Random) -> int | None:
    # Drawn even where unused, so that one rule does not shift the draws of another.
    draw = rng.expovariate(1.0)
    return int(draw * MIB / per_mib) if per_mib else None


def _nearer(one: int | None, other: int | None) -> int | None:
    return min((place for place in (one, other) if place is not None), default=None)
