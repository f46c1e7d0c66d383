"""
Bodies of requests: JSON within a limit, and streams of any length.

Django takes a body without a Content-Length for an empty one, so streams are read from the
server itself, and their end is checked against what was announced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from lading.drive.api.problem import Refused
from lading.drive.errors import Unfit
from lading.model.errors import TooLarge, Truncated
from lading.model.text import Text

BLOCK = 256 * 1024
JSON_LIMIT = 2 * 1024 * 1024
LONG_JSON_LIMIT = 32 * 1024 * 1024
"""For lists of paths: 10,000 of the longest usual ones."""


def announced(request: HttpRequest) -> int | None:
    """
    The length of the body that the client announced; None where it did not (chunked).

    Raises:
        Unfit: it is no number.
    """
    said = request.META.get("CONTENT_LENGTH", "")
    if chunked(request):
        return None
    if not said:
        return 0
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        raise Unfit("Content-Length", Text("it is no number of bytes", "不是有效的字节数"))
    return int(said)


def chunked(request: HttpRequest) -> bool:
    """Whether the body comes in chunks, without a length."""
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def stream(request: HttpRequest) -> Iterator[bytes]:
    """
    The body, block by block.

    Raises:
        Truncated: the connection was cut before the announced end.
    """
    source = request.META["wsgi.input"]
    left = announced(request)
    while left is None or left > 0:
        block = _block(source, BLOCK if left is None else min(BLOCK, left))
        if not block:
            break
        if left is not None:
            left -= len(block)
        yield block
    if left:
        raise Truncated("", Text(f"{left} bytes are missing", f"缺少 {left} 字节"))


def _block(source: Any, size: int) -> bytes:
    try:
        return bytes(source.read(size))
    except OSError as cut:
        raise Truncated("", Text("the connection was cut", "连接中断")) from cut


def whole(request: HttpRequest, limit: int) -> bytes:
    """
    The whole body, of at most *limit* bytes.

    Raises:
        TooLarge: it is longer.
        Truncated: the connection was cut.
    """
    if (announced(request) or 0) > limit:
        _too_large(limit)
    parts: list[bytes] = []
    size = 0
    for block in stream(request):
        size += len(block)
        if size > limit:
            _too_large(limit)
        parts.append(block)
    return b"".join(parts)


def _too_large(limit: int) -> NoReturn:
    raise TooLarge("request", Text(f"at most {limit} bytes", f"最多 {limit} 字节"))


def json_of(raw: bytes) -> Any:
    """
    The value that *raw* is, strictly by RFC 8259.

    Raises:
        Unfit: it is no JSON, or nested too deep.
    """
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unfit("body", Text("it is not valid JSON in UTF-8", "不是有效的 UTF-8 JSON")) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


class StrictParser(Parser):
    """Reads bodies and query strings for ninja without guessing; the body was taken by `take_json`."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json_of(request.body)

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        return query(request.META.get("QUERY_STRING", ""))


def take_json(request: HttpRequest, limit: int) -> None:
    """
    Read the JSON body, which then is `request.body`, where ninja looks for it.

    Raises:
        Refused: 415, if it is something else.
        TooLarge, Truncated: as `whole`.
    """
    if request.content_type != "application/json":
        raise Refused(415, Unfit("Content-Type", Text("expected application/json", "应为 application/json")))
    request._body = whole(request, limit)


def taken(request: HttpRequest) -> bytes:
    """The JSON body that was read, empty for a request that takes none."""
    return bytes(getattr(request, "_body", b""))


def query(text: str) -> dict[str, str]:
    """
    The parameters in the query string *text*.

    Raises:
        Unfit: it is not UTF-8, or says a parameter twice.
    """
    try:
        pairs = parse_qsl(
            text.encode("latin-1").decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=50
        )
    except ValueError:
        raise Unfit("query", Text("it cannot be read as UTF-8", "不是有效的 UTF-8 查询")) from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unfit("query", Text("a parameter stands twice", "参数重复"))
    return found
