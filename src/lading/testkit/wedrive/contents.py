"""What a `download_url` answers: the content, to who brings the cookie in time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import BinaryIO

from .downloads import COOKIE
from .gate import add_to_quota, fault_of, note
from .store import Row, Store

PREFIX = "/download/"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Opened:
    """Without *file* the answer is *status* alone; otherwise *length* bytes of it from *start* on."""

    status: int
    file: BinaryIO | None = None
    start: int = 0
    length: int = 0
    headers: dict[str, str] = field(default_factory=dict)


def opened(store: Store, token: str, headers: Mapping[str, str]) -> Opened:
    """The answer to a GET of *token*; 404 unknown, 403 too old or without its cookie, 416 beyond the end."""
    found = _looked_up(store, token, headers)
    with store.transaction():
        note(store, "download_url", found.status, store.clock.now())
        if store.switches.count_fetches:
            add_to_quota(store, store.clock.now(), 1)
    return found


def _looked_up(store: Store, token: str, headers: Mapping[str, str]) -> Opened:
    with store.transaction():
        fault = fault_of(store, "download_url")
    if fault.status:
        return Opened(fault.status)
    named = {key.title(): it for key, it in headers.items()}
    link = store.one("SELECT * FROM links WHERE token = ?", token)
    if link is None:
        return Opened(404)
    if store.clock.now() >= link["expires"] or _cookie(named) != link["cookie"]:
        return Opened(403)
    file = store.one("SELECT * FROM files WHERE id = ?", link["file"])
    assert file is not None
    return _ranged(store, file, named.get("Range", ""))


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("Cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _ranged(store: Store, file: Row, asked: str) -> Opened:
    size = file["size"]
    kind = {"Content-Type": "application/octet-stream"}
    part = _RANGE.fullmatch(asked) if store.switches.ranges else None
    if part is None or part[1] == part[2] == "":
        return Opened(200, store.content(file["sha"], size).open("rb"), 0, size, kind)
    start = int(part[1]) if part[1] else max(0, size - int(part[2]))
    end = min(int(part[2]) + 1, size) if part[1] and part[2] else size
    if start >= end:
        return Opened(416, headers={"Content-Range": f"bytes */{size}"})
    told = {**kind, "Content-Range": f"bytes {start}-{end - 1}/{size}"}
    return Opened(206, store.content(file["sha"], size).open("rb"), start, end - start, told)
