"""
The facet `partials`: uploads that go on where they broke off.

Only where a PUT with `Content-Range` writes into a file at the place it names
(Apache mod_dav).  That is tried once with a throw-away file, never with
content: other servers replace the whole file by the piece and answer success.

A piece is sent from memory, so that it arrives whole or is sent again; what a
source gives before it fails is sent, too.  What lies beyond the byte where a
sitting begins can be given up only by writing the beginning anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from lading.connectors.conditions import Precondition
from lading.connectors.dav.parts import Parts
from lading.connectors.dav.reading import Reading, reading
from lading.connectors.dav.turns import alone
from lading.connectors.dav.wire import Wire
from lading.connectors.dav.writing import Writing
from lading.model.entry import Entry
from lading.model.errors import Changed, DriveError, NameRefused, NotFound, Truncated
from lading.model.paths import Path

PIECE = 8 << 20
"""Bytes that are sent in one request, and held in memory for it."""
_TOKEN = re.compile(r"[A-Za-z0-9]{1,64}")
_KEPT = re.compile(r"p-([A-Za-z0-9]{1,64})")


def ranges_work(wire: Wire, parts: Parts) -> bool:
    """Whether a PUT with `Content-Range` adds to a file, tried on one that is thrown away."""
    trial = parts.fresh()
    try:
        wire.demand("PUT", trial, ("Content-Type:",), b"0123")
        wire.call("PUT", trial, ("Content-Type:", "Content-Range: bytes 2-5/*"), b"4567")
        with reading(wire, trial, 0, None) as reader:
            return reader.read(16) + reader.read(16) == b"014567"
    except DriveError:
        return False
    finally:
        parts.remove(trial)


class WebdavPartials:
    """Partials are the files `p-TOKEN` in the folder for unfinished files."""

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
        held = self.offset(token)
        if held < start:
            raise Changed(place, f"{held} bytes are held, not {start}")
        if held > start or not held:
            self._cut(place, start)
        at, piece = start, bytearray()
        try:
            for block in source:
                piece += block
                while len(piece) >= PIECE:
                    at = self._add(place, bytes(piece[:PIECE]), at)
                    del piece[:PIECE]
        finally:
            # Also when the source has failed: what came before counts.
            if piece:
                at = self._add(place, bytes(piece), at)
        return at

    def read(self, token: str) -> Reading:
        """Read back what is held for *token*."""
        return reading(self._wire, self._place(token), 0, None)

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        """Make the partial appear as *path*; the servers that can do this keep no times."""
        del modified
        place = self._place(token)
        if not self._writing.target(path):
            raise NameRefused(path, "the root is no file")
        if self._wire.found(place) is None:
            raise NotFound(place, "nothing is held")
        with alone(self._wire, path):
            return self._writing.place(place, path, expect)

    def sweep(self, keep: Collection[str]) -> int:
        """Remove partials of this owner except *keep*; what is being written at the moment stays."""
        swept = 0
        for entry in self._parts.left():
            found = _KEPT.fullmatch(entry.path[-1])
            if found and found.group(1) not in keep:
                self._wire.demand("DELETE", entry.path)
                swept += 1
        return swept

    def _place(self, token: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise NameRefused(token, "no token: letters and digits, at most 64")
        return (*self._parts.folder, f"p-{token}")

    def _add(self, place: Path, piece: bytes, at: int) -> int:
        end = at + len(piece)
        headers = ("Content-Type:", f"Content-Range: bytes {at}-{end - 1}/*")
        self._wire.demand("PUT", place, headers, piece)
        size = self._wire.head(place).size
        if size != end:
            raise Truncated(place, f"{size} bytes are held after {end} were sent")
        return end

    def _cut(self, place: Path, start: int) -> None:
        """Hold the first *start* bytes only."""
        if not start:
            self._wire.demand("PUT", place, ("Content-Type:",), b"")
            return
        shorter = self._parts.fresh()
        try:
            self._copy(place, shorter, start)
            answer = self._writing.move(shorter, place, None, replace=True, folder=False)
            if not 200 <= answer.status < 300:
                raise self._wire.error(answer, place)
        except BaseException:
            self._parts.remove(shorter)
            raise

    def _copy(self, place: Path, shorter: Path, end: int) -> None:
        self._wire.demand("PUT", shorter, ("Content-Type:",), b"")
        with reading(self._wire, place, 0, None) as reader:
            at = 0
            while at < end:
                piece = bytearray()
                wanted = min(PIECE, end - at)
                while len(piece) < wanted and (block := reader.read(wanted - len(piece))):
                    piece += block
                if not piece:
                    raise Truncated(place, f"{at} of {end} bytes")
                at = self._add(shorter, bytes(piece), at)
