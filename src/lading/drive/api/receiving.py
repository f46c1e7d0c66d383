"""
Contents on their way in, from a request into the store.

A server may take a connection that was cut for the end of a body without a length.  So such a body is only
taken with something that tells its real end.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator

from django.http import HttpRequest

from lading.drive.api import reading
from lading.drive.api.problem import Refused
from lading.drive.errors import Unfit
from lading.drive.store.base import SMALL, Stored
from lading.drive.store.chosen import store
from lading.model.errors import LadingError, Truncated
from lading.model.text import Text

_TRAILER = 32


def take(request: HttpRequest, length: int | None) -> Stored:
    """
    The body, safely in the store.

    Raises:
        Truncated: it broke off, or is not the one that was announced.
        Refused: 411, if nothing would tell that it broke off.
    """
    if length is None:
        return _proven(request)
    if length <= SMALL:
        stored = store().put_bytes(reading.whole(request, SMALL))
    else:
        stored = store().put(reading.stream(request), size=length)
    return _checked(request, stored)


def _proven(request: HttpRequest) -> Stored:
    """A body without a length: the server takes its breaking off for its end, so something else must tell the end."""
    meta = request.META
    expected_length = meta.get("HTTP_X_EXPECTED_ENTITY_LENGTH", "")
    if meta.get("HTTP_X_CONTENT_TRAILER", "").strip().lower() == "sha256":
        return _checked(request, store().put(without_trailer(reading.stream(request))))
    if meta.get("HTTP_X_CONTENT_SHA256"):
        return _checked(request, store().put(reading.stream(request)))
    if expected_length.isascii() and expected_length.isdigit() and len(expected_length) < 19:
        return store().put(reading.stream(request), size=int(expected_length))
    said = Text(
        "send the length, or X-Content-Trailer: sha256", "请发送长度，或使用 X-Content-Trailer: sha256"
    )
    raise Refused(411, Unfit("Content-Length", said))


def without_trailer(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """
    *blocks* without the last 32 bytes, which are the SHA-256 of what is before them.

    Raises:
        Truncated: they are not, so the end is not the end.
    """
    digest, held = hashlib.sha256(), b""
    for block in blocks:
        held += block
        content, held = held[:-_TRAILER], held[-_TRAILER:]
        digest.update(content)
        yield content
    if not hmac.compare_digest(held, digest.digest()):
        raise mismatch()


def _checked(request: HttpRequest, stored: Stored) -> Stored:
    told = request.META.get("HTTP_X_CONTENT_SHA256", "").strip().lower()
    if told and not hmac.compare_digest(told.encode("utf-8", "replace"), stored.digest.encode()):
        raise mismatch()
    return stored


def mismatch() -> LadingError:
    """The error for content that is not the one that was announced."""
    return Truncated("", Text("its SHA-256 is not the one announced", "内容的 SHA-256 与声明不符"))
