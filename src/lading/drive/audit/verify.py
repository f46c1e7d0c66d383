"""
Check the whole audit: every file, the links between files, and every event against its record.

It reads in constant memory, looks at everything even after something was found, and names
what it found.  It repairs nothing.  What it cannot see is a ledger and a database that were both
rewritten by somebody who may write both: against that keep a head elsewhere and give it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from lading.drive.audit.events import told_of
from lading.drive.audit.key import mark_key
from lading.drive.audit.places import audit_folder
from lading.drive.audit.reading import ACKNOWLEDGED
from lading.drive.audit.seal import is_record_of, seal_now
from lading.drive.audit.segments import CLOSED, CONTINUED, PLACES, STARTED, Segment, segments
from lading.drive.audit.turn import turn
from lading.evidence import chain
from lading.evidence.chain import REASONS, START, Broken, Record
from lading.evidence.files import translated
from lading.evidence.ledger import noted_head
from lading.model.errors import BadLedger
from lading.model.text import Text

MOST = 100
"""Findings that are told one by one; all are counted."""
_BATCH = 500
_MOST_SUSPECTS = 10_000
_SHOWN = 5


class Verified(NamedTuple):
    """
    An audit that holds.

    *since* is its oldest month (`2026-05`), *number* and *head* are its newest record: note the head elsewhere.
    *events* were compared with their records.  *torn* counts lines of reads that a power cut tore,
    *acknowledged* the records whose event is missing or other, as an audit admin has explained.
    """

    since: str
    segments: int
    records: int
    events: int
    number: int
    head: str
    torn: int
    acknowledged: int


def verify(*, head: str = "", now: int | None = None) -> Verified:
    """
    Seal what waits, then check everything.

    *head* is the digest of a record that was noted earlier and elsewhere, and must be among the records.

    Raises:
        BadLedger: something was changed, removed, inserted or moved, in the ledger or among the events;
            `findings` among its facts are the first `MOST`, each a `Text`.
        DriveError: something cannot be read.
    """
    with turn(wait=True):
        stalled = _seal(time.time_ns() if now is None else now)
        checking = _Checking(head.lower())
        for segment in segments():
            checking.segment(segment)
        checking.end()
        if stalled is not None and not checking.count:
            raise stalled
    if checking.count:
        raise _error(checking.findings, checking.count)
    return checking.verified()


def _seal(at: int) -> BadLedger | None:
    try:
        seal_now(at)
    except BadLedger as error:
        return error
    return None


class _Suspect(NamedTuple):
    """A record whose event is not as it should be."""

    number: int
    finding: Text


class _Checking:
    """What was found so far, going from the oldest file to the newest."""

    def __init__(self, head: str) -> None:
        self.findings: list[Text] = []
        self.count = 0
        self._head = head
        self._key = mark_key()
        self._first: Record | None = None
        self._before: tuple[Segment, int, str] | None = None
        self._last_kind = ""
        self._broken: set[int] = set()
        self._seen: list[Segment] = []
        self._kinds: Counter[str] = Counter()
        self._records = self._events = 0
        self._matched: Counter[int] = Counter()
        self._suspects: list[_Suspect] = []
        self._acknowledged: set[int] = set()
        self._retired: dict[str, str] = {}
        self._head_seen = not head

    def segment(self, segment: Segment) -> None:
        """Check one file."""
        last: Record | None = None
        linked = False
        noted = noted_head(segment.path)
        promised = noted is None or noted.seq == 0
        records = self._chain(segment)
        while batch := list(islice(records, _BATCH)):
            self._compare(segment, batch)
            for record in batch:
                if not linked and record.kind != "ledger.recovered":
                    self._link(segment, record)
                    linked = True
                promised = promised or (record.seq, record.digest) == noted
                self._note(record)
            last = batch[-1]
        self._whole(segment, last, promised)
        self._seen.append(segment)
        self._before = (segment, last.seq if last else 0, last.digest if last else START)
        self._last_kind = last.kind if last else ""

    def end(self) -> None:
        """Check what only the whole tells."""
        retired = {int(name.replace("-", "")) for name in self._retired}
        for number, finding in self._suspects:
            if number not in self._acknowledged and number // PLACES not in retired:
                self._found(finding)
        self._check_start()
        self._check_numbers(retired)
        if not self._head_seen:
            self._found(_text("the record that was noted elsewhere is missing", "缺少另处留存的那条记录"))

    def verified(self) -> Verified:
        segment, seq, digest = self._before or (Segment(0), 0, START)
        return Verified(
            since=self._seen[0].name if self._seen else "",
            segments=len(self._seen),
            records=self._records,
            events=self._events,
            number=segment.number(seq),
            head=digest,
            torn=self._kinds["audit.torn"],
            acknowledged=len(self._acknowledged),
        )

    def _chain(self, segment: Segment) -> Iterator[Record]:
        with translated(segment.path), open(segment.path, "rb") as stream:
            try:
                yield from chain.records(stream)
            except Broken as broken:
                self._broken.add(segment.month)
                en, zh = REASONS[broken.reason]
                where = f"{segment.name}: "
                self._found(_text(where + en.format(line=broken.line), where + zh.format(line=broken.line)))

    def _link(self, segment: Segment, record: Record) -> None:
        """The first record names the file before it, as that is."""
        if self._before is None:
            self._first = record
            return
        before, records, head = self._before
        if before.month in self._broken:
            return  # said already; nobody knows what it ended with
        if self._last_kind != CLOSED:
            self._found(_about(before.name, "its end is cut off", "末尾被截断"))
        previous = record.facts.get("previous")
        said = previous if record.kind == CONTINUED and isinstance(previous, dict) else {}
        if said.get("segment") != before.name:
            missing = str(said.get("segment", "?"))
            self._found(_about(missing, "this month is missing", "此月份缺失"))
        elif (said.get("records"), said.get("head")) != (records, head):
            self._found(_about(segment.name, f"it does not follow {before.name}", f"与 {before.name} 不衔接"))

    def _whole(self, segment: Segment, last: Record | None, promised: bool) -> None:
        if segment.month in self._broken:
            return
        if not promised:
            self._found(_about(segment.name, "its end is cut off or rewritten", "末尾被截断或改写"))
        if last is None:
            self._found(_about(segment.name, "it holds no record", "没有任何记录"))

    def _note(self, record: Record) -> None:
        self._records += 1
        self._head_seen = self._head_seen or record.digest == self._head
        if not record.kind.startswith("audit."):
            return
        self._kinds[record.kind] += 1
        if record.kind == ACKNOWLEDGED and "event" in record.facts:
            self._acknowledged.update(record.facts["facts"]["records"])
        if record.kind == "audit.retired" and "event" not in record.facts:
            self._retired.update((one["segment"], one["head"]) for one in record.facts["segments"])

    def _compare(self, segment: Segment, records: Iterable[Record]) -> None:
        """Each record of an event is what the event is now, and the event knows its number."""
        wanted = [record for record in records if "event" in record.facts]
        rows = {row.id: row for row in told_of([record.facts["event"] for record in wanted])}
        for record in wanted:
            event, number = record.facts["event"], segment.number(record.seq)
            row = rows.get(event)
            if row is None:
                self._suspect(number, event, "was removed", "已被删除")
            elif not is_record_of(record, row.told, self._key):
                self._suspect(number, event, "was changed", "已被改动")
            elif row.sealed != number:
                self._suspect(number, event, f"says its record is {row.sealed}", f"指向记录 {row.sealed}")
            if row is not None and row.sealed == number:
                self._matched[segment.month] += 1
                self._events += 1

    def _suspect(self, number: int, event: int, en: str, zh: str) -> None:
        finding = _text(f"record {number}: its event {event} {en}", f"记录 {number}：对应事件 {event} {zh}")
        if len(self._suspects) < _MOST_SUSPECTS:
            self._suspects.append(_Suspect(number, finding))

    def _check_start(self) -> None:
        """The oldest file is the first that ever was, or the one before it was retired."""
        if self._first is None or self._first.kind == STARTED:
            return
        previous = self._first.facts.get("previous")
        said = previous if isinstance(previous, dict) else {}
        name = str(said.get("segment", "?"))
        if self._retired.get(name) != said.get("head") or name not in self._retired:
            self._found(_about(name, "this month is missing", "此月份缺失"))

    def _check_numbers(self, retired: set[int]) -> None:
        """No event claims a record that is another's, or none."""
        for month, count in _sealed_events().items():
            if month not in retired | self._broken and count > self._matched[month]:
                name = Segment(month).name
                for event in islice(_strangers(month), _SHOWN):
                    self._found(
                        _about(
                            name,
                            f"event {event} claims a record it does not have",
                            f"事件 {event} 声称的记录不存在",
                        )
                    )

    def _found(self, finding: Text) -> None:
        self.count += 1
        if len(self.findings) < MOST:
            self.findings.append(finding)


