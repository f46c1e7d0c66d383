"""
Small files together: new ones are uploaded one after the other, and then one listing of each folder tells what became of them.

That is a call for many files, where `Drive.write` needs one for each.  One after the other, since several threads
send batches, and WeDrive limits how many calls are under way at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from lading.connectors.api import Drive
from lading.connectors.conditions import Absent
from lading.connectors.facets import Upload, Wanted
from lading.connectors.names import check_holdable
from lading.connectors.profile import NameRules
from lading.connectors.wedrive.content import Content
from lading.connectors.wedrive.digest import BLOCK
from lading.connectors.wedrive.ground import Ground
from lading.connectors.wedrive.sent import Sent, became
from lading.connectors.wedrive.tree import Tree
from lading.model.entry import Entry
from lading.model.errors import Advice, DriveError, TooLarge, Unable
from lading.model.paths import Path
from lading.model.text import Text

SMALL = BLOCK
"""Bytes of the largest content that is given, and up to which files are better sent together: those of one block."""
_TOGETHER = 500
"""Files that wait for an answer: half a page, so that others may come between."""
_IN_A_ROW = 2
"""Uploads that fail one after the other until it is taken for a trouble of the drive."""
_CALLS = 3
"""For a file of one block, at most."""
_NO_VERSIONS = Text("WeDrive takes no versions", "微盘不接受历史版本")

_Answer = Entry | DriveError


class _Sent(NamedTuple):
    tree: Tree
    sent: Sent


class WedriveBatch:
    """Small files of *drive*, each stored under the promises of a single write."""

    def __init__(self, drive: Drive, ground: Ground, rules: NameRules) -> None:
        self._drive, self._ground, self._rules = drive, ground, rules

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        """Store each, or say what failed for it, in order."""
        run = _Run(self._drive, self._ground, self._rules)
        try:
            for upload in uploads:
                yield from run.add(upload)
        except DriveError as error:
            # What was uploaded is answered for before it is told that nothing more can be.
            yield from run.settled()
            raise error from None
        yield from run.settled()

    def read(self, wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        """The content of each, or what failed for it, in order: a call for each."""
        for one in wanted:
            try:
                yield self._content(one)
            except DriveError as error:
                yield error

    def _content(self, one: Wanted) -> bytes:
        if one.version is not None:
            raise Unable(one.path, _NO_VERSIONS)
        with self._drive.read(one.path, expect=one.etag) as reader:
            if reader.entry.size > SMALL:
                raise TooLarge(one.path, f"{reader.entry.size} bytes, at most {SMALL}")
            return b"".join(iter(lambda: reader.read(SMALL), b""))


class _Run:
    """One call of `WedriveBatch.write`: what was uploaded, and what is answered when that has been looked at."""

    def __init__(self, drive: Drive, ground: Ground, rules: NameRules) -> None:
        self._drive, self._ground, self._rules = drive, ground, rules
        self._waiting: list[_Sent | _Answer] = []
        self._paths: set[Path] = set()
        self._folders: set[str] = set()
        self._stored = self._failed = 0

    def add(self, upload: Upload) -> Iterator[_Answer]:
        """
        Upload it, and answer what can be answered by now.

        Raises:
            DriveError: what concerns the whole drive.
        """
        if upload.path in self._paths or len(self._waiting) == _TOGETHER:
            yield from self.settled()
        try:
            self._waiting.append(self._done(upload))
            self._failed = 0
        except DriveError as error:
            self._failed = self._failed + 1 if error.advice is Advice.RETRY else 0
            if error.advice is Advice.STOP_DRIVE or self._failed == _IN_A_ROW:
                raise
            self._waiting.append(error)

    def settled(self) -> Iterator[_Answer]:
        """
        The answers for all that is waiting.

        Raises:
            DriveError: what concerns the whole drive.
        """
        sent = [one for one in self._waiting if isinstance(one, _Sent)]
        found: dict[str, _Answer] = {}
        for _, group in groupby(sorted(sent, key=_folder), key=_folder):
            found |= _looked_at([*group])
        waiting, self._waiting = self._waiting, []
        self._paths.clear()
        self._folders.clear()
        for one in waiting:
            yield found[one.sent.fileid] if isinstance(one, _Sent) else one

    def _done(self, upload: Upload) -> _Sent | Entry:
        path = upload.path
        if upload.version is not None:
            raise Unable(path, _NO_VERSIONS)
        alone = not path or self._ground.is_space(path) or not isinstance(upload.expect, Absent)
        if alone or len(upload.content) > SMALL:
            return self._drive.write(path, [upload.content], expect=upload.expect, size=len(upload.content))
        check_holdable(path, self._rules)
        spot = self._ground.spot(path)
        # What is stored in this month should be looked at in it, and read back.
        self._ground.wire.quota.spare(_CALLS + len(self._folders) + 1 + self._stored + 1, path)
        with Content(path, [upload.content], None) as content:
            sent = spot.writing.send(spot.within, path, content)
        self._stored += 1
        self._paths.add(path)
        self._folders.add(sent.folder.id)
        return _Sent(spot.tree, sent)


def _folder(one: _Sent) -> str:
    return one.sent.folder.id


def _looked_at(group: list[_Sent]) -> dict[str, _Answer]:
    """What became of files that went into one folder, by id."""
    sent = [one.sent for one in group]
    try:
        answers = became(group[0].tree, sent)
    except DriveError as error:
        if error.advice is Advice.STOP_DRIVE:
            raise
        answers = [error.about(one.path) for one in sent]
    return {one.fileid: answer for one, answer in zip(sent, answers, strict=True)}
