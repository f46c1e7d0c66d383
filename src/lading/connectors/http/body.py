"""
What is to be uploaded: pulled from a source that may break, lie about its length, or never end.

The last block is given away only when the source has ended and its length is
the announced one, so that no server ever completes a wrong content.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from lading.connectors.http.line import Upload
from lading.model.errors import Truncated
from lading.model.paths import Path

MEMORY = 1 << 20
"""Bytes up to which a content is sent from memory in one go."""
_BLOCK = 1 << 20


class Body:
    """The bytes of *source* on their way to *path*; *size* is what the caller announced, None if nothing."""

    def __init__(self, path: Path, source: Iterable[bytes], size: int | None) -> None:
        self.path = path
        self.size = size
        self.pulled = 0
        """Bytes taken from the source."""
        self._source: Iterator[bytes] = iter(source)
        self._ended = False
        self._head = b""
        self._now = memoryview(b"")
        self._ahead = b""
        self._whole_head = True

    @property
    def sent(self) -> bool:
        """Whether everything was given away."""
        return self._ended and not self._now and not self._ahead

    def gather(self) -> bytes | None:
        """
        The whole content if it is small; else None, and its beginning is kept for `pull`.

        Raises:
            Truncated: the source is not as long as announced.
        """
        blocks = []
        while self.pulled <= MEMORY and (block := self._next()):
            blocks.append(block)
        self._head = b"".join(blocks)
        self._ahead = self._next()
        if self._ended and len(self._head) <= 2 * MEMORY:
            return self._head
        self._now = memoryview(self._head)
        return None

    def upload(self) -> Upload:
        """The rest as a body to send."""
        return Upload(self.pull, self.rewind, self.size)

    def pull(self, room: int) -> bytes:
        """Up to *room* bytes, `b""` at the end."""
        if not self._now and self._ahead:
            # The beginning is gone: from here on nothing can be sent again.
            self._whole_head, self._head = False, b""
            self._now = memoryview(self._ahead)
            self._ahead = self._next()
        piece = self._now[:room].tobytes()
        self._now = self._now[room:]
        return piece

    def rewind(self) -> bool:
        """Begin anew, if nothing but the kept beginning was given away."""
        if not self._whole_head:
            return False
        self._now = memoryview(self._head)
        return True

    def spooled(self) -> tuple[Body, IO[bytes]]:
        """The same content with a known size, put into a temporary file; close that afterwards."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
        try:
            while piece := self.pull(_BLOCK):
                file.write(piece)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        again = Body(self.path, iter(lambda: file.read(_BLOCK), b""), self.pulled)
        again.gather()
        return again, file

    def _next(self) -> bytes:
        """The next block that is not empty, `b""` at the end, which has to be where it was announced."""
        while not self._ended:
            block = next(self._source, None)
            if block is None:
                self._ended = True
                if self.size is not None and self.pulled != self.size:
                    raise Truncated(self.path, f"{self.pulled} bytes came instead of {self.size}")
            elif block:
                self.pulled += len(block)
                if self.size is not None and self.pulled > self.size:
                    raise Truncated(self.path, f"more than {self.size} bytes came")
                return block
        return b""
