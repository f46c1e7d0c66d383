"""
The lane for reading: GET and HEAD of files.

A small content is one block with its length; a large one is read block by
block, so memory stays flat.  Every answer with content keeps browsers from
running it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from lading.drive.audit.spool import note_read
from lading.drive.dav.conditions import seconds
from lading.drive.dav.errors import NotModified
from lading.drive.dav.glance import glance
from lading.drive.dav.kinds import SAFE, shown, type_of
from lading.drive.dav.request import Answer, Request
from lading.drive.dav.times import http_date
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.store import Reading, store
from lading.drive.store.base import shorter
from lading.drive.tree.expect import etag
from lading.drive.tree.row import FOLDER, Row, Seen
from lading.model.paths import encode

BLOCK = 256 * 1024
_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*")
_FOLDER = (
    "This is a folder of a Lading drive. Open this address with a WebDAV client to work in it.\n"
    "这是 Lading 网盘中的文件夹。请用 WebDAV 客户端打开此地址。\n"
).encode()


def get(request: Request) -> Answer:
    """
    Give the content, or with HEAD its headers.

    Raises:
        NotFound: there is nothing, or it is hidden.
        Forbidden: the role allows previews only.
        Changed: a precondition fails.
        Unreadable: the content is damaged.
    """
    looked = glance(request)
    if not request.path:
        return _folder(request)
    seen = (looked and looked.found) or request.find(request.path)
    if seen.row.kind == FOLDER:
        return _folder(request)
    need(seen.role, Role.DOWNLOAD, request.path)
    row = seen.row
    environ = request.environ
    headers = _headers(row)
    if "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MATCH" in environ or _rarely(environ):
        try:
            request.judge(seen, reading=True)
        except NotModified:
            return Answer(304, headers[:2])
    span = _span(request, row)
    if span is None:
        return Answer(416, [("Content-Range", f"bytes */{row.size}")])
    start, end = span
    partial = (start, end) != (0, row.size)
    headers.append(("Content-Length", str(end - start)))
    if partial:
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{row.size}"))
    if environ["REQUEST_METHOD"] == "HEAD":
        return Answer(200, headers)
    body = _body(environ, row, start, end)
    _note(request, seen, (start, end) if partial else None)
    return Answer(206 if partial else 200, headers, body)


def _rarely(environ: dict[str, Any]) -> bool:
    return (
        "HTTP_IF" in environ or "HTTP_IF_MODIFIED_SINCE" in environ or "HTTP_IF_UNMODIFIED_SINCE" in environ
    )


def _headers(row: Row) -> list[tuple[str, str]]:
    kind = type_of(row.name)
    headers = [
        ("ETag", etag(row)),
        ("Last-Modified", http_date(row.saved if row.modified is None else row.modified)),
        ("Content-Type", kind),
        ("Accept-Ranges", "bytes"),
        # A version may be taken back or hidden at any time: ask again each time.
        ("Cache-Control", "private, no-cache"),
        *SAFE,
    ]
    if not shown(kind):
        headers.append(("Content-Disposition", "attachment"))
    return headers


def _span(request: Request, row: Row) -> tuple[int, int] | None:
    """The bytes asked for, from … before …; None if there are none such.  Several ranges get the whole."""
    said = request.environ.get("HTTP_RANGE")
    whole = (0, row.size)
    if not said or request.method == "HEAD" or not _same(request, row):
        return whole
    found = _RANGE.fullmatch(said)
    if not found or found[1] == found[2] == "":
        return whole
    first, last = found[1], found[2]
    if not first:
        start, end = max(0, row.size - int(last)), row.size
    else:
        start, end = int(first), min(row.size, int(last) + 1 if last else row.size)
        if last and int(last) < start:
            return whole
    return (start, end) if start < end else None


def _same(request: Request, row: Row) -> bool:
    said = request.header("IF_RANGE").strip()
    if not said:
        return True
    if said.startswith(('"', "W/")):
        return said == etag(row)
    return row.modified is not None and seconds(said) == row.modified // 10**9


def _body(environ: dict[str, Any], row: Row, start: int, end: int) -> bytes | Iterator[bytes]:
    if not row.size:
        return b""
    here = store()
    if end - start <= BLOCK:
        path = here.path(row.digest)
        if path is not None and start == 0:
            with suppress(OSError):
                content = _whole(path, end)
                if len(content) == end:
                    return content
        with here.open(row.digest, start=start, end=end) as reading:
            return reading.read(end - start)
    reading = here.open(row.digest, start=start, end=end)
    if reading.size != end - start:
        # Nothing is promised that cannot be given.
        reading.close()
        raise shorter(row.digest)
    sent: Iterator[bytes] = environ.get("wsgi.file_wrapper", _Blocks)(reading)
    return sent


def _whole(path: str, size: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


class _Blocks:
    """The blocks of a reading, which is closed at the end, however it comes."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def __iter__(self) -> _Blocks:
        return self

    def __next__(self) -> bytes:
        block = self._reading.read(BLOCK)
        if not block:
            self._reading.close()
            raise StopIteration
        return block

    def close(self) -> None:
        self._reading.close()


def _note(request: Request, seen: Seen, span: tuple[int, int] | None) -> None:
    row = seen.row
    facts = {"range": list(span)} if span else {}
    note_read(
        request.sight.actor,
        "file.read",
        space=row.space,
        node=row.id,
        path=encode(seen.path),
        number=row.number,
        **facts,
    )


def _folder(request: Request) -> Answer:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(_FOLDER))), *SAFE]
    return Answer(200, headers, b"" if request.method == "HEAD" else _FOLDER)
