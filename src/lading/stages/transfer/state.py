"""
The state folder of a job: where each fact about its passes is kept.

A job is one pair of drives.  Its folder can be copied away and read by anybody;
`docs/formats/state.md` describes it.  Secrets are in it only as references.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

from lading.connectors.address import Address
from lading.model.errors import BadRequest, BadState, Busy
from lading.model.text import Text


class Keys(NamedTuple):
    """The keys of the partitions of *stage*, which may be done at the same time."""

    stage: str
    keys: list[str]


Stages = list[Keys]
"""What a plan has done, stage by stage."""

FORMAT = 1
LOCK_PATIENCE = 5.0
"""Seconds to wait for the workers of a killed run to go; they leave within a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The folder of one pass."""

    number: int
    folder: LocalPath

    @property
    def old(self) -> LocalPath:
        """The manifest of OLD."""
        return self.folder / "old"

    @property
    def new(self) -> LocalPath:
        """The manifest of NEW before the pass."""
        return self.folder / "new"

    @property
    def plan(self) -> LocalPath:
        """The partitions of the plan."""
        return self.folder / "plan"

    @property
    def planned(self) -> LocalPath:
        """What the plan says, there once it is whole."""
        return self.folder / "plan.json"

    @property
    def work(self) -> LocalPath:
        """Journals of partitions in flight."""
        return self.folder / "work"

    @property
    def result(self) -> LocalPath:
        """Results of partitions that ended."""
        return self.folder / "result"

    def later(self, name: str) -> LocalPath:
        """The stages of the later plan *name*, there once it is whole."""
        return self.folder / f"plan-{name}.json"

    def result_of(self, key: str) -> LocalPath:
        """The result of the partition *key*, there once it has ended."""
        return self.result / f"{key}.parquet"

    def touched(self) -> bool:
        """Whether a partition has been begun."""
        return any(True for folder in (self.work, self.result) for _ in folder.iterdir())

    @property
    def account(self) -> LocalPath:
        """The account, there once the pass has ended."""
        return self.folder / "account.json"

    @property
    def ended(self) -> LocalPath:
        """There once the account stands in the ledger: the pass has ended."""
        return self.folder / "ended.json"

    def prepare(self) -> None:
        """Make the folders; twice is no error."""
        for folder in (self.plan, self.work, self.result):
            folder.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class Job:
    """The folder of one pair of drives."""

    id: str
    folder: LocalPath
    old: Address
    new: Address

    @property
    def ledger(self) -> LocalPath:
        """The chain of records."""
        return self.folder / "ledger.jsonl"

    @property
    def landed(self) -> LocalPath:
        """What OLD and NEW said about each object when it landed; one file per finished pass."""
        return self.folder / "landed"

    def passes(self) -> list[Pass]:
        """All passes so far, in order."""
        folder = self.folder / "passes"
        names = os.listdir(folder) if folder.is_dir() else []
        numbers = sorted(int(name) for name in names if name.isascii() and name.isdigit())
        return [self.pass_of(number) for number in numbers if number > 0]

    def pass_of(self, number: int) -> Pass:
        """The pass of that number, whether it exists or not."""
        return Pass(number, self.folder / "passes" / f"{number:04d}")

    def landed_before(self, number: int, kind: str = "") -> LocalPath | None:
        """The table of what had landed of *kind* when pass *number* began; None if nothing had."""
        files = [self.landed_after(it, kind) for it in range(1, number)]
        return next((file for file in reversed(files) if file.exists()), None)

    def landed_after(self, number: int, kind: str = "") -> LocalPath:
        """The table of what has landed of *kind* (`grants`, `links`, facts of `versions`; objects without one) after pass *number*."""
        return self.landed / (f"{number:04d}-{kind}.parquet" if kind else f"{number:04d}.parquet")


def job_at(state: LocalPath, old: Address, new: Address) -> Job:
    """
    The job of *old* and *new* under the folder *state*, made if it is new.

    Raises:
        BadRequest: the folder cannot be written.
    """
    key = hashlib.sha256(
        f"{old.kind}\0{old.place}\0{new.kind}\0{new.place}".encode("utf-8", "surrogateescape")
    )
    job = Job(key.hexdigest()[:16], state / key.hexdigest()[:16], old, new)
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        # Whoever can write here can make a later run do things: it is the owner's alone.
        job.folder.chmod(0o700)
        write_json(job.folder / "job.json", _facts(job))
    except OSError as problem:
        why = problem.strerror
        said = Text(f"the state folder cannot be written: {why}", f"无法写入状态文件夹：{why}")
        raise BadRequest(str(state), said) from None
    return job


@contextmanager
def locked(job: Job, *, patience: float = LOCK_PATIENCE) -> Iterator[None]:
    """
    Hold the lock of *job*; forked workers hold it with us until the last one has gone.

    Raises:
        Busy: another run holds it.
    """
    with open(job.folder / "lock", "a+b") as lock:
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise Busy(str(job.folder), f"lock of job {job.id}") from None
                time.sleep(0.05)
        yield


def write_json(path: LocalPath, facts: dict[str, Any]) -> None:
    """Write *facts* at *path*, whole or not at all: a line for each, since to indent all of them takes several times as long."""
    draft = path.with_name(path.name + ".part")
    lines = (f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items())
    with open(draft, "w", encoding="utf-8") as stream:
        stream.write("{\n" + ",\n".join(lines) + "\n}\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, path)


def read_json(path: LocalPath) -> dict[str, Any]:
    """
    The facts at *path*.

    Raises:
        BadState: the file is damaged or gone.
    """
    try:
        facts = json.loads(path.read_bytes())
    except FileNotFoundError as problem:
        raise BadState(str(path), problem.strerror or "") from None
    except ValueError as problem:
        raise BadState(str(path), str(problem)) from None
    if not isinstance(facts, dict):
        raise BadState(str(path), Text("it is no object", "不是对象"))
    return facts


def read_stages(path: LocalPath) -> Stages:
    """
    The keys of the partitions of the plan at *path*.

    Raises:
        BadState: the file is damaged or gone.
    """
    try:
        return [
            Keys(str(stage["stage"]), [str(key) for key in stage["parts"]])
            for stage in read_json(path)["stages"]
        ]
    except (KeyError, TypeError) as problem:
        raise BadState(str(path), repr(problem)) from None


def as_text(place: str) -> str:
    """*place* for a file in UTF-8; bytes of a local folder that are none become a mark."""
    return place.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _facts(job: Job) -> dict[str, Any]:
    def drive(it: Address) -> dict[str, Any]:
        return {
            "kind": it.kind,
            "place": as_text(it.place),
            "options": dict(it.options),
        }

    return {"format": FORMAT, "job": job.id, "old": drive(job.old), "new": drive(job.new)}
