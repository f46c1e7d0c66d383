"""
Read the audit, for audit admins alone; that they did is told as well.

Records are given as they stand in the ledger.  Where a space came under a wall after its
names were written down, they are left out here; the record's digest still stands for them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from lading.drive.actor import Actor, Scope
from lading.drive.audit.records import moment, without_names
from lading.drive.audit.seal import seal
from lading.drive.audit.segments import after
from lading.drive.audit.settled import walled
from lading.drive.errors import Unfit
from lading.drive.models import Account
from lading.drive.writing import writing
from lading.evidence.chain import Record
from lading.model.errors import BadLedger, Forbidden
from lading.model.text import Text

ACKNOWLEDGED = "audit.acknowledged"
_LONGEST_REASON = 1000


class Wanted(NamedTuple):
    """Which records: *since* and *until* in nanoseconds since 1970, the rest must be equal; None for all."""

    since: int | None = None
    until: int | None = None
    kind: str | None = None
    actor: str | None = None
    space: int | None = None
    node: int | None = None


ALL = Wanted()


def export(actor: Actor, since: int | None, until: int | None, out: BinaryIO) -> int:
    """
    Write the records from *since* up to, not including, *until* to *out* as lines of JSON; how many they are.

    Each line holds the fields of the record and its `number` over all files.

    Raises:
        Forbidden: *actor* is no audit admin.
        BadLedger: a record was changed.
    """
    _told(actor, "audit.exported", Wanted(since, until))
    _up_to_date()
    count = 0
    for number, record in _matching(Wanted(since, until), 0):
        out.write(json.dumps({"number": number, **record._asdict()}, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def records(
    actor: Actor, wanted: Wanted = ALL, *, behind: int = 0, limit: int = 200
) -> list[tuple[int, Record]]:
    """
    Up to *limit* records as *wanted* whose numbers are greater than *behind*, oldest first.

    Raises:
        Forbidden: *actor* is no audit admin.
        BadLedger: a record was changed.
    """
    _told(actor, "audit.viewed", wanted)
    _up_to_date()
    return list(islice(_matching(wanted, behind), limit))


def acknowledge(actor: Actor, numbers: Sequence[int], reason: str) -> None:
    """
    Explain why the events of the records *numbers* are missing or other than they were.

    A database that came back from a backup has lost what happened since; the ledger has not.  `verify`
    no longer counts these records as findings, and tells how many there are.

    Raises:
        Forbidden: *actor* is no audit admin.
        Unfit: no reason is given.
    """
    need_audit(actor)
    checked_reason(reason)
    with writing(actor) as work:
        work.event(ACKNOWLEDGED, records=sorted(set(numbers)), reason=reason)


def checked_reason(reason: str) -> str:
    """
    *reason*, if it says something.

    Raises:
        Unfit: it is empty or too long.
    """
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        raise Unfit("reason", Text("say why, in up to 1000 characters", "请说明原因（不超过 1000 字）"))
    return reason


def need_audit(actor: Actor) -> None:
    """
    Go on only for an audit admin.

    Raises:
        Forbidden: *actor* is none.
    """
    if actor.admin != Account.Admin.AUDIT or Scope.ADMIN not in actor.scopes:
        raise Forbidden(actor.name, Text("only an audit admin may", "仅限审计管理员"))


def _told(actor: Actor, kind: str, wanted: Wanted) -> None:
    need_audit(actor)
    asked = {name: value for name, value in wanted._asdict().items() if value is not None}
    # Some of these are names of arguments of `event` itself.
    with writing(actor) as work:
        work.event(kind, asked=asked)


def _up_to_date() -> None:
    # That it is broken is told to the log and the drive; what can be read is still to be read.
    with suppress(BadLedger):
        seal(now=time.time_ns(), wait=True)


def _matching(wanted: Wanted, behind: int) -> Iterator[tuple[int, Record]]:
    hidden = walled()
    since, until = _stamp(wanted.since), _stamp(wanted.until)
    for number, record in after(behind):
        if (since and record.time < since) or (until and record.time >= until):
            continue
        if _is_wanted(record, wanted):
            yield number, _shown(record, hidden)


def _is_wanted(record: Record, wanted: Wanted) -> bool:
    facts = record.facts
    return (
        wanted.kind in (None, record.kind)
        and wanted.actor in (None, record.actor)
        and (wanted.space is None or facts.get("space") == wanted.space)
        and (wanted.node is None or facts.get("node") == wanted.node)
    )


def _shown(record: Record, hidden: frozenset[int]) -> Record:
    if record.facts.get("space") not in hidden or "withheld" in record.facts:
        return record
    facts: dict[str, Any] = {name: value for name, value in record.facts.items() if name != "path"}
    facts["facts"] = without_names(record.facts.get("facts", {}))
    return record._replace(facts={**facts, "withheld": ""})


def _stamp(at: int | None) -> str:
    if at is None:
        return ""
    return moment(at).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
