"""
The contents of many small files in one answer.

Each comes as a record: the length of a header as four bytes, the header as JSON, the content; see
`docs/manual/drive-api.md`.  One content is held in memory at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from lading.connectors.facets import Wanted
from lading.connectors.http.session import Stream
from lading.connectors.lading.problems import error_of, problem_of
from lading.connectors.lading.wire import JSON, Wire, drained, route, version_number
from lading.model.errors import BadAnswer, Changed, DriveError, Truncated, WrongKind
from lading.model.paths import ROOT
from lading.model.text import Text

MOST_FILES = 500
_LONGEST_HEADER = 1 << 20


def contents(wire: Wire, wanted: Iterable[Wanted], most: int) -> Iterator[bytes | Exception]:
    """The content of each of *wanted*, up to *most* bytes, or what failed for it; a request for each few hundred."""
    source = iter(wanted)
    while some := list(islice(source, MOST_FILES)):
        placed = [(_place(wire, one), one) for one in some]
        for space, run in groupby(placed, key=lambda pair: pair[0]):
            if isinstance(space, DriveError):
                yield from (space.about(one.path) for _, one in run)
            else:
                yield from _fetched(wire, space, [one for _, one in run], most)


def _place(wire: Wire, one: Wanted) -> str | DriveError:
    try:
        if one.path == ROOT:
            raise WrongKind(ROOT, Text("the root is a folder", "根目录是文件夹"))
        if one.version is not None:
            version_number(one.version, one.path)
        return wire.spot(one.path).space
    except DriveError as error:
        return error


def _fetched(wire: Wire, space: str, wanted: list[Wanted], most: int) -> Iterator[bytes | Exception]:
    files = [_file(wire, one) for one in wanted]
    body = json.dumps({"files": files, "most": most}).encode()
    place = route("spaces", space, "batch", "read")
    stream = wire.stream(place, {}, ROOT, method="POST", headers=(JSON,), body=body)
    try:
        if stream.status != 200:
            raise problem_of(drained(stream), ROOT)
        for one in wanted:
            header = _header(stream)
            content = _exactly(stream, header["size"])
            yield _answer(one, header, content)
    finally:
        stream.close()


def _answer(one: Wanted, header: dict[str, Any], content: bytes) -> bytes | Exception:
    if "code" in header:
        return error_of(header, one.path)
    # The drive gives what is there; which content that is, its record says.
    if one.version is None and one.etag is not None and header.get("etag") != one.etag:
        return Changed(one.path, Text("its etag is another", "其 etag 已变化"))
    return content


def _file(wire: Wire, one: Wanted) -> dict[str, Any]:
    path = wire.spot(one.path).path
    return (
        {"path": path}
        if one.version is None
        else {"path": path, "version": version_number(one.version, one.path)}
    )


def _header(stream: Stream) -> dict[str, Any]:
    length = int.from_bytes(_exactly(stream, 4), "big")
    if length > _LONGEST_HEADER:
        raise BadAnswer(ROOT, Text("no record of a batch came", "返回的不是批量记录"))
    try:
        header = json.loads(_exactly(stream, length))
        if not isinstance(header["size"], int):
            raise TypeError
    except (ValueError, TypeError, KeyError):
        raise BadAnswer(ROOT, Text("no record of a batch came", "返回的不是批量记录")) from None
    return dict(header)


def _exactly(stream: Stream, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        block = stream.read(size)
        if not block:
            raise Truncated(ROOT, Text("the answer broke off", "回答中断"))
        parts.append(block)
        size -= len(block)
    return b"".join(parts)
