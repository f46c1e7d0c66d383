"""Sending stored contents, whole or a range of them."""

import re
from collections.abc import Iterator

from .cloud import Cloud
from .http import BLOCK, Refused, Reply, Request
from .xml import http_date


def content(
    cloud: Cloud, blob: str, size: int, mtime: int, request: Request, headers: list[tuple[str, str]]
) -> Reply:
    """Bytes of a stored content: all, or the range that is asked for."""
    headers = [*headers, ("Last-Modified", http_date(mtime)), ("Accept-Ranges", "bytes")]
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.header("range"))
    start, end, status = 0, size, 200
    if asked and (asked[1] or asked[2]):
        start = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
        end = min(size, int(asked[2]) + 1) if asked[1] and asked[2] else size
        if start >= size or start >= end:
            raise Refused(
                416, "Sabre\\DAV\\Exception\\RequestedRangeNotSatisfiable", "Range is not satisfiable"
            )
        status = 206
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{size}"))
    headers.append(("Content-Length", str(end - start)))
    stream = cloud.store.path(blob).open("rb")

    def blocks() -> Iterator[bytes]:
        with stream:
            stream.seek(start)
            left = end - start
            while left and (block := stream.read(min(BLOCK, left))):
                left -= len(block)
                yield block

    return Reply(status, blocks(), headers)
