"""
Gather what hangs on files: which features are still to be asked for, and the tables in the end.

Like the entries it can be ended at any point: what was asked stays, and the
state is the set of files that are there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from lading.manifest import parts as entries
from lading.manifest.along import rights_file
from lading.manifest.asking import (
    FOLDER,
    Asked,
    Offer,
    Slice,
    SliceTask,
    Told,
    WholeTask,
    ask_slice,
    ask_whole,
    slices_of,
    was_told,
    whole_file,
)
from lading.manifest.parts import Part
from lading.manifest.share import Job, Means, share
from lading.manifest.tables import TABLES_OF, Feature
from lading.manifest.tabling import Made, ProblemsTask, TableTask, make_problems, make_table
from lading.model.progress import Progress


def gather(means: Means, parts: Sequence[Part], features: Sequence[Feature]) -> dict[str, dict[str, Any]]:
    """
    Ask the drive for *features* of the entries in *parts*; the facts about each table that came of it.

    The raw rows stay in the folder `FOLDER` of the manifest until somebody removes it.

    Raises:
        DriveError: the drive is not there any more, or does not tell a feature that it has.
    """
    os.makedirs(os.path.join(means.directory, FOLDER), exist_ok=True)
    asking = _Asking(means, parts, features)
    share(means.crew, asking.next_job, asking.took)
    making = _Making(means.directory, asking)
    share(means.crew, making.next_job, making.took)
    return dict(sorted(making.tables.items()))


class _Asking:
    """The parent's view: features to ask for in one go, and slices of those that have to be asked entry by entry."""

    def __init__(self, means: Means, parts: Sequence[Part], features: Sequence[Feature]) -> None:
        self._means = means
        self._parts = parts
        self._folder = os.path.join(means.directory, FOLDER)
        self.whole = [feature for feature in features if was_told(self._folder, feature)]
        self.by_entry: dict[Feature, list[str]] = {}
        self._jobs = [self._whole_job(feature) for feature in features if feature not in self.whole]
        self._slices: list[Iterator[Job]] = []
        self._counts = dict.fromkeys(features, 0)

    def next_job(self) -> Job | None:
        """Ask for a whole feature first, then for slices."""
        if self._jobs:
            return self._jobs.pop(0)
        while self._slices:
            if (job := next(self._slices[0], None)) is not None:
                return job
            self._slices.pop(0)
        return None

    def took(self, done: Told | Asked) -> None:
        """Take a result in."""
        if isinstance(done, Told) and done.offer is Offer.ENTRIES:
            self._slices.append(self._slice_jobs(done.feature))
        elif isinstance(done, Told) and done.offer is Offer.WHOLE:
            self.whole.append(done.feature)
        self._counts[done.feature] += done.rows if isinstance(done, Told) else done.entries
        self._means.publish(Progress(done.feature, self._counts[done.feature], 0))

    def _whole_job(self, feature: Feature) -> Job:
        means = self._means
        return ask_whole, WholeTask(means.address, means.policy, feature, self._folder, means.singly)

    def _slice_jobs(self, feature: Feature) -> Iterator[Job]:
        """The slices of *feature* that are still to be asked."""
        results = self.by_entry.setdefault(feature, [])
        for piece in self._pieces(feature, results):
            result = piece.result(self._folder, feature)
            results.append(result)
            if not os.path.exists(result):
                means = self._means
                yield ask_slice, SliceTask(means.address, means.policy, feature, piece, result, means.threads)

    def _pieces(self, feature: Feature, results: list[str]) -> Iterator[Slice]:
        """What is to be asked for *feature*; *results* gets the files of what the walk has asked already."""
        # The first part took the root.
        if not self._told_along(feature, self._parts[0]):
            yield Slice("")
        for part in self._parts:
            if told := self._told_along(feature, part):
                results.append(told)
                continue
            yield from slices_of(os.path.join(self._means.directory, entries.FOLDER, part.name))

    def _told_along(self, feature: Feature, part: Part) -> str:
        """The file of what the walk of *part* has asked for *feature*, "" if it has not."""
        told = rights_file(self._folder, part.name) if feature is Feature.GRANTS else ""
        return told if os.path.exists(told) else ""


class _Making:
    """Tables to be made."""

    def __init__(self, directory: str, asking: _Asking) -> None:
        folder = os.path.join(directory, FOLDER)
        files = {
            name: [whole_file(folder, name)] for feature in asking.whole for name in TABLES_OF[feature]
        } | {feature.value: results for feature, results in asking.by_entry.items()}
        self._jobs: list[Job] = [(make_table, TableTask(directory, name, files[name])) for name in files]
        self._jobs.append((make_problems, ProblemsTask(directory, asking.by_entry)))
        self.tables: dict[str, dict[str, Any]] = {}

    def next_job(self) -> Job | None:
        """The next table."""
        return self._jobs.pop() if self._jobs else None

    def took(self, done: Made) -> None:
        """Take a table in."""
        self.tables[done.name] = done.facts
