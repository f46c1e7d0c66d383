"""
Few paths, found by their hashes.

All of it is blocks of memory: processes that are forked later share them, and to look copies nothing, as counting references would.
Hashes of texts are others in each process, but not in one that was forked.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import pyarrow as pa

_FEWEST_SLOTS = 8


class PathIndex:
    """Which row of *paths* (encoded, in one piece) holds a path; of those that are there several times, any.  Only *rows* are found if they are given."""

    def __init__(self, paths: pa.Array, rows: Sequence[int] | None = None) -> None:
        self._text, self._ends = _laid_out(paths)
        texts = paths.to_pylist()
        self.twice = len(set(texts)) < len(texts)
        """Whether a path is there several times."""
        # At most half of the slots are taken: two looks tell of most paths that they are not there.
        size = max(_FEWEST_SLOTS, 1 << (2 * len(texts)).bit_length())
        self._mask = size - 1
        self._slots = array("I", bytes(size * array("I").itemsize))
        self._fill(range(len(texts)) if rows is None else rows, list(map(hash, texts)))

    def find(self, path: str) -> int | None:
        """The row of *path*; None if it is not there."""
        wanted, ends = path.encode(), self._ends
        slot = hash(path) & self._mask
        while row := self._slots[slot]:
            if self._text[ends[row - 1] : ends[row]] == wanted:
                return row - 1
            slot = (slot + 1) & self._mask
        return None

    def path(self, row: int) -> str:
        """The path in *row*, whether it is to be found or not."""
        return self._text[self._ends[row] : self._ends[row + 1]].decode()

    def _fill(self, rows: Sequence[int], hashes: Sequence[int]) -> None:
        """Give each of *rows* the first free slot from that of its hash on; it stands there counted from 1, since 0 says that one is free."""
        slots, mask = self._slots, self._mask
        for row in rows:
            slot = hashes[row] & mask
            while slots[slot]:
                slot = (slot + 1) & mask
            slots[slot] = row + 1


def _laid_out(texts: pa.Array) -> tuple[bytes, array[int]]:
    """All *texts* one behind the other, and where each ends, behind where the first begins."""
    _, ends, content = texts.buffers()
    if not len(texts):
        return b"", array("i", [0])
    width = array("i").itemsize
    told = array("i", ends.slice(texts.offset * width, (len(texts) + 1) * width).to_pybytes())
    return content.to_pybytes(), told
