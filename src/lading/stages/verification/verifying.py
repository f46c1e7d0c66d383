"""
One verification, from two addresses to a verdict.

Both drives are listed anew, matched, and read in step by a crew of processes;
what differs is written down.  The verdict is `ok` only if every object of OLD was
accounted for and nothing differs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lading.connectors.crew import Crew, drive_for
from lading.connectors.profile import Profile
from lading.evidence.ledger import Ledger
from lading.manifest.engine import engine, enough_for
from lading.manifest.files import local_errors
from lading.manifest.read import Manifest
from lading.manifest.scan import scan
from lading.manifest.share import Job as Work
from lading.manifest.share import share
from lading.stages.verification import confidence
from lading.stages.verification.differences import EXCLUDED, What, Written, write_lists
from lading.stages.verification.order import Order, Side
from lading.stages.verification.pairs import Pairs
from lading.stages.verification.reading import STAGE, Done, File, Task, read_files
from lading.stages.verification.state import Job, verification_of, write_json
from lading.stages.verification.tally import Tally

TASK_FILES = 400
TASK_BYTES = 48 << 20


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification that came to its end: its number, its folder and what its `verification.json` says."""

    number: int
    folder: str
    facts: dict[str, Any]

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return bool(self.facts["ok"])


def verify(order: Order, job: Job, crew: Crew, tally: Tally, *, now: Callable[[], float]) -> Verified:
    """
    Verify what *order* names, and keep the result in the folder of *job*, whose lock is held.

    *crew* publishes to *tally*.

    Raises:
        BadRequest: a list beside the drives cannot be understood.
        DriveError: a drive is not there (any more), or the result cannot be written.
        Overlapping: the folder of *job* lies inside a drive.
    """
    with verification_of(job) as (number, folder), local_errors(folder):
        work = os.path.join(folder, "work")
        run = _Run(order, job, crew, tally, folder, work)
        facts = run.facts(now)
        shutil.rmtree(work)
        write_json(os.path.join(folder, "verification.json"), facts)
        if job.kept:
            _record(order, job, number, folder, facts, now())
        return Verified(number, folder, facts)


