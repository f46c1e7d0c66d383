"""
Where a path of ours lies: in which space, and where in it.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from lading.connectors.http.trouble import Subject
from lading.connectors.names import check_names
from lading.connectors.turns import alone
from lading.connectors.wedrive.options import Options
from lading.connectors.wedrive.spaces import Spaces
from lading.connectors.wedrive.tree import Tree
from lading.connectors.wedrive.wire import Wire
from lading.connectors.wedrive.writing import Writing
from lading.model.errors import NotFound
from lading.model.paths import Path
from lading.model.text import Text


class Spot(NamedTuple):
    """A place in the space of *tree*."""

    tree: Tree
    writing: Writing
    within: Path


class Ground:
    """The one space or the spaces that *options* name; a single one may be opened at a folder."""

    def __init__(self, wire: Wire, options: Options) -> None:
        self.wire = wire
        self.options = options
        file = wire.quota.file.with_name(wire.quota.file.name.replace("calls-", "spaces-", 1))
        self.spaces = None if options.space else Spaces(wire, file.with_suffix(".tsv"))
        self._open: dict[str, Spot] = {}
        self._lock = threading.Lock()

    def is_top(self, path: Path) -> bool:
        """Whether *path* is the top above several spaces."""
        return self.spaces is not None and not path

    def is_space(self, path: Path) -> bool:
        """Whether *path* is one of several spaces."""
        return self.spaces is not None and len(path) == 1

    def spot(self, path: Path) -> Spot:
        """
        Where *path*, which is not the top, lies.

        Raises:
            NotFound: there is no such space.
            NameRefused: it holds what is no name.
        """
        check_names(path)
        if self.spaces is None:
            return self._in(self.options.space, self.options.root + path)
        space = self.spaces.find(path[0])
        if space is None:
            raise NotFound(path, Text("there is no such space", "没有该空间"))
        return self._in(space, path[1:])

    def make_space(self, name: str, subject: Subject) -> None:
        """Make sure that there is a space called *name*."""
        assert self.spaces is not None
        with alone(("space", self.options.host, self.options.corp, name)):
            if self.spaces.find(name) is None:
                self.spaces.make(name, subject)

    def close(self) -> None:
        """Give back what was kept on the other side, and connections."""
        for spot in self._open.values():
            spot.writing.close()
        self.wire.close()

    def hits(self) -> int:
        """Uploads whose content WeDrive had already."""
        return sum(spot.writing.hits for spot in self._open.values())

    def _in(self, space: str, within: Path) -> Spot:
        with self._lock:
            if space not in self._open:
                tree = Tree(self.wire, space)
                self._open[space] = Spot(tree, Writing(tree), ())
            return self._open[space]._replace(within=within)
