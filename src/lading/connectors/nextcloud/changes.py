"""
What has changed, by the ETags of folders: a subtree whose ETag is the same is not asked again.

Nextcloud gives every folder above a change a new ETag, mounts included, before it answers
the call that made the change.  So comparing the tree with the one of the cursor is
exact, except for what it does not notice itself: storages mounted from outside.  The
cursor is the tree: names and shortened ETags, packed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from lading.connectors.facets import Change
from lading.connectors.nextcloud.tree import DAV, NC, OC, Response, asking
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.errors import BadAnswer, CursorExpired, NotFound, Unable
from lading.model.paths import ROOT, Path, decode, encode
from lading.model.text import Text

_ASKED = asking("d:getetag", "d:resourcetype", "oc:fileid", "nc:mount-type")
_FORM = "etags-1:"
_LIMIT = 1 << 30
_NOT_FROM_OUTSIDE = Text(
    "run `occ maintenance:data-fingerprint` on its server",
    "请在其服务器上执行 `occ maintenance:data-fingerprint`",
)


class Node(NamedTuple):
    """An entry as a cursor remembers it: a shortened ETag, and of a folder what lies in it."""

    tag: str
    inner: dict[str, Any] | None


class CloudChanges:
    """Changes below the root of *wire*."""

    def __init__(self, wire: FilesWire) -> None:
        self._wire = wire

    def cursor(self) -> str:
        """A cursor for now: the whole tree is listed once."""
        id_, root = self._root()
        return _packed(id_, self._whole(ROOT, root))

    def since(self, cursor: str) -> tuple[list[Change], str]:
        """Changes after *cursor*; only folders with another ETag are listed."""
        known_id, before = _unpacked(cursor)
        id_, tag = self._root()
        if id_ != known_id:
            raise CursorExpired(ROOT, Text("it is of another folder", "该游标属于另一个文件夹"))
        if tag == before.tag:
            return [], cursor
        found: list[Change] = []
        after = self._compared(ROOT, tag, before, found)
        return found, _packed(id_, after)

    def expire(self) -> None:
        """Only the server itself can: `occ maintenance:data-fingerprint`."""
        raise Unable(ROOT, _NOT_FROM_OUTSIDE)

    def _compared(self, folder: Path, tag: str, before: Node, found: list[Change]) -> Node:
        """The folder as it is now; what differs from *before* is added to *found*."""
        now: dict[str, Any] = {}
        known = before.inner or {}
        for name, told in self._inside(folder):
            path, old = (*folder, name), _node(known.get(encode((name,))))
            fresh = _tag(told)
            if old is not None and old.tag == fresh and (old.inner is None) != _is_folder(told):
                node = old
            else:
                found.append(Change(path, removed=False))
                node = self._changed(path, told, old, found)
            now[encode((name,))] = node
        for name in known.keys() - now.keys():
            found.extend(_gone((*folder, *decode(name)), _node(known[name])))
        return Node(tag, now)

    def _changed(self, path: Path, told: Response, old: Node | None, found: list[Change]) -> Node:
        if not _is_folder(told):
            if old is not None and old.inner is not None:
                found.extend(change for change in _gone(path, old) if change.path != path)
            return Node(_tag(told), None)
        known = old if old is not None and old.inner is not None else Node("", {})
        try:
            return self._compared(path, _tag(told), known, found)
        except NotFound:
            # Gone between two requests: the next look tells so.
            return Node("", {})

    def _whole(self, folder: Path, tag: str) -> Node:
        inner: dict[str, Any] = {}
        for name, told in self._inside(folder):
            try:
                node = (
                    self._whole((*folder, name), _tag(told)) if _is_folder(told) else Node(_tag(told), None)
                )
            except NotFound:
                continue
            inner[encode((name,))] = node
        return Node(tag, inner)

    def _inside(self, folder: Path) -> Iterator[tuple[str, Response]]:
        url = self._wire.place.url(folder, folder=True)
        for told in self._wire.cloud.ask("PROPFIND", url, _ASKED, subject=folder, depth=1):
            path = self._wire.path_at(told.href)
            if (
                path is not None
                and path[:-1] == folder
                and path != folder
                and self._wire.entered(told.text(NC + "mount-type"))
            ):
                yield path[-1], told

    def _root(self) -> tuple[str, str]:
        told = self._wire.cloud.ask("PROPFIND", self._wire.place.url(ROOT), _ASKED, subject=ROOT, depth=0)
        if not told or not told[0].text(DAV + "getetag"):
            raise BadAnswer(ROOT, Text("no ETag of the folder is told", "服务器未给出文件夹的 ETag"))
        return told[0].text(OC + "fileid"), _tag(told[0])


def _tag(told: Response) -> str:
    etag = told.text(DAV + "getetag").encode()
    return base64.b85encode(hashlib.sha256(etag).digest()[:10]).decode()


def _is_folder(told: Response) -> bool:
    kind = told.properties.get(DAV + "resourcetype")
    return kind is not None and kind.find(DAV + "collection") is not None


def _node(told: Any) -> Node | None:
    return None if told is None else Node(*told)


def _gone(path: Path, node: Node | None) -> Iterator[Change]:
    yield Change(path, removed=True)
    for name, inner in ((node and node.inner) or {}).items():
        yield from _gone((*path, *decode(name)), _node(inner))


def _packed(id_: str, root: Node) -> str:
    text = json.dumps([id_, root], ensure_ascii=True, separators=(",", ":"))
    return _FORM + base64.b64encode(zlib.compress(text.encode(), 3)).decode()


def _unpacked(cursor: str) -> tuple[str, Node]:
    """
    The id of the root and the tree that *cursor* remembers.

    Raises:
        CursorExpired: it is none of ours.
    """
    try:
        packed = base64.b64decode(cursor.removeprefix(_FORM).encode("ascii"), validate=True)
        opened = zlib.decompressobj()
        text = opened.decompress(packed, _LIMIT)
        id_, root = json.loads(text)
        node = Node(*root)
        if not cursor.startswith(_FORM) or not opened.eof or not isinstance(node.inner, dict):
            raise ValueError
        return str(id_), node
    except (ValueError, TypeError, zlib.error):
        raise CursorExpired(ROOT, Text("it was not given here", "该游标并非由此处给出")) from None
