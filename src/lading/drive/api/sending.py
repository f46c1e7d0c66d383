"""
Contents as answers.

Nothing that somebody saved may run on our origin: every content is an attachment of no
particular type, in a sandbox, whatever its name says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from lading.drive.api.conditions import Part, part, tags, unchanged
from lading.drive.api.problem import Refused
from lading.drive.store.base import BLOCK, SMALL, Reading
from lading.drive.store.chosen import store
from lading.model.errors import Unreadable
from lading.model.paths import name_bytes

_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]")
_KEPT = "!#$&+-.^_`|~"  # attr-char of RFC 8187, beside letters and digits

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Sent(NamedTuple):
    """A content to send; *modified* in ns since 1970."""

    name: str
    etag: str
    digest: str
    size: int
    modified: int | None
    id: int


def disposition(name: str) -> str:
    """`Content-Disposition` for a download called *name* (RFC 6266)."""
    shown = name_bytes(name).decode("utf-8", "replace")
    plain = _PLAIN.sub("_", shown)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe=_KEPT)}"


def send(request: HttpRequest, content: Sent) -> HttpResponseBase:
    """
    The answer to a GET of *content*: all of it, a range, or that the client has it already.

    Raises:
        Changed: If-Match asks for another one.
        Refused: the range lies behind the end.
        Unreadable: the store has lost it.
    """
    headers = {
        **SAFE,
        "ETag": content.etag,
        "X-Content-SHA256": content.digest,
        "X-Entry-Id": str(content.id),
    }
    if content.modified is not None:
        headers["X-Modified-Ns"] = str(content.modified)
    meta = request.META
    if unchanged(content.etag, meta.get("HTTP_IF_MATCH"), meta.get("HTTP_IF_NONE_MATCH")):
        response = HttpResponse(status=304, headers=headers)
        del response["Content-Type"]
        return response
    headers["Content-Disposition"] = disposition(content.name)
    try:
        wanted = part(asked_range(request, content.etag), content.size)
    except Refused as beyond:
        beyond.headers |= headers  # a client that has all of it learns of which content
        raise
    if wanted is None:
        return _bytes(content.digest, Part(0, content.size), 200, headers)
    headers["Content-Range"] = f"bytes {wanted.start}-{wanted.end - 1}/{content.size}"
    return _bytes(content.digest, wanted, 206, headers)


def asked_range(request: HttpRequest, etag: str) -> str | None:
    """The `Range` header, if it holds for the content with *etag*."""
    said = request.META.get("HTTP_RANGE")
    condition = request.META.get("HTTP_IF_RANGE")
    if said is None or (condition is not None and etag not in tags(condition)):
        return None
    return str(said)


def _bytes(digest: str, wanted: Part, status: int, headers: dict[str, str]) -> HttpResponseBase:
    size = wanted.end - wanted.start
    reading = store().open(digest, start=wanted.start, end=wanted.end)
    headers["Content-Length"] = str(size)
    if size <= SMALL:
        with reading:
            content = reading.read(size)
        if len(content) != size:
            raise Unreadable(f"sha256:{digest}")
        return HttpResponse(content, status=status, headers=headers, content_type="application/octet-stream")
    return Content(reading, size, status=status, headers=headers)


class Content(StreamingHttpResponse):
    """*size* bytes of *reading*, which the server lets the kernel send if it can."""

    block_size = BLOCK

    def __init__(self, reading: Reading, size: int, **more: Any) -> None:
        super().__init__(blocks(reading, size), content_type="application/octet-stream", **more)
        self._reading = reading
        self.file_to_stream = _Source(reading)

    def close(self) -> None:
        self._reading.close()
        super().close()


class _Source:
    """*reading* as Django hands it to a server: with a `close` that Django replaces by that of the answer."""

    close: Callable[[], None]

    def __init__(self, reading: Reading) -> None:
        self.read = reading.read
        if hasattr(reading, "fileno"):
            self.fileno = reading.fileno


def blocks(reading: Reading, size: int) -> Iterator[bytes]:
    """
    *size* bytes of *reading*, which is closed at the end.

    Raises:
        Unreadable: it ends before; the connection then breaks, so that nobody takes a part for the whole.
    """
    with reading:
        while size > 0:
            block = reading.read(min(BLOCK, size))
            if not block:
                raise Unreadable("", "")
            size -= len(block)
            yield block
