"""
The facet `partials`: files `p-…` in the folder for unfinished ones.

The server may not tell upper from lower case, so the name of a token holds its letters in lower case, and which of
them are upper as a number.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable

from lading.connectors.conditions import Precondition
from lading.connectors.smb import packets
from lading.connectors.smb.inheriting import adopt
from lading.connectors.smb.parts import Parts
from lading.connectors.smb.reading import Reading, reading
from lading.connectors.smb.wire import Handle, Wire
from lading.connectors.smb.writing import Draft, Writing
from lading.model.entry import Entry
from lading.model.errors import Changed, NameRefused, NotFound, Unreadable, WrongKind
from lading.model.paths import Path

_TOKEN = re.compile(r"[A-Za-z0-9]{1,64}")
_ACCESS = (
    packets.WRITE_DATA
    | packets.WRITE_ATTRIBUTES
    | packets.READ_ATTRIBUTES
    | packets.DELETE
    | packets.READ_CONTROL
    | packets.WRITE_DAC
)


class SmbPartials:
    """Files written in several sittings."""

    def __init__(self, wire: Wire, parts: Parts, writing: Writing) -> None:
        self._wire = wire
        self._parts = parts
        self._writing = writing

    def offset(self, token: str) -> int:
        """Bytes that are held for *token*."""
        found = self._wire.found(self._place(token))
        return found.size if found else 0

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        """Add *source* after byte *start*; see `Partials.append`."""
        place = self._place(token)
        self._parts.ensure()
        try:
            handle = self._open(token, place, packets.OPEN if start else packets.OPEN_IF)
        except NotFound:
            raise Changed(token, f"nothing is held, not {start} bytes") from None
        try:
            if handle.facts.size < start:
                raise Changed(token, f"{handle.facts.size} bytes are held, not {start}")
            if handle.facts.size > start:
                self._wire.demand(place, packets.set_end(start, handle.number), line=handle.line)
            return self._added(handle, source, start, place)
        finally:
            self._wire.close(handle)

    def read(self, token: str) -> Reading:
        """Read back what is held for *token*."""
        return reading(self._wire, self._place(token), 0, None)

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        """
        Give what is held the name *path*.

        It gets the rights that a new file there gets, before anybody sees it.
        """
        place = self._place(token)
        self._writing.check_name(path)
        if not path:
            raise WrongKind(path, "the root is a folder")
        handle = self._open(token, place, packets.OPEN)
        draft = Draft(handle, place, kept=True)
        try:
            self._writing.compare(path, expect)
            adopt(self._wire, handle, path)
            if modified is not None:
                self._writing.set_time(draft, modified, path)
            entry = self._writing.place(draft, path, expect)
        except BaseException:
            self._wire.close(handle)
            raise
        self._writing.told(path)
        return entry

    def sweep(self, keep: Collection[str]) -> int:
        """Remove this owner's partials except *keep*; what is being written at the moment stays."""
        kept = {_name(token) for token in keep if _TOKEN.fullmatch(token)}
        swept = 0
        for name in self._parts.left():
            if name not in kept:
                with contextlib.suppress(NotFound, Unreadable):
                    self._parts.remove((*self._parts.folder, name))
                    swept += 1
        return swept

    def _place(self, token: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise NameRefused(token, "no token: letters and digits, at most 64")
        return (*self._parts.folder, _name(token))

    def _open(self, token: str, place: Path, disposition: int) -> Handle:
        """The partial at *place*, which nobody else writes until it is closed."""
        try:
            return self._wire.open(
                place, _ACCESS, disposition=disposition, share=packets.SHARE_READ, making=True
            )[0]
        except NotFound:
            if disposition == packets.OPEN:
                raise NotFound(token, "nothing is held") from None
            raise
        except Changed:
            raise Changed(token, "somebody else is at work on it") from None

    def _added(self, handle: Handle, source: Iterable[bytes], start: int, place: Path) -> int:
        at, held, room = start, bytearray(), handle.line.block
        try:
            for piece in source:
                held += piece
                while len(held) >= room:
                    self._writing.add(handle, at, bytes(held[:room]), place)
                    at += room
                    del held[:room]
        finally:
            # Also when the source has failed: what came before counts.
            if held and not handle.line.broken:
                self._writing.add(handle, at, bytes(held), place)
                at += len(held)
        return at


def _name(token: str) -> str:
    upper = sum(1 << place for place, letter in enumerate(token) if letter.isupper())
    return f"p-{token.lower()}-{upper:x}"
