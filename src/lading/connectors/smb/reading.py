"""
Content being read from an open file.

The first block comes together with the opening, and at the end the file is closed at once: its times and size at that
moment tell whether somebody wrote meanwhile.
"""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Self

from lading.connectors.smb import packets
from lading.connectors.smb.facts import entry_of, etag_of, is_folder, is_link
from lading.connectors.smb.line import Answer
from lading.connectors.smb.packets import Facts
from lading.connectors.smb.trouble import END_OF_FILE, NOT_A_DIRECTORY, error_of
from lading.connectors.smb.wire import Handle, Wire
from lading.model.entry import Entry
from lading.model.errors import Changed, NotFound, Truncated, Unavailable, WrongKind
from lading.model.paths import Path

_ACCESS = packets.READ_DATA | packets.READ_ATTRIBUTES
_FIRST = 1 << 16
"""Bytes that are asked for with the opening: most files are smaller, and a small answer costs one credit."""


def reading(wire: Wire, path: Path, start: int, expect: str | None, *, moment: int | None = None) -> Reading:
    """
    Open *path* from byte *start* on; see `Drive.read`.  With *moment* as it was in the snapshot of that moment.

    Raises:
        DriveError: as `Drive.read` says.
    """
    first = packets.read(packets.SAME_FILE, max(start, 0), _FIRST)
    handle, (answer,) = _opened(wire, path, first, moment)
    try:
        return Reading(wire, path, handle).begin(start, expect, answer)
    except BaseException:
        wire.close(handle)
        raise


class Reading:
    """A file being read: a `Reader`, and the context that closes it."""

    def __init__(self, wire: Wire, path: Path, handle: Handle) -> None:
        self._wire = wire
        self._path = path
        self._handle: Handle | None = handle
        self._facts = handle.facts
        self._at = 0
        self._held = b""

    @property
    def entry(self) -> Entry:
        """The entry as it was when reading began."""
        return entry_of(self._path, self._facts)

    def begin(self, start: int, expect: str | None, first: Answer) -> Self:
        """
        Go to byte *start*, of the content whose etag is *expect*; *first* is what came from there.

        Raises:
            Changed: the etag is another, or the content is shorter.
        """
        if expect is not None and expect != etag_of(self._facts):
            raise Changed(self._path, "its etag is another")
        if not 0 <= start <= self._facts.size:
            raise Changed(self._path, f"byte {start} of {self._facts.size} was asked for")
        self._at = start
        if first.ok:
            self._held = packets.content(first.body)
        elif first.status != END_OF_FILE:
            raise error_of(first.status, self._path)
        return self

    def read(self, size: int, /) -> bytes:
        """Up to *size* bytes, `b""` at the end; see `Reader`."""
        left = self._facts.size - self._at
        if left <= 0:
            return self._checked_end()
        if not self._held:
            self._held = self._next(left)
        if not self._held:
            self._compare()
            raise Truncated(self._path, f"{self._at} of {self._facts.size} bytes")
        wanted = left if size < 0 else min(size, left)
        block, self._held = self._held[:wanted], self._held[wanted:]
        self._at += len(block)
        return block

    def close(self) -> None:
        """Give back the handle; twice is no error."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._wire.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):
            if self._handle is not None:
                self._wire.forget(self._handle)

    def _next(self, left: int) -> bytes:
        if self._handle is None:
            raise Unavailable(self._path, "the reader is closed")
        line = self._handle.line
        if line.broken:
            raise Unavailable(self._path, "the connection broke off")
        asked = packets.read(self._handle.number, self._at, min(left, line.block))
        answer = self._wire.call(self._path, asked, line=line)[0]
        if answer.status == END_OF_FILE:
            return b""
        if not answer.ok:
            raise error_of(answer.status, self._path)
        return packets.content(answer.body)

    def _checked_end(self) -> bytes:
        if self._handle is not None:
            self._compare()
        return b""

    def _compare(self) -> None:
        handle, self._handle = self._handle, None
        now = None if handle is None else self._wire.close(handle)
        if now is None:
            raise Unavailable(self._path, "the connection broke off")
        if _content_of(now) != _content_of(self._facts):
            raise Changed(self._path, "while it was read")


def _content_of(facts: Facts) -> tuple[int, int, int]:
    return facts.size, facts.written, facts.changed


def _opened(
    wire: Wire, path: Path, first: packets.Message, moment: int | None = None
) -> tuple[Handle, list[Answer]]:
    """
    Open the file *path*, and read *first*.

    A reparse point that stands for no other name (a deduplicated file, one on a tape) is opened once more,
    for what it holds.
    """
    try:
        handle, answers = wire.open(path, _ACCESS, then=(first,), moment=moment)
    except WrongKind:
        raise _why_not(wire, path) from None
    if not handle.facts.attributes & (packets.A_DIRECTORY | packets.A_REPARSE):
        return handle, answers
    wire.close(handle)
    facts = wire.look(path)
    if is_folder(facts) or is_link(facts):
        raise WrongKind(path, entry_of(path, facts).kind.value)
    return wire.open(path, _ACCESS, options=packets.NOT_DIRECTORY, then=(first,), moment=moment)


def _why_not(wire: Wire, path: Path) -> WrongKind | NotFound:
    try:
        wire.look(path)
    except NotFound as problem:
        return problem
    return WrongKind(path, error_of(NOT_A_DIRECTORY, path).details)
