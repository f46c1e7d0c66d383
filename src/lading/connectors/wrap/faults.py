"""
A drive that breaks and lies on purpose, as a plan says.

Breaking shows whether work is resumed; lying (a flipped bit, a cut or vanished
file, another name) shows whether verification looks.  The plan names calls, so
the same fault comes at the same place each time; chances are drawn from a seed.

Not done here: killing the process, and faults of the connection itself.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar, cast

from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader, Upload
from lading.connectors.wrap.calls import BATCH, WRITE, Call
from lading.connectors.wrap.forward import Forwarding
from lading.connectors.wrap.source import Blocks, led
from lading.model.entry import Entry, Kind
from lading.model.errors import CursorExpired, DriveError, NoSpace, Throttled, Truncated, Unavailable
from lading.model.paths import Path

T = TypeVar("T")


class Harm(StrEnum):
    """What a fault does."""

    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"
    TRUNCATED = "truncated"
    NO_SPACE = "no_space"
    CURSOR_EXPIRED = "cursor_expired"
    DELAY = "delay"
    """Nothing but a pause of `seconds` before the call."""
    FLIP = "flip"
    """One bit of the byte `at` is another, in content read or written; nobody is told."""
    CUT = "cut"
    """Content ends after `at` bytes, read or written; nobody is told."""
    DROP = "drop"
    """An entry is left out of listings, or a file that was written is not there; nobody is told."""
    RENAME = "rename"
    """An entry is listed, or a file stored, under another name; nobody is told."""


_ERRORS = frozenset({Harm.UNAVAILABLE, Harm.THROTTLED, Harm.TRUNCATED, Harm.NO_SPACE, Harm.CURSOR_EXPIRED})
_ABOUT_NAMES = frozenset({Harm.DROP, Harm.RENAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One row of a plan: *harm* comes to each call that fits *call* and *path*.

    Of these calls it comes to those whose number (from 1, counted for this row) is in *nth*,
    or to all; and of these to the given *share*, drawn by chance.
    """

    harm: Harm
    call: str = "*"
    """Name of the call as in `lading.connectors.wrap.calls`; `*` is every call."""
    path: Path | None = None
    """What the call is about; for `DROP` and `RENAME` in a listing, the entry."""
    nth: tuple[int, ...] = ()
    share: float = 1.0
    at: int | None = None
    """The byte of the file at which content is harmed; an error without it comes before any content."""
    seconds: float | None = None
    """Length of a delay, or the time that a throttling server names."""
    late: bool = False
    """The error comes after the drive has done the call: the answer is lost."""


