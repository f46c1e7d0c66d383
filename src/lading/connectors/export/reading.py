"""
Content being read from an archive.
"""

from __future__ import annotations

import hashlib
from types import TracebackType
from typing import BinaryIO, Self

from lading.connectors.export.members import Member, Source
from lading.connectors.export.trouble import translated
from lading.model.entry import Entry
from lading.model.errors import Changed, Truncated, Unreadable

_MOST = 1 << 20


class Reading:
    """
    A `Reader`, and the context that closes it.

    At the end everything is looked at once more: the length, the check sum of the archive, the SHA-256 that the table
    promised, and whether the archive is still the same file.
    """

    def __init__(self, source: Source, member: Member, entry: Entry, *, start: int, sha256: str) -> None:
        if not 0 <= start <= entry.size:
            raise Changed(entry.path, f"byte {start} of {entry.size} was asked for")
        self.entry = entry
        self._source = source
        self._member = member
        self._at = start
        self._ended = False
        self._sha256 = sha256 if start == 0 else ""
        self._digest = hashlib.sha256() if self._sha256 else None
        with translated(entry.path):
            self._stream: BinaryIO | None = source.open(member, start)

    def read(self, size: int, /) -> bytes:
        """Up to *size* bytes, `b""` at the end; see `Reader`."""
        if self._ended or self._stream is None or size == 0:
            return b""
        with translated(self.entry.path):
            left = self.entry.size - self._at
            # One byte more than is left is asked for: reading it makes the library check its sum.
            block = self._stream.read(min(size if size > 0 else _MOST, _MOST, left) or 1)
        if not block or not left:
            self._end(block)
            return b""
        self._at += len(block)
        if self._digest is not None:
            self._digest.update(block)
        return block

    def close(self) -> None:
        """Give back the stream; twice is no error."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _end(self, rest: bytes) -> None:
        if self._source.changed(self._member):
            raise Changed(self.entry.path, "while it was read")
        if rest or self._at != self.entry.size:
            more = "more than " if rest else f"{self._at} of "
            raise Truncated(self.entry.path, f"{more}{self.entry.size} bytes")
        if self._digest is not None and self._digest.hexdigest() != self._sha256:
            raise Unreadable(self.entry.path, "its SHA-256 is not the one in the table")
        self._ended = True
