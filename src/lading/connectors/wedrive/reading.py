"""
Content being read: one call tells where it lies, then it is fetched with a cookie.

Nothing holds the content still meanwhile.  So what is read from its beginning is held against the
digest that the listing told; for a part the file is looked at anew before it begins and when it ends.
Whether the server of the content knows ranges is not documented: where it does not, what lies before is
read and dropped.
"""

from __future__ import annotations

import hashlib
from urllib.parse import urljoin, urlsplit

from lading.connectors.http.content import Content
from lading.connectors.http.headers import content_range, length_of
from lading.connectors.http.session import Stream
from lading.connectors.http.trouble import refused
from lading.connectors.wedrive.items import Item, entry_of
from lading.connectors.wedrive.tree import Tree
from lading.connectors.wedrive.trouble import senseless
from lading.connectors.wedrive.wire import Wire
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, Changed, NoFile, NotFound, Unavailable, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

_REDIRECTS = 3
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
_NO_MORE = frozenset({401, 403, 404, 410})
_OTHER = Text("its content is another", "内容已不同")


class Reading(Content):
    """The content of *item*, held against the digest that was listed if it is read from its beginning."""

    __slots__ = ("_digest", "_item", "_tree")

    def __init__(self, tree: Tree, item: Item, entry: Entry, stream: Stream | None, at: int) -> None:
        self._tree, self._item = tree, item
        self._digest = hashlib.sha1(usedforsecurity=False) if item.sha and not at else None
        super().__init__(entry, stream, at, None if self._digest is None else self._digest.update)

    def ended(self) -> None:
        """
        Look whether it still is the same.

        Raises:
            Changed: it is not.
        """
        if not self._is_the_same():
            # Whoever reads again gets what is there now.
            self._tree.known.forget()
            raise Changed(self._entry.path, _OTHER)

    def _is_the_same(self) -> bool:
        if self._digest is not None:
            return self._digest.hexdigest() == self._item.sha
        try:
            now = self._tree.info(self._item.id, self._entry.path)
        except NotFound:
            return False
        return not now.deleted and now.etag == self._item.etag


def reading(tree: Tree, within: Path, path: Path, start: int, expect: str | None) -> Reading:
    """
    Open the content of the file *within* the space, which we call *path*; see `Drive.read`.
    """
    item = _item(tree, within, path, fresh=start > 0)
    if expect is not None and item.etag != expect:
        item = _item(tree, within, path, fresh=True)
        if item.etag != expect:
            raise Changed(path, _OTHER)
    try:
        return _opened(tree, item, path, start)
    except (NotFound, Changed):
        # It was listed a while ago: what is there now decides.
        again = _item(tree, within, path, fresh=True)
        if expect is not None and again.etag != expect:
            raise Changed(path, _OTHER) from None
        return _opened(tree, again, path, start)


def _item(tree: Tree, within: Path, path: Path, *, fresh: bool) -> Item:
    item = tree.look(within) if fresh else tree.find(within)
    if item is None:
        raise NotFound(path, Text("nothing is there", "该处没有内容"))
    if item.is_folder:
        raise WrongKind(path, Text("it is a folder", "它是文件夹"))
    if not item.is_file:
        raise NoFile(path, Text(f"document of type {item.kind}", f"类型为 {item.kind} 的在线文档"))
    return item


def _opened(tree: Tree, item: Item, path: Path, start: int) -> Reading:
    entry = entry_of(item, path)
    if start > item.size:
        raise Changed(path, f"byte {start} of {item.size} was asked for")
    if start == item.size and start:
        return Reading(tree, item, entry, None, start)
    told = tree.wire.call("file_download", {"fileid": item.id}, path)
    stream = _fetched(tree.wire, told, path, start)
    try:
        first = _first(stream, item, path, start)
        found = Reading(tree, item, entry, stream, first)
        found.skip(start)
        return found
    except BaseException:
        stream.close()
        raise


def _fetched(wire: Wire, told: dict[str, object], path: Path, start: int) -> Stream:
    url, name, value = (str(told.get(key) or "") for key in ("download_url", "cookie_name", "cookie_value"))
    if urlsplit(url).scheme not in ("http", "https"):
        raise senseless(path, "download_url")
    if any(character < " " for character in name + value):
        raise senseless(path, "cookie")
    cookie = (f"Cookie: {name}={value}",) if name else ()
    part = (f"Range: bytes={start}-",) if start else ()
    host = urlsplit(url).netloc
    for _ in range(_REDIRECTS):
        # The cookie is for whom we were sent to, and for nobody else.
        there = cookie if urlsplit(url).netloc == host else ()
        stream = wire.stream(url, (*there, *part), path)
        if stream.status not in _ELSEWHERE:
            return stream
        url = urljoin(url, stream.headers.get("location", ""))
        stream.close()
    raise BadAnswer(path, Text("sent from one place to the next", "下载地址反复重定向"))


def _first(stream: Stream, item: Item, path: Path, start: int) -> int:
    """The byte that the body begins with."""
    if stream.status == 206:
        first, _, size = content_range(stream.headers.get("content-range")) or (None, None, None)
        if first != start or size not in (None, item.size):
            raise Changed(path, f"another part than from byte {start} on")
        return start
    if stream.status == 200:
        length = length_of(stream.headers.get("content-length"))
        if length not in (None, item.size):
            raise Changed(path, f"{length} bytes instead of {item.size}")
        return 0
    stream.drop()
    if stream.status in _NO_MORE:
        # The address lasts two hours and belongs to the cookie: another one may do.
        said = Text(f"the content is not given out ({stream.status})", f"下载地址失效（{stream.status}）")
        raise Unavailable(path, said)
    raise refused(stream.status, stream.headers, path)
