"""
LOCK and UNLOCK.

A lock on a name that is not there makes an empty file (RFC 4918, 7.3), but only
after everything that could stand in the way of the lock was looked at.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from lading.drive.dav import locks
from lading.drive.dav.errors import NoSuchLock
from lading.drive.dav.locks import Change, Held
from lading.drive.dav.markup import discovery
from lading.drive.dav.propfind import body_of, one
from lading.drive.dav.put import parent_of
from lading.drive.dav.request import Answer, Request
from lading.drive.errors import Unfit
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.store import store
from lading.drive.tree.expect import ABSENT
from lading.drive.tree.row import Seen
from lading.drive.tree.saving import save
from lading.model.errors import Changed, Forbidden
from lading.model.text import Text

OWNER_LIMIT = 4096
_SECONDS = re.compile(r"second-(\d{1,12})", re.IGNORECASE)
_NO_LOCKINFO = Text("the body is no lockinfo as it should be", "请求正文不是有效的 lockinfo")


def lock(request: Request) -> Answer:
    """
    Take a lock, or with an empty body refresh one.

    Raises:
        Locked: one stands in the way.
        NoParent, Forbidden, Changed, Frozen, Unfit: as they say.
    """
    _refuse_door(request)
    found = request.look(request.path)
    body = body_of(request)
    if not body.strip():
        return _refresh(request)
    wish = _wish(request, body)
    request.judge(found)
    place, actor = request.place(request.path), request.sight.actor
    if found is not None:
        need(found.role, Role.EDIT, request.path)
    else:
        need(parent_of(request, request.path).role, Role.EDIT, request.path)
        locks.demand_free(actor, request.condition.tokens, request.now, Change(place, member=True))
    locks.demand_compatible(place, request.now, exclusive=wish.exclusive, deep=wish.deep)
    seen = found if found is not None else _make(request)
    taken = locks.take(actor, place, wish, request.now)
    return _answer(request, seen, 200 if found is not None else 201, taken)


def unlock(request: Request) -> Answer:
    """
    End a lock of one's own; who manages the place may end any.

    Raises:
        NotFound: there is nothing, or it is hidden.
        NoSuchLock: no such lock holds it.
        Forbidden: it is somebody else's.
    """
    _refuse_door(request)
    seen = request.find(request.path)
    token = request.header("LOCK_TOKEN").strip()
    if not (token.startswith("<") and token.endswith(">")):
        raise Unfit("Lock-Token", token[:80])
    held = _covering(request, frozenset((token[1:-1],)))
    if held is None:
        raise NoSuchLock(request.path)
    if held.principal != request.sight.actor.principal and seen.role < Role.MANAGE:
        raise Forbidden(request.path, Text("it is the lock of somebody else", "这是他人的锁"))
    locks.release(request.sight.actor, held.token)
    return Answer(204, [])


def _refuse_door(request: Request) -> None:
    if not request.path:
        raise Forbidden(request.path, Text("the list of spaces cannot be locked", "空间列表不能锁定"))


def _make(request: Request) -> Seen:
    parent = parent_of(request, request.path)
    return save(request.sight, parent, request.path[-1], store().put_bytes(b""), expect=ABSENT).seen


def _refresh(request: Request) -> Answer:
    seen = request.find(request.path)
    request.judge(seen)
    held = _covering(request, request.condition.tokens)
    if held is None or held.principal != request.sight.actor.principal:
        raise Changed(request.path, Text("no lock of yours has this token", "您没有持有此令牌的锁"))
    locks.refresh(request.sight.actor, held, _seconds(request), request.now)
    return _answer(request, seen, 200, None)


def _covering(request: Request, tokens: frozenset[str]) -> Held | None:
    standing = locks.on(request.place(request.path), request.now)
    return next((one for one in standing if one.token in tokens), None)


def _answer(request: Request, seen: Seen, status: int, taken: Held | None) -> Answer:
    said = discovery(one(request, seen))
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n<D:prop xmlns:D="DAV:">'
        f"<D:lockdiscovery>{said}</D:lockdiscovery></D:prop>\n"
    ).encode()
    headers = [("Content-Type", "application/xml; charset=utf-8"), ("Content-Length", str(len(body)))]
    if taken is not None:
        headers.append(("Lock-Token", f"<{taken.token}>"))
    return Answer(status, headers, body)


def _wish(request: Request, body: bytes) -> Held:
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unfit("LOCK", _NO_LOCKINFO) from None
    scope = root.find("{DAV:}lockscope")
    exclusive = scope is not None and scope.find("{DAV:}exclusive") is not None
    shared = scope is not None and scope.find("{DAV:}shared") is not None
    if root.tag != "{DAV:}lockinfo" or exclusive == shared or root.find("{DAV:}locktype/{DAV:}write") is None:
        raise Unfit("LOCK", _NO_LOCKINFO)
    depth = request.header("DEPTH").strip().lower() or "infinity"
    if depth not in ("0", "infinity"):
        raise Unfit("Depth", depth[:40])
    principal = request.sight.actor.principal
    return Held(
        "", "", principal or 0, request.sight.actor.name, _owner(root), exclusive, depth != "0", _seconds(request), 0
    )  # fmt: skip


def _owner(root: Element) -> str:
    element = root.find("{DAV:}owner")
    if element is None:
        return ""
    element.tail = None
    try:
        text = tostring(element, encoding="unicode")
    except RecursionError:
        raise Unfit("owner", Text("nested too deep", "嵌套过深")) from None
    if len(text) > OWNER_LIMIT:
        raise Unfit("owner", Text(f"longer than {OWNER_LIMIT} characters", f"超过 {OWNER_LIMIT} 个字符"))
    return text


def _seconds(request: Request) -> int:
    """What the `Timeout` header asks for first; 0 if nothing that is known."""
    for word in request.header("TIMEOUT").split(","):
        word = word.strip()
        if word.lower() == "infinite":
            return locks.LONGEST
        if found := _SECONDS.fullmatch(word):
            return int(found[1])
    return 0
