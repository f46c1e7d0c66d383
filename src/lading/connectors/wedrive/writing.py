"""
Files and folders being made, replaced and removed.

WeDrive has no conditional calls: what is there is looked at first, and another
program may come between the look and the act.  Writers of one process take turns.

A new file is uploaded under its name, which WeDrive shows only when it is whole, and it is asked once
more whether that became its name: of many small ones by `batch`, a listing for all of a folder.  One that takes the place of another waits in a hidden folder of the space until it is whole, and is then moved over
the old one in one call.
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Iterable
from contextlib import suppress

from lading.connectors.conditions import ABSENT, Absent, Precondition, Unchanged, check
from lading.connectors.turns import alone
from lading.connectors.wedrive.content import ONE_SHOT, Content
from lading.connectors.wedrive.items import Item, entry_of
from lading.connectors.wedrive.sent import Sent
from lading.connectors.wedrive.tree import PARTS, Tree
from lading.connectors.wedrive.trouble import senseless
from lading.model.entry import Entry
from lading.model.errors import (
    Advice,
    AlreadyExists,
    DriveError,
    Forbidden,
    NotEmpty,
    NotFound,
    TooLarge,
    Truncated,
    Unable,
    Unavailable,
    WrongKind,
)
from lading.model.paths import Path
from lading.model.text import Text

_EMPTY = Text("WeDrive takes no empty files", "微盘不接受空文件")
_A_FOLDER = Text("it is a folder", "它是文件夹")
_QUICKER = Text("somebody was quicker", "他人已先行创建")
_RENAMED = Text("it was given another name", "被改成了另一个名称")
_OTHER_CONTENT = Text(
    "WeDrive holds another content than it was given; removed", "微盘保存的内容与写入的不同；已移除"
)
LEFT_BEHIND = 7 * 86_400
"""Seconds after which what waits for its place was left behind by a run that was killed."""
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
        with Content(path, source, size) as content:
            # The second turn is for replacements, which wait beside each other under the same name.
            with alone(self._tree.key(within), (self, within[-1])):
                parent = self._tree.folder(within[:-1], path)
                found = self._met(within, path, expect)
                return self._stored(parent, within, path, content, expect, found)

    def send(self, within: Path, path: Path, content: Content) -> Sent:
        """
        Upload *content* as a new file; only `sent.became` tells whether it became one of that name.

        Raises:
            DriveError: as `Drive.write` does where nothing is expected.
        """
        with alone(self._tree.key(within), (self, within[-1])):
            parent = self._tree.folder(within[:-1], path)
            self._met(within, path, ABSENT)
            try:
                fileid = self._upload(parent.id, within[-1], path, content)
            except DriveError as error:
                raise self._explained(within, path, ABSENT, error) from error
            sent = Sent(parent, within[-1], path, fileid, content.size, content.digests[-1])
            # Whoever comes next finds it, and asks the server about it.
            self._tree.put(parent, sent.name, sent.item)
            return sent

    def _met(self, within: Path, path: Path, expect: Precondition) -> Item | None:
        """What is at *path*, if it meets *expect* and is no folder."""
        found = self._tree.believed(within)
        if isinstance(expect, Unchanged) or (found is not None and isinstance(expect, Absent)):
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
            item = self._put(parent.id, name, path, content) if found is None else None
        except DriveError as error:
            raise self._explained(within, path, expect, error) from error
        if item is None and found is None and isinstance(expect, Absent):
            raise AlreadyExists(path, _QUICKER)
        if item is None:
            item = self._replaced(parent.id, name, path, content)
        self._tree.put(parent, name, item)
        return entry_of(item, path)

    def _put(self, father: str, name: str, path: Path, content: Content) -> Item | None:
        """
        Upload *content* and return what WeDrive then says of it; None if the name was taken.

        Nobody says what WeDrive does with a name that is taken: it may give another one.  So it is asked what
        became of each upload, and what is not as it should be is taken away again.
        """
        item = self._tree.info(self._upload(father, name, path, content), path)
        same = item.holds(content.size, content.digests[-1])
        if item.name == name and same:
            return item
        self._tree.known.forget()
        with suppress(DriveError):
            self._tree.delete(item.id, path)
        if not same:
            raise Truncated(path, _OTHER_CONTENT)
        return None

    def _explained(self, within: Path, path: Path, expect: Precondition, error: DriveError) -> DriveError:
        """Why an upload was refused: somebody may have been quicker than we looked."""
        passes = error.advice in (Advice.RETRY, Advice.STOP_DRIVE) or isinstance(error, TooLarge)
        if passes or not isinstance(expect, Absent):
            return error
        try:
            now = self._tree.look(within)
        except DriveError:
            return error
        return error if now is None else AlreadyExists(path, _QUICKER)

    def _replaced(self, parent: str, name: str, path: Path, content: Content) -> Item:
        """Upload beside, and move over what is there."""
        stage = self._staging(path)
        staged = self._put(stage, name, path, content)
        if staged is None:
            raise Unavailable(path, _RENAMED)
        try:
            moved = self._tree.move(staged.id, parent, path, replace=True)
        except DriveError as error:
            return self._arrived(staged.id, stage, name, path, error)
        if moved.name != name:
            with suppress(DriveError):
                self._tree.delete(moved.id, path)
            raise Unavailable(path, _RENAMED)
        return moved

    def _arrived(self, fileid: str, stage: str, name: str, path: Path, error: DriveError) -> Item:
        """What was moved, if it is there in spite of *error*; while it still waits it is taken away."""
        try:
            now = self._tree.info(fileid, path)
        except DriveError:
            raise error from None
        if now.father != stage and now.name == name:
            return now
        with suppress(DriveError):
            self._tree.delete(fileid, path)
        raise error

    def _staging(self, subject: Path) -> str:
        """The folder in which our own replacements wait; made when it is needed."""
        with self._guard:
            if self._stage is None:
                root = self._tree.root.id
                parts = self._tree.parts(subject)
                if parts is None:
                    parts = self._tree.make_folder(root, PARTS, subject)
                else:
                    self._sweep(parts, subject)
                self._stage = self._tree.make_folder(parts, secrets.token_hex(8), subject)
            return self._stage

    def _sweep(self, parts: str, subject: Path) -> None:
        """Remove what killed runs left there a week ago."""
        before = self._wire.clock.now().timestamp() - LEFT_BEHIND
        for item in self._tree.listed(parts, subject).values():
            if item.created and item.created < before:
                with suppress(DriveError):
                    self._tree.delete(item.id, subject)

    def _upload(self, father: str, name: str, path: Path, content: Content) -> str:
        """Upload *content* as *name* into the folder *father* and return its id."""
        where = {"spaceid": self._tree.space, "fatherid": father, "file_name": name}
        if content.size <= self._one_shot or not content.size:
            return self._at_once(where, path, content)
        blocks = len(content.digests)
        self._wire.quota.demand(blocks + 3, path)
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
                found = self._made(parent, within, path)
            return entry_of(found, path)

    def _made(self, parent: Item, within: Path, path: Path) -> Item:
        fileid = self._tree.make_folder(parent.id, within[-1], path)
        made = self._tree.info(fileid, path)
        if made.name == within[-1]:
            self._tree.put(parent, within[-1], made)
            return made
        # Somebody was quicker: ours, which is empty, goes again.
        self._tree.known.forget()
        with suppress(DriveError):
            self._tree.delete(fileid, path)
        found = self._tree.look(within)
        if found is None:
            raise Unavailable(path, _RENAMED)
        if not found.is_folder:
            raise WrongKind(path, Text("it is a file", "它是文件"))
        return found

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
