"""
Renames and moves within the share.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from lading.connectors.conditions import Absent, Precondition, Unchanged
from lading.connectors.smb import packets
from lading.connectors.smb.facts import entry_of, is_folder
from lading.connectors.smb.parts import Parts
from lading.connectors.smb.trouble import error_of
from lading.connectors.smb.wire import Wire, check_not_ours
from lading.connectors.smb.writing import Writing
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, Unreadable, WrongKind
from lading.model.paths import Path, within


class SmbMoves:
    """The moves facet: a rename that replaces only where something is expected."""

    def __init__(
        self, wire: Wire, parts: Parts, writing: Writing, leaving: Callable[[Path, Path], None]
    ) -> None:
        self._wire = wire
        self._parts = parts
        self._writing = writing
        self._leaving = leaving

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        """
        Give *source* the name *target*; see `Moves.move`.

        What the server holds of rights on it goes along, inherited ones too: that is its own way.
        """
        check_not_ours(source)
        self._writing.check_name(target)
        if not source or self._would_hold_itself(source, target):
            raise WrongKind(source, "a folder cannot lie in itself")
        if not target:
            raise WrongKind(target, "the root is a folder")
        if source == target and isinstance(expect, Absent):
            self._wire.look(source)
            raise AlreadyExists(target, "it is there under this name")
        alone = self._parts.turn(target) if isinstance(expect, Unchanged) else contextlib.nullcontext()
        with alone:
            entry = self._moved(source, target, expect)
        self._leaving(source, target)
        return entry

    def _moved(self, source: Path, target: Path, expect: Precondition) -> Entry:
        access = packets.DELETE | packets.READ_ATTRIBUTES
        try:
            handle, _ = self._wire.open(source, access)
        except Unreadable as problem:
            raise Changed(source, problem.details) from problem
        except WrongKind:
            self._wire.look(source)
            raise
        try:
            if not isinstance(expect, Absent):
                found = self._writing.compare(target, expect)
                if found is not None and is_folder(handle.facts):
                    raise WrongKind(target, "a folder cannot replace a file")
            name = self._wire.in_share(target)
            asked = packets.rename(name, handle.number, replace=not isinstance(expect, Absent))
            answer = self._wire.call(target, asked, line=handle.line)[0]
        except BaseException:
            self._wire.close(handle)
            raise
        facts = self._wire.close(handle)
        if not answer.ok:
            if answer.status == 0xC0000103:
                raise error_of(0xC000003A, target)
            raise self._writing.refusal(answer, target, expect)
        return entry_of(target, facts if facts is not None else self._wire.look(target))

    def _would_hold_itself(self, source: Path, target: Path) -> bool:
        old, new = self._writing.folded(source), self._writing.folded(target)
        return old != new and within(new, old)
