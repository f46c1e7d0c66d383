"""
A drive of which only some entries are seen: a sample of it can be scanned and copied like a drive of its own.

What is seen is a list of paths in a local file; a folder in it is seen without what lies in it, unless that is in the list
too.  The folders above come along, for nothing can lie without them.  It decides what is listed and told of versions, grants and links;
it is no protection: whoever knows a path can still ask for it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from lading.connectors.api import Drive
from lading.connectors.wrap import calls
from lading.connectors.wrap.calls import Call
from lading.connectors.wrap.forward import Forwarding
from lading.model.errors import BadState
from lading.model.paths import Path, decode, encode

T = TypeVar("T")
_FORMAT = 1


def write_paths(file: str | os.PathLike[str], paths: Iterable[Path]) -> None:
    """
    Keep *paths* in the local *file*, from which each process takes them.

    Raises:
        OSError: it cannot be written.
    """
    with open(file, "w", encoding="utf-8") as stream:
        json.dump({"format": _FORMAT, "paths": [encode(path) for path in paths]}, stream)


def narrowed(drive: Drive, file: str) -> Drive:
    """
    *drive* with only the paths that `write_paths` kept in *file*, and the folders above them.

    Raises:
        BadState: there are none.
    """
    try:
        with open(file, encoding="utf-8") as stream:
            told: Any = json.load(stream)
        if told["format"] != _FORMAT:
            raise ValueError(told["format"])
        paths = [decode(str(path)) for path in told["paths"]]
    except OSError as problem:
        raise BadState(file, problem.strerror or "") from None
    except (ValueError, KeyError, TypeError) as problem:
        raise BadState(file, repr(problem)) from None
    return NarrowedDrive(drive, frozenset(path[:depth] for path in paths for depth in range(len(path) + 1)))


class NarrowedDrive(Forwarding):
    """The inner drive, of which only *seen* is listed (with the root and all folders above)."""

    def __init__(self, inner: Drive, seen: frozenset[Path]) -> None:
        super().__init__(inner)
        self._seen = seen

    # What is written down is the whole drive: its entries are listed, as far as they are seen.
    written: Any = None

    def _call(self, call: Call, path: Path, thunk: Callable[[], T]) -> T:
        told = thunk()
        return told if told is None else cast("T", self._seen_of(call, told))

    def _seen_of(self, call: Call, told: Any) -> Any:
        if call in (calls.LIST, calls.LIST_BRIEFLY):
            return told._replace(entries=[it for it in told.entries if it.path in self._seen])
        if call is calls.ALL_VERSIONS:
            return (it for it in told if it[0] in self._seen)
        if call in (calls.ALL_GRANTS, calls.ALL_LINKS):
            return (it for it in told if it.path in self._seen)
        return told
