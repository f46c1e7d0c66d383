"""
How long a rollback takes, by what was measured: its own earlier runs, else the copy to NEW; else nothing is said.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

from lading.model.progress import Progress, Publish
from lading.stages.cutover.state import Home, Lines, lines_of


class Measured(StrEnum):
    """Where a rate comes from."""

    RUN = "earlier_run"
    """The same work on the same drive."""
    COPY = "copy"
    """The copy from OLD to NEW: the other way round."""


class Work(StrEnum):
    """What of a rollback is measured."""

    WRITE = "write"
    """Carrying objects into OLD."""
    READ = "read"
    """Reading OLD whole."""


class Rate(NamedTuple):
    """So much was done in *seconds*."""

    objects: int
    bytes: int
    seconds: float
    measured: Measured

    def seconds_for(self, objects: int, size: int) -> float:
        """
        Seconds in which *objects* of *size* bytes in all are done, at the most.

        Whether objects or bytes took the time nobody measured apart: the slower of both is reckoned with.
        """
        by_size = size * self.seconds / self.bytes if self.bytes else 0.0
        return max(objects * self.seconds / self.objects, by_size)


class Estimate(NamedTuple):
    """Seconds that *work* takes, and where that is known from; None: nothing was measured."""

    work: Work
    objects: int
    bytes: int
    seconds: float | None
    measured: Measured | None

    def to_json(self) -> dict[str, Any]:
        """As it is told."""
        seconds = None if self.seconds is None else round(self.seconds, 1)
        return {
            "objects": self.objects,
            "bytes": self.bytes,
            "seconds": seconds,
            "measured": self.measured and self.measured.value,
        }


def estimate(home: Home, work: Work, objects: int, size: int) -> Estimate:
    """How long *work* on *objects* of *size* bytes in all takes."""
    rate = _of_runs(home, work) or _of_copy(home.folder.parent)
    seconds = None if rate is None else rate.seconds_for(objects, size)
    return Estimate(work, objects, size, seconds, rate.measured if rate else None)


class Watch:
    """What is done while *publish* tells of it, as sums of a stage; *seconds* since it began."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._begun = time.monotonic()
        self.objects = self.bytes = 0

    def __call__(self, told: Progress) -> None:
        """Take in *told*, and pass it on."""
        self.objects, self.bytes = max(self.objects, told.objects), max(self.bytes, told.bytes)
        self._publish(told)

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return time.monotonic() - self._begun


@contextmanager
def measuring(home: Home, work: Work, publish: Publish) -> Iterator[Watch]:
    """Note how much of *work* was done within, and how long it took, also where it broke off."""
    watch = Watch(publish)
    try:
        yield watch
    finally:
        note(home, work, watch.objects, watch.bytes, watch.seconds)


def note(home: Home, work: Work, objects: int, size: int, seconds: float) -> None:
    """Note how long *work* on so much took."""
    if objects and seconds > 0:
        lines = Lines(home.rates)
        lines.add({"work": work.value, "objects": objects, "bytes": size, "seconds": round(seconds, 4)})
        lines.close()


def _of_runs(home: Home, work: Work) -> Rate | None:
    told = [line for line in lines_of(home.rates) if line["work"] == work.value]
    objects, size, seconds = (sum(line[name] for line in told) for name in ("objects", "bytes", "seconds"))
    return Rate(objects, size, seconds, Measured.RUN) if objects and seconds else None


def _of_copy(job: LocalPath) -> Rate | None:
    """The rate of the pass that copied most; see `docs/formats/state.md`."""
    found = [it for file in sorted(job.glob("passes/*/rates.jsonl")) if (it := _of_pass(file))]
    return max(found, key=lambda it: it.objects, default=None)


def _of_pass(file: LocalPath) -> Rate | None:
    try:
        told = [json.loads(line) for line in file.read_bytes().splitlines()]
        first, last = told[0], told[-1]
        objects, size = last["objects"] - first["objects"], last["bytes"] - first["bytes"]
        seconds = last["t"] - first["t"]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None  # of a pass that was killed, or of none
    return Rate(objects, size, seconds, Measured.COPY) if objects > 0 and seconds > 0 else None
