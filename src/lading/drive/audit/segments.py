"""
The ledger of the audit, a file per month.

Each file is a chain of its own, which `chain.py` checks alone.  Its first record names the
file before it with its length and head, so the files are one chain as well.  A
record has one number over all files: `YYYYMM` and ten digits of its place in the file.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from lading.drive.audit.places import audit_folder, make_folder
from lading.evidence import chain
from lading.evidence.chain import LONGEST, Broken, Record
from lading.evidence.files import translated
from lading.evidence.ledger import Ledger, broken_at
from lading.model.errors import BadLedger
from lading.model.text import Text

STARTED, CONTINUED, CLOSED = "audit.started", "audit.continued", "audit.closed"
PLACES = 10**10

_FILE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\.jsonl")
_ACTOR = "system"


class Segment(NamedTuple):
    """The file of one *month* (202611)."""

    month: int

    @property
    def name(self) -> str:
        return f"{self.month // 100:04}-{self.month % 100:02}"

    @property
    def path(self) -> str:
        return audit_folder(f"{self.name}.jsonl")

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.path)

    def number(self, seq: int) -> int:
        """The number over all files of the record at *seq*."""
        return self.month * PLACES + seq


def segment_of(number: int) -> tuple[Segment, int]:
    """The file in which record *number* stands, and its place there."""
    return Segment(number // PLACES), number % PLACES


def segments() -> list[Segment]:
    """All files that are there, oldest first."""
    try:
        names = os.listdir(audit_folder())
    except FileNotFoundError:
        return []
    found = filter(None, map(_FILE.fullmatch, names))
    return sorted(Segment(int(match[1] + match[2])) for match in found)


def identity(found: list[Segment]) -> str | None:
    """The id of this audit, as its newest link says; None if it was not begun."""
    for segment in reversed(found):
        if (record := link(segment)) is not None:
            return str(record.facts.get("audit"))
    return None


def link(segment: Segment) -> Record | None:
    """The first record of *segment*; None if its first write was torn off."""
    with translated(segment.path), open(segment.path, "rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST), b""), start=1):
            try:
                record = chain.parse(line, number)
            except Broken as broken:
                if _is_torn(line):
                    return None
                raise broken_at(segment.path, broken.line, broken.reason) from None
            if record.kind != "ledger.recovered":
                return record
    return None


def current(at: datetime) -> Segment:
    """
    The file to append to at *at*, begun and linked to the one before.

    A clock that was set back changes nothing: the newest file stays the one in use.
    """
    make_folder()
    found = segments()
    this = Segment(at.year * 100 + at.month)
    linked = [segment for segment in found if link(segment) is not None]
    if linked and linked[-1] >= this:
        return linked[-1]
    if found and found[-1] > this:
        this = found[-1]
    kind, facts = _link_to(linked[-1], at) if linked else (STARTED, {"audit": secrets.token_hex(7)})
    this.ledger.append(kind, facts, actor=_ACTOR, at=at)
    return this


def _link_to(before: Segment, at: datetime) -> tuple[str, Mapping[str, Any]]:
    last = before.ledger.last()
    if not _is_closed(before):
        # It also heals an end that a kill left torn.
        before.ledger.append(CLOSED, {}, actor=_ACTOR, at=at)
        last = before.ledger.last()
    facts = {"segment": before.name, "records": last.seq, "head": last.digest}
    return CONTINUED, {"audit": identity([before]), "previous": facts}


def _is_closed(segment: Segment) -> bool:
    records = list(after(segment.number(segment.ledger.last().seq - 1)))
    return bool(records) and records[-1][1].kind == CLOSED


def newest() -> int:
    """The number of the last whole record; 0 if there is none."""
    for segment in reversed(segments()):
        if seq := segment.ledger.last().seq:
            return segment.number(seq)
    return 0


def after(number: int) -> Iterator[tuple[int, Record]]:
    """
    The records behind *number*, oldest first, each with its number; what is torn at the end is left out.

    Raises:
        BadLedger: a line is not what it was; links between the lines are for `verify`.
    """
    first, seq = segment_of(number)
    for segment in segments():
        if segment >= first:
            yield from _tail(segment, seq if segment == first else 0)


def _tail(segment: Segment, seq: int) -> Iterator[tuple[int, Record]]:
    with translated(segment.path), open(segment.path, "rb") as stream:
        stream.seek(_start_of(stream.fileno(), seq))
        number = 0
        for line in iter(lambda: stream.readline(LONGEST), b""):
            try:
                record = chain.parse(line, number)
            except Broken as broken:
                if _is_torn(line):
                    return
                raise broken_at(segment.path, number + 1, broken.reason) from None
            number = record.seq
            if number > seq:
                yield segment.number(number), record


def _is_torn(line: bytes) -> bool:
    return not line.endswith(b"\n") or b"\0" in line


def _start_of(descriptor: int, seq: int) -> int:
    """Where a line begins that stands at *seq* or before it, not far from the end if *seq* is not."""
    size = os.fstat(descriptor).st_size
    reach = 1 << 16
    while seq and reach < size:
        data = os.pread(descriptor, reach, size - reach)
        begin = data.find(b"\n") + 1
        end = data.find(b"\n", begin) + 1
        if begin and end and _seq(data[begin:end]) <= seq:
            return size - reach + begin
        reach *= 2
    return 0


def _seq(line: bytes) -> int:
    try:
        return chain.parse(line, 1).seq
    except Broken:
        return 1 << 60


def not_this_drive(detail_en: str, detail_zh: str) -> BadLedger:
    """The error for an audit folder that does not belong to the database."""
    return BadLedger(audit_folder(), Text(detail_en, detail_zh))
