"""
Content that comes as the body of an answer, held against the size that was announced.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from lading.connectors.http.session import Stream
from lading.model.entry import Entry
from lading.model.errors import Changed, Truncated

BLOCK = 1 << 18
"""Bytes that are read where nobody says how many."""


class Content:
    """
    A `Reader` of *entry* from byte *at* on, and the context that gives its connection back.

    Without a *stream* nothing is left to read.  Each block is shown to *seen*, the empty one at the end too.
    """

    __slots__ = ("_at", "_entry", "_seen", "_stream")

    def __init__(
        self, entry: Entry, stream: Stream | None, at: int, seen: Callable[[bytes], None] | None = None
    ) -> None:
        self._entry = entry
        self._stream = stream
        self._at = at
        self._seen = seen

    @property
    def entry(self) -> Entry:
        """The entry as it was when reading began."""
        return self._entry

    def read(self, size: int, /) -> bytes:
        """Up to *size* bytes, `b""` at the end; see `Reader`."""
        if self._stream is None or size == 0:
            return b""
        block = self._stream.read(size if size > 0 else BLOCK)
        self._at += len(block)
        if self._at > self._entry.size:
            raise Truncated(self._entry.path, f"it goes on after {self._entry.size} bytes")
        if self._seen is not None:
            self._seen(block)
        if not block:
            if self._at < self._entry.size:
                raise Truncated(self._entry.path, f"{self._at} of {self._entry.size} bytes")
            self.ended()
        return block

    def ended(self) -> None:
        """All of it has come; whoever knows more of it looks now whether it still is the same."""

    def skip(self, start: int) -> None:
        """Read up to byte *start* and drop it: the server has no ranges."""
        while self._at < start:
            if not self.read(min(BLOCK, start - self._at)):
                raise Changed(self._entry.path, "it has become shorter")

    def close(self) -> None:
        """Give the connection back; twice is no error."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
