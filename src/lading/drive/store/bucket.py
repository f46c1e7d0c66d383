"""
A store in an S3 bucket, below a prefix, with the same areas as a folder.

A small content is put under its own key at once: a bucket shows whole objects
only.  A large one is sent to `incoming/`, its SHA-256 computed on the way, and
copied to its key by the server.  The bucket needs no conditional writes except
for uploads in several sittings, where two senders must not overwrite each other.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import obstore

from lading.drive.store.base import (
    SMALL,
    WHERE_TO_LOOK,
    Area,
    Item,
    Left,
    Reading,
    Store,
    Stored,
    checked_digest,
    demand_limit,
    demand_size,
    is_digest,
    missing,
)
from lading.drive.store.bucket_calls import BucketReading, nanoseconds, translated
from lading.drive.store.bucket_partials import BucketPartials
from lading.drive.store.hashing import Hashing
from lading.model.errors import BadAnswer, DriveError, NoSpace, Unavailable
from lading.model.failpoints import failpoint
from lading.model.text import Text

if TYPE_CHECKING:
    from obstore import WritableFile
    from obstore.store import ObjectStore

PART = 8 << 20
"""Bytes of a part of a large object; also what is kept in memory of a content of unknown size."""
_PARTS = 9_000
"""S3 allows 10,000 parts."""
_COPY = 4 << 30
"""S3 copies objects of up to 5 GiB in one call."""
_AT_A_TIME = 16


class BucketStore(BucketPartials, Store):
    """Contents as objects of *bucket*, a client of `obstore` with its prefix set."""

    def __init__(self, bucket: ObjectStore) -> None:
        self.bucket = bucket

    def put_bytes(self, content: bytes) -> Stored:
        stored = Stored(hashlib.sha256(content).hexdigest(), len(content))
        # Asking whether it is there costs as much as sending it, unless it is large.
        if stored.size <= SMALL or not self._has(stored):
            with translated():
                obstore.put(self.bucket, _key(stored.digest), content, use_multipart=False)
        failpoint("store.shown")
        return stored

    def put_many(self, contents: Iterable[bytes]) -> list[Stored]:
        """As the others; many are under way at a time."""
        with ThreadPoolExecutor(_AT_A_TIME, "store") as threads:
            return list(threads.map(self.put_bytes, contents))

    def put(self, source: Iterable[bytes], *, size: int | None = None, limit: int | None = None) -> Stored:
        demand_limit(size or 0, limit)
        chunks = iter(source)
        head = _head(chunks, size, limit)
        if head.whole:
            return self.put_bytes(b"".join(head.chunks))
        temporary = f"incoming/{secrets.token_hex(16)}"
        try:
            stored = self._send(temporary, itertools.chain(head.chunks, chunks), size, limit)
            failpoint("store.written")
            if not self._has(stored):
                self._copy(temporary, _key(stored.digest), stored.size)
            failpoint("store.shown")
        finally:
            self._delete_quietly(temporary)
        return stored

    def open(self, digest: str, *, start: int = 0, end: int | None = None) -> Reading:
        for area in WHERE_TO_LOOK:
            with suppress(FileNotFoundError):
                return BucketReading(self.bucket, _key(digest, area), digest, start, end)
        self.demand_bucket()
        raise missing(digest)

    def path(self, digest: str) -> str | None:
        return None

    def find(self, digest: str, area: Area = Area.OBJECTS) -> Item | None:
        with translated(), suppress(FileNotFoundError):
            facts = obstore.head(self.bucket, _key(digest, area))
            return Item(digest, facts["size"], nanoseconds(facts["last_modified"]))
        return None

    def move(self, digest: str, area: Area, to: Area) -> bool:
        found = self.find(digest, area)
        if found is None:
            return False
        new = _key(digest, to)
        if to is Area.DAMAGED:
            new = self._free(new)
            self._copy(_key(digest, area), new, found.size)
        elif self.find(digest, to) is None:
            self._copy(_key(digest, area), new, found.size)
        self._delete(_key(digest, area))
        return True

    def remove(self, digest: str, area: Area = Area.OBJECTS) -> None:
        self._delete(_key(digest, area))

    def all(self, area: Area = Area.OBJECTS) -> Iterator[Item]:
        self.demand_bucket()
        last = ""
        with translated():
            for page in obstore.list(self.bucket, str(area), chunk_size=1000):
                for facts in page:
                    name = facts["path"].removeprefix(f"{area}/").replace("/", "", 1)
                    if area is not Area.DAMAGED and not is_digest(name):
                        continue
                    if name <= last:
                        said = Text("the bucket lists out of order", "存储桶列表未按顺序返回")
                        raise BadAnswer("store", said)
                    last = name
                    yield Item(name, facts["size"], nanoseconds(facts["last_modified"]))

    def left(self) -> Iterator[Left]:
        with translated():
            for page in obstore.list(self.bucket, "incoming", chunk_size=1000):
                for facts in page:
                    name = facts["path"].removeprefix("incoming/")
                    yield Left("incoming", name, facts["size"], nanoseconds(facts["last_modified"]))
        yield from self.left_partials()

    def drop_left(self, left: Left) -> None:
        if left.area == "partial":
            self.partial_drop(left.name)
        else:
            self._delete(f"incoming/{left.name}")

    def demand_bucket(self) -> None:
        """Raise Unavailable if there is no bucket: to many calls it looks like one without objects."""
        with translated(lost_bucket=True):
            next(iter(obstore.list(self.bucket, "objects", chunk_size=1)), None)

    def _has(self, stored: Stored) -> bool:
        found = self.find(stored.digest)
        return found is not None and found.size == stored.size

    def _send(self, key: str, chunks: Iterable[bytes], size: int | None, limit: int | None = None) -> Stored:
        part = max(PART, -(-(size or 0) // _PARTS))
        with translated():
            writer = obstore.open_writer(self.bucket, key, buffer_size=part, max_concurrency=4)
        try:
            stored = _pour(writer, chunks, size, limit)
        except BaseException as problem:
            # Closing ends the upload, so that no hidden parts stay; a bucket that went away cannot be told.
            if not isinstance(problem, (Unavailable, NoSpace)):
                with suppress(Exception):
                    writer.close()
            raise
        with translated():
            writer.close()
        return stored

    def _copy(self, old: str, new: str, size: int) -> None:
        if size <= _COPY:
            with translated():
                obstore.copy(self.bucket, old, new)
            return
        with BucketReading(self.bucket, old, old) as reading:
            self._send(new, iter(lambda: reading.read(PART), b""), size)

    def _delete(self, key: str) -> None:
        with translated(), suppress(FileNotFoundError):
            obstore.delete(self.bucket, key)

    def _delete_quietly(self, key: str) -> None:
        # The content is safe, or its own error is under way; tidying up later takes what stays here.
        with suppress(DriveError):
            self._delete(key)

    def _free(self, key: str) -> str:
        with translated():
            for n in itertools.count(1):
                try:
                    obstore.head(self.bucket, f"{key}.{n}")
                except FileNotFoundError:
                    return f"{key}.{n}"
        raise AssertionError


class _Head(NamedTuple):
    """The first chunks of a source; *whole* if there are no more."""

    chunks: list[bytes]
    whole: bool


def _head(chunks: Iterator[bytes], size: int | None, limit: int | None) -> _Head:
    held, found = [], 0
    for chunk in chunks:
        held.append(chunk)
        found += len(chunk)
        demand_limit(found, limit)
        if found > PART:
            return _Head(held, whole=False)
    demand_size(found, size)
    return _Head(held, whole=True)


def _pour(writer: WritableFile, chunks: Iterable[bytes], size: int | None, limit: int | None) -> Stored:
    with Hashing() as hashing:
        for chunk in chunks:
            hashing.add(chunk)
            demand_limit(hashing.size, limit)
            if size is not None and hashing.size > size:
                break
            with translated():
                writer.write(chunk)
        demand_size(hashing.size, size)
        return Stored(hashing.digest(), hashing.size)


def _key(digest: str, area: Area = Area.OBJECTS) -> str:
    checked_digest(digest)
    return f"{area}/{digest[:2]}/{digest[2:]}"
