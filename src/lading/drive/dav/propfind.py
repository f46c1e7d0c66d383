"""
The lane for listing: PROPFIND.

A folder is one indexed query per thousand entries, one for its dead properties
and one for its locks; the answer is written as text.  Listings of whole trees
are refused: they are what a change feed is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from lading.drive.dav import locks, properties
from lading.drive.dav.address import quoted
from lading.drive.dav.errors import FiniteDepth
from lading.drive.dav.locks import Held, Place
from lading.drive.dav.markup import FOOT, HEAD, Item, Quota, Wish, response
from lading.drive.dav.request import Answer, Request
from lading.drive.errors import Unfit
from lading.drive.rights.roles import Role
from lading.drive.tree.find import SpaceRow, at, children, label_ids, spaces
from lading.drive.tree.row import FOLDER, Seen
from lading.model.errors import NotFound, TooLarge
from lading.model.paths import Path, decode
from lading.model.text import Text

PAGE = 1000
AT_ONCE = 20
"""Pages that are put together before the answer begins; what is more is sent as it is read."""
LARGEST = 1 << 20
NO_XML = Text("the body is no XML as it should be", "请求正文不是有效的 XML")
_TYPE = [("Content-Type", "application/xml; charset=utf-8")]
_QUOTA = frozenset({"{DAV:}quota-used-bytes", "{DAV:}quota-available-bytes"})
_NO_LOCKS: Mapping[str, list[Held]] = {}


def propfind(request: Request) -> Answer:
    """
    List a resource, and with depth 1 what is directly in it.

    Raises:
        NotFound: there is nothing, or it is hidden.
        FiniteDepth: the whole tree was asked for.
        Unfit: the body or the depth cannot be understood.
    """
    wish = wish_of(body_of(request))
    deep = _depth(request)
    if not request.path:
        if deep is None:
            raise FiniteDepth(request.path)
        request.judge(None)
        return _answer(_door(request, wish, listing=deep))
    seen = request.find(request.path)
    folder = seen.row.kind == FOLDER
    if deep is None and folder:
        raise FiniteDepth(request.path)
    if request.condition.lists:
        request.judge(seen)
    return _answer(_Listing(request, seen, wish).responses(listing=bool(deep) and folder))


def body_of(request: Request) -> bytes:
    """
    The body of a request that is a small document.

    Raises:
        TooLarge: it is not small.
    """
    if request.length == 0:
        return b""
    if (request.length or 0) > LARGEST:
        raise TooLarge(request.path)
    # A body in chunks is read to its end, but no further than is allowed.
    body: bytes = request.environ["wsgi.input"].read(request.length or LARGEST + 1)
    if len(body) > LARGEST:
        raise TooLarge(request.path)
    return body


def wish_of(body: bytes) -> Wish:
    """
    What the body of a PROPFIND asks for; an empty one asks for all.

    Raises:
        Unfit: it is no such document.
    """
    if not body.strip():
        return Wish(None)
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unfit("PROPFIND", NO_XML) from None
    kinds = {child.tag: child for child in root}
    asked = [tag for tag in ("{DAV:}propname", "{DAV:}allprop", "{DAV:}prop") if tag in kinds]
    if root.tag != "{DAV:}propfind" or len(asked) != 1:
        raise Unfit("PROPFIND", NO_XML)
    if asked == ["{DAV:}prop"]:
        return Wish(tuple(dict.fromkeys(child.tag for child in kinds["{DAV:}prop"])))
    return Wish(None, only_names=asked == ["{DAV:}propname"])


def one(request: Request, seen: Seen) -> Item:
    """*seen*, which is at the path of the request or was just made, with its properties and locks."""
    return _Listing(request, seen, Wish(None)).item()


def _depth(request: Request) -> bool | None:
    said = request.header("DEPTH").strip().lower() or "infinity"
    if said not in ("0", "1", "infinity"):
        raise Unfit("Depth", said[:40])
    return None if said == "infinity" else said == "1"


def _door(request: Request, wish: Wish, *, listing: bool) -> Iterator[str]:
    yield response(Item(request.href((), folder=True), "Lading", None, {}, (), {}, None, request.now), wish)
    if listing:
        for label, space in label_ids(request.sight).items():
            try:
                seen = at(request.sight, space, ())
            except NotFound:  # a grant ended since the labels were looked up
                continue
            yield response(_Listing(request, seen, wish, (label,)).item(), wish)


def _answer(responses: Iterable[str]) -> Answer:
    blocks = _blocks(iter(responses))
    first = list(islice(blocks, AT_ONCE))
    if len(first) < AT_ONCE:
        body = "".join((HEAD, *first, FOOT)).encode()
        return Answer(207, [*_TYPE, ("Content-Length", str(len(body)))], body)
    # Whoever misses the end of the document knows that something broke on the way.
    return Answer(207, _TYPE, (part.encode() for part in chain([HEAD], first, blocks, [FOOT])))


def _blocks(responses: Iterator[str]) -> Iterator[str]:
    while block := "".join(islice(responses, PAGE)):
        yield block


class _Listing:
    """One resource and what is directly in it, for one wish."""

    def __init__(self, request: Request, seen: Seen, wish: Wish, path: Path | None = None) -> None:
        self._request, self._seen, self._wish = request, seen, wish
        self._path = request.path if path is None else path
        names = wish.names
        # Where only live properties are asked for by name, two queries are saved.
        self._dead = names is None or any(not name.startswith("{DAV:}") for name in names)
        self._locks = names is None or "{DAV:}lockdiscovery" in names
        self._quota = names is not None and not _QUOTA.isdisjoint(names)

    def responses(self, *, listing: bool) -> Iterator[str]:
        yield response(self.item(), self._wish)
        if listing:
            for item in self._items():
                yield response(item, self._wish)

    def item(self) -> Item:
        row = self._seen.row
        standing = locks.on(self._place(), self._request.now) if self._locks else []
        return Item(
            self._request.href(self._path, folder=row.kind == FOLDER),
            self._path[-1],
            row,
            properties.shown(self._seen) if self._dead else {},
            standing,
            self._roots(standing),
            self._room() if self._quota else None,
            self._request.now,
        )

    def _items(self) -> Iterator[Item]:
        folder, request = self._seen, self._request
        dead = properties.within(folder.row.id) if self._dead else {}
        found = locks.among(self._place(), request.now) if self._locks else _NO_LOCKS
        roots = self._roots([lock for held in found.values() for lock in held])
        deep = [lock for held in found.values() for lock in held if lock.deep and self._above(lock)]
        quota = self._room() if self._quota else None
        base, now = request.href(self._path, folder=True), request.now
        prefix = self._path
        after: str | None = None
        while True:
            page = children(request.sight, folder, after=after, limit=PAGE)
            for seen in page:
                row = seen.row
                name = row.name
                href = f"{base}{quoted(name)}/" if row.kind == FOLDER else base + quoted(name)
                held = [*deep, *found.get(Place(row.space, (*prefix[1:], name)).key, ())] if found else ()
                yield Item(
                    href,
                    name,
                    row,
                    dead.get(row.id, {}) if seen.role >= Role.PREVIEW else {},
                    held,
                    roots,
                    quota if row.kind == FOLDER else None,
                    now,
                )
            if len(page) < PAGE:
                return
            after = page[-1].row.name

    def _place(self) -> Place:
        return Place(self._seen.row.space, self._path[1:])

    def _above(self, lock: Held) -> bool:
        key = self._place().key
        return key == lock.key or key.startswith(lock.key + "/")

    def _roots(self, held: Iterable[Held]) -> dict[str, str]:
        return {
            lock.token: self._request.href((self._path[0], *decode(lock.key.partition("/")[2])))
            for lock in held
        }

    def _room(self) -> Quota | None:
        row = self._space()
        if row is None or row.role < Role.PREVIEW:
            return None
        return Quota(row.used, None if row.quota is None else max(0, row.quota - row.used))

    def _space(self) -> SpaceRow | None:
        return next((one for one in spaces(self._request.sight) if one.id == self._seen.row.space), None)
