"""The SHA-256 of a stream, computed beside the writing of it where a second core can help."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

ALONE = 4 << 20
"""From this size on a thread is worth its start."""
_TOGETHER = 512 << 10
"""What is handed to the thread at a time: small hand-overs cost more than they win."""


class Hashing:
    """Add chunks in order, then ask for the digest; chunks must not change after they were added."""

    def __init__(self) -> None:
        self.size = 0
        self._sum = hashlib.sha256()
        self._thread: ThreadPoolExecutor | None = None
        self._busy: Future[None] | None = None
        self._waiting: list[bytes] = []
        self._together = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the thread, if there is one."""
        if self._thread:
            self._thread.shutdown()
            self._thread = None

    def add(self, chunk: bytes) -> None:
        """Take *chunk* into the sum; it may be computed later."""
        self.size += len(chunk)
        if self.size < ALONE:
            self._sum.update(chunk)
            return
        self._waiting.append(chunk)
        self._together += len(chunk)
        if self._together >= _TOGETHER:
            self._hand_over()

    def digest(self) -> str:
        """The SHA-256 of all that was added, 64 lower-case hex digits."""
        if self._busy:
            self._busy.result()
        self._update(self._waiting)
        self._waiting, self._together = [], 0
        return self._sum.hexdigest()

    def _hand_over(self) -> None:
        # At most one hand-over is under way, so memory stays flat.
        if self._busy:
            self._busy.result()
        self._thread = self._thread or ThreadPoolExecutor(1, "digest")
        self._busy = self._thread.submit(self._update, self._waiting)
        self._waiting, self._together = [], 0

    def _update(self, chunks: list[bytes]) -> None:
        for chunk in chunks:
            self._sum.update(chunk)
