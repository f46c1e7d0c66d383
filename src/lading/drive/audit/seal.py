"""
Carry what happened into the ledger, exactly once.

Events of the database and lines of the spool become records; each record says where it
comes from.  `audit.sealed` in the table of single values is the number of the last record
that is settled: its event is marked, its file of the spool removed.  After a kill at any
point the records behind that number tell what was carried over but not settled yet.
Nothing here repairs a ledger: a broken one is told loudly, and the drive goes on.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from django.db import connection, connections

from lading.drive.actor import SYSTEM
from lading.drive.audit import spooled
from lading.drive.audit.events import Row, mark_sealed, told_of, unsealed
from lading.drive.audit.key import mark_key
from lading.drive.audit.places import spool_folder
from lading.drive.audit.records import Told, draft, moment
from lading.drive.audit.segments import (
    Segment,
    after,
    current,
    identity,
    newest,
    not_this_drive,
    segments,
)
from lading.drive.audit.settled import begin, id_of_audit, remember, settled, walled
from lading.drive.audit.turn import turn
from lading.drive.writing import writing
from lading.evidence.chain import Record
from lading.evidence.files import sync_folder, translated
from lading.evidence.ledger import Draft
from lading.model.errors import LadingError
from lading.model.failpoints import failpoint
from lading.model.text import Language

CHUNK = 1000
"""Events carried over in one go; also the most records that are looked at again in one query."""

FAILPOINTS = (
    "audit.begun",
    "audit.spool_written",
    "audit.spool_removed",
    "audit.spool_settled",
    "audit.events_written",
    "audit.events_marked",
    "audit.unmatched_written",
    "audit.matched",
)
"""The places at which the fault tests kill."""

_log = logging.getLogger("lading.audit")
_STALLED_AGAIN = 3600 * 10**9
_stalled: dict[str, int] = {}


def seal(*, now: int | None = None, wait: bool = False) -> int:
    """
    Carry over all that is unsealed; the number of records written for it.

    One sealer works at a time: another one returns 0 at once, or waits if it shall.

    Raises:
        BadLedger: the ledger was changed, cut off, or belongs to another drive.
        DriveError: its disk is full or refuses.
    """
    at = time.time_ns() if now is None else now
    with turn(wait=wait) as ours:
        return seal_now(at) if ours else 0


def seal_now(at: int) -> int:
    """The same for who has the turn already."""
    try:
        with translated(spool_folder()):
            return _Sealing(at).run()
    except LadingError as error:
        _tell_stalled(error, at)
        raise


class _Sealing:
    """One run of the sealer at the time *at*."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._key = mark_key()
        self._resume: dict[str, int] = {}

    def run(self) -> int:
        self._segment = self._begun()
        self._match()
        written = sum(map(self._carry_file, self._files()))
        if self._resume:
            return written  # a file that was begun is held by somebody: nothing behind it can be settled yet
        remember(newest())
        while chunk := unsealed(CHUNK):
            written += self._carry_events(chunk)
        return written

    def _begun(self) -> Segment:
        """The file to append to, after a look whether it belongs to this database."""
        known, found = id_of_audit(), identity(segments())
        if known is not None and found is None:
            raise not_this_drive("the records of this drive are missing", "缺少本网盘的审计记录")
        if known is not None and known != found:
            raise not_this_drive("these are the records of another drive", "这是另一网盘的审计记录")
        if settled() > newest():
            raise not_this_drive("the newest records are missing", "缺少最新的记录")
        segment = current(moment(self._at))
        failpoint("audit.begun")
        if known is None:
            begin(identity(segments()) or "")
        return segment

    def _match(self) -> None:
        """Settle what an earlier run carried over before it was killed."""
        records = ((number, record) for number, record in after(settled()))
        while chunk := list(islice(records, CHUNK)):
            unmatched = self._match_events([pair for pair in chunk if "event" in pair[1].facts])
            if unmatched:
                self._append([_unmatched(unmatched, self._at)])
                failpoint("audit.unmatched_written")
            for _, record in chunk:
                if name := record.facts.get("spool"):
                    self._resume[str(name)] = int(record.facts["line"])
        failpoint("audit.matched")

    def _match_events(self, pairs: Sequence[tuple[int, Record]]) -> list[int]:
        """Mark the events of records that were written; returns the records that no event is as."""
        rows = {row.id: row for row in told_of([record.facts["event"] for _, record in pairs])}
        same = [(number, rows[record.facts["event"]]) for number, record in pairs if self._is(record, rows)]
        fresh = [(number, row.id) for number, row in same if row.sealed is None]
        if fresh:
            mark_sealed(fresh)
        fitting = {number for number, row in same if row.sealed in (None, number)}
        return [number for number, _ in pairs if number not in fitting]

    def _is(self, record: Record, rows: dict[int, Row]) -> bool:
        row = rows.get(record.facts["event"])
        return row is not None and is_record_of(record, row.told, self._key)

    def _files(self) -> list[str]:
        # One that was begun comes first: nothing is settled before its last line is.
        names = spooled.free_files()
        self._resume = {name: line for name, line in self._resume.items() if name in names}
        return sorted(names, key=lambda name: name not in self._resume)

    def _carry_file(self, name: str) -> int:
        with spooled.taken(name) as descriptor:
            if descriptor is None:
                return 0
            told = spooled.told(name, descriptor, self._at, behind=self._resume.get(name, 0))
            written, last = self._append(self._drafts(told))
            failpoint("audit.spool_written")
            path = os.path.join(spool_folder(), name)
            os.unlink(path)
            sync_folder(path)
        failpoint("audit.spool_removed")
        self._resume.pop(name, None)
        if not self._resume:
            remember(last)
        failpoint("audit.spool_settled")
        return written

    def _carry_events(self, rows: Sequence[Row]) -> int:
        written, last = self._append(self._drafts(row.told for row in rows))
        failpoint("audit.events_written")
        first = last - written + 1
        mark_sealed([(first + place, row.id) for place, row in enumerate(rows)], settled=last)
        failpoint("audit.events_marked")
        return written

    def _drafts(self, told: Iterable[Told]) -> Iterator[Draft]:
        hidden = walled()
        return (draft(each, self._key, withheld=each.space in hidden) for each in told)

    def _append(self, drafts: Iterable[Draft]) -> tuple[int, int]:
        """Write *drafts*; how many they were, and the number of the last record."""
        count = 0

        def counted() -> Iterator[Draft]:
            nonlocal count
            for count, each in enumerate(drafts, start=1):  # noqa: B007 (the last one is what we want)
                yield each

        head = self._segment.ledger.append_many(counted(), at=moment(self._at))
        return count, self._segment.number(head.seq)


