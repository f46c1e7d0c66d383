"""
Uploads in several sittings, in a bucket.

An object cannot grow, so an upload is a row of pieces, `partial/KEY/START`,
START being 20 digits.  What counts is the unbroken row from 0 on.  An upload
that was begun and has no bytes yet is the object `partial/KEY/begun`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError

from lading.drive.store.base import BLOCK, Left, Reading, Stored, checked_key
from lading.drive.store.bucket_calls import BucketReading, nanoseconds, translated
from lading.drive.store.partials import elsewhere, no_upload
from lading.model.errors import Changed
from lading.model.text import Text

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PIECE = 8 << 20


class BucketPartials(ABC):
    """The part of a bucket store that keeps unfinished uploads."""

    bucket: ObjectStore

    def partial_append(self, key: str, source: Iterable[bytes], *, start: int) -> int:
        size = self.partial_size(key)
        if size < start:
            raise elsewhere(key, size, start)
        if size > start:
            size = self._cut(key, start)
        if not size:
            with translated():
                obstore.put(self.bucket, f"partial/{checked_key(key)}/begun", b"")
        held: list[bytes] = []
        try:
            for chunk in source:
                held.append(chunk)
                if sum(map(len, held)) >= PIECE:
                    size = self._piece(key, size, held)
        finally:
            # Also what came before the source broke off.
            size = self._piece(key, size, held)
        return size

    def partial_size(self, key: str) -> int:
        return sum(size for _, size in _row(key, self._names(key)))

    def partial_open(self, key: str) -> Reading:
        names = self._names(key)
        if not names:
            raise no_upload(key)
        return _Joined(self.bucket, key, _row(key, names))

    def partial_finish(self, key: str) -> Stored:
        with self.partial_open(key) as reading:
            stored = self.put(iter(lambda: reading.read(BLOCK), b""), size=reading.size)
        self.partial_drop(key)
        return stored

    def partial_drop(self, key: str) -> None:
        # The first piece first: a row without it counts for nothing, whatever happens to the rest.
        for name in sorted(self._names(key)):
            with translated(), suppress(FileNotFoundError):
                obstore.delete(self.bucket, name)

    def left_partials(self) -> Iterator[Left]:
        """Every unfinished upload, by its key."""
        found: Left | None = None
        with translated():
            for page in obstore.list(self.bucket, "partial", chunk_size=1000):
                for facts in page:
                    key, modified = facts["path"].split("/")[1], nanoseconds(facts["last_modified"])
                    if found and found.name != key:
                        yield found
                        found = None
                    size, last = (found.size, found.modified) if found else (0, 0)
                    found = Left("partial", key, size + facts["size"], max(last, modified))
        if found:
            yield found

    @abstractmethod
    def put(self, source: Iterable[bytes], *, size: int | None = None, limit: int | None = None) -> Stored:
        """As `Store.put`."""

    def _piece(self, key: str, start: int, held: list[bytes]) -> int:
        content = b"".join(held)
        held.clear()
        if not content:
            return start
        with translated():
            try:
                obstore.put(self.bucket, _name(key, start), content, mode="create")
            except (AlreadyExistsError, PreconditionError):
                said = Text("another upload of it is under way", "该文件的另一个上传正在进行")
                raise Changed(f"upload:{key}", said) from None
        return start + len(content)

    def _cut(self, key: str, end: int) -> int:
        """Give up what is held beyond byte *end*; the last piece first, so that the row stays whole."""
        at = sum(size for _, size in _row(key, self._names(key)))
        for name, size in reversed(_row(key, self._names(key))):
            at -= size
            with translated():
                if at >= end and size:
                    obstore.delete(self.bucket, name)
                elif at < end < at + size:
                    kept = bytes(obstore.get_range(self.bucket, name, start=0, end=end - at))
                    obstore.put(self.bucket, name, kept)
        return end

    def _names(self, key: str) -> dict[str, int]:
        found: dict[str, int] = {}
        with translated():
            for page in obstore.list(self.bucket, f"partial/{checked_key(key)}", chunk_size=1000):
                found.update((facts["path"], facts["size"]) for facts in page)
        return found


class _Joined:
    """Pieces read one after the other."""

    def __init__(self, bucket: ObjectStore, key: str, pieces: list[tuple[str, int]]) -> None:
        self.size = sum(size for _, size in pieces)
        self._bucket, self._key = bucket, key
        self._waiting = iter(pieces)
        self._reading: BucketReading | None = None

    def read(self, count: int = -1, /) -> bytes:
        got = b""
        while count < 0 or len(got) < count:
            if self._reading is None:
                piece = next(self._waiting, None)
                if piece is None:
                    break
                self._reading = self._open(piece[0])
            more = self._reading.read(count - len(got) if count >= 0 else -1)
            got += more
            if not more:
                self._reading = None
        return got

    def _open(self, name: str) -> BucketReading:
        try:
            return BucketReading(self._bucket, name, self._key)
        except FileNotFoundError:
            raise no_upload(self._key) from None

    def close(self) -> None:
        self._reading = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _name(key: str, start: int) -> str:
    return f"partial/{checked_key(key)}/{start:020}"


def _row(key: str, names: dict[str, int]) -> list[tuple[str, int]]:
    """The unbroken row of pieces from 0 on."""
    row, end = [], 0
    for name, size in sorted(names.items()):
        if name == _name(key, end):
            row.append((name, size))
            end += size
    return row
