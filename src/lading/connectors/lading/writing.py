"""
Content on its way into the drive.

Small contents go with their SHA-256, which the drive checks before it lets
anybody see them; of large ones it tells the digest it computed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from lading.connectors.conditions import Absent, Precondition, Unchanged
from lading.connectors.http.body import Body
from lading.connectors.http.line import Upload
from lading.connectors.lading.wire import Wire, entry_of, route
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, NameRefused, WrongKind
from lading.model.paths import Path
from lading.model.text import Text


def conditions(expect: Precondition) -> tuple[str, ...]:
    """The headers that say what is expected to be there."""
    if isinstance(expect, Absent):
        return ("If-None-Match: *",)
    return (f"If-Match: {sendable(expect.etag)}",) if isinstance(expect, Unchanged) else ()


def expectation(expect: Precondition) -> str:
    """The same as a value of JSON."""
    if isinstance(expect, Absent):
        return "absent"
    return expect.etag if isinstance(expect, Unchanged) else "anything"


def sendable(etag: str) -> str:
    """*etag*, or one that no content has if it could not stand in a header."""
    return etag if etag.isascii() and etag.isprintable() else '"none"'


def write(
    wire: Wire,
    path: Path,
    source: Iterable[bytes],
    *,
    expect: Precondition,
    size: int | None,
    modified: int | None,
) -> Entry:
    """Store *source* at *path*; see `Drive.write`."""
    target(wire, path, expect)
    space, place = wire.spot(path)
    query: dict[str, Any] = {"path": place, "modified": modified}
    body = Body(path, source, size)
    content, headers = body.gather(), list(conditions(expect))
    upload = body.upload()
    if content is not None:
        headers.append(f"X-Content-SHA256: {hashlib.sha256(content).hexdigest()}")
        upload = Upload(body.pull, body.rewind, len(content))
    told = wire.send(route("spaces", space, "content"), query, path, upload, headers)
    return entry_of(told, path)


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
