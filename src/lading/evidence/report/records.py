"""
What the ledger says that the report needs: whether it holds, and which results it knows.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lading.evidence.chain import Broken, Record, follow, records
from lading.evidence.ledger import broken_at, noted_head
from lading.model.errors import BadLedger

KEEP_EVENTS = 2000
SEALED = {"copy.finished": ("pass", "account"), "verify.finished": ("verification", "result")}
"""Kinds of records that hold the digest of a result: the facts with its number and its digest."""


class Seal(NamedTuple):
    """What a record says about a result: its kind, the number of the pass or verification, its SHA-256."""

    kind: str
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What the ledger says; *problem* is set if its chain does not hold."""

    path: str
    records: int = 0
    head: str = ""
    problem: BadLedger | None = None
    torn: bool = False
    events: tuple[Record, ...] = ()
    """The last of the records."""
    seals: frozenset[Seal] = frozenset()


def read_ledger(path: str) -> LedgerFacts:
    """What the ledger at *path* says; a chain that does not hold is told, not raised."""
    if not os.path.exists(path):
        return LedgerFacts(path)
    events: deque[Record] = deque(maxlen=KEEP_EVENTS)
    seals: set[Seal] = set()
    with open(path, "rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_SH)
        noted = noted_head(path)
        try:
            checked = follow(_noticed(records(stream), events, seals), [noted.digest] if noted else [])
        except Broken as broken:
            problem = broken_at(path, broken.line, broken.reason)
            held, torn = broken.line - (broken.reason != "head"), broken.reason == "torn"
            return LedgerFacts(path, held, "", problem, torn, tuple(events), frozenset(seals))
    return LedgerFacts(path, checked.records, checked.head, None, False, tuple(events), frozenset(seals))


def _noticed(chain: Iterator[Record], events: deque[Record], seals: set[Seal]) -> Iterator[Record]:
    """The records of *chain*, with what they say kept on the way."""
    for record in chain:
        events.append(record)
        if record.kind in SEALED:
            number, digest = (record.facts.get(name) for name in SEALED[record.kind])
            if isinstance(number, int) and isinstance(digest, str):
                seals.add(Seal(record.kind, number, digest))
        yield record


def is_sealed(kind: str, number: int, digest: str, ledger: LedgerFacts) -> bool | None:
    """Whether *ledger* holds *digest* for the result of that *kind* and *number*; None if it holds none."""
    digests = {seal.digest for seal in ledger.seals if (seal.kind, seal.number) == (kind, number)}
    return digest in digests if digests else None
