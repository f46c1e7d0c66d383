"""Calls to a bucket that fail in Lading's words, and reading from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from lading.drive.store.base import BLOCK, shorter
from lading.model.errors import DriveError, NoSpace, Unavailable
from lading.model.text import Text

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ObjectStore

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The number alone would be found in ports and times, too.
_FULL = ("QuotaExceeded", "InsufficientStorage", "status code: 507", "no space left", "No writable volumes")


@contextmanager
def translated(*, lost_bucket: bool = False) -> Iterator[None]:
    """
    Give what the client raises the words of Lading.

    A FileNotFoundError passes, except with *lost_bucket*, where it says that there is no bucket.
    """
    try:
        yield
    except FileNotFoundError as problem:
        if lost_bucket:
            raise _failure(problem) from problem
        raise
    except (BaseError, OSError, ValueError) as problem:
        raise _failure(problem) from problem


def _failure(problem: Exception) -> DriveError:
    # The client's own words hold addresses and request ids; they stay in the cause, for the log.
    said = str(problem)
    if any(word in said for word in _FULL):
        return NoSpace("store", Text("the bucket is full", "存储桶空间不足"))
    if isinstance(problem, FileNotFoundError) or "NoSuchBucket" in said:
        return Unavailable("store", Text("the bucket is not there", "存储桶不存在"))
    if isinstance(problem, (PermissionDeniedError, UnauthenticatedError)):
        return Unavailable("store", Text("the bucket refuses the drive's key", "存储桶拒绝网盘的访问密钥"))
    return Unavailable("store", Text("the bucket does not answer", "存储桶没有响应"))


def nanoseconds(moment: datetime) -> int:
    """*moment* in ns since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


class BucketReading:
    """
    A range of an object.

    Raises:
        FileNotFoundError: there is none.
    """

    def __init__(
        self, bucket: ObjectStore, key: str, digest: str, start: int = 0, end: int | None = None
    ) -> None:
        self._digest = digest
        self._held = memoryview(b"")
        self._chunks: Iterator[bytes] = iter(())
        options: GetOptions = {}
        self.size = 0
        with translated():
            if start or end is not None:
                whole = obstore.head(bucket, key)["size"]
                start = min(start, whole)
                self.size = max(start, whole if end is None else min(end, whole)) - start
                options = {"range": (start, start + self.size)}
            # An empty range cannot be asked for.
            if not options or self.size:
                got = obstore.get(bucket, key, options=options)
                self.size = got.range[1] - got.range[0]
                self._chunks = iter(got.stream(min_chunk_size=BLOCK))
        self._left = self.size

    def read(self, count: int = -1, /) -> bytes:
        wanted = self._left if count < 0 else min(count, self._left)
        pieces = []
        while wanted:
            if not self._held:
                self._held = self._next()
            piece, self._held = self._held[:wanted], self._held[wanted:]
            pieces.append(piece)
            wanted -= len(piece)
            self._left -= len(piece)
        return b"".join(pieces)

    def _next(self) -> memoryview:
        with translated():
            chunk = next(self._chunks, None)
        if chunk is None:
            raise shorter(self._digest)
        return memoryview(chunk)

    def close(self) -> None:
        self._chunks = iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