class _Run:
    """The state of a verification under way."""

    def __init__(self, order: Order, job: Job, crew: Crew, tally: Tally, folder: str, work: str) -> None:
        self._order, self._job, self._crew, self._tally = order, job, crew, tally
        self._folder, self._work = folder, work
        self._done = Done(0, 0, [])
        self._drawn_bad = self._bad = 0
        self._tasks = 0

    def facts(self, now: Callable[[], float]) -> dict[str, Any]:
        """Do everything, and tell the facts of `verification.json`."""
        started = now()
        os.mkdir(self._work)
        profiles = self._profiles()
        old, new = self._scanned()
        with engine(self._work, memory_limit=enough_for(old.objects + new.objects)) as db:
            pairs = Pairs(db, old, new)
            pairs.match(self._job, self._order.mapped)
            files, drawn = pairs.choose(self._order.extent)
            self._tally.expect(STAGE, *pairs.chosen)
            self._read(pairs, profiles)
            written = self._write(pairs)
            summary = self._summary(pairs, old, files, drawn)
        return {
            "format": 1,
            "started": started,
            "finished": now(),
            "old": profiles[0].address,
            "new": profiles[1].address,
            **summary,
            "fingerprints": {"old": old.fingerprint, "new": new.fingerprint},
            "listed": written._asdict(),
        }

    def _profiles(self) -> tuple[Profile, Profile]:
        """Reach both drives before the long work begins."""
        sides = (self._order.old, self._order.new)
        asked = [self._crew.submit(_profile, side) for side in sides]
        old, new = (it.result() for it in asked)
        return old, new

    def _scanned(self) -> tuple[Manifest, Manifest]:
        """List both drives at the same time."""
        with ThreadPoolExecutor(1) as other:
            old = other.submit(self._scan, self._order.old, "old")
            new = self._scan(self._order.new, "new")
            return old.result(), new

    def _scan(self, side: Side, name: str) -> Manifest:
        return scan(side.address, side.policy, os.path.join(self._work, name), crew=self._crew)

    def _read(self, pairs: Pairs, profiles: tuple[Profile, Profile]) -> None:
        """Read what was chosen, in tasks of bounded files and bytes."""
        threads = _threads(profiles, self._crew.size)
        if self._job.kept:
            os.mkdir(os.path.join(self._folder, "digests"))
        batches = _batches(pairs.files())
        share(
            self._crew,
            lambda: self._next(batches, threads),
            lambda done: self._took(done, pairs),
        )

    def _next(self, batches: Iterator[list[File]], threads: int) -> Work | None:
        files = next(batches, None)
        if files is None:
            return None
        self._tasks += 1
        digests = os.path.join(self._folder, "digests", f"part-{self._tasks:06d}.parquet")
        kept = self._job.kept
        return read_files, Task(
            self._order.old, self._order.new, files, threads, kept, digests if kept else None
        )

    def _took(self, done: Done, pairs: Pairs) -> None:
        self._done = Done(self._done.files + done.files, self._done.bytes + done.bytes, [])
        self._bad += len(done.bad)
        self._drawn_bad += sum(file.drawn for file, _ in done.bad)
        pairs.note(done.bad)

    def _write(self, pairs: Pairs) -> Written:
        return write_lists(
            pairs.found(),
            os.path.join(self._folder, "differences.jsonl"),
            os.path.join(self._folder, "excluded.jsonl"),
        )

    def _summary(self, pairs: Pairs, old: Manifest, files: int, drawn: int) -> dict[str, Any]:
        counts = pairs.counts()
        excluded = counts.pop(EXCLUDED, 0)
        asked = pairs.chosen[0]
        checked = old.objects - excluded - (files - asked)
        extra = counts.get(What.EXTRA, 0) if self._order.ignore_extra else 0
        extent = self._order.extent
        sampled = confidence.Sample(files, drawn, self._drawn_bad, asked, self._bad)
        return {
            "mode": "full" if extent.whole else "sample",
            **({} if extent.whole else {"seed": extent.seed}),
            "found": {"objects": old.objects, "bytes": old.bytes},
            "checked": {"objects": checked, "bytes": self._done.bytes},
            "read": {"objects": self._done.files, "bytes": self._done.bytes},
            "equal": checked - pairs.differing(),
            "excluded": excluded,
            "confidence": None if extent.whole or not files else confidence.stated(sampled),
            "differences": counts,
            "ignored_extra": self._order.ignore_extra,
            "folder_times": pairs.folder_times(),
            "against_records": pairs.recorded,
            "ok": sum(counts.values()) == extra,
        }


def _profile(side: Side) -> Profile:
    return drive_for(side.address, side.policy).profile


def _threads(profiles: tuple[Profile, Profile], workers: int) -> int:
    """Calls at once in each worker: local ones keep a processor busy, the others wait for an answer."""
    remote = [profile.concurrency for profile in profiles if not profile.local]
    return max(1, -(-min(remote) // workers)) if remote else 1


def _batches(files: Iterator[File]) -> Iterator[list[File]]:
    batch: list[File] = []
    size = 0
    for file in files:
        if batch and (size + file.size > TASK_BYTES or len(batch) == TASK_FILES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch


def _record(order: Order, job: Job, number: int, folder: str, facts: dict[str, Any], at: float) -> None:
    with open(os.path.join(folder, "verification.json"), "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    Ledger(job.ledger).append(
        "verify.finished",
        {
            "verification": number,
            "result": digest,
            "mode": facts["mode"],
            "checked": facts["checked"],
            "equal": facts["equal"],
            "differences": facts["differences"],
            "fingerprints": facts["fingerprints"],
            "ok": facts["ok"],
        },
        actor=order.actor,
        at=datetime.fromtimestamp(at, UTC),
    )
