"""
Which folders are still to be listed, told from the parts that are there.

A part names the folders it took, and those it saw and left over.  Parts are
numbered when their task is handed out, so a folder is always left over by an
earlier part than the one that takes it.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from lading.manifest.along import rights_file
from lading.manifest.earlier import Source
from lading.manifest.files import UNFINISHED
from lading.manifest.parts import FOLDER, Note, Part, facts_of, note_of, pack
from lading.manifest.share import Job, Means
from lading.manifest.taking import STAGE as READING
from lading.manifest.taking import Taker
from lading.manifest.walk import STAGE, Budget, Walked, WalkTask, walk
from lading.model.entry import Entry, Kind
from lading.model.paths import ROOT
from lading.model.progress import Progress

FIRST_BUDGET = 500
FULL_BUDGET = 20_000
SECONDS = 10.0
"""A task on a slow drive ends after this time, so that a kill loses little."""
MOST_ROOTS = 2_000
LEAST_ROOTS = 16
"""Folders that a task on a local drive takes at least, where there are so many: to begin one takes longer than to list a few."""

_ROOT = pack(Entry(ROOT, Kind.FOLDER))


class OnTheWay(NamedTuple):
    """What a walk does as it goes: raw rows of grants into the folder *rights* ("" for none), contents for *taker*; *earlier* may be taken over."""

    rights: str = ""
    earlier: Source | None = None
    taker: Taker | None = None


class Frontier:
    """The open folders of a scan, and the parts that are done."""

    def __init__(self, means: Means, attempt: int, along: OnTheWay | None = None) -> None:
        self._means = means
        self._attempt = attempt
        self._along = along or OnTheWay()
        self._least = LEAST_ROOTS if means.profile.local else 1
        self._tasks = 0
        self._objects = self._bytes = 0
        self.parts: list[Part] = []
        self.read = Progress(READING, 0, 0)
        """Contents that were read as the walk went."""
        self._open: dict[str, list[Any]] = {_ROOT[0]: _ROOT}
        """Packed folders by their encoded path; the last one goes first."""
        self._resume()

    def next_job(self) -> Job | None:
        """The next task for a worker; None if no folder is open."""
        if not self._open:
            return None
        size = self._means.crew.size
        few = len(self._open) < 4 * size and self._tasks < 8 * size
        count = min(MOST_ROOTS, max(self._least, len(self._open) // (2 * size)), len(self._open))
        roots = [self._open.popitem()[1] for _ in range(count)]
        self._tasks += 1
        name = f"part-{self._attempt:03}-{self._tasks:06}.parquet"
        task = WalkTask(
            self._means.address,
            self._means.policy,
            os.path.join(self._folder, name),
            roots,
            self._budget(few=few),
            self._means.threads,
            self._means.brief,
            self._rights(name),
            self._along.earlier,
            self._along.taker,
        )
        return walk, task

    def took(self, walked: Walked) -> None:
        """Take the result of a task in."""
        self._keep(walked.part, walked.note)
        self._means.publish(Progress(STAGE, self._objects, self._bytes))
        if walked.read.objects:
            self.read = walked.read._replace(
                objects=self.read.objects + walked.read.objects, bytes=self.read.bytes + walked.read.bytes
            )
            self._means.publish(self.read)

    def _budget(self, *, few: bool) -> Budget:
        """On a local drive the first task ends as soon as there is one for each worker; elsewhere each has to ask anew for what another knows."""
        first = self._means.profile.local and self._tasks == 1 and not self.parts
        enough = self._least * self._means.crew.size if first else 0
        return Budget(FIRST_BUDGET if few else FULL_BUDGET, SECONDS, enough)

    def _rights(self, name: str) -> str:
        return rights_file(self._along.rights, name) if self._along.rights else ""

    @property
    def _folder(self) -> str:
        return os.path.join(self._means.directory, FOLDER)

    def _keep(self, part: Part, note: Note) -> None:
        self.parts.append(part)
        self._objects += part.rows
        self._bytes += note.bytes
        for folder in reversed(note.left):
            self._open[folder[0]] = folder

    def _resume(self) -> None:
        os.makedirs(self._folder, exist_ok=True)
        for name in sorted(os.listdir(self._folder)):
            path = os.path.join(self._folder, name)
            note = None if name.endswith(UNFINISHED) else note_of(path)
            # What a damaged part had left over is open to nobody: the parts that took it are void too.
            if note is None or not self._open.keys() >= set(note.roots):
                os.unlink(path)
                continue
            for root in note.roots:
                del self._open[root]
            self._keep(facts_of(path), note)
