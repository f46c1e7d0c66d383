"""
Files and folders being made, replaced and removed.

WeDrive has no conditional calls: what is there is looked at first, and another
program may come between the look and the act.  Writers of one process take turns.

A new file is uploaded under its name, which WeDrive shows only when it is whole.  One that takes the
place of another waits in a hidden folder of the space until it is whole, and is then moved over
the old one in one call.
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Iterable
from contextlib import suppress

from lading.connectors.conditions import Absent, Precondition, Unchanged, check
from lading.connectors.turns import alone
from lading.connectors.wedrive.content import ONE_SHOT, Content
from lading.connectors.wedrive.items import FILE, Item, entry_of
from lading.connectors.wedrive.tree import PARTS, Tree
from lading.connectors.wedrive.trouble import senseless
from lading.model.entry import Entry, Kind
from lading.model.errors import (
    Advice,
    AlreadyExists,
    DriveError,
    Forbidden,
    NotEmpty,
    NotFound,
    TooLarge,
    Unable,
    Unavailable,
    WrongKind,
)
from lading.model.paths import Path
from lading.model.text import Text

_EMPTY = Text("WeDrive takes no empty files", "微盘不接受空文件")
_A_FOLDER = Text("it is a folder", "它是文件夹")
_NOTHING = Text("nothing is there", "该处没有内容")


class Writing:
    """Changes to the space that *tree* stands for."""

    def __init__(self, tree: Tree) -> None:
        self._tree, self._wire = tree, tree.wire
        self._stage: str | None = None
        self._guard = threading.Lock()
        self._takes_empty = True
        self.hits = 0
        """Uploads that WeDrive had the content of already: instant uploads."""

    def write(
        self, within: Path, path: Path, source: Iterable[bytes], expect: Precondition, size: int | None
    ) -> Entry:
        """Store *source* at *within* the space, which we call *path*; see `Drive.write`."""
        if not within:
            raise (AlreadyExists if isinstance(expect, Absent) else WrongKind)(path, _A_FOLDER)
        with Content(path, source, size, memory=self._one_shot) as content:
            # The second turn is for replacements, which wait beside each other under the same name.
            with alone(self._tree.key(within), (self, within[-1])):
                parent = self._tree.folder(within[:-1], path)
                found = self._met(within, path, expect)
                return self._stored(parent, within, path, content, expect, found)

    def _met(self, within: Path, path: Path, expect: Precondition) -> Item | None:
        """What is at *path*, if it meets *expect* and is no folder."""
        found = self._tree.believed(within)
        if (
            isinstance(expect, Unchanged)
            or (found is not None and not found.whole)
            or (found is not None and isinstance(expect, Absent))
        ):
            found = self._tree.look(within)
        check(expect, None if found is None else entry_of(found, path), path)
        if found is not None and found.is_folder:
            raise WrongKind(path, _A_FOLDER)
        return found

    def _stored(
        self,
        parent: Item,
        within: Path,
        path: Path,
        content: Content,
        expect: Precondition,
        found: Item | None,
    ) -> Entry:
        name = within[-1]
        try:
            if found is None:
                fileid = self._upload(parent.id, name, path, content)
            else:
                fileid = self._replaced(parent.id, name, path, content)
        except DriveError as error:
            raise self._explained(within, path, expect, error) from error
        item = Item(fileid, name, parent.id, FILE, content.size, sha=content.digests[-1], whole=False)
        self._tree.put(parent, name, item)
        return Entry(path, Kind.FILE, content.size, None, fileid)

    def _explained(self, within: Path, path: Path, expect: Precondition, error: DriveError) -> DriveError:
        """Why an upload was refused: somebody may have been quicker than we looked."""
        passes = error.advice in (Advice.RETRY, Advice.STOP_DRIVE) or isinstance(error, TooLarge)
        if passes or not isinstance(expect, Absent):
            return error
        try:
            now = self._tree.look(within)
        except DriveError:
            return error
        return error if now is None else AlreadyExists(path, Text("somebody was quicker", "他人已先行创建"))

    def _replaced(self, parent: str, name: str, path: Path, content: Content) -> str:
        """Upload beside, and move over what is there."""
        staged = self._upload(self._staging(path), name, path, content)
        try:
            moved = self._tree.move(staged, parent, path, replace=True)
            if moved.name != name:
                staged = moved.id
                raise Unavailable(path, Text("it was given another name", "被改成了另一个名称"))
        except DriveError:
            with suppress(DriveError):
                self._tree.delete(staged, path)
            raise
        return moved.id

    def _staging(self, subject: Path) -> str:
        """The folder in which our own replacements wait; made when it is needed."""
        with self._guard:
            if self._stage is None:
                root = self._tree.root.id
                parts = self._tree.parts(subject)
                if parts is None:
                    parts = self._tree.make_folder(root, PARTS, subject)
                self._stage = self._tree.make_folder(parts, secrets.token_hex(8), subject)
            return self._stage

    def _upload(self, father: str, name: str, path: Path, content: Content) -> str:
        """Upload *content* as *name* into the folder *father* and return its id."""
        where = {"spaceid": self._tree.space, "fatherid": father, "file_name": name}
        if content.size <= self._one_shot or not content.size:
            return self._at_once(where, path, content)
        blocks = len(content.digests)
        self._wire.quota.demand(blocks + 2, path)
        asked = {**where, "size": content.size, "block_sha": content.digests, "skip_push_card": True}
        told = self._wire.call("file_upload_init", asked, path)
        if told.get("hit_exist"):
            self.hits += 1
            return _id(told, path)
        key = told.get("upload_key")
        if not isinstance(key, str) or not key:
            raise senseless(path, "upload_key")
        for index, block in enumerate(content.blocks(), 1):
            part = {"upload_key": key, "index": index, "file_base64_content": _encoded(block)}
            self._wire.call("file_upload_part", part, path)
        return _id(self._wire.call("file_upload_finish", {"upload_key": key}, path), path)

    def _at_once(self, where: dict[str, str], path: Path, content: Content) -> str:
        if not content.size and not self._takes_empty:
            raise Unable(path, _EMPTY)
        try:
            asked = {**where, "file_base64_content": _encoded(content.all())}
            return _id(self._wire.call("file_upload", asked, path), path)
        except Unable:
            if content.size:
                raise
            # Not documented, so it is tried once; it may be that one day it does.
            self._takes_empty = False
            raise Unable(path, _EMPTY) from None

    @property
    def _one_shot(self) -> int:
        return ONE_SHOT if self._wire.options.oneshot else 0

    def make_folder(self, within: Path, path: Path) -> Entry:
        """Make sure that *within* the space is a folder; see `Drive.make_folder`."""
        with alone(self._tree.key(within)):
            parent = self._tree.folder(within[:-1], path)
            found = self._tree.believed(within)
            if found is not None:
                found = self._tree.look(within)
            if found is not None and not found.is_folder:
                raise WrongKind(path, Text("it is a file", "它是文件"))
            if found is None:
                fileid = self._tree.make_folder(parent.id, within[-1], path)
                found = self._tree.info(fileid, path)
                self._tree.put(parent, within[-1], found)
            return entry_of(found, path)

    def remove(self, within: Path, path: Path, expect: Precondition) -> None:
        """Remove a file or an empty folder; see `Drive.remove`."""
        if not within:
            raise Forbidden(path, Text("the root stays", "根目录不能删除"))
        with alone(self._tree.key(within)):
            found = self._tree.look(within)
            if found is None:
                raise NotFound(path, _NOTHING)
            check(expect, entry_of(found, path), path)
            if found.is_folder and self._tree.listed(found.id, path):
                raise NotEmpty(path, Text("it holds entries", "其中还有内容"))
            parent = self._tree.folder(within[:-1], path)
            self._tree.delete(found.id, path)
            self._tree.known.drop(parent.id, within[-1])

    def close(self) -> None:
        """Remove the folder in which replacements waited."""
        with self._guard:
            stage, self._stage = self._stage, None
        if stage is not None:
            with suppress(DriveError):
                self._tree.delete(stage, ())


def _encoded(block: bytes) -> str:
    return base64.b64encode(block).decode("ascii")


def _id(told: dict[str, object], path: Path) -> str:
    if not told.get("fileid"):
        raise senseless(path, "fileid")
    return str(told["fileid"])
