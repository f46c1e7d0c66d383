"""
Contents in pieces: a folder of `uploads`, put together by a MOVE onto the final name.

The target keeps its id and its history, and shows nothing before the last moment.
Pieces of a content that is sent in one go are numbered and say where it is to be, as
the second version of the protocol asks.  Those of one that may be continued are named by the byte that they begin with,
so that what is held can be seen from their names and lengths; servers that are strict about numbers refuse these.  Nextcloud removes uploads after a day of rest, and
newer versions do not give back what is held.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lading.connectors.dav.reading import Reading, reading
from lading.connectors.dav.wire import Wire
from lading.connectors.http.headers import length_of
from lading.connectors.http.line import Request
from lading.connectors.http.session import Answer
from lading.connectors.nextcloud.cloud import Cloud, error_of
from lading.connectors.nextcloud.tree import DAV, asking
from lading.connectors.nextcloud.wire import place_at
from lading.model.errors import DriveError, NotFound
from lading.model.paths import Path

PIECE = 16 << 20
"""Bytes that are sent in one request, and held in memory for it."""
_WHOLE = ".file"
_LEAST = 10**15
"""Added to the first byte, so that the names of all pieces have the same length and no zero in front."""


class Piece(NamedTuple):
    """A piece that is held."""

    start: int
    size: int


class Uploads:
    """Unfinished contents of the account of *cloud*."""

    def __init__(self, cloud: Cloud, files: Wire) -> None:
        self._cloud = cloud
        self._wire = Wire(cloud.session, place_at(cloud.url("uploads", cloud.user)))
        self._wire.quirks = files.quirks

    def begin(self, name: str, subject: Path, to: str = "") -> None:
        """Make the upload *name*, unless it is there; *to* is the URL that it will have, where that is known."""
        answer = self._send("MKCOL", self._url(name), subject, _towards(to))
        if answer.status not in (201, 405):
            raise error_of(answer, subject)

    def add(self, name: str, start: int, content: bytes, subject: Path) -> None:
        """Hold *content* from byte *start* on."""
        answer = self._send("PUT", self._url(name, str(_LEAST + start)), subject, ("Content-Type:",), content)
        if not 200 <= answer.status < 300:
            raise error_of(answer, subject)

    def add_next(self, name: str, number: int, content: bytes, subject: Path, to: str) -> None:
        """Hold the *number*-th piece, from 1 on, of what will be at the URL *to*."""
        headers = ("Content-Type:", *_towards(to))
        answer = self._send("PUT", self._url(name, f"{number:05}"), subject, headers, content)
        if not 200 <= answer.status < 300:
            raise error_of(answer, subject)

    def held(self, name: str, subject: Path) -> list[Piece] | None:
        """The pieces of *name* that follow one another from the first byte on; None if there is no such upload."""
        try:
            told = self._cloud.ask(
                "PROPFIND", self._url(name), asking("d:getcontentlength"), subject=subject, depth=1
            )
        except NotFound:
            return None
        pieces = []
        for one in told:
            size = length_of(one.text(DAV + "getcontentlength"))
            if one.last.isdecimal() and int(one.last) >= _LEAST and size is not None:
                pieces.append(Piece(int(one.last) - _LEAST, size))
        return list(_following(sorted(pieces)))

    def cut(self, name: str, start: int, pieces: Sequence[Piece], subject: Path) -> None:
        """Give up what *pieces* hold from byte *start* on."""
        for piece in reversed(pieces):
            if piece.start >= start:
                self.remove(name, str(_LEAST + piece.start))
            elif piece.start + piece.size > start:
                answer = self._cloud.whole(
                    Request(
                        "GET",
                        self._url(name, str(_LEAST + piece.start)),
                        subject,
                        ("Accept-Encoding: identity",),
                    )
                )
                if answer.status != 200:
                    raise error_of(answer, subject)
                self.add(name, piece.start, answer.body[: start - piece.start], subject)

    def read(self, name: str) -> Reading:
        """Read what is held."""
        return reading(self._wire, (name, _WHOLE), 0, None)

    def can_be_read(self) -> bool:
        """Whether the server gives back what is held, tried with an upload that is thrown away."""
        name = f"lading-try-{secrets.token_hex(12)}"
        try:
            self.begin(name, ())
            self.add(name, 0, b"01", ())
            self.add(name, 2, b"2", ())
            with self.read(name) as reader:
                return reader.read(16) + reader.read(16) == b"012"
        except DriveError:
            return False
        finally:
            self.remove(name)

    def move(self, name: str, target: str, headers: Sequence[str], subject: Path) -> Answer:
        """Put the pieces together as the file at the URL *target*."""
        return self._send("MOVE", self._url(name, _WHOLE), subject, (f"Destination: {target}", *headers))

    def names(self, subject: Path) -> list[str]:
        """The uploads that are there."""
        try:
            told = self._cloud.ask(
                "PROPFIND", self._url(), asking("d:resourcetype"), subject=subject, depth=1
            )
        except NotFound:
            return []
        above = self._wire.place.decoded()
        return [one.last for one in told if one.href != above]

    def remove(self, *names: str) -> None:
        """Remove an upload or a piece of it, if that can be done."""
        with contextlib.suppress(DriveError):
            self._send("DELETE", self._url(*names), ())

    def _url(self, *names: str) -> str:
        return self._cloud.url("uploads", self._cloud.user, *names)

    def _send(
        self, method: str, url: str, subject: Path, headers: Sequence[str] = (), body: bytes | None = None
    ) -> Answer:
        return self._cloud.session.call(Request(method, url, subject, headers, body))


def _towards(to: str) -> tuple[str, ...]:
    return (f"Destination: {to}",) if to else ()


def _following(pieces: Sequence[Piece]) -> Iterator[Piece]:
    at = 0
    for piece in pieces:
        if piece.start != at:
            return
        yield piece
        at += piece.size
