"""
Which files a drill restores: all that are critical, and a random sample of all.
"""

from __future__ import annotations

import fnmatch
import random
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from lading.model.paths import Path, shown, within

LABELS = frozenset(("critical", "关键"))
"""Labels that mark a file, or a folder with all below it, as critical."""
_SHARES = ((1, 1, 1, 5), (1, 1, 4))


class Choice(NamedTuple):
    """The files to be restored: *critical* ones and those *drawn* at random (a file can be both); *unmet* are patterns that meet none."""

    critical: tuple[Path, ...]
    drawn: tuple[Path, ...]
    unmet: tuple[str, ...]

    @property
    def all(self) -> tuple[Path, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.critical, *self.drawn)))


def choose(
    files: Sequence[Path], labelled: Collection[Path], patterns: Iterable[str], sample: int, seed: int
) -> Choice:
    """
    Choose among *files* (in one order, whatever the drive's): the same *seed* draws the same ones.

    *labelled* are entries with one of `LABELS`; *patterns* are held against paths as shown (`/Deal/…`, `*` crosses slashes).
    """
    rules = tuple(dict.fromkeys(patterns))
    met: set[str] = set()
    critical = []
    for path in files:
        fitting = [rule for rule in rules if fnmatch.fnmatchcase(shown(path), rule)]
        met.update(fitting)
        if fitting or _marked(path, labelled):
            critical.append(path)
    # A sample for checking needs no secret randomness, but one that can be repeated.
    drawn = random.Random(seed).sample(list(files), min(sample, len(files)))  # noqa: S311
    unmet = tuple(rule for rule in rules if rule not in met)
    lost = tuple(shown(it) for it in labelled if not any(within(path, it) for path in critical))
    return Choice(tuple(critical), tuple(drawn), (*unmet, *lost))


def portions(paths: Sequence[Path], seed: int, *, least: int) -> list[tuple[Path, ...]]:
    """
    *paths* shuffled into portions: four, or three, of which the last is by far the largest and none has fewer than *least*; else one.

    What small portions take tells what a restore costs however little it moves, and the large one what more costs.
    """
    mixed = list(paths)
    random.Random(seed).shuffle(mixed)  # noqa: S311
    shares = next((it for it in _SHARES if len(mixed) // sum(it) >= least), (1,))
    ends = [len(mixed) * sum(shares[: at + 1]) // sum(shares) for at in range(len(shares))]
    return [tuple(mixed[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _marked(path: Path, labelled: Collection[Path]) -> bool:
    return any(path[:depth] in labelled for depth in range(len(path) + 1))
