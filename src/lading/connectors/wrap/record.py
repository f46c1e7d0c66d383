"""
Writes down what is asked of a drive.

A record has the name of the call, what it was about, how it ended, how many
bytes passed and how long it took.  It never has words of the drive, contents,
options or anything else in which a secret could stand.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from lading.connectors.api import Drive
from lading.connectors.facets import Batch, Ranges, Reader, Span, Upload, Wanted
from lading.connectors.wrap.calls import BATCH, BATCH_READ, READ_RANGES, Call
from lading.connectors.wrap.forward import Forwarding, Lazy
from lading.connectors.wrap.forward_facets import Opens, remembered
from lading.connectors.wrap.source import Blocks, led
from lading.model.entry import Entry
from lading.model.errors import LadingError
from lading.model.paths import Path

T = TypeVar("T")
A = TypeVar("A", Entry, bytes)
Q = TypeVar("Q", Upload, Wanted)

OK = "ok"
RETRY = "retry"


class Record(NamedTuple):
    """
    One call as its caller saw it, or (*call* is `retry`) one attempt that failed and is repeated.

    *outcome* is `ok`, the code of the error, or the class of an exception that is not ours.
    *seconds* of a read last from opening to leaving; of a retry they are the pause.
    """

    call: str
    path: Path
    outcome: str
    bytes: int
    seconds: float


Note = Callable[[Record], None]


def outcome_of(error: BaseException | None) -> str:
    """The word for how a call ended."""
    if error is None:
        return OK
    return error.code if isinstance(error, LadingError) else type(error).__name__


class Tally:
    """Sums of records, for the account; may be noted to by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.retries = 0

    def note(self, record: Record) -> None:
        """Add *record*; retries are counted apart from calls."""
        with self._lock:
            if record.call == RETRY:
                self.retries += 1
                return
            self.calls[record.call] += 1
            self.outcomes[record.outcome] += 1
            self.bytes[record.call] += record.bytes


class RecordedDrive(Forwarding):
    """The inner drive, each of its calls told to *note* when it is over."""

    def __init__(self, inner: Drive, note: Note, *, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__(inner)
        self._note = note
        self._clock = clock

    def _call(self, call: Call, path: Path, thunk: Callable[[], T]) -> T:
        return self._noted(call, path, thunk, _Count())

    def _send(self, call: Call, path: Path, source: Blocks, send: Callable[[Blocks], T]) -> T:
        count = _Count()
        return self._noted(call, path, partial(send, led(source, count.through)), count)

    def _open(self, call: Call, path: Path, start: int, opens: Opens) -> AbstractContextManager[Reader]:
        # The call is over when the reader is left, so the record stands around the whole context.
        return _RecordedOpening(self, call, path, opens)

    def _noted(self, call: Call, path: Path, thunk: Callable[[], T], count: _Count) -> T:
        began = self._clock()
        failed: BaseException | None = None
        try:
            return thunk()
        except BaseException as error:
            failed = error
            raise
        finally:
            seconds = self._clock() - began
            self._note(Record(call.name, path, outcome_of(failed), count.bytes, seconds))

    ranges: Any = Lazy(lambda drive, inner: _RecordedRanges(drive, inner))
    batch: Any = Lazy(lambda drive, inner: _RecordedBatch(drive, inner))


class _Count:
    """Bytes of one pass over a source; a repeated pass counts anew."""

    def __init__(self) -> None:
        self.bytes = 0

    def through(self, source: Blocks) -> Iterator[bytes]:
        self.bytes = 0
        for block in source:
            self.bytes += len(block)
            yield block


class _RecordedOpening(AbstractContextManager[Reader]):
    def __init__(self, drive: RecordedDrive, call: Call, path: Path, opens: Opens) -> None:
        self._drive = drive
        self._about = (call, path)
        self._opens = opens

    def __enter__(self) -> Reader:
        self._began = self._drive._clock()
        try:
            self._inner = self._opens()
            self._reader = _CountedReader(self._inner.__enter__())
        except BaseException as error:
            self._tell(0, error)
            raise
        return self._reader

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._tell(self._reader.bytes, self._reader.failed)
        return self._inner.__exit__(kind, error, trace)

    def _tell(self, count: int, failed: BaseException | None) -> None:
        call, path = self._about
        seconds = self._drive._clock() - self._began
        self._drive._note(Record(call.name, path, outcome_of(failed), count, seconds))


class _CountedReader:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.bytes = 0
        self.failed: BaseException | None = None

    @property
    def entry(self) -> Entry:
        return self._reader.entry

    def read(self, size: int, /) -> bytes:
        try:
            block = self._reader.read(size)
        except BaseException as error:
            self.failed = error
            raise
        self.bytes += len(block)
        return block


class _RecordedRanges:
    """All ranges of one call are one record, with the bytes of those that came."""

    def __init__(self, drive: RecordedDrive, inner: Ranges) -> None:
        self._drive = drive
        self._inner = inner

    def read(self, path: Path, spans: Iterable[Span], *, expect: str, at_once: int) -> Iterator[bytes]:
        began, count = self._drive._clock(), 0
        failed: BaseException | None = None
        try:
            for content in self._inner.read(path, spans, expect=expect, at_once=at_once):
                count += len(content)
                yield content
        except Exception as error:
            failed = error
            raise
        finally:
            seconds = self._drive._clock() - began
            self._drive._note(Record(READ_RANGES.name, path, outcome_of(failed), count, seconds))


class _RecordedBatch:
    """Each file of a batch is a record of its own; its seconds are those since the one before."""

    def __init__(self, drive: RecordedDrive, inner: Batch) -> None:
        self._drive = drive
        self._inner = inner

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        asked: deque[Upload] = deque()
        answers = self._inner.write(remembered(uploads, asked))
        return self._told(BATCH, answers, asked, lambda upload, _: len(upload.content))

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        asked: deque[Wanted] = deque()
        answers = self._inner.read(remembered(wanted, asked))
        return self._told(BATCH_READ, answers, asked, lambda _, content: len(content))

    def _told(
        self,
        call: Call,
        answers: Iterator[A | Exception],
        asked: deque[Q],
        size: Callable[[Q, A], int],
    ) -> Iterator[A | Exception]:
        began = self._drive._clock()
        try:
            for answer in answers:
                item = asked.popleft()
                if isinstance(answer, Exception):
                    began = self._tell(call, item.path, answer, 0, began)
                else:
                    began = self._tell(call, item.path, None, size(item, answer), began)
                yield answer
        except BaseException as error:
            for item in asked:
                began = self._tell(call, item.path, error, 0, began)
            raise

    def _tell(self, call: Call, path: Path, failed: BaseException | None, count: int, began: float) -> float:
        now = self._drive._clock()
        self._drive._note(Record(call.name, path, outcome_of(failed), count, now - began))
        return now
