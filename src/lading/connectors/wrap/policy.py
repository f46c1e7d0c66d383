"""
Which wrappers a drive is used through.

From the caller to the drive: record, read-only, retry, pace, faults, narrow.  So a
record tells what the caller saw, a refused change costs nothing, every attempt
is paced, and injected faults are met like real ones.  A wrapper that would do
nothing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.connectors.api import Drive
from lading.connectors.wrap.backoff import Means, Schedule
from lading.connectors.wrap.faults import Fault, FaultyDrive
from lading.connectors.wrap.narrow import narrowed
from lading.connectors.wrap.pace import OwnMeter, PacedDrive, Pacer, SharedMeter
from lading.connectors.wrap.readonly import ReadOnlyDrive
from lading.connectors.wrap.record import Note, RecordedDrive
from lading.connectors.wrap.retry import RetryingDrive
from lading.connectors.wrap.timetable import parse_timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a drive is treated: plain data that can be handed to other processes."""

    attempts: int = 6
    """How often a call that failed with advice `retry` is tried in all."""
    patience: float = 900.0
    """Seconds after the first failure of a call within which it is tried again."""
    read_only: bool = False
    """Refuse every change before it reaches the drive."""
    limits: str = ""
    """A weekly timetable of bandwidth and calls; see `lading.connectors.wrap.timetable`."""
    limits_state: str = ""
    """A local file through which all processes share the limits; without one each has them for itself."""
    faults: tuple[Fault, ...] = ()
    """What shall go wrong on purpose; for tests and rehearsals."""
    faults_seed: int = 0
    """Where the chances of *faults* begin."""
    only: str = ""
    """A local file of the only paths that are seen; see `lading.connectors.wrap.narrow`."""


def wrapped(drive: Drive, policy: Policy, *, note: Note | None = None, means: Means | None = None) -> Drive:
    """
    *drive* seen through the wrappers that *policy* asks for.

    Asks the drive for its profile.  *note* is told every call and every retry.  Closing the
    result closes the drive.

    Raises:
        BadTimetable: `policy.limits` cannot be understood.
        BadState: the file `policy.only` cannot be used.
        DriveError: the drive does not tell its profile.
    """
    timetable = parse_timetable(policy.limits)
    means = _means(means, note)
    schedule = Schedule(attempts=policy.attempts, patience=policy.patience)
    if policy.only:
        drive = narrowed(drive, policy.only)
    if policy.faults:
        drive = FaultyDrive(drive, policy.faults, seed=policy.faults_seed, sleep=means.sleep)
    profile = RetryingDrive(drive, schedule, means=means).profile
    if timetable.rules or profile.calls_per_second:
        meter = SharedMeter(policy.limits_state) if policy.limits_state else OwnMeter()
        drive = PacedDrive(drive, Pacer(timetable, meter, calls_allowed=profile.calls_per_second))
    if policy.attempts > 1:
        reads = not profile.local or bool(policy.faults)
        drive = RetryingDrive(drive, schedule, means=means, reads=reads)
    if policy.read_only:
        drive = ReadOnlyDrive(drive)
    return drive if note is None else RecordedDrive(drive, note)


def _means(means: Means | None, note: Note | None) -> Means:
    means = means or Means()
    return means if note is None else Means(means.sleep, means.luck, means.clock, note)
