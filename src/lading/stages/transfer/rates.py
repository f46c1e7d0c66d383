"""
How fast a pass goes: told to the person, and kept for the report.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path as LocalPath

from lading.model.progress import Progress, Publish, nobody_listens

EVERY = 1.0
"""Seconds between two lines of `rates.jsonl`."""


class Tally:
    """
    Adds up what the workers tell, stage by stage.

    `told` takes increments (it is what a crew publishes to), `total` the sums that a stage
    knows itself.  Both may be called by any thread.
    """

    def __init__(self, publish: Publish = nobody_listens, *, clock: Callable[[], float] = time.time) -> None:
        self.publish, self._clock = publish, clock
        self._sums: dict[str, Progress] = {}
        self._guard = threading.Lock()
        self._file: LocalPath | None = None
        self._next = 0.0

    def told(self, more: Progress) -> None:
        """*more* was done in its stage."""
        with self._guard:
            sum_ = self._sums.get(more.stage, Progress(more.stage, 0, 0))
            self._set(sum_._replace(objects=sum_.objects + more.objects, bytes=sum_.bytes + more.bytes))

    def total(self, progress: Progress) -> None:
        """So much was done in the stage in all."""
        with self._guard:
            self._set(progress)

    def expect(self, stage: str, objects: int, size: int) -> None:
        """So much is to be done in *stage*."""
        with self._guard:
            known = self._sums.get(stage, Progress(stage, 0, 0))
            self._set(known._replace(objects_total=objects, bytes_total=size))

    def write_to(self, file: LocalPath) -> None:
        """Keep the rates of the stage `copy` in *file* from now on."""
        with self._guard:
            self._file = file

    def close(self) -> None:
        """Write the last line."""
        with self._guard:
            self._write(self._sums.get("copy", Progress("copy", 0, 0)))

    def _set(self, progress: Progress) -> None:
        self._sums[progress.stage] = progress
        self.publish(progress)
        if progress.stage == "copy" and self._clock() >= self._next:
            self._write(progress)

    def _write(self, progress: Progress) -> None:
        self._next = self._clock() + EVERY
        if self._file is not None:
            line = {"t": round(self._clock(), 3), "objects": progress.objects, "bytes": progress.bytes}
            with open(self._file, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
