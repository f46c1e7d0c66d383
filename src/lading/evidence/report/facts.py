"""
Read the state folder of a job into plain values.

What is not there yet is None: a run may be in flight, or may have been killed.
What is there and cannot be understood is an error, never a guess.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from lading.evidence.files import translated
from lading.evidence.ledger import NAME as LEDGER
from lading.evidence.report.lists import Listing, damaged, listing, text_of, whole
from lading.evidence.report.rates import Sample, Stretch, samples, stretches
from lading.evidence.report.records import LedgerFacts, is_sealed, read_ledger
from lading.model.text import Text

T = TypeVar("T")

BUCKETS = ("moved", "same", "renamed", "excluded", "waived", "failed")
KEEP = 50
KEEP_EACH = 10


class Count(NamedTuple):
    """Objects (files and folders) and the bytes in them."""

    objects: int = 0
    bytes: int = 0

    def __add__(self, other: object) -> Count:
        if not isinstance(other, Count):
            return NotImplemented
        return Count(self.objects + other.objects, self.bytes + other.bytes)


@dataclass(frozen=True, slots=True)
class Space:
    """What was found in a space and where it went."""

    name: str
    found: Count
    buckets: Mapping[str, Count]

    @property
    def closed(self) -> bool:
        """Whether the buckets add up to what was found."""
        return total(self.buckets) == self.found


@dataclass(frozen=True, slots=True)
class Along:
    """What became of one thing that hangs on files, and how many of them each loss happened to, by code."""

    feature: str
    found: int
    buckets: Mapping[str, int]
    codes: Mapping[str, int]

    @property
    def closed(self) -> bool:
        """Whether the buckets add up to what was found."""
        return sum(self.buckets.values()) == self.found


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a pass; times in seconds since 1970."""

    started: float
    finished: float
    whole: Space
    spaces: tuple[Space, ...]
    extra: Mapping[str, Count]
    sent_bytes: int
    retries: int | None
    losses: tuple[tuple[str, int, Text], ...]
    fingerprints: Mapping[str, str]
    digest: str
    along: tuple[Along, ...] = ()
    unannounced: tuple[tuple[str, int, int], ...] = ()
    """Losses beyond the fidelity contract: code, how many, how many were allowed."""

    @property
    def closed(self) -> bool:
        """Whether everything adds up: all of it, each space, the spaces to the whole, and what hangs on files."""
        together = sum((space.found for space in self.spaces), Count())
        parts = all(space.closed for space in self.spaces) and all(it.closed for it in self.along)
        return self.whole.closed and parts and together == self.whole.found


@dataclass(frozen=True, slots=True)
class Pass:
    """One copy run; *account* is None while it has not come to its end."""

    number: int
    account: Account | None
    planned: Mapping[str, Count] | None
    parts: tuple[int, int]
    """Partitions finished, and planned."""
    last: Sample | None
    speed: tuple[Stretch, ...]
    failures: Listing
    excluded: Listing
    mapped: Listing
    sealed: bool | None
    """Whether the ledger holds the digest of this very account; None if it says nothing."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What an independent reading found."""

    number: int
    started: float
    finished: float
    mode: str
    checked: Count
    equal: int
    statement: Text | None
    differences: Mapping[str, int]
    ok: bool
    listing: Listing
    sealed: bool | None
    """As for a pass."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A job: its drives, its passes, its verifications and its ledger."""

    state: str
    job: str
    old: str
    new: str
    running: bool
    passes: tuple[Pass, ...]
    verifications: tuple[Verification, ...]
    ledger: LedgerFacts
    formats: Mapping[str, int]


def total(buckets: Mapping[str, Count]) -> Count:
    """The sum over all buckets."""
    return sum(buckets.values(), Count())


def read_facts(state: str) -> Facts:
    """
    Everything the state folder *state* says.

    Raises:
        BadRequest: a file in it is damaged.
        DriveError: a file in it cannot be read.
    """
    with translated(state):
        ledger = read_ledger(os.path.join(state, LEDGER))
        job = _json(os.path.join(state, "job.json")) or {}
        passes = tuple(_pass(number, folder, ledger) for number, folder in _numbered(state, "passes"))
        readings = (
            _verification(number, folder, ledger) for number, folder in _numbered(state, "verifications")
        )
        return Facts(
            state=state,
            job=str(job.get("job", "")),
            old=_place(job, "old"),
            new=_place(job, "new"),
            running=_is_held(os.path.join(state, "lock")),
            passes=passes,
            verifications=tuple(reading for reading in readings if reading),
            ledger=ledger,
            formats={"report": 1, "ledger": 1, **_formats(state, job)},
        )


def _numbered(state: str, name: str) -> Iterator[tuple[int, str]]:
    folder = os.path.join(state, name)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    for number in sorted(int(name) for name in names if name.isascii() and name.isdigit()):
        yield number, os.path.join(folder, f"{number:04d}")


def _pass(number: int, folder: str, ledger: LedgerFacts) -> Pass:
    account = _account(os.path.join(folder, "account.json"))
    plan = _json(os.path.join(folder, "plan.json"))
    noted = _samples(os.path.join(folder, "rates.jsonl"))
    return Pass(
        number=number,
        account=account,
        planned=_guarded(os.path.join(folder, "plan.json"), lambda: _counts(plan["actions"]))
        if plan
        else None,
        parts=(_files(os.path.join(folder, "result")), whole(plan.get("partitions")) if plan else 0),
        last=noted[-1] if noted else None,
        speed=stretches(noted),
        failures=_listing(folder, "failures", lambda row: (str(row.get("code")), text_of(row.get("remedy")))),
        excluded=_listing(folder, "excluded", lambda row: _reason(row.get("reason"))),
        mapped=_listing(folder, "mapped", lambda row: ("", Text("", ""))),  # noqa: ARG005
        sealed=is_sealed("copy.finished", number, account.digest, ledger) if account else None,
    )


