"""
Content as a list of blocks, and reading it.

Blocks are kept as they arrived and never joined: a source that gives the same
block again and again costs one block, however long the file.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right

from lading.model.entry import Entry


class Content:
    """Bytes that grow at the end and are never changed."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._ends: list[int] = []
        self._digest = hashlib.sha256()

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._ends[-1] if self._ends else 0

    @property
    def sha256(self) -> str:
        """The digest of all bytes held, in lower-case hex."""
        return self._digest.hexdigest()

    def add(self, block: bytes) -> None:
        """Put *block* at the end."""
        if block:
            self._digest.update(block)
            self._ends.append(self.size + len(block))
            # A caller may go on using a buffer of its own; `bytes` of bytes is no copy.
            self._blocks.append(bytes(block))

    def piece(self, start: int, size: int) -> bytes:
        """Up to *size* bytes from *start* on, at least one if there is any."""
        number = bisect_right(self._ends, start)
        if number == len(self._blocks):
            return b""
        block = self._blocks[number]
        offset = start - (self._ends[number] - len(block))
        return block[offset : offset + size]


class ContentReader:
    """Reads what *content* held when reading began; it may grow meanwhile."""

    def __init__(self, entry: Entry, content: Content, start: int) -> None:
        self.entry = entry
        self._content = content
        self._at = start

    def read(self, size: int, /) -> bytes:
        """Up to *size* bytes; fewer are no sign of the end, `b""` is."""
        found = self._content.piece(self._at, min(size, self.entry.size - self._at))
        self._at += len(found)
        return found
