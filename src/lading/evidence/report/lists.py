"""
Long lists beside a pass, read once from front to back: the first rows, and counts of all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lading.model.errors import BadRequest
from lading.model.text import Text

GROUPS = 60
"""Groups told apart in one list; what comes after is counted under ``."""


NOTHING = Text("", "")


@dataclass(slots=True)
class Group:
    """Rows that have something in common, e.g. the code of their error."""

    name: str
    objects: int = 0
    bytes: int = 0
    waived: int = 0
    text: Text = NOTHING
    first: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Listing:
    """A list in the file *path*: how many rows, the *first* of them, and all of them by group."""

    path: str
    total: int = 0
    first: list[Mapping[str, Any]] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)

    def ranked(self) -> list[Group]:
        """The groups, the largest first."""
        return sorted(self.groups.values(), key=lambda group: (-group.objects, group.name))


def rows(path: str) -> Iterator[Mapping[str, Any]]:
    """
    The objects in the JSON lines file *path*; none if it is missing.

    Raises:
        BadRequest: a line is no JSON object.  A last line without its end is not one yet.
    """
    if not os.path.exists(path):
        return
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                row = json.loads(line)
            except ValueError:
                if not line.endswith(b"\n"):
                    return
                raise damaged(path, f"line {number}", f"第 {number} 行") from None
            if not isinstance(row, dict):
                raise damaged(path, f"line {number}", f"第 {number} 行")
            yield row


def listing(
    path: str, group: Callable[[Mapping[str, Any]], tuple[str, Text]], *, keep: int, keep_each: int
) -> Listing:
    """
    Read the list at *path*, keeping the first *keep* rows and *keep_each* of each group.

    *group* gives the name and the text of the group a row belongs to.
    """
    found = Listing(path)
    for row in rows(path):
        found.total += 1
        if len(found.first) < keep:
            found.first.append(row)
        name, text = group(row)
        if name not in found.groups and len(found.groups) >= GROUPS:
            name, text = "", Text("others", "其他")
        it = found.groups.setdefault(name, Group(name, text=text))
        it.objects += 1
        it.bytes += whole(row.get("size"))
        it.waived += row.get("waived") is True
        if len(it.first) < keep_each:
            it.first.append(row)
    return found


def whole(value: object) -> int:
    """*value* if it is a whole number, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def text_of(value: object) -> Text:
    """The text that stands in JSON as `{"en", "zh"}`, or as a bare string."""
    if isinstance(value, Mapping):
        return Text(str(value.get("en", "")), str(value.get("zh", "")))
    return Text(str(value or ""), str(value or ""))


def damaged(path: str, en: str, zh: str) -> BadRequest:
    """The error for a state file that cannot be read."""
    return BadRequest(
        path,
        Text(
            f"this file of the state folder is damaged ({en}); keep the folder as it is, and copy again with a fresh --state",
            f"状态文件夹中的此文件已损坏（{zh}）；请原样保留该文件夹，并用新的 --state 重新复制",
        ),
    )
