"""
Addresses of the door: from a request to a path, and from a path to an href.

A path of the door begins with the label of a space.  Names are bytes to a
client, so they are percent-encoded byte by byte, and any name a drive can hold
has an address.  What could mean another place than it says is refused.
"""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from lading.drive.dav.errors import Elsewhere
from lading.drive.errors import Unfit
from lading.model.paths import Path, name_bytes, name_from
from lading.model.text import Text

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")
_ELSEWHERE = Text("it leads to another server or door", "该地址指向其他服务器或入口")


def path_of(path_info: str) -> Path:
    """
    The path that WSGI's *path_info* (bytes in the guise of Latin-1) names.

    Raises:
        Unfit: it holds `.`, `..` or a zero byte.
    """
    if path_info.isascii():
        names = [name for name in path_info.split("/") if name]
    else:
        raw = path_info.encode("latin-1", "replace")
        names = [name_from(name) for name in raw.split(b"/") if name]
    for name in names:
        if name in (".", "..") or "\0" in name:
            raise Unfit(
                tuple(names),
                Text("no name is “.” or “..” or holds a zero byte", "名称不能为“.”“..”或含零字节"),
            )
    return tuple(names)


def quoted(name: str) -> str:
    """*name* as one segment of an address."""
    if _PLAIN.fullmatch(name):
        return name
    return quote_from_bytes(name_bytes(name), safe="")


def inner(path: Path, *, folder: bool = False) -> str:
    """*path* as an absolute address below the mount point; that of a folder ends with a slash."""
    text = "".join("/" + quoted(name) for name in path)
    return text + "/" if folder or not text else text


def outer(address: str) -> Path:
    """The path that `inner` made *address* from, or one a client wrote in that form; refuses like `path_of`."""
    return path_of(unquote_to_bytes(address).decode("latin-1"))


def destination(header: str, hosts: frozenset[str], mount: str) -> Path:
    """
    The path a `Destination` (or a tag of an `If`) header names.

    It is an absolute path, or an address at one of *hosts*, below *mount*; the scheme is not looked
    at, since a proxy may have changed it.

    Raises:
        Elsewhere: it leads to another place.
        Unfit: it has a query or a fragment, or `path_of` refuses it.
    """
    scheme, mark, rest = header.partition("://")
    if mark and "/" not in scheme:
        host, slash, rest = rest.partition("/")
        rest = slash + rest
        if host.lower() not in hosts:
            raise Elsewhere(header, _ELSEWHERE)
    else:
        rest = header
    if "?" in rest or "#" in rest:
        raise Unfit(
            header, Text("an address of a file has no query and no fragment", "文件地址不能带查询或片段")
        )
    raw = unquote_to_bytes(rest).decode("latin-1")
    if not raw.startswith(mount + "/") and raw != mount:
        raise Elsewhere(header, _ELSEWHERE)
    return path_of(raw[len(mount) :])
