"""
Follow each object of NEW through the lines of the journal: where it came from, where it is, what it held meanwhile.

Pure: lines in, objects out.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from lading.model.paths import Path, decode
from lading.stages.cutover.base import Row
from lading.stages.cutover.state import Facts


class Content(NamedTuple):
    """One content that an object had; times in nanoseconds since 1970 UTC, *author* an id of NEW."""

    sha256: str
    size: int
    saved: int
    modified: int | None
    author: str


@dataclass
class Traced:
    """An object of NEW that is otherwise than when both drives last agreed."""

    path: Path
    """Where it is, or was when it was seen last."""
    now: Facts | None
    """None: it is gone."""
    row: Row | None
    """What it is in OLD; None: NEW made it after the switch."""
    contents: list[Content] = field(default_factory=list)
    """What it held meanwhile and is not in OLD yet, oldest first."""
    upto: int = 0
    """The number of the last entry that tells of it."""
    displaced: bool = False
    """It is gone, and another object has its place in NEW."""
    unread: str = ""
    """Code of the error that stood between us and its content."""

    @property
    def kind(self) -> str:
        """What it is; empty: nobody knows any more."""
        facts = self.now or (self.row.new if self.row else None)
        return "" if facts is None else facts.kind

    @property
    def is_folder(self) -> bool:
        """Whether it can hold others."""
        return self.kind == "folder"


def trace(
    lines: Iterable[tuple[int, Mapping[str, Any]]],
    rows: Mapping[Path, Row],
    settled: Container[tuple[Path, int]] = (),
) -> list[Traced]:
    """
    What the *lines* (number of the entry, line) tell beyond what *rows*, by their path in NEW, say was carried.

    *settled* are objects that were gone and whose contents were carried: where each was, and the last entry that told
    of it.  An object that is gone is told as well, also where nothing of it is to be carried.
    """
    following = _Following(rows)
    for number, entry in groupby(lines, key=itemgetter(0)):
        following.entry(number, [line for _, line in entry])
    there = following.found.values()
    left = [it for it in (*there, *following.gone) if it.now is not None or (it.path, it.upto) not in settled]
    return [_tidy(it) for it in left if it.now is not None or it.row or it.contents]


class _Following:
    """Which object is where, entry after entry; an entry is one moment, the order of its lines means nothing."""

    def __init__(self, rows: Mapping[Path, Row]) -> None:
        self.found: dict[Path, Traced] = {}
        """By the path where it is, or was before it was deleted: what is made there anew goes on with it."""
        self.gone: list[Traced] = []
        """Deleted, and another object has its place by now."""
        self._rows = {path: row for path, row in rows.items() if not row.upto}
        self._carried: dict[int, list[tuple[Path, Row]]] = {}
        for path, row in rows.items():
            self._carried.setdefault(row.upto, []).append((path, row))

    def entry(self, number: int, lines: Sequence[Mapping[str, Any]]) -> None:
        """Take in what one entry says."""
        # What moved leaves its place before anything else can be there.
        moved = {decode(line["path"]): self._take(decode(line["from"])) for line in lines if "from" in line}
        left = {decode(line["from"]) for line in lines if "from" in line}
        for line in lines:
            path = decode(line["path"])
            if "now" not in line and path not in left and (it := self._take(path)) is not None:
                it.now, it.upto, self.found[path] = None, number, it
        for line in lines:
            if "now" in line:
                self._there(number, line, moved)
        for path, row in self._carried.get(number, ()) if number else ():
            # Up to here it was carried, with what it was before it came here.
            self.found.pop(path, None)
            self._rows[path] = row

    def _take(self, path: Path) -> Traced | None:
        """The object at *path*, which is not there any more afterwards."""
        row = self._rows.pop(path, None)
        it = self.found.pop(path, None)
        return it if it is not None or row is None else Traced(path, row.new, row, upto=row.upto)

    def _there(self, number: int, line: Mapping[str, Any], moved: Mapping[Path, Traced | None]) -> None:
        path, now = decode(line["path"]), Facts(*line["now"])
        before = self._take(path)
        it = before
        if "from" in line:
            it = moved[path]
            self._displaced(before)
        if it is not None and it.kind not in ("", now.kind):
            # Another thing of the same name; what was there is gone, what it held is still carried.
            if it.now is not None:
                it.now, it.upto = None, number
            self._displaced(it)
            it = None
        it = it or Traced(path, now, None)
        it.path, it.now, it.upto, it.unread = path, now, number, line.get("unread", "")
        it.contents += [Content(**content) for content in line.get("contents", ())]
        self.found[path] = it

    def _displaced(self, it: Traced | None) -> None:
        if it is not None:
            it.displaced = True
            self.gone.append(it)


def _tidy(it: Traced) -> Traced:
    """Without contents that say nothing new: the one that OLD has, and repetitions."""
    known, kept = it.row.sha256 if it.row else None, []
    for content in it.contents:
        if content.sha256 != known:
            kept.append(content)
        known = content.sha256
    it.contents = kept
    return it
