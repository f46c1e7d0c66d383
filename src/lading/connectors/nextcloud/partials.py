"""
The facet `partials`: uploads of Nextcloud that go on where they broke off.

A token is a folder among the account's uploads.  What rests for a day the server
removes: a partial of which nothing is left begins anew.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable

from lading.connectors.conditions import Precondition
from lading.connectors.dav.reading import Reading
from lading.connectors.nextcloud.uploads import PIECE, Piece, Uploads
from lading.connectors.nextcloud.writing import FilesWriting
from lading.model.entry import Entry
from lading.model.errors import Changed, NameRefused, NotFound
from lading.model.paths import Path, name_bytes

_TOKEN = re.compile(r"[A-Za-z0-9]{1,64}")


class CloudPartials:
    """Partials of *owner* for what lies below *root*: the uploads `lading-DIGEST-p-TOKEN` of the account."""

    def __init__(self, uploads: Uploads, writing: FilesWriting, owner: str, root: Path) -> None:
        self._uploads = uploads
        self._writing = writing
        whose = name_bytes("/".join((owner, *root)))
        self._prefix = f"lading-{hashlib.sha256(whose).hexdigest()[:16]}-p-"

    def offset(self, token: str) -> int:
        """Bytes that are held for *token*."""
        return _length(self._uploads.held(self._name(token), ()) or [])

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        """Add *source* after byte *start*; see `Partials.append`."""
        name = self._name(token)
        pieces = self._uploads.held(name, ())
        held = _length(pieces or [])
        if held < start:
            raise Changed(token, f"{held} bytes are held, not {start}")
        if pieces is None:
            self._uploads.begin(name, ())
        elif held > start:
            self._uploads.cut(name, start, pieces, ())
        at, waiting = start, bytearray()
        try:
            for block in source:
                waiting += block
                while len(waiting) >= PIECE:
                    at = self._add(name, at, bytes(waiting[:PIECE]))
                    del waiting[:PIECE]
        finally:
            # Also when the source has failed: what came before counts.
            if waiting:
                at = self._add(name, at, bytes(waiting))
        return at

    def read(self, token: str) -> Reading:
        """Read back what is held for *token*."""
        name = self._name(token)
        if self._uploads.held(name, ()) is None:
            raise NotFound(token, "nothing is held")
        return self._uploads.read(name)

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        """Make the partial appear as *path*."""
        name = self._name(token)
        if not self._writing.target(path):
            raise NameRefused(path, "the root is no file")
        pieces = self._uploads.held(name, ())
        if pieces is None:
            raise NotFound(token, "nothing is held")
        return self._writing.finish(name, path, _length(pieces), expect, modified)

    def sweep(self, keep: Collection[str]) -> int:
        """Remove partials of this owner except *keep*."""
        gone = [
            name
            for name in self._uploads.names(())
            if name.startswith(self._prefix) and name.removeprefix(self._prefix) not in keep
        ]
        for name in gone:
            self._uploads.remove(name)
        return len(gone)

    def _name(self, token: str) -> str:
        if not _TOKEN.fullmatch(token):
            raise NameRefused(token, "no token: letters and digits, at most 64")
        return self._prefix + token

    def _add(self, name: str, at: int, content: bytes) -> int:
        self._uploads.add(name, at, content, ())
        return at + len(content)


def _length(pieces: list[Piece]) -> int:
    return sum(piece.size for piece in pieces)
