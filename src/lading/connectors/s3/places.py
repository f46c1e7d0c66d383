"""
Which folders there are, remembered for a moment.

S3 has no folders: that one exists, or that a name is not one, has to be asked.  One listing of a folder answers
that for all that is written into it within the next half a minute.  What others do meanwhile is not seen until
then; nothing is lost by it, because a key and a folder of one name stand side by side.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from lading.connectors.s3.keys import folder_key, name_of
from lading.connectors.s3.listing import below, page_of
from lading.connectors.s3.signing import Query
from lading.connectors.s3.wire import Wire
from lading.model.errors import NotFound
from lading.model.paths import Path
from lading.model.text import Text

FRESH = 30.0
"""Seconds for which a listing counts."""
_FOLDERS = 5000
_PAGES = 5
"""Pages of a listing that are read before a name is rather asked for singly."""
NO_FOLDER = Text("the folder to hold it does not exist", "上级文件夹不存在")


class _Known:
    __slots__ = ("at", "folders")

    def __init__(self, at: float, folders: set[str] | None) -> None:
        self.at = at
        self.folders = folders
        """None: there are too many to know."""


class Places:
    """The folders below the root of *wire*."""

    def __init__(self, wire: Wire, clock: Callable[[], float] = time.monotonic) -> None:
        self._wire, self._clock = wire, clock
        self._known: OrderedDict[Path, _Known] = OrderedDict()
        self._guard = threading.Lock()

    def demand(self, folder: Path, about: Path) -> None:
        """
        Make sure that *folder* exists.

        Raises:
            NotFound: it does not; told about *about*.
        """
        if self._fresh(folder) is None and not self._learn(folder) and folder:
            raise NotFound(about, NO_FOLDER)

    def is_folder(self, path: Path) -> bool:
        """Whether *path*, whose parent exists, is a folder."""
        known = self._fresh(path[:-1])
        if known is None:
            self._learn(path[:-1])
            known = self._fresh(path[:-1])
        if known is not None and known.folders is not None:
            return path[-1] in known.folders
        return bool(below(self._wire, self._wire.prefix + folder_key(path), path, 1))

    def made(self, path: Path, *, new: bool) -> None:
        """The folder *path* is there; *new*: nothing is in it."""
        with self._guard:
            above = self._known.get(path[:-1])
            if above is not None and above.folders is not None:
                above.folders.add(path[-1])
            if new:
                self._keep(path, set())

    def gone(self, path: Path) -> None:
        """The folder *path* was removed."""
        with self._guard:
            for known in [it for it in self._known if it[: len(path)] == path]:
                del self._known[known]
            above = self._known.get(path[:-1])
            if above is not None and above.folders is not None:
                above.folders.discard(path[-1])

    def _fresh(self, folder: Path) -> _Known | None:
        with self._guard:
            known = self._known.get(folder)
            return known if known is not None and self._clock() - known.at < FRESH else None

    def _learn(self, folder: Path) -> bool:
        """List *folder*, and tell whether anything is there."""
        prefix = self._wire.prefix + folder_key(folder)
        query: Query | None = [
            ("list-type", "2"),
            ("encoding-type", "url"),
            ("prefix", prefix),
            ("delimiter", "/"),
        ]
        names: set[str] = set()
        there = False
        for _ in range(_PAGES):
            page = page_of(self._wire, query or (), folder)
            there = there or bool(page.objects or page.folders)
            names.update(name_of(it[len(prefix) : -1]) for it in page.folders)
            query = page.more
            if query is None:
                break
        if there or not folder:
            with self._guard:
                self._keep(folder, None if query is not None else names)
        return there

    def _keep(self, folder: Path, names: set[str] | None) -> None:
        self._known[folder] = _Known(self._clock(), names)
        self._known.move_to_end(folder)
        while len(self._known) > _FOLDERS:
            self._known.popitem(last=False)
