"""
The folder of a job, as far as verification needs it.

`docs/formats/state.md` describes it.  This reader is written from that page and
shares nothing with the code that copies: what a copy left there is taken as
data and held against what the drives say.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lading.connectors.address import Address
from lading.manifest.files import local_errors
from lading.model.errors import BadRequest, Busy

FORMAT = 1
LOCK_PATIENCE = 5.0
"""Seconds to wait for the workers of a killed run to go."""


@dataclass(frozen=True, slots=True)
class Job:
    """The state folder of a pair of drives; *kept* is False for one that is thrown away afterwards."""

    id: str
    folder: str
    kept: bool

    @property
    def ledger(self) -> str:
        """The chain of records."""
        return os.path.join(self.folder, "ledger.jsonl")

    def mapped(self) -> str | None:
        """The list of mapped names of the latest pass that has one."""
        return self._of_pass("plan", "mapped.parquet")

    def excluded(self) -> str | None:
        """The list of what the latest pass that ended left behind on purpose."""
        return self._of_pass("excluded.jsonl")

    def landed(self) -> str | None:
        """The table of recorded digests; None if a later pass has begun to change what it tells."""
        tables = _numbered(os.path.join(self.folder, "landed"), ".parquet")
        passes = _numbered(os.path.join(self.folder, "passes"))
        if not tables or (passes and passes[-1][0] > tables[-1][0]):
            return None
        return tables[-1][1]

    def _of_pass(self, *names: str) -> str | None:
        for _, folder in reversed(_numbered(os.path.join(self.folder, "passes"))):
            path = os.path.join(folder, *names)
            if os.path.exists(path):
                return path
        return None


def job_id(old: Address, new: Address) -> str:
    """The name of the folder of the job of *old* and *new*."""
    text = "\0".join((old.kind, old.place, new.kind, new.place))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def job_in(state: str, old: Address, new: Address) -> Job | None:
    """The job of *old* and *new* under the folder *state*; None if there is none."""
    job = Job(job_id(old, new), os.path.join(state, job_id(old, new)), True)
    return job if os.path.exists(os.path.join(job.folder, "job.json")) else None


def make_job(state: str, old: Address, new: Address, *, kept: bool = True) -> Job:
    """
    The job of *old* and *new* under the folder *state*, made if it is new.

    Raises:
        DriveError: the folder cannot be written.
    """
    job = Job(job_id(old, new), os.path.join(state, job_id(old, new)), kept)
    header = os.path.join(job.folder, "job.json")
    with local_errors(state):
        os.makedirs(job.folder, mode=0o700, exist_ok=True)
        if not os.path.exists(header):
            write_json(
                header, {"format": FORMAT, "job": job.id, "old": _described(old), "new": _described(new)}
            )
    return job


@contextmanager
def locked(
    job: Job, *, patience: float = LOCK_PATIENCE, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """
    Hold the lock of *job*, so that nothing is copied while we look.

    Raises:
        Busy: another run holds it.
        DriveError: the folder cannot be written.
    """
    with local_errors(job.folder):
        lock = os.open(os.path.join(job.folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _take(lock, job, patience, sleep)
        yield
    finally:
        os.close(lock)


@contextmanager
def verification_of(job: Job) -> Iterator[tuple[int, str]]:
    """
    A number and an empty folder for a verification; the folder goes again if an error ends it.

    What earlier ones left unfinished is removed.  Needs the lock of *job*.
    """
    above = os.path.join(job.folder, "verifications")
    with local_errors(job.folder):
        number = 1
        for earlier, folder in _numbered(above):
            number = earlier + 1
            if not os.path.exists(os.path.join(folder, "verification.json")):
                shutil.rmtree(folder)
        folder = os.path.join(above, f"{number:04d}")
        os.makedirs(folder)
    try:
        yield number, folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def write_json(path: str, facts: dict[str, Any]) -> None:
    """Write *facts* at *path*, whole or not at all."""
    with open(path + ".part", "w", encoding="utf-8") as stream:
        json.dump(facts, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(path + ".part", path)


def check_different(old: Address, new: Address) -> None:
    """
    Refuse to hold a drive against itself, which would prove nothing.

    Raises:
        BadRequest: both addresses lead to the same place.
    """
    if _where(old) == _where(new):
        raise BadRequest(str(new), "OLD and NEW are the same drive")


def _where(address: Address) -> tuple[str, str]:
    place = os.path.realpath(address.place) if address.kind == "folder" else address.place.rstrip("/")
    return address.kind, place


def _take(lock: int, job: Job, patience: float, sleep: Callable[[float], None]) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise Busy(job.folder, f"lock of job {job.id}") from None
            sleep(0.05)


def _numbered(folder: str, ending: str = "") -> list[tuple[int, str]]:
    """What is in *folder* under a number of four digits, in order; 0000 is a dry run and not told."""
    if not os.path.isdir(folder):
        return []
    names = [name for name in os.listdir(folder) if name.removesuffix(ending).isdecimal()]
    found = sorted((int(name.removesuffix(ending)), os.path.join(folder, name)) for name in names)
    return [it for it in found if it[0] > 0]


def _described(address: Address) -> dict[str, Any]:
    place = os.fsencode(address.place).decode("utf-8", "replace")
    return {"kind": address.kind, "place": place, "options": dict(address.options)}
