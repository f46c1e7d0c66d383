"""
Long answers read whole before the first row is given on, without holding them all in memory.

A call that gives row after row fails somewhere in the middle; read whole inside the call it fails there,
and can be repeated.  The first rows stay in memory, the others go through an unnamed temporary file.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO, TypeVar

T = TypeVar("T")

IN_MEMORY = 20_000
"""Rows that are kept in memory, and in one block of the file."""


class Held(Iterator[T]):
    """Rows that are all there."""

    def __init__(self, rows: Iterator[T]) -> None:
        self._rows = rows

    def __next__(self) -> T:
        return next(self._rows)


def held(rows: Iterator[T]) -> Held[T]:
    """*rows*, all of them read; the errors of reading them pass."""
    if isinstance(rows, Held):
        return rows
    first = list(islice(rows, IN_MEMORY))
    if len(first) < IN_MEMORY:
        return Held(iter(first))
    file = TemporaryFile()  # noqa: SIM115 — lives as long as the rows
    try:
        while block := list(islice(rows, IN_MEMORY)):
            pickle.dump(block, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Held(chain(first, _blocks(file)))


def _blocks(file: IO[bytes]) -> Iterator[T]:
    with file:
        while True:
            try:
                yield from pickle.load(file)  # noqa: S301 — written above, and nobody else can
            except EOFError:
                return
