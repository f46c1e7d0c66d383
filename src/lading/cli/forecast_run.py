"""
The work of a forecast: portions of OLD, copied by ordinary copies into a folder of their own, and measured.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import cycle
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
from lading.stages.transfer.spent import apart
from lading.stages.transfer.state import job_at, locked

_FIRST = 300
"""Entries of the first warm portion."""
_GROWTH = 4.0
"""By how much the large portion is larger than the small one at least: so that fixed and marginal costs separate."""
_LARGEST, _MOST = 0.2, 0.4
"""The largest shares of the small and of the large files that one portion takes, and that are taken in all: a trial is no copy."""


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
        Copy portions of *deck* for about *seconds* in all: a cold one, small ones, large ones, then others while there is time.

        Raises:
            LadingError: a drive refuses.
        """
        end, small, large = time.monotonic() + seconds, deck.small, deck.large
        self._copy(deck.lightest())
        few = self._copy(deck.cards(min(_FIRST, small // 20)))
        heavy = self._copy(deck.heavy(1, least=self.crew.size))
        number = min(small * _LARGEST, few.load.objects * _grown(few, seconds)) if few else 0
        size = min(large * _LARGEST, heavy.load.bytes * _grown(heavy, seconds)) if heavy else 0
        for turn, share in enumerate(cycle((1.0, 0.5))):
            before = len(self.measured)
            if deck.small > small * (1 - _MOST):
                self._copy(deck.cards(int(number * share)))
            if deck.large > large * (1 - _MOST):
                self._copy(deck.heavy(int(size * share), least=self.crew.size))
            # Two rounds in any case: what is large has to differ from what is small.
            if len(self.measured) == before or (turn and time.monotonic() > end):
                break

    def _copy(self, paths: Collection[Path]) -> Portion | None:
        """Copy one portion by an ordinary copy into a folder of its own, and measure it; None if there is nothing left."""
        if not paths:
            return None
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
        opening = 0.0 if self.measured else self.opening
        self.measured.append(Portion(load, seconds + opening, apart(finished.spent)))
        return self.measured[-1]


def _grown(few: Portion, seconds: float) -> float:
    """By how much a portion may be larger than *few*, so that it takes a quarter of *seconds*."""
    return max(_GROWTH, seconds / 4 / max(few.seconds, 0.01))
