"""
Content being read with GET.

What arrives is held against what was announced: status, range, length, tag.
Servers that write into a file under its final name can show half of an old and
half of a new content; there the file is looked at once more at the end.
"""

from __future__ import annotations

from typing import Self

from lading.connectors.dav.facts import entry_answered, opaque
from lading.connectors.dav.wire import Wire
from lading.connectors.http.content import Content
from lading.connectors.http.headers import content_range, length_of
from lading.connectors.http.line import Request
from lading.connectors.http.session import Stream
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, Changed, NotFound, Truncated, Unavailable, WrongKind
from lading.model.paths import Path
from lading.model.text import Text


class Reading(Content):
    """The content of a file; where its server writes under the final name, looked at once more at its end."""

    __slots__ = ("_checked", "_wire")

    def __init__(self, wire: Wire, entry: Entry, stream: Stream | None, at: int) -> None:
        super().__init__(entry, stream, at)
        self._wire = wire
        self._checked = False

    def ended(self) -> None:
        """Look once whether it still is the same."""
        if not self._checked:
            self._check_unchanged()
            self._checked = True

    def about(self, path: Path) -> Self:
        """The same, as the content of *path*: what is read lies at another place of the server."""
        self._entry = self._entry._replace(path=path)
        return self

    def _check_unchanged(self) -> None:
        if self._wire.quirks.whole_puts:
            return
        try:
            now = self._wire.stat(self._entry.path)
        except NotFound:
            # Removed meanwhile: servers go on giving what they have open, and the length was right.
            return
        except Truncated as error:
            # It is that answer which was cut off; the content has come to its end.
            raise Unavailable(self._entry.path, error.detail) from None
        if not _same(self._entry, now):
            raise Changed(self._entry.path, "it was rewritten while it was being read")


def reading(wire: Wire, path: Path, start: int, expect: str | None) -> Reading:
    """
    Open the content of *path* from byte *start* on; see `Drive.read`.
    """
    headers = ["Accept-Encoding: identity"]
    if start:
        headers.append(f"Range: bytes={start}-")
    stream = wire.session.stream(Request("GET", wire.place.url(path), path, headers))
    try:
        return _opened(wire, path, start, expect, stream)
    except BaseException:
        stream.close()
        raise


def _opened(wire: Wire, path: Path, start: int, expect: str | None, stream: Stream) -> Reading:
    if stream.status == 416:
        return _at_the_end(wire, path, start, expect, stream)
    if stream.status not in (200, 206):
        raise _explained(wire, path, stream)
    if stream.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise BadAnswer(
            path, Text("the content comes encoded, though that was refused", "服务器擅自压缩了内容")
        )
    first, size = _extent(path, start, stream)
    entry = entry_answered(path, size if size is not None else -1, stream.headers)
    if size is None or entry.etag is None:
        # Without a tag it may be a page about a folder; without a length nobody knows the end.
        told = wire.stat(path)
        if not told.is_file:
            raise WrongKind(path, told.kind.value)
        entry = told if size is None else told._replace(size=size)
    _check_tag(entry, expect)
    if start > entry.size:
        raise Changed(path, f"byte {start} of {entry.size} was asked for")
    found = Reading(wire, entry, stream, first)
    if first < start:
        found.skip(start)
    return found


def _extent(path: Path, start: int, stream: Stream) -> tuple[int, int | None]:
    """The byte that the body begins with, and the size of the whole content if it is told."""
    length = length_of(stream.headers.get("content-length"))
    if stream.status == 200:
        return 0, length
    told = content_range(stream.headers.get("content-range"))
    first, last, total = told or (None, None, None)
    if first is None or last is None:
        raise BadAnswer(path, "a part without saying which")
    if first != start or (length is not None and length != last - first + 1):
        raise BadAnswer(path, f"bytes {first} to {last} instead of those from {start} on")
    return first, total


def _at_the_end(wire: Wire, path: Path, start: int, expect: str | None, stream: Stream) -> Reading:
    """There is no byte *start*: right if the content ends just there."""
    stream.drop()
    stream.close()
    entry = wire.stat(path)
    if not entry.is_file:
        raise WrongKind(path, entry.kind.value)
    _check_tag(entry, expect)
    if entry.size != start:
        raise Changed(path, f"byte {start} of {entry.size} was asked for")
    return Reading(wire, entry, None, start)


def _explained(wire: Wire, path: Path, stream: Stream) -> Exception:
    stream.drop()
    error = wire.error(stream, path)
    if stream.status in (401, 429) or stream.status >= 500:
        return error
    found = wire.stat(path)
    return error if found.is_file else WrongKind(path, found.kind.value)


def _check_tag(entry: Entry, expect: str | None) -> None:
    if expect is not None and entry.etag != opaque(expect):
        raise Changed(entry.path, "its etag is another")


def _same(before: Entry, now: Entry) -> bool:
    return (before.size, before.etag, before.modified) == (now.size, now.etag, now.modified)
