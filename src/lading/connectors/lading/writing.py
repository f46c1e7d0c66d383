"""
Content on its way into the drive.

Small contents go with their SHA-256, which the drive checks before it lets
anybody see them; of large ones it tells the digest it computed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lading.connectors.conditions import Absent, Precondition, Unchanged
from lading.connectors.http.body import Body
from lading.connectors.http.line import Upload
from lading.connectors.lading.wire import Wire, entry_of, route
from lading.model.access import Version
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, NameRefused, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

_TAG = re.compile(r'"[0-9]{1,18}-[0-9]{1,9}"')
_NO_TAG = '"0-0"'


def conditions(expect: Precondition) -> tuple[str, ...]:
    """The headers that say what is expected to be there."""
    if isinstance(expect, Absent):
        return ("If-None-Match: *",)
    return (f"If-Match: {sendable(expect.etag)}",) if isinstance(expect, Unchanged) else ()


def expectation(expect: Precondition) -> str:
    """The same as a value of JSON."""
    if isinstance(expect, Absent):
        return "absent"
    return sendable(expect.etag) if isinstance(expect, Unchanged) else "anything"


def sendable(etag: str) -> str:
    """*etag*, or one of the right form that no content has if the drive never gave such a one."""
    return etag if _TAG.fullmatch(etag) else _NO_TAG


def write(
    wire: Wire,
    path: Path,
    source: Iterable[bytes],
    *,
    expect: Precondition,
    size: int | None,
    modified: int | None,
    facts: Mapping[str, str] | None = None,
) -> Entry:
    """Store *source* at *path* with *facts* of its version; see `Drive.write`."""
    target(wire, path, expect)
    space, place = wire.spot(path)
    query: dict[str, Any] = {"path": place, "modified": modified, **(facts or {})}
    body = Body(path, source, size)
    content, place = body.gather(), route("spaces", space, "content")
    headers = ("Content-Type:", *conditions(expect))
    if content is None:
        upload = body.upload()
        if size is None:
            # The drive could not tell a body that broke off from one that ended.
            upload, headers = Upload(Proven(body).pull, _never, None), (*headers, "X-Content-Trailer: sha256")
        return entry_of(wire.send(place, query, path, upload, headers), path)
    checked = (*headers, f"X-Content-SHA256: {hashlib.sha256(content).hexdigest()}")
    return entry_of(wire.ask("PUT", place, query, path, headers=checked, body=content), path)


def facts_of(version: Version, kept: Collection[str]) -> dict[str, str]:
    """What goes with the content of *version* beside its size, as far as it is *kept*."""
    facts = {"modified": str(version.saved if version.modified is None else version.modified)}
    if version.label:
        facts["label"] = version.label
    if "saved" in kept:
        facts |= {"saved": str(version.saved), "author": version.author}
    return facts


def target(wire: Wire, path: Path, expect: Precondition) -> None:
    """
    Refuse *path* as the place of a file where there is none.

    Raises:
        AlreadyExists, WrongKind: it is the root, or a space.
    """
    if path and len(wire.place.root + path) > 1:
        return
    if path and not wire.place.root:
        raise NameRefused(path, Text("files lie in a space", "文件须位于空间内"))
    kind = AlreadyExists if isinstance(expect, Absent) else WrongKind
    raise kind(path, Text("it is a folder", "它是文件夹"))


class Proven:
    """A body of unknown length with the 32 bytes of its SHA-256 behind it."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._digest = hashlib.sha256()
        self._trailer: bytes | None = None

    def pull(self, room: int) -> bytes:
        """Up to *room* bytes, `b""` at the end of the digest."""
        if self._trailer is None:
            if piece := self._body.pull(room):
                self._digest.update(piece)
                return piece
            self._trailer = self._digest.digest()
        piece, self._trailer = self._trailer[:room], self._trailer[room:]
        return piece


def _never() -> bool:
    return False
