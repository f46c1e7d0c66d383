"""
Remove what is older than the retention: whole months, never a part of one.

What goes is told in the ledger first, with its length and head, so the chain over the
months still holds.  The events of these months leave the database too, and with them
the part of the change feed that nobody can follow any more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from lading.drive.actor import SYSTEM, Actor
from lading.drive.audit.places import audit_folder, setting
from lading.drive.audit.reading import need_audit
from lading.drive.audit.records import moment
from lading.drive.audit.seal import seal_now
from lading.drive.audit.segments import CLOSED, PLACES, Segment, after, current, segments
from lading.drive.audit.turn import turn
from lading.drive.errors import Unfit
from lading.drive.feed import pruned_key
from lading.drive.writing import writing
from lading.evidence.files import sync_folder, translated
from lading.evidence.ledger import Draft, head_file
from lading.model.failpoints import failpoint
from lading.model.text import Text

LEAST_DAYS = 180
"""Days that records are kept at the very least: six months, which the cybersecurity law of China asks for network logs."""

FAILPOINTS = ("audit.retired_told", "audit.retired_rows", "audit.retired_file", "audit.retired_files")
_BATCH = 5000


def retire(actor: Actor = SYSTEM, *, days: int | None = None, now: int | None = None) -> list[str]:
    """
    Remove the months that ended more than *days* ago (None: what the configuration says); their names.

    The drive itself may do it, and an audit admin.

    Raises:
        Unfit: *days*, or the configuration, are fewer than `LEAST_DAYS`.
        Forbidden: *actor* is no audit admin.
        BadLedger: the ledger was changed; nothing is removed.
    """
    if actor != SYSTEM:
        need_audit(actor)
    kept = checked_days(setting("audit_days") if days is None else days)
    at = time.time_ns() if now is None else now
    with turn(wait=True):
        seal_now(at)
        old = _old(moment(at) - timedelta(days=kept))
        if old:
            _tell(actor, old, kept, moment(at))
            failpoint("audit.retired_told")
            _remove_events(old[-1].number(PLACES - 1))
            failpoint("audit.retired_rows")
            for segment in old:
                _remove(segment)
                failpoint("audit.retired_file")
            failpoint("audit.retired_files")
    return [segment.name for segment in old]


def checked_days(days: int) -> int:
    """
    *days*, if records may go after them.

    Raises:
        Unfit: they are fewer than `LEAST_DAYS`.
    """
    if days < LEAST_DAYS:
        raise Unfit(
            "audit_days",
            Text(
                f"audit records are kept for {LEAST_DAYS} days at least, not {days}",
                f"审计记录至少保存 {LEAST_DAYS} 天，不能为 {days} 天",
            ),
        )
    return days


def _old(limit: datetime) -> list[Segment]:
    """The oldest files, without a gap, that ended before *limit* by their name and by their last record."""
    found: list[Segment] = []
    for segment in segments()[:-1]:
        year, month = divmod(segment.month, 100)
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=limit.tzinfo)
        if end > limit or _last_time(segment) > limit:
            break
        found.append(segment)
    return found


def _last_time(segment: Segment) -> datetime:
    """When the last thing in a file happened; that it was closed was written later."""
    last = segment.number(segment.ledger.last().seq)
    found = [record for number, record in after(last - 2) if number <= last and record.kind != CLOSED]
    return datetime.fromisoformat(found[-1].time)


def _tell(actor: Actor, old: Sequence[Segment], days: int, at: datetime) -> None:
    heads = [(segment, segment.ledger.last()) for segment in old]
    facts = {
        "days": days,
        "segments": [
            {"segment": segment.name, "records": head.seq, "head": head.digest} for segment, head in heads
        ],
    }
    current(at).ledger.append_many([Draft("audit.retired", facts, actor.name, at)], at=at)


def _remove_events(last: int) -> None:
    """Remove all events whose records have numbers up to *last*, and note up to which clock they are gone."""
    behind = 0
    while rows := _sealed_up_to(last, behind):
        behind = rows[-1][0]
        clocks: dict[int, int] = {}
        for _, space, clock in rows:
            if space is not None and clock is not None:
                clocks[space] = max(clock, clocks.get(space, 0))
        with writing(SYSTEM), connection.cursor() as cursor:
            for space, clock in clocks.items():
                _note_pruned(cursor, space, clock)
            cursor.execute(
                "DELETE FROM drive_event WHERE id BETWEEN %s AND %s AND sealed <= %s",
                [rows[0][0], behind, last],
            )


def _sealed_up_to(last: int, behind: int) -> list[tuple[int, int | None, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, space, clock FROM drive_event WHERE id > %s AND sealed <= %s ORDER BY id LIMIT %s",
            [behind, last, _BATCH],
        )
        return list(cursor.fetchall())


def _note_pruned(cursor: Any, space: int, clock: int) -> None:
    cursor.execute(
        "INSERT INTO drive_meta (key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value ="
        " CASE WHEN drive_meta.value > excluded.value THEN drive_meta.value ELSE excluded.value END",
        [pruned_key(space), clock],
    )


def _remove(segment: Segment) -> None:
    """Remove a file with all that belongs to it; the file itself goes last."""
    with translated(segment.path):
        for number, record in after(segment.number(0)):
            if number // PLACES != segment.month:
                break
            if record.kind == "audit.torn" and "spool" in record.facts:
                _unlink(audit_folder("torn", os.path.basename(str(record.facts["facts"]["file"]))))
        beside = os.listdir(audit_folder())
        for name in beside:
            if name.startswith(f"{segment.name}.jsonl.torn-"):
                _unlink(audit_folder(name))
        _unlink(head_file(segment.path))
        _unlink(segment.path)
        sync_folder(segment.path)


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
