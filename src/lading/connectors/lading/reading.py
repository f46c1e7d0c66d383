"""
Content being read: of a file, of one of its versions, or of an unfinished upload.

The drive gives one content whole, whatever is saved meanwhile; what arrives is
held against the announced range and length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lading.connectors.http.content import Content
from lading.connectors.http.headers import content_range, length_of
from lading.connectors.http.session import Stream
from lading.connectors.lading.problems import problem_of
from lading.connectors.lading.wire import Wire, drained
from lading.model.entry import Entry, Kind
from lading.model.errors import BadAnswer, Changed
from lading.model.paths import Path


class Reading(Content):
    """The content of a file, a version or an upload."""

    __slots__ = ()


def reading(
    wire: Wire, route: str, query: Mapping[str, Any], path: Path, *, start: int = 0, expect: str | None = None
) -> Reading:
    """
    Open the content at *route* from byte *start* on.

    Raises:
        Changed: its etag is not *expect*, or *start* lies beyond its end.
        DriveError: what else the drive says.
    """
    headers = [f"Range: bytes={start}-"] if start else []
    if expect is not None:
        headers.append(f"If-Match: {expect}")
    stream = wire.stream(route, query, path, headers=headers)
    try:
        return _opened(stream, path, start)
    except BaseException:
        stream.close()
        raise


def _opened(stream: Stream, path: Path, start: int) -> Reading:
    if stream.status == 416:
        told = content_range(stream.headers.get("content-range"))
        if told is None or told[2] != start:
            raise Changed(path, f"there is no byte {start}")
        stream.drop()
        return Reading(_entry(stream, path, start), stream, start)
    if stream.status not in (200, 206):
        raise problem_of(drained(stream), path)
    first: int | None = 0
    if stream.status == 200:
        size = length_of(stream.headers.get("content-length"))
    else:
        first, _, size = content_range(stream.headers.get("content-range")) or (None, None, None)
    if first != start or size is None:
        raise BadAnswer(path, f"another part than from byte {start} on")
    return Reading(_entry(stream, path, size), stream, start)


def _entry(stream: Stream, path: Path, size: int) -> Entry:
    headers = stream.headers
    modified, digest = headers.get("x-modified-ns", ""), headers.get("x-content-sha256", "")
    return Entry(
        path,
        Kind.FILE,
        size,
        int(modified) if modified.removeprefix("-").isdecimal() else None,
        headers.get("x-entry-id") or None,
        headers.get("etag") or None,
        (("sha256", digest),) if digest else (),
    )
