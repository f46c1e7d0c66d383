"""
A column of SHA-256 digests, looked into as the memory that it is.

Arrow makes two objects for each value that it is asked for, which takes several times as long as to cut out its bytes.
"""

from __future__ import annotations

import pyarrow as pa

from lading.manifest.fingerprint import WIDTH


class DigestColumn:
    """The digests in *column* (`binary(32)`), by their rows; None where there is none."""

    def __init__(self, column: pa.Array) -> None:
        there, content = column.buffers()
        start, self._rows = column.offset, len(column)
        # A column of nothing but nulls need not have any content.
        none = column.null_count == self._rows
        self._content = b"" if none else content.slice(start * WIDTH, self._rows * WIDTH).to_pybytes()
        self._there = _bits(there, start, self._rows) if column.null_count and not none else None
        self._none = none

    def __getitem__(self, row: int) -> bytes | None:
        if self._none or (self._there is not None and not self._there[row]):
            return None
        return self._content[row * WIDTH : (row + 1) * WIDTH]

    def hexes(self) -> list[str | None]:
        """All of them, in hex."""
        if self._none:
            return [None] * self._rows
        text, width = self._content.hex(), 2 * WIDTH
        cut: list[str | None] = [text[at : at + width] for at in range(0, len(text), width)]
        if self._there is None:
            return cut
        return [it if there else None for it, there in zip(cut, self._there, strict=True)]


def _bits(buffer: pa.Buffer, start: int, count: int) -> bytes:
    """A byte, 0 or 1, for each of *count* bits of *buffer* from *start* on, the lowest of each byte first."""
    bits = b"".join(map(_EIGHT.__getitem__, buffer.to_pybytes()))
    return bits[start : start + count]


_EIGHT = [bytes(byte >> bit & 1 for bit in range(8)) for byte in range(256)]
