"""
How fast a pass went, from the totals it noted about once a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

GAP = 5.0
"""Seconds without a note after which we say that nothing was going on."""
MOMENT = 1e-3
"""Seconds between two samples at least: what was done in less has no speed."""

LAST_TIME = 253402300800.0
"""The year 10000."""


class Sample(NamedTuple):
    """Totals since the pass began, at *t* (seconds since 1970)."""

    t: float
    objects: int
    bytes: int


class Point(NamedTuple):
    """Mean speed, per second, from *start* to *end* (seconds since 1970)."""

    start: float
    end: float
    objects: float
    bytes: float


Stretch = tuple[Point, ...]
"""Points without a gap between them."""


def samples(lines: Iterable[bytes]) -> list[Sample]:
    """The samples in *lines*; one torn by a kill is left out."""
    found = []
    for line in lines:
        try:
            row = json.loads(line)
            sample = Sample(float(row["t"]), int(row["objects"]), int(row["bytes"]))
        except (ValueError, KeyError, TypeError, OverflowError):
            continue
        if 0 <= sample.t < LAST_TIME:
            found.append(sample)
    return found


def stretches(noted: Sequence[Sample], *, points: int = 240) -> tuple[Stretch, ...]:
    """
    The speed over time in about *points* points, cut where nothing was noted for `GAP` seconds.

    A total that falls, or a clock that steps back, is the start of another run: a cut too.
    """
    runs = _runs(noted)
    working = sum(run[-1].t - run[0].t for run in runs)
    if not working:
        return ()
    return tuple(tuple(_speeds(run, max(1.0, working / points))) for run in runs if run[-1].t > run[0].t)


def _runs(noted: Sequence[Sample]) -> list[list[Sample]]:
    runs = [list(noted[:1])] if noted else []
    for sample in noted[1:]:
        # Held against the last one that counts: one that came at the same moment is left out.
        before = runs[-1][-1]
        on = (
            before.t + MOMENT <= sample.t <= before.t + GAP
            and before.objects <= sample.objects
            and before.bytes <= sample.bytes
        )
        if on:
            runs[-1].append(sample)
        elif abs(sample.t - before.t) >= MOMENT:
            runs.append([sample])
    return runs


def _speeds(run: Sequence[Sample], step: float) -> Iterable[Point]:
    first = run[0]
    for sample in run[1:]:
        seconds = sample.t - first.t
        if seconds < step and sample is not run[-1]:
            continue
        yield Point(
            first.t,
            sample.t,
            (sample.objects - first.objects) / seconds,
            (sample.bytes - first.bytes) / seconds,
        )
        first = sample
