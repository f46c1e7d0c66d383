"""
Sources of a write that can be read more than once.

`Drive.write` consumes its source, so a failed write can only be repeated by
whoever can make the bytes again.  Wrappers that look at the bytes on their way
keep that ability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

Blocks = Iterable[bytes]
Through = Callable[[Blocks], Iterator[bytes]]


class Replayable(Protocol):
    """A source whose bytes can be had again, the same from the first one on, any number of times."""

    def __iter__(self) -> Iterator[bytes]: ...

    def again(self) -> Blocks:
        """A fresh pass over the same bytes."""


def replay(source: Blocks) -> Callable[[], Blocks] | None:
    """What makes a fresh pass over *source*; None if it can be read only once."""
    if isinstance(source, list | tuple):
        return lambda: source
    again: Callable[[], Blocks] | None = getattr(source, "again", None)
    return again


def blocks_of(source: Blocks) -> Blocks:
    """*source*; plain `bytes`, which would iterate as numbers, become one block."""
    return (bytes(source),) if isinstance(source, bytes | bytearray | memoryview) else source


def led(source: Blocks, through: Through) -> Blocks:
    """*source* with its blocks led *through*; what could be read again still can."""
    source = blocks_of(source)
    again = replay(source)
    return _Led(source, through) if again is None else _LedAgain(source, through, again)


def after(source: Blocks, count: int) -> Iterator[bytes]:
    """*source* without its first *count* bytes."""
    for block in source:
        if count >= len(block):
            count -= len(block)
        else:
            yield block[count:] if count else block
            count = 0


class Once:
    """A source that knows whether anybody has begun to read it."""

    def __init__(self, source: Blocks) -> None:
        self._source = source
        self.begun = False

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        return iter(self._source)


class Passes:
    """The passes of repeated attempts over one source."""

    def __init__(self, source: Blocks) -> None:
        source = blocks_of(source)
        self.again = replay(source)
        self._first: Blocks = source if self.again else Once(source)
        self._given = False

    @property
    def repeatable(self) -> bool:
        """Whether there can be a pass after the present one."""
        return self.again is not None or (isinstance(self._first, Once) and not self._first.begun)

    def next(self) -> Blocks:
        """The blocks from the first one on; only if `repeatable`, or for the first time."""
        if self._given and self.again:
            return self.again()
        self._given = True
        return self._first


class _Led:
    def __init__(self, source: Blocks, through: Through) -> None:
        self._source = source
        self._through = through

    def __iter__(self) -> Iterator[bytes]:
        return self._through(self._source)


class _LedAgain(_Led):
    def __init__(self, source: Blocks, through: Through, again: Callable[[], Blocks]) -> None:
        super().__init__(source, through)
        self._again = again

    def again(self) -> Blocks:
        return _Led(self._again(), self._through)
