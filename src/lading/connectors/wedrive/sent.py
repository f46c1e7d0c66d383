"""
New files that were uploaded, and of which WeDrive has told nothing but an id: what became of them.

Nobody says what WeDrive does with a name that is taken.  The listing of the folder tells it of many files at
once, and in folders of one page also which of two of the same name came first.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from lading.connectors.wedrive.items import FILE, Item, entry_of, named
from lading.connectors.wedrive.tree import Tree
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, DriveError, NotFound, Truncated, Unavailable
from lading.model.paths import Path
from lading.model.text import Text

_TAKEN = Text("somebody was quicker", "他人已先行创建")
_GONE = Text("it went away again while it was stored", "存入期间又被移走")
_SAVED = Text("somebody saved it right after it was stored", "存入后即被他人修改")
_OTHER_CONTENT = Text(
    "WeDrive holds another content than it was given; removed", "微盘保存的内容与写入的不同；已移除"
)


class Sent(NamedTuple):
    """A new file that was uploaded into *folder*; *sha* is the SHA-1 of its content."""

    folder: Item
    name: str
    path: Path
    fileid: str
    size: int
    sha: str

    @property
    def item(self) -> Item:
        """What it should have become."""
        return Item(self.fileid, self.name, self.folder.id, FILE, self.size, sha=self.sha)


def became(tree: Tree, sent: Sequence[Sent]) -> list[Entry | DriveError]:
    """
    What became of each of *sent*, which all went into one folder; what is not as it should be is taken away.

    One call, if they are among the thousand that changed last there, else one more for each that is not.

    Raises:
        DriveError: the folder is not told.
    """
    items = tree.newest(sent[0].folder.id, sent[0].path) if len(sent) > 1 else {}
    names = {item.id: name for name, item in named(items.values()).items()}
    return [_settled(tree, one, items.get(one.fileid), names.get(one.fileid, one.name)) for one in sent]


def _settled(tree: Tree, sent: Sent, item: Item | None, name: str) -> Entry | DriveError:
    """The same of one, which the listing told as *item*, or not at all, and which we call *name* there."""
    try:
        item = item or _told_alone(tree, sent)
    except DriveError as error:
        return error
    if item is None or item.deleted:
        tree.known.forget()
        return Unavailable(sent.path, _GONE)
    same = item.holds(sent.size, sent.sha)
    if same and item.name == sent.name == name:
        tree.put(sent.folder, sent.name, item)
        return entry_of(item, sent.path)
    tree.known.forget()
    if not same and item.saved_since:
        # What somebody works on is theirs, however it came there.
        return Changed(sent.path, _SAVED)
    with suppress(DriveError):
        tree.delete(item.id, sent.path)
    return AlreadyExists(sent.path, _TAKEN) if same else Truncated(sent.path, _OTHER_CONTENT)


def _told_alone(tree: Tree, sent: Sent) -> Item | None:
    """What is said of it by itself, if it still lies where it was put."""
    try:
        item = tree.info(sent.fileid, sent.path)
    except NotFound:
        return None
    return item if sent.folder.id in (item.father, tree.space) else None
