"""
One space: paths in terms of the ids that WeDrive knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lading.connectors.http.trouble import Subject
from lading.connectors.wedrive.items import FOLDER, Item, item_of, named
from lading.connectors.wedrive.known import known_of
from lading.connectors.wedrive.trouble import senseless
from lading.connectors.wedrive.wire import Wire
from lading.model.errors import NotFound, Unavailable, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

PARTS = ".lading-parts"
"""The folder in the root of a space in which replacements wait for their place."""
PAGE = 1000
_BY_NAME, _NEWEST_FIRST = 1, 6
_CHANGING = Text("the folder is changing while it is listed", "列出期间文件夹发生变化")
_ENDLESS = Text("the listing does not come to an end", "列表无法读完")


class Tree:
    """The space with the id *space*; errors are about the *subject* of each call."""

    def __init__(self, wire: Wire, space: str) -> None:
        self.wire, self.space = wire, space
        self.known = known_of(wire.options.host, wire.options.corp, space)
        self.root = Item(space, "", "", FOLDER)

    def key(self, path: Path) -> tuple[object, ...]:
        """What writers to *path* take turns at."""
        return (self.wire.options.host, self.space, path)

    # Looking

    def folder(self, path: Path, subject: Subject) -> Item:
        """
        The folder at *path*, as far as it is believed to be there.

        Raises:
            NotFound: it is not.
            WrongKind: it is a file.
        """
        found = self.find(path)
        if found is None:
            raise NotFound(subject, Text("there is no such folder", "没有该文件夹"))
        if not found.is_folder:
            raise WrongKind(subject, Text("it is a file", "它是文件"))
        return found

    def find(self, path: Path) -> Item | None:
        """What is believed to be at *path*; a name that is not known is looked for on the server."""
        item: Item | None = self.root
        for depth, name in enumerate(path):
            if item is None or not item.is_folder:
                return None
            item = self._child(item.id, name, path[:depth])
        return item

    def believed(self, path: Path) -> Item | None:
        """Like `find`, but of a folder that was listed lately it is believed what it does not hold."""
        if not path:
            return self.root
        parent = self.find(path[:-1])
        if parent is None or not parent.is_folder:
            return None
        before = self.known.since(parent.id)
        known, item = self.known.child(parent.id, path[-1])
        return item if known else self._joined(parent.id, path[:-1], before).get(path[-1])

    def look(self, path: Path) -> Item | None:
        """What is at *path* now, asked of the server."""
        if not path:
            return self.root
        item = self._told_of(path)
        if item is not None:
            return item
        # It is not there under the id that we know: the folder tells.
        try:
            parent = self.find(path[:-1])
            if parent is None or not parent.is_folder:
                return None
            item = self.listed(parent.id, path[:-1]).get(path[-1])
        except NotFound:
            self.known.forget()
            return self.find(path)
        return item

    def listed(self, folder: str, subject: Subject) -> dict[str, Item]:
        """
        What lies in *folder* now, by name.

        A folder of several pages is read twice: pages are counted from its beginning, so what others remove
        meanwhile would hide as many entries.
        """
        items, pages = self._pages(folder, subject)
        if pages > 1:
            again, _ = self._pages(folder, subject)
            if items.keys() != again.keys():
                raise Unavailable(subject, _CHANGING)
            items = again
        return self._learned(folder, items)

    def newest(self, folder: str, subject: Subject) -> dict[str, Item]:
        """What changed last in *folder*, by id, as much as one call tells."""
        told = self._page(folder, _NEWEST_FIRST, 0, subject)
        items = {item.id: item for item in _rows(told, subject)}
        if not told.get("has_more"):
            self._learned(folder, items)
        return items

    def parts(self, subject: Subject) -> str | None:
        """The id of the folder for replacements that wait, if there is one."""
        items, _ = self._pages(self.space, subject)
        found = named(items.values()).get(PARTS)
        return None if found is None or not found.is_folder else found.id

    def answers(self, subject: Subject) -> Item:
        """The root of the space, once the server has answered about it."""
        self.wire.call("space_info", {"spaceid": self.space}, subject)
        return self.root

    def info(self, fileid: str, subject: Subject) -> Item:
        """What the server says about the entry *fileid*."""
        told = self.wire.call("file_info", {"fileid": fileid}, subject)
        return item_of(told.get("file_info"), subject)

    # Changing

    def put(self, folder: Item, name: str, item: Item) -> None:
        """Note that *item* lies in *folder* as *name*."""
        self.known.put(folder.id, name, item)

    def make_folder(self, father: str, name: str, subject: Subject) -> str:
        """Make a folder and return its id."""
        asked = {"spaceid": self.space, "fatherid": father, "file_type": FOLDER, "file_name": name}
        told = self.wire.call("file_create", asked, subject)
        if not told.get("fileid"):
            raise senseless(subject, "fileid")
        self.known.learn(str(told["fileid"]), {})
        return str(told["fileid"])

    def move(self, fileid: str, father: str, subject: Subject, *, replace: bool) -> Item:
        """Put the entry *fileid* into the folder *father*; a name that is taken is replaced, or gets a number."""
        asked = {"fatherid": father, "fileid": [fileid], "replace": replace}
        told = self.wire.call("file_move", asked, subject)
        rows = told.get("file_list")
        rows = rows.get("item") if isinstance(rows, dict) else None
        if not isinstance(rows, list) or not rows:
            raise senseless(subject, "file_list")
        return item_of(rows[0], subject)

    def rename(self, fileid: str, name: str, subject: Subject) -> Item:
        """Give the entry *fileid* another name in its folder."""
        told = self.wire.call("file_rename", {"fileid": fileid, "new_name": name}, subject)
        return item_of(told.get("file"), subject)

    def delete(self, fileid: str, subject: Subject) -> None:
        """Delete the entry *fileid*, a folder with all it holds."""
        self.wire.call("file_delete", {"fileid": [fileid]}, subject)

    # Inside

    def _joined(self, folder: str, subject: Subject, before: float | None) -> dict[str, Item]:
        """
        Like `listed`, but of several who ask at once one makes the call, and all are told what it was told.

        *before*: when it had been listed last as the caller found that this does not do.
        """
        with self.known.turn(folder):
            children = self.known.children(folder)
            if children is not None and self.known.since(folder) != before:
                return children
            return self.listed(folder, subject)

    def _learned(self, folder: str, items: Mapping[str, Item]) -> dict[str, Item]:
        """Note that *items*, by id, are all that lies in *folder*, and return them by name."""
        found = named(items.values())
        if folder == self.space:
            found.pop(PARTS, None)
        self.known.learn(folder, found)
        return found

    def _child(self, folder: str, name: str, subject: Subject) -> Item | None:
        before = self.known.since(folder)
        item = self.known.child(folder, name)[1]
        if item is not None:
            return item
        try:
            return self._joined(folder, subject, before).get(name)
        except NotFound:
            return None

    def _told_of(self, path: Path) -> Item | None:
        """The entry at *path* by the id that we know, if it is still there under this name."""
        parent = self.find(path[:-1])
        if parent is None or not parent.is_folder:
            return None
        known = self.known.child(parent.id, path[-1])[1]
        if known is None:
            return None
        try:
            item = self.info(known.id, path)
        except NotFound:
            return None
        here = item.father == parent.id or parent.id == self.space
        if item.deleted or item.name != known.name or not here:
            return None
        self.known.put(parent.id, path[-1], item)
        return item

    def _pages(self, folder: str, subject: Subject) -> tuple[dict[str, Item], int]:
        """The items in *folder* by id, and how many pages they filled."""
        found: dict[str, Item] = {}
        start = pages = 0
        while True:
            told = self._page(folder, _BY_NAME, start, subject)
            pages += 1
            for item in _rows(told, subject):
                found[item.id] = item
            if not told.get("has_more"):
                return found, pages
            start = _after(told.get("next_start"), start, subject)

    def _page(self, folder: str, order: int, start: int, subject: Subject) -> dict[str, Any]:
        place = {"spaceid": self.space, "fatherid": folder}
        asked = {**place, "sort_type": order, "start": start, "limit": PAGE}
        return self.wire.call("file_list", asked, subject)


def _rows(told: dict[str, Any], subject: Subject) -> list[Item]:
    rows = told.get("file_list") or {}
    rows = rows.get("item") or [] if isinstance(rows, dict) else rows
    if not isinstance(rows, list):
        raise senseless(subject, "file_list")
    return [item_of(row, subject) for row in rows]


def _after(told: Any, start: int, subject: Subject) -> int:
    if not isinstance(told, int) or told <= start:
        raise Unavailable(subject, _ENDLESS)
    return told
