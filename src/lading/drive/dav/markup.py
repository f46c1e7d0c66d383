"""
Properties of files and folders as XML text, written without a tree of elements.

A listing of ten thousand entries is ten thousand times the same few functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from lading.drive.dav.kinds import type_of
from lading.drive.dav.locks import Held
from lading.drive.dav.statuses import clean
from lading.drive.dav.times import http_date, iso_date
from lading.drive.tree.expect import etag
from lading.drive.tree.row import FILE, Row

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n'
FOOT = "</D:multistatus>\n"
_SUPPORTED = "".join(
    f"<D:lockentry><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
    for scope in ("exclusive", "shared")
)


class Quota(NamedTuple):
    """Bytes that the versions of a space take, and that are left; None: no limit."""

    used: int
    left: int | None


class Item(NamedTuple):
    """
    One resource of a listing.

    *row* is None for the root of the door.  *roots* are the addresses that its locks stand on, by token.
    """

    href: str
    name: str
    row: Row | None
    dead: Mapping[str, str]
    locks: Sequence[Held]
    roots: Mapping[str, str]
    quota: Quota | None
    now: int


Writer = Callable[[Item], str | None]


class Wish(NamedTuple):
    """What a PROPFIND asks for: *names* of properties, or all (None); *only_names* without their values."""

    names: tuple[str, ...] | None
    only_names: bool = False


def response(item: Item, wish: Wish) -> str:
    """The `response` element of *item*."""
    if wish.names is None:
        return _all(item, wish.only_names)
    good: list[str] = []
    bad: list[str] = []
    for name in wish.names:
        writer = LIVE.get(name)
        value = writer(item) if writer is not None else None
        if value is not None:
            tag = name[6:]
            good.append(f"<D:{tag}>{value}</D:{tag}>" if value else f"<D:{tag}/>")
        elif (dead := item.dead.get(name)) is not None:
            good.append(dead)
        else:
            bad.append(empty(name))
    parts = [_propstat(good, 200)] if good or not bad else []
    if bad:
        parts.append(_propstat(bad, 404))
    return f"<D:response><D:href>{item.href}</D:href>{''.join(parts)}</D:response>\n"


def results(href: str, said: Sequence[tuple[str, int]], note: str = "") -> str:
    """The `response` of a PROPPATCH: each property with its status."""
    parts = [
        _propstat([empty(name) for name, own in said if own == status], status)
        for status in dict.fromkeys(status for _, status in said)
    ]
    more = f"<D:responsedescription>{escape(clean(note))}</D:responsedescription>" if note else ""
    return f"<D:response><D:href>{href}</D:href>{''.join(parts)}{more}</D:response>\n"


def empty(name: str) -> str:
    """An empty element called *name* (in Clark notation)."""
    space, _, tag = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
    if space == "DAV:":
        return f"<D:{tag}/>"
    return f"<x:{tag} xmlns:x={quoteattr(space)}/>" if space else f'<{tag} xmlns=""/>'


def discovery(item: Item) -> str:
    """The content of `lockdiscovery`."""
    return "".join(_active(lock, item) for lock in item.locks)


def _active(lock: Held, item: Item) -> str:
    scope = "exclusive" if lock.exclusive else "shared"
    left = max(0, (lock.expires - item.now) // 10**9)
    return (
        "<D:activelock><D:locktype><D:write/></D:locktype>"
        f"<D:lockscope><D:{scope}/></D:lockscope><D:depth>{'infinity' if lock.deep else '0'}</D:depth>"
        f"{lock.owner}<D:timeout>Second-{left}</D:timeout>"
        f"<D:locktoken><D:href>{lock.token}</D:href></D:locktoken>"
        f"<D:lockroot><D:href>{item.roots.get(lock.token, '')}</D:href></D:lockroot></D:activelock>"
    )


def _all(item: Item, only_names: bool) -> str:
    parts = []
    for name in ALL_NAMES if only_names else ALL:
        value = LIVE[name](item)
        if value is not None:
            tag = name[6:]
            parts.append(f"<D:{tag}>{value}</D:{tag}>" if value and not only_names else f"<D:{tag}/>")
    parts += map(empty, item.dead) if only_names else item.dead.values()
    return f"<D:response><D:href>{item.href}</D:href>{_propstat(parts, 200)}</D:response>\n"


_LINE = {
    200: "HTTP/1.1 200 OK",
    403: "HTTP/1.1 403 Forbidden",
    404: "HTTP/1.1 404 Not Found",
    409: "HTTP/1.1 409 Conflict",
    424: "HTTP/1.1 424 Failed Dependency",
}


def _propstat(parts: Sequence[str], status: int) -> str:
    line = _LINE.get(status, f"HTTP/1.1 {status} Status")
    return f"<D:propstat><D:prop>{''.join(parts)}</D:prop><D:status>{line}</D:status></D:propstat>"


def _resource_type(item: Item) -> str:
    return "" if item.row is not None and item.row.kind == FILE else "<D:collection/>"


def _display_name(item: Item) -> str:
    return escape(clean(item.name))


def _length(item: Item) -> str | None:
    return str(item.row.size) if item.row is not None and item.row.kind == FILE else None


def _type(item: Item) -> str | None:
    return type_of(item.name) if item.row is not None and item.row.kind == FILE else None


def _modified(item: Item) -> str | None:
    row = item.row
    return None if row is None else http_date(row.saved if row.modified is None else row.modified)


def _created(item: Item) -> str | None:
    return None if item.row is None else iso_date(item.row.created)


def _etag(item: Item) -> str | None:
    return etag(item.row) if item.row is not None and item.row.kind == FILE else None


def _used(item: Item) -> str | None:
    return None if item.quota is None else str(item.quota.used)


def _left(item: Item) -> str | None:
    return None if item.quota is None or item.quota.left is None else str(item.quota.left)


def _supported(item: Item) -> str | None:
    return None if item.row is None else _SUPPORTED


LIVE: dict[str, Writer] = {
    "{DAV:}resourcetype": _resource_type,
    "{DAV:}displayname": _display_name,
    "{DAV:}getcontentlength": _length,
    "{DAV:}getcontenttype": _type,
    "{DAV:}getlastmodified": _modified,
    "{DAV:}creationdate": _created,
    "{DAV:}getetag": _etag,
    "{DAV:}supportedlock": _supported,
    "{DAV:}lockdiscovery": discovery,
    "{DAV:}quota-used-bytes": _used,
    "{DAV:}quota-available-bytes": _left,
}
ALL_NAMES = tuple(LIVE)
# RFC 4331, 2: the quota is told only to who asks for it by name.
ALL = ALL_NAMES[:-2]
