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
_TOGETHER = 100
"""Files of one folder at most that are drawn together."""
_FEW = 0.05
"""What the small portion has of the neighbours."""
_NEAR = 2
"""Neighbours for each scattered file: they alone tell what a restore costs more for more files."""


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


def portions(
    chosen: Sequence[Path], files: Sequence[Path], seed: int, *, least: int
) -> list[tuple[Path, ...]]:
    """
    The files *chosen*, and twice as many neighbouring ones of all *files*, in three portions; none has fewer than *least*, else there is one.

    Neighbours lie in one folder, as nearly all files do in a full restore, while a sample is scattered over all folders.
    The portions are the scattered ones, a few neighbours, all other neighbours.  The first tells what a restore costs however little it moves, and has the most
    folders and grants; what more files cost is the difference of the others, which is told best where one is as small and one as large as can be.
    """
    # Where all is drawn, half of it stays scattered.
    near = _neighbours(files, seed, min(len(chosen) * _NEAR, len(files) // 2))
    taken = set(near)
    mixed = [path for path in chosen if path not in taken]
    random.Random(seed).shuffle(mixed)  # noqa: S311
    few = max(least, int(len(near) * _FEW))
    found = [tuple(it) for it in (mixed, near[:few], near[few:])]
    return found if min(map(len, found)) >= least else [tuple(chosen)]


def _neighbours(files: Sequence[Path], seed: int, number: int) -> list[Path]:
    """About *number* of *files*, whole folders of them; of a large folder a part."""
    ordered = sorted(files)
    groups: list[list[Path]] = []
    for path in ordered:
        if not groups or groups[-1][0][:-1] != path[:-1] or len(groups[-1]) >= _TOGETHER:
            groups.append([])
        groups[-1].append(path)
    random.Random(seed + 1).shuffle(groups)  # noqa: S311 (another draw than that of the sample)
    near: list[Path] = []
    for group in groups:
        if len(near) >= number:
            break
        near += group
    return near


def _marked(path: Path, labelled: Collection[Path]) -> bool:
    return any(path[:depth] in labelled for depth in range(len(path) + 1))