def is_record_of(record: Record, told: Told, key: bytes) -> bool:
    """Whether *record* is what *told* becomes."""
    made = draft(told, key, withheld="withheld" in record.facts)
    return (made.kind, made.actor, made.facts) == (record.kind, record.actor, record.facts)


def _unmatched(numbers: list[int], at: int) -> Draft:
    return Draft("audit.unmatched", {"records": numbers}, "system", moment(at))


def _tell_stalled(error: LadingError, at: int) -> None:
    """Leave an event, once an hour, that nothing is sealed; it is sealed when all is well again."""
    _log.error("the audit is stalled: %s", error.message(Language.EN))
    home = spool_folder()
    if at - _stalled.get(home, -_STALLED_AGAIN) < _STALLED_AGAIN:
        return
    try:
        with writing(SYSTEM) as work:
            work.event("audit.stalled", code=error.code)
        _stalled[home] = at
    except LadingError as problem:
        _log.error("and this cannot be told to the drive: %s", problem.message(Language.EN))


class Sealer:
    """A thread that seals every *interval* seconds; it never stops the drive."""

    def __init__(self, interval: float = 2.0, clock: Callable[[], int] = time.time_ns) -> None:
        self._interval, self._clock = interval, clock
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lading-sealer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after a last time."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over.wait(self._interval):
                self._once()
            self._once()
        finally:
            connections.close_all()

    def _once(self) -> None:
        try:
            seal(now=self._clock())
        except LadingError:
            pass  # told already
        except Exception:
            _log.exception("the audit is stalled")
            connection.close()
