"""
Content to write to drives: honest, breaking, lying, waiting and huge.

A source is what `Drive.write` takes: an iterable of bytes.  Nothing here needs
memory for more than a block.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

BLOCK = 1 << 20
PATIENCE = 10.0
"""Seconds after which a source that waits for somebody goes on without."""


class SourceBroke(Exception):
    """A source failed half way; no drive knows this error."""


class ClientGone(BaseException):
    """The program around a call is being ended: no `except Exception` catches it."""


def pieces(content: bytes, size: int = 1000) -> Iterator[bytes]:
    """*content* in pieces of *size* bytes, an empty one among them."""
    yield b""
    for start in range(0, len(content), size):
        yield content[start : start + size]


def breaks_after(
    count: int, error: BaseException | None = None, *, piece: bytes = b"x" * 1000
) -> Iterator[bytes]:
    """*count* times *piece*, then *error* (`SourceBroke` if none is given)."""
    for _ in range(count):
        yield piece
    raise error or SourceBroke(f"after {count} pieces")


def endless(piece: bytes = b"x" * 1000) -> Iterator[bytes]:
    """More than anybody announced; `SourceBroke` for who follows it beyond 64 MiB all the same."""
    yield from breaks_after(64 * BLOCK // len(piece), piece=piece)


def meeting(content: bytes, barrier: threading.Barrier) -> Iterator[bytes]:
    """*content*, the second half of it after all others at the *barrier* have given their first."""
    half = len(content) // 2
    yield content[:half]
    # The other may have been refused before it began, or has to wait for us: both are allowed.
    with suppress(threading.BrokenBarrierError):
        barrier.wait(PATIENCE / 5)
    yield content[half:]


def hanging(content: bytes, begun: threading.Event, release: threading.Event) -> Iterator[bytes]:
    """*content*, the second half of it only after *release*; sets *begun* in between."""
    half = len(content) // 2
    yield content[:half]
    begun.set()
    release.wait(PATIENCE)
    yield content[half:]


def calling(content: bytes, call: Callable[[], object]) -> Iterator[bytes]:
    """*content*, with a *call* in the middle of it."""
    half = len(content) // 2
    yield content[:half]
    call()
    yield content[half:]


@dataclass(frozen=True, slots=True)
class Sparse:
    """
    *size* zero bytes with a mark of eight bytes at the start of each *stride* and in the last eight.

    Zeros are one and the same block, so a gigabyte costs a megabyte.
    """

    size: int
    stride: int = 64 * BLOCK

    def blocks(self) -> Iterator[bytes]:
        """The content in blocks."""
        zeros = bytes(BLOCK)
        for start in range(0, self.size, BLOCK):
            length = min(BLOCK, self.size - start)
            plain = start % self.stride != 0 and start + length < self.size - 8
            yield zeros if plain else self.at(start, length)

    def at(self, start: int, length: int) -> bytes:
        """The bytes from *start* on, at most *length*."""
        length = max(0, min(length, self.size - start))
        found = bytearray(length)
        first = start - start % self.stride
        for mark in (*range(first, start + length, self.stride), self.size - 8):
            for offset, byte in enumerate(mark.to_bytes(8, "big")):
                if 0 <= mark + offset - start < length:
                    found[mark + offset - start] = byte | 1
        return bytes(found)
