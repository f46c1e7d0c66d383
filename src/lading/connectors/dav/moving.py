"""
The facet `moves`: files and folders get another name without being copied.
"""

from __future__ import annotations

from lading.connectors.conditions import Precondition, check
from lading.connectors.dav.turns import alone
from lading.connectors.dav.wire import PARTS, Wire
from lading.connectors.dav.writing import Writing, plain
from lading.connectors.names import check_names
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, NotFound, WrongKind
from lading.model.paths import ROOT, Path, within


class WebdavMoves:
    """Moves by MOVE; nothing is replaced but a file that is known."""

    def __init__(self, wire: Wire, writing: Writing) -> None:
        self._wire = wire
        self._writing = writing

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        """Give *source* the name *target*; see `Moves.move`."""
        check_names(source)
        self._writing.target(target)
        if source == ROOT:
            raise WrongKind(source, "the root stays where it is")
        if PARTS in source:
            raise NotFound(source, "reserved for unfinished files")
        moved = self._wire.stat(source)
        with alone(self._wire, target):
            found = self._wire.found(target)
            check(plain(expect), found, target)
            if found is not None and not (found.is_file and moved.is_file):
                raise WrongKind(target, found.kind.value)
            if moved.is_folder and within(target, source):
                raise WrongKind(target, "it lies inside of what is moved")
            if source == target:
                return moved
            return self._moved(moved, target, expect, replace=found is not None)

    def _moved(self, moved: Entry, target: Path, expect: Precondition, *, replace: bool) -> Entry:
        answer = self._writing.move(moved.path, target, expect, replace=replace, folder=moved.is_folder)
        if answer.status == 412 and not replace:
            raise AlreadyExists(target, "somebody was quicker")
        if not 200 <= answer.status < 300 or answer.status == 207:
            if self._wire.found(moved.path) is None:
                raise NotFound(moved.path, "it is no longer there")
            raise self._writing.explained(target, expect, answer)
        return self._wire.stat(target, folder=moved.is_folder)
