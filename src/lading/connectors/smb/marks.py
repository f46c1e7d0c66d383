"""
What hangs on files of Windows and has no place elsewhere, told as labels.

Alternate data streams (`stream NAME`) and the attributes read-only, hidden and system.  Each entry is asked by itself,
one after the other: only who wants to know (`lading scan --with labels`) pays for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from lading.connectors.api import Page
from lading.connectors.smb import packets
from lading.connectors.smb.trouble import MORE, error_of
from lading.connectors.smb.wire import Wire
from lading.model.access import Label
from lading.model.errors import Forbidden, NotFound, Unreadable
from lading.model.paths import ROOT, Path

_ATTRIBUTES = (
    (packets.A_READONLY, "read-only"),
    (packets.A_HIDDEN, "hidden"),
    (packets.A_SYSTEM, "system"),
)
_ROOM = 65_536


class SmbLabels:
    """The labels facet; *pages* lists a folder."""

    def __init__(self, wire: Wire, pages: Callable[[Path, str | None], Page]) -> None:
        self._wire = wire
        self._pages = pages

    def all(self) -> Iterator[Label]:
        """
        Every label, folder by folder; what may not be opened has none that we know.

        Raises:
            DriveError: a folder could not be listed.
        """
        waiting = deque([ROOT])
        while waiting:
            folder, cursor = waiting.popleft(), None
            while True:
                page = self._pages(folder, cursor)
                for entry in page.entries:
                    if entry.is_folder:
                        waiting.append(entry.path)
                    if entry.is_file or entry.is_folder:
                        yield from self._of(entry.path)
                cursor = page.cursor
                if cursor is None:
                    break

    def _of(self, path: Path) -> Iterator[Label]:
        line = self._wire.line()
        opening = packets.create(self._wire.name(path, line), packets.READ_ATTRIBUTES)
        question = packets.query(packets.INFO_FILE, packets.STREAMS, size=_ROOM)
        opened, told, _ = self._wire.once(path, opening, question, line=line)
        if not opened.ok:
            error = error_of(opened.status, path)
            if isinstance(error, Forbidden | NotFound | Unreadable):
                return
            raise error
        _, facts = packets.created(opened.body)
        yield from (Label(path, word) for bit, word in _ATTRIBUTES if facts.attributes & bit)
        if told.status in (0, MORE):
            for name, _ in packets.streams(packets.answered(told.body)):
                plain = name.removesuffix(":$DATA").strip(":")
                if plain:
                    yield Label(path, f"stream {plain}")