class FaultyDrive(Forwarding):
    """The inner drive, harmed by *faults*."""

    # Listings are what is harmed, and contents that are read, so they are asked for.
    written: Any = None
    read_back: Any = None

    def __init__(
        self,
        inner: Drive,
        faults: Iterable[Fault],
        *,
        seed: int = 0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(inner)
        self._plan = _Plan(faults, seed)
        self._sleep = sleep

    def _call(self, call: Call, path: Path, thunk: Callable[[], T]) -> T:
        due = self._plan.due(call, path, _of_calls)
        for fault in due:
            if fault.harm is Harm.DELAY:
                self._sleep(fault.seconds or 0.0)
            elif not fault.late:
                raise _error(fault, path)
        answer = thunk()
        for fault in due:
            if fault.late:
                raise _error(fault, path)
        return cast("T", self._page(call, answer)) if isinstance(answer, Page) else answer

    def _reader(self, call: Call, path: Path, start: int, reader: Reader) -> Reader:
        due = self._plan.due(call, path, _of_content)
        return _HarmedReader(reader, path, start, due) if due else reader

    def _source(self, call: Call, path: Path, source: Blocks) -> Blocks:
        due = self._plan.due(call, path, _of_content)
        return led(source, partial(_harmed, path=path, faults=due)) if due else source

    def _page(self, call: Call, page: Page) -> Page:
        if not self._plan.has(call, _of_names):
            return page
        told = [entry for listed in page.entries if (entry := self._told(call, listed)) is not None]
        return Page(told, page.cursor)

    def _told(self, call: Call, entry: Entry) -> Entry | None:
        for fault in self._plan.due(call, entry.path, _of_names):
            if fault.harm is Harm.DROP:
                return None
            entry = entry._replace(path=other_name(entry.path))
        return entry

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        content = self._plan.due(WRITE, path, _of_content)
        names = self._plan.due(WRITE, path, _of_names)
        whole = _Length(path, size)
        source = led(source, whole.through)
        if content:
            source = led(source, partial(_harmed, path=path, faults=content))
        lies = bool(names) or any(fault.harm is Harm.CUT for fault in content)
        if any(fault.harm is Harm.DROP for fault in names):
            self._call(WRITE, path, lambda: _drain(source))
            return Entry(path, Kind.FILE, whole.bytes, modified)
        stored = other_name(path) if names else path
        # What is cut would not have the size announced, and the drive below would tell.
        told = None if lies else size
        send = partial(self.inner.write, stored, source, expect=expect, size=told, modified=modified)
        entry = self._call(WRITE, path, send)
        return entry._replace(path=path, size=whole.bytes) if lies else entry

    def _uploads(self, uploads: Iterable[Upload]) -> Iterator[Upload]:
        for upload in uploads:
            content = b"".join(
                _harmed([upload.content], upload.path, self._plan.due(BATCH, upload.path, _of_content))
            )
            names = self._plan.due(BATCH, upload.path, _of_names)
            path = other_name(upload.path) if names else upload.path
            yield upload._replace(path=path, content=content)

    def _content(self, call: Call, path: Path, start: int, content: bytes) -> bytes:
        return b"".join(_harmed([content], path, self._plan.due(call, path, _of_content), start))


def other_name(path: Path) -> Path:
    """The name that a renaming drive gives to *path*."""
    return (*path[:-1], f"{path[-1]}~1")


class _Plan:
    """Counts the calls that fit each row and says which faults are due; safe for threads."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._faults = tuple(faults)
        self._counts = [0] * len(self._faults)
        self._random = random.Random(seed)  # noqa: S311 — repeatable, not secret
        self._lock = threading.Lock()

    def has(self, call: Call, concerns: Callable[[Fault], bool]) -> bool:
        return any(concerns(fault) and fault.call in ("*", call.name) for fault in self._faults)

    def due(self, call: Call, path: Path, concerns: Callable[[Fault], bool]) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(
                fault
                for row, fault in enumerate(self._faults)
                if concerns(fault) and _fits(fault, call, path) and self._strikes(row, fault)
            )

    def _strikes(self, row: int, fault: Fault) -> bool:
        self._counts[row] += 1
        if fault.nth and self._counts[row] not in fault.nth:
            return False
        return fault.share >= 1.0 or self._random.random() < fault.share


def _fits(fault: Fault, call: Call, path: Path) -> bool:
    return fault.call in ("*", call.name) and fault.path in (None, path)


def _of_calls(fault: Fault) -> bool:
    return fault.harm is Harm.DELAY or (fault.harm in _ERRORS and fault.at is None)


def _of_content(fault: Fault) -> bool:
    return fault.harm in (Harm.FLIP, Harm.CUT) or (fault.harm in _ERRORS and fault.at is not None)


def _of_names(fault: Fault) -> bool:
    return fault.harm in _ABOUT_NAMES


def _error(fault: Fault, path: Path) -> DriveError:
    if fault.harm is Harm.THROTTLED:
        return Throttled(path, "injected", after=fault.seconds)
    kinds: dict[Harm, type[DriveError]] = {
        Harm.UNAVAILABLE: Unavailable,
        Harm.TRUNCATED: Truncated,
        Harm.NO_SPACE: NoSpace,
        Harm.CURSOR_EXPIRED: CursorExpired,
    }
    return kinds[fault.harm](path, "injected")


class _Harmer:
    """Leads blocks past the faults of one stream; *position* is that of the next byte in the file."""

    def __init__(self, path: Path, position: int, faults: tuple[Fault, ...]) -> None:
        self._path = path
        self._position = position
        self._faults = sorted(faults, key=_place)

    def harm(self, block: bytes) -> tuple[bytes, DriveError | None, bool]:
        """What is left of *block*, the error that follows it, and whether the content ends there."""
        begin, end = self._position, self._position + len(block)
        self._position = end
        for fault in self._faults:
            place = _place(fault)
            if fault.harm is Harm.FLIP:
                if begin <= place < begin + len(block):
                    block = _flipped(block, place - begin)
            elif place <= end:
                kept = block[: max(0, place - begin)]
                return kept, None if fault.harm is Harm.CUT else _error(fault, self._path), True
        return block, None, False


def _place(fault: Fault) -> int:
    return fault.at or 0


def _flipped(block: bytes, at: int) -> bytes:
    return block[:at] + bytes([block[at] ^ 1]) + block[at + 1 :]


class _HarmedReader:
    def __init__(self, reader: Reader, path: Path, start: int, faults: tuple[Fault, ...]) -> None:
        self._reader = reader
        self._harmer = _Harmer(path, start, faults)
        self._error: DriveError | None = None
        self._ended = False

    @property
    def entry(self) -> Entry:
        return self._reader.entry

    def read(self, size: int, /) -> bytes:
        if not self._ended:
            block, self._error, self._ended = self._harmer.harm(self._reader.read(size))
            if block or not self._error:
                return block
        if self._error:
            raise self._error
        return b""


def _harmed(source: Blocks, path: Path, faults: tuple[Fault, ...], start: int = 0) -> Iterator[bytes]:
    harmer = _Harmer(path, start, faults)
    blocks = iter(source)
    for block in blocks:
        left, error, ended = harmer.harm(block)
        if left:
            yield left
        if error:
            raise error
        if ended:
            _drain(blocks)


def _drain(source: Iterable[bytes]) -> None:
    for _ in source:
        pass


class _Length:
    """How much a source gave; more than announced is refused here, since it may be endless."""

    def __init__(self, path: Path, most: int | None) -> None:
        self._path = path
        self._most = most
        self.bytes = 0

    def through(self, source: Blocks) -> Iterator[bytes]:
        self.bytes = 0
        for block in source:
            self.bytes += len(block)
            if self._most is not None and self.bytes > self._most:
                raise Truncated(self._path, f"more than {self._most} bytes")
            yield block
