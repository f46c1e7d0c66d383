"""
Content being read from an open file.
"""

from __future__ import annotations

import os
import stat
from types import TracebackType
from typing import Self

from lading.connectors.folder.entries import entry_of, etag_of
from lading.connectors.folder.trouble import translated
from lading.model.entry import Entry
from lading.model.errors import Changed, Truncated, WrongKind
from lading.model.paths import Path

_LARGE = 1 << 20


class Reading:
    """
    A file being read: a `Reader`, and the context that closes it.

    At the end the file is looked at once more: if its size or one of its times is another
    than at the beginning, what was read may be half old and half new.
    """

    __slots__ = ("_at", "_checked", "_descriptor", "_device", "_end", "_facts", "_more", "_path")

    def __init__(self, path: Path, descriptor: int, device: int) -> None:
        self._descriptor = descriptor
        self._path = path
        self._device = device
        self._facts = facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise WrongKind(path, "not a file")
        self._at = 0
        self._end = facts.st_size
        self._checked = False
        self._more: bool | None = None
        """Whether the file goes on behind where it should end; None as long as nobody knows."""
        if self._end >= _LARGE and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)

    @property
    def entry(self) -> Entry:
        """The entry as it was when reading began."""
        return entry_of(self._path, self._facts, self._device)

    def begin(self, start: int, expect: str | None) -> Self:
        """
        Go to byte *start*, of the content whose etag is *expect*.

        Raises:
            Changed: the etag is another, or the content is shorter.
        """
        if expect is not None and expect != etag_of(self._facts):
            raise Changed(self._path, "its etag is another")
        if not 0 <= start <= self._end:
            raise Changed(self._path, f"byte {start} of {self._end} was asked for")
        if start:
            os.lseek(self._descriptor, start, os.SEEK_SET)
            self._at = start
        return self

    def read(self, size: int, /) -> bytes:
        """Up to *size* bytes, `b""` at the end; see `Reader`."""
        left = self._end - self._at
        try:
            if left <= 0:
                return self._checked_end()
            # Asking for little more than is left spares making and shrinking a large buffer; the
            # byte more says whether this is the end, which else takes another call.
            block = os.read(self._descriptor, size if 0 <= size <= left else left + 1)
            if not 0 <= size <= left and len(block) >= left:
                self._more = len(block) > left
                block = block[:left]
            if not block and size:
                self._check(f"{self._at} of {self._end} bytes")
        except OSError as problem:
            raise translated(problem, self._path) from problem
        self._at += len(block)
        return block

    def close(self) -> None:
        """Give back the descriptor; twice is no error."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _checked_end(self) -> bytes:
        if not self._checked:
            more = bool(os.read(self._descriptor, 1)) if self._more is None else self._more
            self._check(f"more than {self._end} bytes" if more else "")
            self._checked = True
        return b""

    def _check(self, complaint: str) -> None:
        now, then = os.fstat(self._descriptor), self._facts
        if (
            now.st_ctime_ns != then.st_ctime_ns
            or now.st_mtime_ns != then.st_mtime_ns
            or now.st_size != then.st_size
        ):
            raise Changed(self._path, "while it was read")
        if complaint:
            raise Truncated(self._path, complaint)
