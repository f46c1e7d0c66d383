"""
Content being read with GET: of one version, whole or from a byte on.

The entity tag goes along, so that a content that was replaced meanwhile is refused by the server; one answer
is always about one content.
"""

from __future__ import annotations

from lading.connectors.http.content import Content
from lading.connectors.http.headers import content_range
from lading.connectors.http.session import Answer, Stream
from lading.connectors.s3.facts import file_entry
from lading.connectors.s3.signing import Query
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, Changed
from lading.model.paths import Path
from lading.model.text import Text

OTHER = Text("its etag is another", "其 etag 已变化")
NO_RANGES = Text("the server gives no ranges", "服务器不支持范围读取")
OTHER_RANGE = Text("another range than was asked for", "返回的范围与请求不符")


def reading(
    wire: Wire, key: str, path: Path, *, start: int = 0, expect: str | None = None, version: str | None = None
) -> Content:
    """
    Open *key* from byte *start* on; see `Drive.read`.

    Raises:
        NotFound: there is no such object: the caller knows whether it is a folder.
    """
    headers = {"x-amz-checksum-mode": "ENABLED"}
    if start:
        headers["range"] = f"bytes={start}-"
    headers |= if_match(expect)
    query: Query = () if version is None else (("versionId", version),)
    stream = wire.stream(Ask("GET", key, path, query, headers))
    try:
        return _opened(wire, key, path, start, expect, query, stream)
    except BaseException:
        stream.close()
        raise


def if_match(etag: str | None) -> dict[str, str]:
    """The headers that ask the server to give only the content of *etag*, if it can be written in a header."""
    if etag is None or not (etag.isascii() and etag.isprintable()):
        return {}
    return {"if-match": f'"{etag.strip(chr(34))}"'}


def is_met(etag: str | None, found: str | None) -> bool:
    """Whether a content with the etag *found* is the one that was expected; None expects nothing."""
    return etag is None or found == etag.strip('"')


def _opened(
    wire: Wire, key: str, path: Path, start: int, expect: str | None, query: Query, stream: Stream
) -> Content:
    if stream.status == 416:
        return _at_the_end(wire, key, path, start, expect, query, stream)
    if stream.status not in (200, 206):
        body = stream.read(1 << 16)
        raise error_of(Answer(stream.status, stream.headers, body), path)
    entry = file_entry(path, stream.headers, server_times=wire.options.server_times)
    _check(entry, expect)
    told = content_range(stream.headers.get("content-range"))
    if start and stream.status == 200:
        raise BadAnswer(path, NO_RANGES)
    if start and (told is None or told[0] != start):
        raise BadAnswer(path, OTHER_RANGE)
    return Content(entry, stream, start)


def _at_the_end(
    wire: Wire, key: str, path: Path, start: int, expect: str | None, query: Query, stream: Stream
) -> Content:
    """There is no byte *start*: right if the content ends just there."""
    stream.drop()
    stream.close()
    entry = file_entry(
        path, wire.demand(wire.head(key, path, query)).headers, server_times=wire.options.server_times
    )
    _check(entry, expect)
    if entry.size != start:
        raise Changed(path, f"byte {start} of {entry.size} was asked for")
    return Content(entry, None, start)


def _check(entry: Entry, expect: str | None) -> None:
    if not is_met(expect, entry.etag):
        raise Changed(entry.path, OTHER)