def _account(path: str) -> Account | None:
    raw = _bytes(path)
    if raw is None:
        return None
    facts = _parsed(path, raw)
    return _guarded(path, lambda: _account_of(facts, hashlib.sha256(raw).hexdigest()))


def _account_of(facts: Mapping[str, Any], digest: str) -> Account:
    return Account(
        started=_moment(facts["started"]),
        finished=_moment(facts["finished"]),
        whole=Space("", _count(facts["found"]), _buckets(facts["buckets"])),
        spaces=tuple(
            Space(str(row["space"]), _count(row["found"]), _buckets(row["buckets"]))
            for row in facts["spaces"]
        ),
        extra=_counts(facts.get("extra", {})),
        sent_bytes=int(facts.get("sent_bytes", 0)),
        retries=int(facts["retries"]) if facts.get("retries") is not None else None,
        losses=tuple(
            (str(row["feature"]), int(row["count"]), text_of(row.get("note")))
            for row in facts.get("losses", [])
        ),
        fingerprints={str(name): str(value) for name, value in facts.get("fingerprints", {}).items()},
        digest=digest,
        along=tuple(_along(name, row) for name, row in facts.get("features", {}).items()),
        unannounced=tuple(
            (str(row["code"]), int(row["count"]), int(row["allowed"]))
            for row in facts.get("contract", {}).get("unannounced", ())
        ),
    )


def _along(name: str, row: Mapping[str, Any]) -> Along:
    buckets, codes = (
        {str(key): int(count) for key, count in row[part].items()} for part in ("buckets", "codes")
    )
    return Along(str(name), int(row["found"]), buckets, codes)


def _verification(number: int, folder: str, ledger: LedgerFacts) -> Verification | None:
    path = os.path.join(folder, "verification.json")
    raw = _bytes(path)
    if raw is None:
        return None
    facts = _parsed(path, raw)
    sealed = is_sealed("verify.finished", number, hashlib.sha256(raw).hexdigest(), ledger)
    differences = _listing(folder, "differences", lambda row: (str(row.get("what")), Text("", "")))
    return _guarded(path, lambda: _verification_of(number, facts, differences, sealed))


def _verification_of(
    number: int, facts: Mapping[str, Any], differences: Listing, sealed: bool | None
) -> Verification:
    confidence = facts.get("confidence")
    return Verification(
        number=number,
        started=_moment(facts["started"]),
        finished=_moment(facts["finished"]),
        mode=str(facts["mode"]),
        checked=_count(facts["checked"]),
        equal=int(facts["equal"]),
        statement=text_of(confidence["statement"]) if confidence else None,
        differences={str(what): int(count) for what, count in facts["differences"].items()},
        ok=facts["ok"] is True,
        listing=differences,
        sealed=sealed,
    )


def _samples(path: str) -> list[Sample]:
    if not os.path.exists(path):
        return []
    with open(path, "rb") as stream:
        return samples(stream)


def _listing(folder: str, name: str, group: Any) -> Listing:
    return listing(os.path.join(folder, f"{name}.jsonl"), group, keep=KEEP, keep_each=KEEP_EACH)


def _reason(value: object) -> tuple[str, Text]:
    text = text_of(value)
    return text.en, text


def _files(folder: str) -> int:
    return (
        len([name for name in os.listdir(folder) if name.endswith(".parquet")])
        if os.path.isdir(folder)
        else 0
    )


def _is_held(lock: str) -> bool:
    if not os.path.exists(lock):
        return False
    with open(lock, "rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _formats(state: str, job: Mapping[str, Any]) -> dict[str, int]:
    found = {"state": whole(job.get("format"))}
    for _, folder in _numbered(state, "passes"):
        manifest = _json(os.path.join(folder, "old", "manifest.json"))
        if manifest and whole(manifest.get("format")):
            found["manifest"] = whole(manifest.get("format"))
    return found


def _place(job: Mapping[str, Any], side: str) -> str:
    # Options stay out: they are of no use to a reader, even as references to secrets.
    drive = job.get(side)
    return str(drive.get("place", "")) if isinstance(drive, Mapping) else ""


def _moment(value: Any) -> float:
    datetime.fromtimestamp(float(value), UTC)  # refuses what is no time
    return float(value)


def _count(row: Mapping[str, Any]) -> Count:
    return Count(int(row["objects"]), int(row["bytes"]))


def _counts(row: Mapping[str, Any]) -> dict[str, Count]:
    return {str(name): _count(value) for name, value in row.items()}


def _buckets(row: Mapping[str, Any]) -> dict[str, Count]:
    # A bucket we do not know still counts: otherwise a sum could look closed that is not.
    return {**dict.fromkeys(BUCKETS, Count()), **_counts(row)}


def _bytes(path: str) -> bytes | None:
    if not os.path.exists(path):
        return None
    with open(path, "rb") as stream:
        return stream.read()


def _json(path: str) -> dict[str, Any] | None:
    raw = _bytes(path)
    return None if raw is None else _parsed(path, raw)


def _parsed(path: str, raw: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(raw)
    except (ValueError, RecursionError):
        raise damaged(path, "no JSON", "不是 JSON") from None
    if not isinstance(facts, dict):
        raise damaged(path, "no JSON object", "不是 JSON 对象")
    return facts


def _guarded(path: str, build: Callable[[], T]) -> T:
    try:
        return build()
    except KeyError as missing:
        raise damaged(path, f"{missing} is missing", f"缺少 {missing}") from None
    except (TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise damaged(path, str(problem), str(problem)) from None
