"""
Many small files in one request: POST /remote.php/dav/bulk, multipart/related.

Each part tells Content-Length, X-File-MD5, X-File-Path and perhaps X-File-Mtime.
A part that is not well formed, or whose MD5 is wrong, ends the request with 400
and what was written until then; one that cannot be stored is told in the answer.
"""

import hashlib
import json
import re
from typing import Any, BinaryIO

from .cloud import Cloud
from .http import BLOCK, Refused, Reply, Request, bad, unallowed
from .naming import normalized
from .rights import READ
from .views import View
from .writing import again, set_times, store_file


class _Broken(Exception):
    """The request is not as the protocol wants it."""


def handle(cloud: Cloud, request: Request, inner: str) -> Reply:
    """
    Store all parts.

    Raises:
        Refused: 400, it is no multipart/related; 405, no POST.
    """
    if request.method != "POST" or inner:
        raise unallowed("Only POST")
    told = re.fullmatch(
        r'\s*multipart/related\s*;\s*boundary="?([^"]*?)"?\s*', request.header("content-type")
    )
    if told is None:
        raise bad("Content-Type must be multipart/related")
    boundary, view = told[1].encode(), cloud.view(request.user)
    written: dict[str, Any] = {}
    status = 200
    with request.body.open("rb") as stream:
        try:
            while _more(stream, boundary):
                headers = _headers(stream)
                blob, size = _content(cloud, stream, headers)
                path = headers.get("x-file-path", "")
                written[path] = _stored(cloud, view, path, blob, size, headers)
        except _Broken:
            status = 400
    body = json.dumps(written or [], ensure_ascii=False).encode()
    return Reply(status, body, [("Content-Type", "application/json; charset=utf-8")])


def _more(stream: BinaryIO, boundary: bytes) -> bool:
    """Whether another part begins here; only the last boundary ends the request well."""
    line = stream.readline(4096)
    if line == b"--" + boundary + b"--\r\n":
        return False
    if line != b"--" + boundary + b"\r\n":
        raise _Broken
    return True


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    while (line := stream.readline(1 << 16)) != b"\r\n":
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon:
            raise _Broken
        headers[name.strip().lower()] = value.strip()
    if not headers.get("content-length", "").isdigit() or "x-file-md5" not in headers:
        raise _Broken
    return headers


def _content(cloud: Cloud, stream: BinaryIO, headers: dict[str, str]) -> tuple[str, int]:
    size = left = int(headers["content-length"])
    blob, digest = cloud.store.new_blob(), hashlib.md5()
    with cloud.store.path(blob).open("wb") as file:
        while left and (block := stream.read(min(BLOCK, left))):
            digest.update(block)
            left -= file.write(block)
    if left or digest.hexdigest() != headers["x-file-md5"] or stream.read(2) != b"\r\n":
        cloud.store.path(blob).unlink()
        raise _Broken
    return blob, size


def _stored(
    cloud: Cloud, view: View, path: str, blob: str, size: int, headers: dict[str, str]
) -> dict[str, Any]:
    try:
        place, _ = store_file(cloud, view, normalized(path).strip("/"), blob, size)
        cloud.store.run("UPDATE node SET checksum='' WHERE id=?", place.node["id"])
        set_times(cloud, place.node, headers.get("x-file-mtime", headers.get("x-oc-mtime", "")), "")
        place = again(view, place.path)
    except Refused as refused:
        return {"error": True, "message": refused.message}
    return {
        "error": False,
        "etag": view.etag(place),
        "fileid": cloud.file_id(place.node["id"]),
        "permissions": place.letters if place.allows(READ) else "",
    }
