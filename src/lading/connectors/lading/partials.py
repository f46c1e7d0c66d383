"""
Uploads in several sittings.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable

from lading.connectors.conditions import Precondition
from lading.connectors.lading.reading import Reading, reading
from lading.connectors.lading.wire import Wire, entry_of, route
from lading.connectors.lading.writing import expectation, target
from lading.model.entry import Entry
from lading.model.errors import NameRefused
from lading.model.paths import ROOT, Path

_TOKEN = re.compile(r"[A-Za-z0-9]{1,64}")
PIECE = 8 << 20
"""Bytes that are sent in one request, and held in memory for it."""


class LadingPartials:
    """
    Partials on the drive, told apart by *owner*.

    The drive knows them by the account; two programs that use one account must not sweep each
    other's, so the owner goes into the token.
    """

    def __init__(self, wire: Wire, owner: str) -> None:
        self._wire = wire
        self._prefix = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def offset(self, token: str) -> int:
        """Bytes that are held for *token*."""
        return int(self._wire.ask("GET", self._route(token), {}, ROOT)["size"])

    def append(self, token: str, source: Iterable[bytes], *, start: int) -> int:
        """Add *source* after byte *start*; see `Partials.append`."""
        place, at = self._route(token), start
        piece, sent = bytearray(), False
        try:
            for block in source:
                piece += block
                while len(piece) >= PIECE:
                    at, sent = self._add(place, bytes(piece[:PIECE]), at), True
                    del piece[:PIECE]
        finally:
            # Also when the source has failed: what came before counts.
            if piece or not sent:
                at = self._add(place, bytes(piece), at)
        return at

    def read(self, token: str) -> Reading:
        """Read back what is held for *token*."""
        return reading(self._wire, f"{self._route(token)}/content", {}, ROOT)

    def finish(self, token: str, path: Path, *, expect: Precondition, modified: int | None = None) -> Entry:
        """Make the partial appear as *path*; see `Partials.finish`."""
        place = self._route(token)
        target(self._wire, path, expect)
        space, within = self._wire.spot(path)
        told = {
            "space": space,
            "path": within,
            "expect": expectation(expect),
            "modified": None if modified is None else str(modified),
        }
        return entry_of(self._wire.ask("POST", f"{place}/finish", {}, path, told=told), path)

    def sweep(self, keep: Collection[str]) -> int:
        """Remove partials of this owner except *keep*."""
        told = {"keep": [self._named(token) for token in keep], "prefix": self._prefix}
        return int(self._wire.ask("POST", "/uploads/sweep", {}, ROOT, told=told)["removed"])

    def _add(self, place: str, piece: bytes, at: int) -> int:
        headers = ("Content-Type:",)
        return int(self._wire.ask("PUT", place, {"start": at}, ROOT, headers=headers, body=piece)["size"])

    def _route(self, token: str) -> str:
        if not _TOKEN.fullmatch(token):
            raise NameRefused(token, "no token: letters and digits, at most 64")
        return route("uploads", self._named(token))

    def _named(self, token: str) -> str:
        return self._prefix + hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:48]
