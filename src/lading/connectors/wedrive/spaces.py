"""
Which spaces there are, where several were opened: WeDrive has no call that lists them.

They are given by a file or by their ids, and those that we made are remembered beside the
count of calls.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path as LocalPath

from lading.connectors.http.trouble import Subject
from lading.connectors.wedrive.items import FOLDER, Item, named
from lading.connectors.wedrive.options import Options
from lading.connectors.wedrive.quota import locked
from lading.connectors.wedrive.trouble import senseless
from lading.connectors.wedrive.wire import Wire
from lading.model.errors import BadAddress
from lading.model.text import Text


class Spaces:
    """The spaces of one app, by the names under which we show them."""

    def __init__(self, wire: Wire, file: LocalPath) -> None:
        self._wire, self._file = wire, file
        self._ids: dict[str, str] | None = None
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def all(self) -> dict[str, str]:
        """The id of each space by its name; asked of the server once where the name was not given."""
        with self._lock:
            if self._ids is None:
                self._ids = self._found()
            return dict(self._ids)

    def find(self, name: str) -> str | None:
        """The id of the space called *name*; one that another process has just made is looked for."""
        if (space := self.all().get(name)) is not None:
            return space
        with self._lock:
            self._ids = self._found()
            return self._ids.get(name)

    def make(self, name: str, subject: Subject) -> str:
        """Make a space called *name*, remember it, and return its id."""
        told = self._wire.call("space_create", {"space_name": name, "space_sub_type": 0}, subject)
        space = told.get("spaceid")
        if not isinstance(space, str) or not space:
            raise senseless(subject, "spaceid")
        with locked(self._file.with_name(self._file.name + ".lock")):
            with open(self._file, "a", encoding="utf-8") as stream:
                stream.write(f"{space}\t{_line(name)}\n")
        with self._lock:
            if self._ids is not None:
                self._ids[name] = space
        return space

    def _found(self) -> dict[str, str]:
        rows = dict(_listed(self._file)) if self._file.is_file() else {}
        rows.update(given_spaces(self._wire.options))
        items = [
            Item(space, name or self._named(space), "", FOLDER, created=number)
            for number, (space, name) in enumerate(rows.items())
        ]
        return {name: item.id for name, item in named(items).items()}

    def _named(self, space: str) -> str:
        if space not in self._names:
            told = self._wire.call("space_info", {"spaceid": space}, space).get("space_info")
            name = told.get("space_name") if isinstance(told, dict) else None
            self._names[space] = str(name or space)
        return self._names[space]


def given_spaces(options: Options) -> list[tuple[str, str]]:
    """
    The ids and names (`""` where none is given) that the option `spaces` tells.

    A file has one space a line: its id and, after a blank or tab, the name to show it by; `#` begins a remark.

    Raises:
        BadAddress: the file cannot be read.
    """
    if not options.spaces:
        return []
    file = LocalPath(options.spaces)
    if file.is_file():
        return _listed(file)
    if "/" in options.spaces or options.spaces.endswith((".txt", ".tsv")):
        raise BadAddress(options.spaces, Text("there is no such file of spaces", "没有该空间清单文件"))
    return [(space.strip(), "") for space in options.spaces.split(",") if space.strip()]


def _listed(file: LocalPath) -> list[tuple[str, str]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        why = type(problem).__name__
        raise BadAddress(str(file), Text(f"it cannot be read: {why}", f"无法读取：{why}")) from None
    return list(_rows(lines))


def _rows(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        parts = line.split(None, 1)
        if parts and not parts[0].startswith("#"):
            yield parts[0], parts[1].strip() if len(parts) > 1 else ""


def _line(name: str) -> str:
    return " ".join(name.split())
