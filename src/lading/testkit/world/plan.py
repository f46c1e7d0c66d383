"""
Decide which ordinary files the firm has: paths, kinds, sizes and times.

Pure: the same seed and count give the same plan, and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import exp, log
from random import Random

from lading.testkit.world.deals import COMPANY_SHELVES, DEALS, SHELVES, Shelf

NEWEST = datetime(2026, 6, 30, 20, 0, tzinfo=UTC)
"""No ordinary file of a new world is younger than this."""

_FIRST_YEAR = 2016
_MEDIAN_KB = {
    "pdf": 30, "docx": 16, "xlsx": 20, "png": 36, "jpg": 50, "dxf": 36, "zip": 60, "eml": 10, "csv": 4, "txt": 2,
}  # fmt: skip
_SPREAD = 0.8
_LARGEST_ORDINARY = 4_000_000
_HEAVY = (5_000_000, 40_000_000)
_GIANT = 60_000_000
_FILES_PER_HEAVY = 500
_FILES_FOR_GIANT = 1_000
_FILES_PER_COPY = 30
_FILES_PER_DRAWDOWN = 9
_MARKS = (*[""] * 16, " 终稿 final", " 签署版 signed", " 清洁版 clean", "（修订 markup）")


@dataclass(frozen=True, slots=True)
class Planned:
    """One file to be written; files with equal *content*, kind and size are equal byte for byte."""

    path: str
    kind: str
    size: int
    mtime_ns: int
    content: str


@dataclass(frozen=True, slots=True)
class _Slot:
    """A shelf in one place of the tree, with the year its files begin."""

    folder: str
    shelf: Shelf
    since: int


def plan_files(seed: int, count: int) -> list[Planned]:
    """Return *count* files; one in 500 is large, and from 1,000 files on one has 60 MB."""
    rng = Random(f"{seed}/plan")
    slots = list(_slots())
    chosen = rng.choices(slots, [slot.shelf.weight for slot in slots], k=count)
    names = _Names()
    files = [_file(slot, names, rng) for slot in sorted(chosen, key=slots.index)]
    _add_copies(files, rng)
    _add_heavy(files, rng)
    return files


def size_for(kind: str, rng: Random) -> int:
    """Return a log-normal size in bytes that suits *kind*."""
    return min(_LARGEST_ORDINARY, int(rng.lognormvariate(log(_MEDIAN_KB[kind] * 1000), _SPREAD)))


def _slots() -> Iterator[_Slot]:
    for shelf in COMPANY_SHELVES:
        yield _Slot(shelf.path, shelf, _FIRST_YEAR)
    for deal in DEALS:
        for shelf in SHELVES:
            if shelf.since <= deal.phase.number:
                yield _Slot(f"{deal.folder}/{shelf.path}", shelf, deal.since)


class _Names:
    """Gives every file a path of its own, and counts versions and numbers per folder and title."""

    def __init__(self) -> None:
        self._per_title: Counter[tuple[str, str]] = Counter()
        self._per_folder: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()

    def path(self, slot: _Slot, title: str, day: datetime, mark: str) -> str:
        self._per_folder[slot.folder] += 1
        self._per_title[slot.folder, title] += 1
        group = _group(slot.shelf.group, day, self._per_folder[slot.folder])
        stem, _, ending = title.rpartition(".")
        named = _numbered(slot.shelf.naming, stem, day, self._per_title[slot.folder, title])
        path = "/".join(filter(None, (slot.folder, group, named + mark)))
        self._taken[path + ending] += 1
        again = self._taken[path + ending]
        return f"{path} ({again}).{ending}" if again > 1 else f"{path}.{ending}"


def _group(group: str, day: datetime, number: int) -> str:
    turn = number // _FILES_PER_DRAWDOWN + 1
    return {
        "": "",
        "year": f"{day:%Y}",
        "month": f"{day:%Y}/{day:%Y-%m}",
        "round": f"第{turn:02}次提款 Drawdown {turn:02}",
    }[group]


def _numbered(naming: str, stem: str, day: datetime, number: int) -> str:
    return {
        "version": f"{stem} v{number:02}",
        "number": f"{stem} {number:03}",
        "date": f"{day:%Y-%m-%d} {stem}",
    }[naming]


def _file(slot: _Slot, names: _Names, rng: Random) -> Planned:
    title = rng.choice(slot.shelf.titles)
    start = datetime(slot.since, 1, 1, tzinfo=UTC)
    moment = start + timedelta(seconds=rng.randrange(int((NEWEST - start).total_seconds())))
    path = names.path(slot, title, moment, rng.choice(_MARKS))
    kind = title.rpartition(".")[2]
    # Files from an NTFS server keep steps of 100 ns, older ones whole seconds.
    fraction = rng.choice((0, rng.randrange(10**7) * 100))
    return Planned(path, kind, size_for(kind, rng), int(moment.timestamp()) * 10**9 + fraction, path)


def _add_copies(files: list[Planned], rng: Random) -> None:
    """Let some files repeat the content of another file, mostly in another deal."""
    for place in rng.sample(range(len(files)), len(files) // _FILES_PER_COPY):
        copy = files[place]
        original = rng.choice([file for file in files if file.kind == copy.kind])
        files[place] = replace(copy, size=original.size, content=original.content)


def _add_heavy(files: list[Planned], rng: Random) -> None:
    heavy = [
        place
        for place, file in enumerate(files)
        if file.kind in ("pdf", "zip", "png") and file.content == file.path
    ]
    sizes = [
        int(exp(rng.uniform(log(_HEAVY[0]), log(_HEAVY[1])))) for _ in range(len(files) // _FILES_PER_HEAVY)
    ]
    if len(files) >= _FILES_FOR_GIANT:
        sizes.append(_GIANT)
    for place, size in zip(rng.sample(heavy, len(sizes)), sizes, strict=True):
        # Content of its own: a copy made above keeps the size that it shares with its original.
        files[place] = replace(files[place], size=size, content=f"heavy/{files[place].path}")
