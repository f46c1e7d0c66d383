"""
The lane for saving: PUT.

Whatever can be refused is refused before the body is read.  The content then
goes to the store whole, and only after that becomes a version, so an upload
that breaks off anywhere leaves nothing and loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from lading.drive.dav import locks
from lading.drive.dav.errors import NoLength, NoParent, NotTaken, OnFolder
from lading.drive.dav.glance import Glance, glance
from lading.drive.dav.locks import Change, Place
from lading.drive.dav.request import Answer, Request, etag_of
from lading.drive.dav.together import GATHER, Pending, Wish, save
from lading.drive.errors import Unfit
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.store import SMALL, Stored, store
from lading.drive.tree.batch import Item
from lading.drive.tree.expect import ABSENT, ANYTHING, Expect, Same, etag
from lading.drive.tree.find import at
from lading.drive.tree.row import FOLDER, Seen
from lading.drive.tree.saving import Facts, Saved
from lading.model.errors import AlreadyExists, Changed, Forbidden, NotFound, Truncated, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

BLOCK = 1 << 20
_SECONDS = re.compile(r"-?\d{1,12}(?:\.\d*)?")
_NUMBER = re.compile(r"[0-9]{1,18}")
_ANNOUNCED = ("HTTP_X_EXPECTED_ENTITY_LENGTH", "HTTP_OC_TOTAL_LENGTH")
_CONDITIONS = ("HTTP_IF", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
_FOLDER_THERE = Text("there is a folder", "该处是文件夹")


def put(request: Request) -> Answer | Pending:
    """
    Save the body of the request as the newest version; where the server gathers saves, what is left is pending.

    Raises:
        NoParent, OnFolder, NoLength, NotTaken: see there.
        Forbidden, Locked, Changed, Frozen, NoSpace, NameRefused, Truncated and others: as they say.
    """
    size = _size(request)
    facts, accepted = _facts(request)
    parent, expect = _allowed(request)
    stored = _take(request.environ["wsgi.input"], size)
    wish = Wish(request.sight, parent, Item(request.path[1:], stored, expect, facts))
    then = partial(_answer, request, expect, accepted)
    if GATHER in request.environ:
        return Pending(wish, then)
    try:
        return then(save(wish))
    except (AlreadyExists, NotFound) as problem:
        return then(problem)


def _answer(
    request: Request, expect: Expect, accepted: list[tuple[str, str]], saved: Saved | Exception
) -> Answer:
    match saved:
        case Saved():
            headers = [("ETag", etag(saved.seen.row)), *accepted]
            return Answer(201 if saved.created else 204, headers)
        case AlreadyExists():
            raise Changed(request.path, saved.details) from None
        case NotFound():
            gone = Changed if isinstance(expect, Same) else NoParent
            raise gone(request.path, saved.details) from None
        case _:
            raise saved


def parent_of(request: Request, path: Path) -> Seen:
    """
    The folder that *path* lies in or is to lie in.

    Raises:
        Forbidden: it would be a space.
        NoParent: it is not there, or hidden.
        WrongKind: it is a file.
    """
    if len(path) < 2:
        raise Forbidden(path, Text("spaces are made by an administrator", "空间由管理员创建"))
    try:
        parent = at(request.sight, request.space(path), path[1:-1])
    except NotFound as problem:
        raise NoParent(path[:-1], problem.details) from None
    _refuse_parent(parent, path)
    return parent


def _refuse_parent(parent: Seen, path: Path) -> None:
    if parent.row.kind != FOLDER:
        raise WrongKind(path[:-1], Text("it is a file", "它是文件"))


def _allowed(request: Request) -> tuple[Seen, Expect]:
    path = request.path
    parent, found, any_lock = glance(request) or Glance(parent_of(request, path), request.look(path), True)
    _refuse_parent(parent, path)
    if found is not None and found.row.kind == FOLDER:
        raise OnFolder(path, _FOLDER_THERE)
    need((found or parent).role, Role.EDIT if found else Role.UPLOAD, path)
    if any(name in request.environ for name in _CONDITIONS):
        request.judge(found)
    if any_lock:
        change = Change(Place(parent.row.space, path[1:]), member=found is None)
        locks.demand_free(request.sight.actor, request.condition.tokens, request.now, change)
    return parent, _expect(request, found)


def _expect(request: Request, found: Seen | None) -> Expect:
    environ = request.environ
    if found is None:
        # Without a condition both savers of a new file get a version.
        return ABSENT if environ.get("HTTP_IF_NONE_MATCH", "").strip() == "*" else ANYTHING
    tag = etag_of(found.row)
    asked = environ.get("HTTP_IF_MATCH", "*").strip() != "*" or request.condition.names_etags
    return Same(tag) if tag is not None and asked else ANYTHING


def _size(request: Request) -> int:
    environ = request.environ
    if "HTTP_CONTENT_RANGE" in environ:
        raise Unfit("Content-Range", Text("a PUT is of the whole file", "PUT 须上传整个文件"))
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        raise NotTaken("Content-Encoding", Text("send the content as it is", "请发送未编码的内容"))
    if request.length is not None:
        return request.length
    for name in _ANNOUNCED:
        said = environ.get(name, "")
        if _NUMBER.fullmatch(said):
            return int(said)
    raise NoLength(request.path)


def _facts(request: Request) -> tuple[Facts, list[tuple[str, str]]]:
    said = request.environ.get("HTTP_X_OC_MTIME")
    if said is None:
        return Facts(), []
    if not _SECONDS.fullmatch(said):
        raise Unfit("X-OC-Mtime", Text("it is no number of seconds", "不是有效的秒数"))
    whole, _, fraction = said.partition(".")
    moment = int(whole) * 10**9 + int((fraction + "0" * 9)[:9]) * (-1 if whole.startswith("-") else 1)
    return Facts(modified=moment), [("X-OC-MTime", "accepted")]


def _take(body: Any, size: int) -> Stored:
    if size > SMALL:
        return store().put(_blocks(body, size), size=size)
    content = body.read(size) if size else b""
    while len(content) < size:
        more = body.read(size - len(content))
        if not more:
            raise Truncated(
                "",
                Text(
                    f"{len(content):,} bytes instead of {size:,}",
                    f"应为 {size:,} 字节，实为 {len(content):,} 字节",
                ),
            )
        content += more
    return store().put_bytes(content)


def _blocks(body: Any, size: int) -> Iterator[bytes]:
    left = size
    while left and (block := body.read(min(BLOCK, left))):
        left -= len(block)
        yield block
