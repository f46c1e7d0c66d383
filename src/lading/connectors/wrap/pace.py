"""
A drive used no faster than a timetable allows, by all processes together.

What has been used is kept as one moment per kind of limit (the generic cell
rate algorithm): the moment at which the next use is free.  In a file, all
processes of a crew share it, however they were started; without one, each
process counts for itself.

Content goes in blocks that take about a tenth of a second each, so that a low
limit shows as slow progress and not as standstill.  Where the timetable says
`stop`, calls and open streams wait.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from lading.connectors.api import Drive
from lading.connectors.facets import Reader, Upload
from lading.connectors.wrap.calls import Call
from lading.connectors.wrap.forward import Forwarding, Lazy
from lading.connectors.wrap.forward_facets import ForwardedRanges
from lading.connectors.wrap.source import Blocks, led
from lading.connectors.wrap.timetable import Limit, Timetable, limit_at, next_change
from lading.model.entry import Entry
from lading.model.paths import Path

T = TypeVar("T")

CALLS, BYTES = 0, 1

# Unused time that may be made up for, in seconds: sleeping is never exact.
BURST = 0.25
# A clock that goes back by more than this was set back, in seconds; processes differ by less.
SET_BACK = 1.0
# A debt larger than this was never made: the state is damaged, in seconds.
FAR = 86_400.0
# The longest sleep before the timetable is looked at again, in seconds.
SLICE = 60.0
BLOCK_SECONDS = 0.1
SMALLEST_BLOCK = 4 << 10
LARGEST_BLOCK = 1 << 20


class Moments(NamedTuple):
    """When the next use is *free*, and when that was last *asked*, in seconds since 1970."""

    free: float = 0.0
    asked: float = 0.0


def granted(kept: Moments, now: float, cost: float) -> tuple[Moments, float]:
    """
    Whether something that costs *cost* seconds may be used *now*, by what is *kept*.

    Returns what to keep and the seconds to wait before asking again; 0: it is granted.
    """
    # If the clock was set back the debt stays what it was.
    free = kept.free - (kept.asked - now) if kept.asked > now + SET_BACK else kept.free
    if not free <= now + max(FAR, 2 * cost):  # so written that it catches NaN too
        free = now
    free = max(free, now - BURST)
    if free > now:
        return Moments(free, now), free - now
    return Moments(free + cost, now), 0.0


class Meter(Protocol):
    """Keeps the moments at which `CALLS` and `BYTES` are free; may be used by several threads."""

    def take(self, slot: int, now: float, cost: float) -> float:
        """Use *cost* seconds of *slot*, or return how long to wait first."""


class OwnMeter:
    """A meter of this process alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept = [Moments(), Moments()]

    def take(self, slot: int, now: float, cost: float) -> float:
        with self._lock:
            self._kept[slot], wait = granted(self._kept[slot], now, cost)
        return wait


