"""
What every store can do, whatever holds its bytes.

A store has areas: `objects` (what counts), `incoming` (not finished, worth
nothing after a crash), `partial` (uploads in several sittings), `swept` (taken
out because nothing needs it, kept a while) and `damaged` (not what its name
says).  Contents move between areas; none is ever written over another.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from enum import StrEnum
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from lading.model.errors import BadRequest, TooLarge, Truncated, Unreadable
from lading.model.text import Text

SMALL = 1 << 20
"""Up to this many bytes `put_bytes` is the way."""

BLOCK = 1 << 20
"""How much of a large content is in memory at a time."""

FAILPOINTS = ("store.written", "store.shown", "store.recorded")
"""Where a save may be killed: see `lading.model.failpoints`."""

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_KEY = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")


class Stored(NamedTuple):
    """A content that is safely in the store."""

    digest: str
    size: int


class Item(NamedTuple):
    """A content found in the store; *modified* in ns."""

    digest: str
    size: int
    modified: int


class Area(StrEnum):
    """Where contents by digest lie."""

    OBJECTS = "objects"
    SWEPT = "swept"
    DAMAGED = "damaged"


WHERE_TO_LOOK = (Area.OBJECTS, Area.SWEPT, Area.OBJECTS)
"""Where a reader looks for a content, in this order: it may be brought back between the first look and the second."""


class Left(NamedTuple):
    """Something unfinished; *name* is its key within *area* (`incoming` or `partial`), *modified* in ns."""

    area: str
    name: str
    size: int
    modified: int


class Reading(Protocol):
    """A content being read; *size* is the number of bytes it gives in all."""

    size: int

    def read(self, count: int = -1, /) -> bytes:
        """
        The next *count* bytes, fewer only at the end; all that is left if negative.

        Raises:
            Unreadable: the content is shorter than it was, or the disk is damaged.
            Unavailable: the store went away.
        """

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Store(ABC):
    """
    Contents by digest, and uploads that are not finished.

    Calls raise only Lading's errors: NoSpace when it is full, Unavailable when it went away, Unreadable
    when a content is not there or damaged.  Each may be used by many threads and processes at a time.
    """

    @abstractmethod
    def put(self, source: Iterable[bytes], *, size: int | None = None, limit: int | None = None) -> Stored:
        """
        Take in all of *source*; the whole content becomes visible at once, or nothing does.

        Raises:
            Truncated: *source* is not as long as *size* says.
            TooLarge: it is longer than *limit*.
        """

    @abstractmethod
    def put_bytes(self, content: bytes) -> Stored:
        """Take in a small content: the fast way, for what is in memory anyway."""

    def put_many(self, contents: Iterable[bytes]) -> list[Stored]:
        """Take in many small contents; all of them are safe on return."""
        return [self.put_bytes(content) for content in contents]

    @abstractmethod
    def open(self, digest: str, *, start: int = 0, end: int | None = None) -> Reading:
        """
        The bytes of a content from *start* to before *end*; use it in `with`.

        Raises:
            Unreadable: the content is missing from the store.
        """

    @abstractmethod
    def path(self, digest: str) -> str | None:
        """
        The local file of a content, None where contents are no files.

        Nobody looks whether it is there: whoever fails to open it calls `open`, which knows more.
        """

    @abstractmethod
    def find(self, digest: str, area: Area = Area.OBJECTS) -> Item | None:
        """The content in *area*, if it is there."""

    def exists(self, digest: str) -> bool:
        """Whether the content is there."""
        return self.find(digest) is not None

    @abstractmethod
    def move(self, digest: str, area: Area, to: Area) -> bool:
        """
        Take a content from one area to another; its age counts anew from now.

        False if it is not in *area*.  Where *to* has it already, that one stays, except in DAMAGED,
        where both stay.
        """

    @abstractmethod
    def remove(self, digest: str, area: Area = Area.OBJECTS) -> None:
        """Remove a content for good; one that is not there is no error."""

    @abstractmethod
    def all(self, area: Area = Area.OBJECTS) -> Iterator[Item]:
        """Every content of *area*, in the order of digests, without holding them all in memory."""

    @abstractmethod
    def left(self) -> Iterator[Left]:
        """Everything unfinished."""

    @abstractmethod
    def drop_left(self, left: Left) -> None:
        """Remove something unfinished."""

    @abstractmethod
    def partial_append(self, key: str, source: Iterable[bytes], *, start: int) -> int:
        """
        Add *source* to an unfinished upload (begun if new) and return its size.

        What was held beyond *start* is given up first.  If *source* breaks off, what came before
        stays, and its error goes on to the caller.

        Raises:
            Changed: the upload ends before *start*, or somebody else is adding to it.
        """

    @abstractmethod
    def partial_size(self, key: str) -> int:
        """How much of an unfinished upload is there; 0 if nothing."""

    @abstractmethod
    def partial_open(self, key: str) -> Reading:
        """The bytes of an unfinished upload so far."""

    @abstractmethod
    def partial_finish(self, key: str) -> Stored:
        """
        Make a content of an unfinished upload, which is then no more.

        Raises:
            NotFound: there is no such upload.
        """

    @abstractmethod
    def partial_drop(self, key: str) -> None:
        """Forget an unfinished upload; one that is not there is no error."""


def is_digest(text: str) -> bool:
    """Whether *text* is a SHA-256 in 64 lower-case hex digits."""
    return bool(_DIGEST.match(text))


def checked_digest(digest: str) -> str:
    """*digest*, if it is one: nothing else may become part of a path."""
    if not is_digest(digest):
        raise BadRequest(digest[:80], Text("this is not a SHA-256", "这不是 SHA-256 值"))
    return digest


def checked_key(key: str) -> str:
    """*key* of an unfinished upload, if it can be one."""
    if not _KEY.match(key):
        raise BadRequest(key[:80], Text("this is not the key of an upload", "这不是上传任务的标识"))
    return key


def missing(digest: str) -> Unreadable:
    """The error for a content that is not in the store."""
    return Unreadable(
        f"sha256:{digest}",
        Text(
            "its content is missing from the store; run lading drive check",
            "存储中缺少其内容；请运行 lading drive check",
        ),
    )


def shorter(digest: str) -> Unreadable:
    """The error for a content that ends too early."""
    return Unreadable(
        f"sha256:{digest}",
        Text("it ends before its size; run lading drive check", "内容不完整；请运行 lading drive check"),
    )


def demand_size(found: int, size: int | None) -> None:
    """Raise Truncated unless *found* is the announced *size*."""
    if size is not None and found != size:
        raise Truncated(
            "", Text(f"{found:,} bytes instead of {size:,}", f"应为 {size:,} 字节，实为 {found:,} 字节")
        )


def demand_limit(found: int, limit: int | None) -> None:
    """Raise TooLarge if *found* passes *limit*."""
    if limit is not None and found > limit:
        raise TooLarge("", Text(f"more than {limit:,} bytes", f"超过 {limit:,} 字节"))
