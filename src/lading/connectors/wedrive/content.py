"""
What is to be uploaded, gathered whole before the first call: its digests must be known then.

A small content stays in memory; a larger one goes to a temporary file while its digests are computed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Self

from lading.connectors.wedrive.digest import BLOCK, BlockDigests
from lading.model.errors import NoSpace, TooLarge, Truncated
from lading.model.paths import Path
from lading.model.text import Text

ONE_SHOT = 10_000_000
"""Bytes up to which a content goes in one call: "10M", read as the smaller of its two meanings."""
LARGEST = 21_474_836_480
"""Bytes of the largest file: "20G", as the vendor's libraries read it."""


class Content:
    """
    The bytes of *source* for *path*; *size* is what the caller announced.  Close it.

    Raises:
        Truncated: the source is not as long as announced.
        TooLarge: it is larger than WeDrive takes.
        NoSpace: this machine has no room for it.
    """

    def __init__(self, path: Path, source: Iterable[bytes], size: int | None) -> None:
        if size is not None and size > LARGEST:
            raise _too_large(path, size)
        self._digests = BlockDigests()
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=ONE_SHOT)  # noqa: SIM115 — closed by `close`
        try:
            for block in _checked(path, source, size):
                self._digests.update(block)
                self._keep(block)
        except BaseException:
            self.close()
            raise
        self.size = self._digests.size
        self.digests = self._digests.finish()
        """One for each block, the last of them the SHA-1 of the whole; of an empty content just that."""

    def all(self) -> bytes:
        """Everything; only for what is small."""
        self._file.seek(0)
        return self._file.read()

    def blocks(self) -> Iterator[bytes]:
        """Block after block."""
        self._file.seek(0)
        return iter(lambda: self._file.read(BLOCK), b"")

    def close(self) -> None:
        """Give back memory and disk; twice is no error."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep(self, block: bytes) -> None:
        try:
            self._file.write(block)
        except OSError as problem:
            said = Text(
                f"this machine has no room to gather it: {problem.strerror}",
                f"本机无空间暂存：{problem.strerror}",
            )
            raise NoSpace(tempfile.gettempdir(), said) from None


def _checked(path: Path, source: Iterable[bytes], size: int | None) -> Iterator[bytes]:
    """The blocks of *source*, which has to end where that was announced."""
    pulled = 0
    for block in source:
        pulled += len(block)
        if size is not None and pulled > size:
            raise Truncated(path, f"more than {size} bytes came")
        if pulled > LARGEST:
            raise _too_large(path, pulled)
        yield block
    if size is not None and pulled != size:
        raise Truncated(path, f"{pulled} bytes came instead of {size}")


def _too_large(path: Path, size: int) -> TooLarge:
    return TooLarge(path, Text(f"{size:,} bytes, at most {LARGEST:,}", f"{size:,} 字节，上限 {LARGEST:,}"))