def _sealed_events() -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sealed / %s, COUNT(*) FROM drive_event WHERE sealed IS NOT NULL GROUP BY 1 ORDER BY 1",
            [PLACES],
        )
        return dict(cursor.fetchall())


def _strangers(month: int) -> Iterator[int]:
    """The ids of events that claim a record of *month* which is not there or not theirs."""
    segment, last = Segment(month), 0
    there = {segment.number(seq): event for seq, event in _events_of(segment)}
    while rows := _claims(month, last):
        yield from (event for event, number in rows if there.get(number) != event)
        last = rows[-1][0]


def _claims(month: int, behind: int) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, sealed FROM drive_event WHERE id > %s AND sealed BETWEEN %s AND %s ORDER BY id LIMIT %s",
            [behind, month * PLACES, month * PLACES + PLACES - 1, _BATCH],
        )
        return list(cursor.fetchall())


def _events_of(segment: Segment) -> Iterator[tuple[int, Any]]:
    try:
        with open(segment.path, "rb") as stream:
            for record in chain.records(stream):
                if "event" in record.facts:
                    yield record.seq, record.facts["event"]
    except (Broken, FileNotFoundError):
        return


def _error(findings: list[Text], count: int) -> BadLedger:
    shown = findings[:_SHOWN]
    more = (
        _text(f"; and {count - len(shown)} more", f"；另有 {count - len(shown)} 项")
        if count > len(shown)
        else Text("", "")
    )
    detail = Text(
        "; ".join(each.en for each in shown) + more.en, "；".join(each.zh for each in shown) + more.zh
    )
    return BadLedger(audit_folder(), detail, findings=tuple(findings))


def _about(name: str, en: str, zh: str) -> Text:
    return Text(f"{name}: {en}", f"{name}：{zh}")


def _text(en: str, zh: str) -> Text:
    return Text(en, zh)
