"""The SHA-256 of a stream, computed beside the writing of it where a second core can help."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

ALONE = 4 << 20
"""From this size on a thread is worth its start."""


class Hashing:
    """Add chunks in order, then ask for the digest; chunks must not change after they were added."""

    def __init__(self) -> None:
        self.size = 0
        self._sum = hashlib.sha256()
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread:
            self._thread.shutdown()

    def add(self, chunk: bytes) -> None:
        """Take *chunk* into the sum; returns before it is computed, at most one chunk ahead."""
        self.size += len(chunk)
        if self.size < ALONE:
            self._sum.update(chunk)
            return
        self._thread = self._thread or ThreadPoolExecutor(1, "digest")
        if self._waiting:
            self._waiting.result()
        self._waiting = self._thread.submit(self._sum.update, chunk)

    def digest(self) -> str:
        """The SHA-256 of all that was added, 64 lower-case hex digits."""
        if self._waiting:
            self._waiting.result()
        return self._sum.hexdigest()
