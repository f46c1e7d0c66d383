"""
A part of a snapshot: some entries, all that lies below them, and the folders above them.

The folders above come along because nothing can lie without them; what hangs
on them (grants above all) holds for what was asked for, so it comes along too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from lading.manifest.files import local_errors, write_json
from lading.manifest.read import Manifest
from lading.model.errors import BadAddress, NotFound
from lading.model.paths import Path, decode, encode, shown
from lading.model.text import Text

FORMAT = 1
_NEAR = 3
"""Names at most that an error offers instead."""
_DAMAGED = Text("it tells of no part of a snapshot", "其中没有快照部分的信息")
_NEAREST = Text("it is not in the snapshot; near it are: {names}", "快照中没有此路径；相近的有：{names}")
_NOT_THERE = Text("it is not in the snapshot", "快照中没有此路径")
_SEVERAL = Text("several entries are shown like this", "有多个条目显示为此形式")


class Part:
    """The entries at *paths*; one that is the root means the whole snapshot."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = tuple(sorted(set(paths), key=encode))
        self._wanted = frozenset(map(encode, self.paths))
        self.above = frozenset(encode(path[:depth]) for path in self.paths for depth in range(len(path)))

    def holds(self, path: str) -> bool:
        """Whether the entry at *path* (encoded) belongs to the part, or is a folder above it."""
        if path in self.above or "" in self._wanted:
            return True
        while path:
            if path in self._wanted:
                return True
            path = path.rpartition("/")[0]
        return False

    def write(self, file: str) -> None:
        """
        Keep the part in the local *file*, from which other processes take it.

        Raises:
            NoSpace, ReadOnly, Forbidden: it cannot be written.
        """
        with local_errors(file):
            write_json(file, {"format": FORMAT, "paths": list(map(encode, self.paths))})


def read_part(file: str) -> Part:
    """
    The part that `write` kept in *file*.

    Raises:
        BadAddress: there is none.
    """
    try:
        with open(file, encoding="utf-8") as stream:
            told: Any = json.load(stream)
        return Part([decode(str(path)) for path in told["paths"]])
    except OSError as problem:
        raise BadAddress(file, problem.strerror or "") from None
    except (ValueError, KeyError, TypeError):
        raise BadAddress(file, _DAMAGED) from None


def resolve(manifest: Manifest, typed: str) -> Path:
    """
    The path of the entry that a person *typed*: as it is, or as it is shown.

    Raises:
        NotFound: there is none, with names near it; or several are shown alike.
    """
    exact = tuple(name for name in typed.split("/") if name)
    if not exact:
        return ()
    wanted, alike = encode(exact), []
    for path in _paths(manifest):
        if path == wanted:
            return exact
        if shown(decode(path)) == shown(()) + typed.strip("/"):
            alike.append(decode(path))
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise NotFound(exact, _SEVERAL)
    raise NotFound(exact, _near(manifest, exact))


def _near(manifest: Manifest, path: Path) -> Text:
    """What else there is where *path* should be: in its folder, or with nearly its name elsewhere."""
    parent = encode(path[:-1])
    paths = list(_paths(manifest))
    siblings = {it.rpartition("/")[2]: it for it in paths if it.rpartition("/")[0] == parent}
    elsewhere = {it.rpartition("/")[2]: it for it in paths}
    for known in (siblings, elsewhere):
        names = get_close_matches(encode(path[-1:]), known, n=_NEAR, cutoff=0.5)
        if names:
            listed = [shown(decode(known[name])) for name in names]
            en, zh = ", ".join(listed), "、".join(listed)
            return Text(_NEAREST.en.replace("{names}", en), _NEAREST.zh.replace("{names}", zh))
    return _NOT_THERE


def _paths(manifest: Manifest) -> Iterator[str]:
    for batch in manifest.batches(["path"]):
        yield from batch.column(0).to_pylist()
