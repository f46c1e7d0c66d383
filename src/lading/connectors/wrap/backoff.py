"""
When a failed call is tried again: how often, after which pause, for how long.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from lading.connectors.wrap.record import RETRY, Note, Record, outcome_of
from lading.model.errors import Advice, CursorExpired, DriveError, Throttled
from lading.model.paths import Path


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    *attempts* in all; pauses up to *base* seconds, doubled each time up to *cap*.

    No attempt begins later than *patience* seconds after the first failure.
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 60.0
    patience: float = 900.0


def nobody_notes(record: Record) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Means:
    """What trying again needs of the world: *luck* gives numbers from 0 to 1, *clock* seconds."""

    sleep: Callable[[float], None] = time.sleep
    luck: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    note: Note = nobody_notes


def passing(error: DriveError) -> bool:
    """Whether the same call may succeed later; an expired cursor never will."""
    return error.advice is Advice.RETRY and not isinstance(error, CursorExpired)


def pause(failures: int, error: DriveError, schedule: Schedule, luck: float) -> float:
    """
    Seconds to wait after the *failures*-th failure in a row.

    Full jitter: anything from nothing to the present step.  A server that names a time
    gets at least that, and a little more so that not everybody comes back at once.
    """
    if isinstance(error, Throttled) and error.after is not None:
        return max(0.0, error.after) + luck * schedule.base
    return luck * min(schedule.cap, schedule.base * 2.0 ** min(failures - 1, 60))


class Attempts:
    """
    The attempts at one call.

    *doubtful* says that an attempt failed in a way that may hide a success: the answer
    was lost, or made no sense.
    """

    def __init__(self, path: Path, schedule: Schedule, means: Means) -> None:
        self._path = path
        self._schedule = schedule
        self._means = means
        self._failures = 0
        self._first = 0.0
        self.doubtful = False

    def progressed(self) -> None:
        """What failed before has been overcome: count from the beginning."""
        self._failures = 0

    def after(self, error: DriveError) -> None:
        """Wait until the call may be tried again; raise *error* if it shall not be."""
        wait = self._wait(error)
        if wait is None:
            try:
                raise error
            finally:
                # An error whose frames know it stays until somebody looks for garbage, with the contents that they held.
                del error
        self.doubtful = self.doubtful or not isinstance(error, Throttled)
        self._means.note(Record(RETRY, self._path, outcome_of(error), 0, wait))
        self._means.sleep(wait)

    def _wait(self, error: DriveError) -> float | None:
        """Seconds until the call may be tried again; None if it shall not be."""
        if not passing(error):
            return None
        self._failures += 1
        now = self._means.clock()
        if self._failures == 1:
            self._first = now
        wait = pause(self._failures, error, self._schedule, self._means.luck())
        late = now + wait - self._first > self._schedule.patience
        return None if late or self._failures >= self._schedule.attempts else wait
