"""
The work of a forecast: portions of OLD, copied by ordinary copies into a folder of their own, and measured.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path as LocalPath
from typing import Any

from lading.cli.output import person
from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.connectors.wrap.narrow import write_paths
from lading.manifest.files import local_errors
from lading.manifest.load import load_of
from lading.manifest.read import open_manifest
from lading.manifest.tables import Feature
from lading.model.costs import Portion
from lading.model.paths import Path
from lading.stages.planning.contract import side
from lading.stages.readiness.sampling import Deck
from lading.stages.transfer.copying import Copying
from lading.stages.transfer.order import Order
from lading.stages.transfer.rates import Tally
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import job_at, locked

_FIRST = 300
"""Entries of the first warm portion."""
_GROWTH = 4.0
"""By how much the large portion is larger than the small one at least: so that fixed and marginal costs separate."""
_MOST_SMALL, _MOST_LARGE = 0.2, 0.3
"""The largest shares of the small and the large files that one portion takes."""


@dataclass
class Trial:
    """
    A trial from *source* into *target* with *features*, working in *work*.

    *opening* is how many seconds the start took, which each copy does; *failed* counts what could not be copied.
    """

    source: Address
    target: Address
    features: tuple[Feature, ...]
    work: str
    crew: Crew
    tally: Tally
    who: Any
    opening: float
    measured: list[Portion] = field(default_factory=list)
    failed: int = 0

    def run(self, deck: Deck, seconds: float) -> None:
        """
        Copy portions of *deck* for about *seconds* in all: cold, small, large, large files few and more, and middling.

        Raises:
            LadingError: a drive refuses.
        """
        small, large = deck.small, deck.large
        self._copy(deck.lightest())
        for number in _numbers(small, seconds, self.measured):
            self._copy(deck.cards(number))
        group = self.crew.size
        if deck.large_files:
            self._copy(deck.heavy(1, least=group))
            few = self.measured[-1]
            more = few.load.bytes * _grown(few, seconds)
            self._copy(deck.heavy(int(min(more, large * _MOST_LARGE)), least=group))

    def _copy(self, paths: Collection[Path]) -> None:
        """Copy one portion by an ordinary copy into a folder of its own, and measure it."""
        if not paths:
            return
        number = len(self.measured)
        only = os.path.join(self.work, f"only-{number}.json")
        with local_errors(only):
            write_paths(only, paths)
        target = replace(self.target, place=f"{self.target.place}/{number}") if number else self.target
        job = job_at(LocalPath(self.work) / f"job-{number}", self.source, target)
        who = self.who
        order = Order(
            rules=Rules(features=tuple(it.value for it in self.features)),
            actor=person(),
            only=only,
            who=lambda old, new: who.of(side(old), side(new)),
        )
        begun = time.monotonic()
        with locked(job):
            finished = Copying(order, job, self.crew, self.tally).run()
        seconds = time.monotonic() - begun
        self.failed += finished.account["failures"]
        load = load_of(open_manifest(finished.it.old, check=False), self.features)
        # What is warm for the later portions is cold for a copy on its own.
        self.measured.append(Portion(load, seconds + (0.0 if self.measured else self.opening)))


def _numbers(small: int, seconds: float, measured: list[Portion]) -> Iterator[int]:
    """How many entries the portions of small files have, one after the other, as the ones before were *measured*."""
    if not small:
        return
    yield min(_FIRST, max(1, small // 20))
    first = measured[-1]
    number = max(first.load.files, 1) * _grown(first, seconds)
    number = max(1, int(min(number, small * _MOST_SMALL)))
    yield number
    yield number // 2


def _grown(few: Portion, seconds: float) -> float:
    """By how much a portion may be larger than *few*, so that it takes a third of *seconds*."""
    return max(_GROWTH, seconds / 3 / max(few.seconds, 0.01))
