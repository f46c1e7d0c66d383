"""
Follow each object of NEW through the lines of the journal: where it came from, where it is, what it held meanwhile.

Pure: lines in, objects out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
    unread: str = ""
    """Code of the error that stood between us and its content."""

    @property
    def is_folder(self) -> bool:
        """Whether it can hold others."""
        facts = self.now or (self.row.new if self.row else None)
        return facts is not None and facts.kind == "folder"


def trace(lines: Iterable[tuple[int, Mapping[str, Any]]], rows: Mapping[Path, Row]) -> list[Traced]:
    """
    What the *lines* (number of the entry, line) tell beyond what *rows*, by their path in NEW, say was carried.

    An object that is gone is told as well, also where nothing of it is to be carried.
    """
    found: dict[Path, Traced] = {}
    gone: list[Traced] = []
    rows = dict(rows)
    for number, line in lines:
        path = decode(line["path"])
        row = rows.get(path)
        if row is not None and row.upto >= number:
            # It was carried; so was what it was before it came here.
            for name in ("path", "from"):
                found.pop(decode(line.get(name, line["path"])), None)
            continue
        if "now" in line:
            _there(found, gone, rows, number, line)
        elif (it := found.get(path)) is not None or row is not None:
            it = found.setdefault(path, it or Traced(path, None, row))
            it.now, it.upto = None, number
    return [_tidy(it) for it in (*found.values(), *gone) if it.now is not None or it.row or it.contents]


def _there(
    found: dict[Path, Traced],
    gone: list[Traced],
    rows: dict[Path, Row],
    number: int,
    line: Mapping[str, Any],
) -> None:
    path, now = decode(line["path"]), Facts(*line["now"])
    it = None
    if "from" in line:
        source = decode(line["from"])
        # Whatever comes to its old name later is another one.
        row = rows.pop(source, None)
        it = found.pop(source, None) or (Traced(path, now, row) if row is not None else None)
    else:
        it = found.pop(path, None)
    it = it or Traced(path, None, rows.get(path))
    known = it.now or (it.row.new if it.row else None)
    if known is not None and known.kind != now.kind:
        # Another thing of the same name; what was there is gone, what it held is still carried.
        it.now = None
        gone.append(it)
        it = Traced(path, now, None)
    it.path, it.now, it.upto, it.unread = path, now, number, line.get("unread", "")
    it.contents += [Content(**content) for content in line.get("contents", ())]
    found[path] = it


def _tidy(it: Traced) -> Traced:
    """Without contents that say nothing new: the one that OLD has, and repetitions."""
    known, kept = it.row.sha256 if it.row else None, []
    for content in it.contents:
        if content.sha256 != known:
            kept.append(content)
        known = content.sha256
    it.contents = kept
    return it