class SharedMeter:
    """
    A meter in the file *place*, shared by every process that names the same file.

    The file is made when it is missing; nothing in it outlives its use, so it may be
    removed between runs.
    """

    _MOMENTS = struct.Struct("<dd")

    def __init__(self, place: str) -> None:
        self._place = place
        self._process = -1
        self._file = -1
        self._lock = threading.Lock()
        self._open()

    def take(self, slot: int, now: float, cost: float) -> float:
        if self._process != os.getpid():
            # After a fork the lock of the open file would be the parent's too.
            self._open()
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                return self._take(slot * self._MOMENTS.size, now, cost)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give back the file; twice is no error."""
        if self._file >= 0 and self._process == os.getpid():
            os.close(self._file)
        self._file = -1

    def _open(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._file = os.open(self._place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _take(self, offset: int, now: float, cost: float) -> float:
        kept = os.pread(self._file, self._MOMENTS.size, offset)
        whole = len(kept) == self._MOMENTS.size
        moments, wait = granted(Moments(*self._MOMENTS.unpack(kept)) if whole else Moments(), now, cost)
        os.pwrite(self._file, self._MOMENTS.pack(*moments), offset)
        return wait


class Pacer:
    """
    Waits until the timetable and the meter allow a use.

    *calls_allowed* (per second) is what the server itself is known to allow; the lower of it
    and the timetable holds.  *clock* gives seconds since 1970.
    """

    def __init__(
        self,
        timetable: Timetable,
        meter: Meter,
        *,
        calls_allowed: float | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._timetable = timetable
        self._meter = meter
        self._calls_allowed = calls_allowed
        self._clock = clock
        self._sleep = sleep
        self._known: tuple[float, Limit] = (float("-inf"), Limit())

    @property
    def follows(self) -> bool:
        """Whether there is a timetable to follow."""
        return bool(self._timetable.rules)

    def call(self) -> None:
        """Wait until one more call may be made."""
        self._take(CALLS, 1.0)

    def content(self, count: int) -> None:
        """Wait until *count* bytes may pass."""
        self._take(BYTES, float(count))

    def block(self) -> int:
        """How many bytes should pass at once, in view of the present limit."""
        rate = self._limit(self._clock())[1].bytes_per_second
        if rate is None:
            return LARGEST_BLOCK
        return min(LARGEST_BLOCK, max(SMALLEST_BLOCK, int(rate * BLOCK_SECONDS)))

    def _take(self, slot: int, amount: float) -> None:
        while True:
            now = self._clock()
            until, limit = self._limit(now)
            rate = limit.calls_per_second if slot == CALLS else limit.bytes_per_second
            if limit.stop:
                wait = SLICE
            elif rate is None:
                return
            else:
                wait = self._meter.take(slot, now, amount / rate)
            if not wait:
                return
            # At least a millisecond: the next look must not see the same moment.
            self._sleep(max(0.001, min(wait, until - now)))

    def _limit(self, now: float) -> tuple[float, Limit]:
        """The present limit and the moment up to which it is known to hold."""
        known = self._known
        if now < known[0] <= now + SLICE:
            return known
        when = datetime.fromtimestamp(now, UTC)
        limit = limit_at(self._timetable, when)
        if self._calls_allowed is not None:
            allowed = min(self._calls_allowed, limit.calls_per_second or self._calls_allowed)
            limit = limit._replace(calls_per_second=allowed)
        change = next_change(self._timetable, when)
        until = now + SLICE if change is None else min(now + SLICE, change.timestamp())
        self._known = (until, limit)
        return self._known


class PacedDrive(Forwarding):
    """
    The inner drive, used as fast as *pacer* allows; every call counts, those of facets too.

    Under a timetable it gives no ranges: parts that are on their way at once come in bursts, whatever is waited between them.
    """

    def __init__(self, inner: Drive, pacer: Pacer) -> None:
        super().__init__(inner)
        self._pacer = pacer

    def _call(self, call: Call, path: Path, thunk: Callable[[], T]) -> T:
        self._pacer.call()
        return thunk()

    ranges: Any = Lazy(lambda drive, inner: None if drive._pacer.follows else ForwardedRanges(drive, inner))

    def _reader(self, call: Call, path: Path, start: int, reader: Reader) -> Reader:
        return _PacedReader(reader, self._pacer)

    def _source(self, call: Call, path: Path, source: Blocks) -> Blocks:
        return led(source, self._paced)

    def _paced(self, source: Blocks) -> Iterator[bytes]:
        for block in source:
            most = self._pacer.block()
            for at in range(0, len(block), most):
                piece = block[at : at + most] if len(block) > most else block
                self._pacer.content(len(piece))
                yield piece

    def _uploads(self, uploads: Iterable[Upload]) -> Iterator[Upload]:
        for upload in uploads:
            self._pacer.content(len(upload.content))
            yield upload

    def _content(self, call: Call, path: Path, start: int, content: bytes) -> bytes:
        self._pacer.content(len(content))
        return content


class _PacedReader:
    def __init__(self, reader: Reader, pacer: Pacer) -> None:
        self._reader = reader
        self._pacer = pacer

    @property
    def entry(self) -> Entry:
        return self._reader.entry

    def read(self, size: int, /) -> bytes:
        block = self._reader.read(min(size, self._pacer.block()))
        if block:
            self._pacer.content(len(block))
        return block
