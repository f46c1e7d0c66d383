"""
Carry out one row of a plan on the two drives.

Every action can be run again after a kill at any point and comes to the same
end.  What cannot be done for one object is an outcome, not an exception;
only what concerns a whole drive (no space, login refused) is raised.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from typing import NamedTuple

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Precondition, Unchanged
from lading.connectors.facets import Partials
from lading.model.entry import Entry, Kind
from lading.model.errors import Advice, AlreadyExists, BadAnswer, Changed, DriveError, NotFound, Truncated
from lading.model.failpoints import failpoint
from lading.model.paths import ROOT, Path
from lading.model.text import Text
from lading.stages.transfer.content import BLOCK, Content, Digests, digests_of, taken
from lading.stages.transfer.decide import Action, Facts, same_facts
from lading.stages.transfer.journal import Journal, Outcome
from lading.stages.transfer.sitting import OTHER_STATE, Sitting

ATTEMPTS = 4
"""Times a file is begun anew when its connection keeps breaking off, beyond what the wrappers repeat."""

NOT_OURS = Text("with another content, which is not ours", "内容不同，且并非由我们写入")
_GAVE_BACK = Text("NEW gave back another content than it was given", "NEW 返回的内容与写入的不同")
_GAVE_BACK_REMOVED = Text(
    "NEW gave back another content than it was given; removed", "NEW 返回的内容与写入的不同；已移除"
)
_NOT_THERE = Text("NEW said that it is stored, and it is not there", "NEW 称已保存，但并不存在")
_FOLDER_STUCK = Text("its folder could not be moved", "其所在文件夹未能移动")


class Row(NamedTuple):
    """One row of a plan: an object of OLD, its place in NEW, and what is to be done."""

    seq: int
    action: Action
    old: Path
    new: Path
    kind: Kind
    size: int
    modified: int | None
    etag: str | None
    new_etag: str | None
    """What NEW must still say for a replacement or removal, with `new_size` and `new_modified`."""
    new_found: bool
    """Whether something was at its place in NEW when the pass began."""
    renamed_from: Path | None
    sha256: str | None
    """The digest that landed in an earlier pass."""
    overwrite: bool
    new_size: int | None = None
    new_modified: int | None = None


class Performer:
    """Carries out rows from *old* to *new*, noting in *journal* what is done."""

    def __init__(self, old: Drive, new: Drive, journal: Journal, moved: Callable[[int], None]) -> None:
        self.old, self.new, self.moved = old, new, moved
        self._journal = journal
        self._read_back = new.read_back
        self.repeated = 0
        """How often a file was begun anew."""
        self.lanes = 1
        """Parts of one large file that may be on their way at once."""
        self._stuck: set[Path] = set()
        """Where folders should be that could not be moved there: their places stay free."""
        self.brief = old.brief is not None
        """Whether OLD tells the times of files when they are read, and not before."""

    def known(self, row: Row, entry: Entry) -> Row:
        """*row* with the time of its *entry*, as OLD told it when it was asked for the content."""
        return row._replace(modified=entry.modified) if self.brief else row

    def perform_held(self, row: Row, content: bytes, sha256: str | None) -> Outcome:
        """
        As `perform`, for a new file whose *content* OLD gave for `known` *row* (its *sha256*, if that was told).

        What goes wrong is left to `perform`, which begins anew and reads anew.
        """
        try:
            failpoint("copy.before_write")
            entry, sure = self._stored(row, (content,) if content else ())
            failpoint("copy.after_write")
            self.moved(len(content))
            if sure and sha256 is not None:
                return self.landed(row, "moved", entry, sha256, sent=len(content))
            return self._settled(row, entry, Digests.of(content, sha256), sure=sure)
        except DriveError:
            return self.perform(row)

    def _stored(self, row: Row, source: Iterable[bytes]) -> tuple[Entry, bool]:
        """What NEW answers when it is given *source*, and whether it is sure to hold that, having read it back."""
        expect = _expected(row)
        if self._read_back is not None:
            entry = self._read_back.write(
                row.new, source, expect=expect, size=row.size, modified=row.modified
            )
            if entry is not None:
                return entry, True
        return self.new.write(row.new, source, expect=expect, size=row.size, modified=row.modified), False

    def _settled(self, row: Row, entry: Entry, digests: Digests, *, sure: bool) -> Outcome:
        """The outcome of *row*, of which NEW answered *entry* to the content with *digests*, once it is *sure*, or `confirmed`."""
        if not sure:
            entry = self.confirmed(row, entry, digests)
        return self.landed(row, "moved", entry, digests.sha256, sent=digests.size)

    def perform(self, row: Row) -> Outcome:
        """
        Do what *row* says.

        Raises:
            DriveError: what concerns all objects of a drive: advice `stop_drive`, or a drive that
                does not answer any more.
        """
        try:
            return self._repeated(row)
        except DriveError as error:
            if error.advice is Advice.STOP_DRIVE or (error.advice is Advice.RETRY and self._gone()):
                raise
            if row.action is Action.RENAME and row.kind is Kind.FOLDER:
                self._stuck.add(row.new)
            return Outcome(row.seq, "failed", code=error.code, detail=list(error.details))

    def _repeated(self, row: Row) -> Outcome:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(row)
            except DriveError as error:
                if error.advice is not Advice.RETRY or attempt == ATTEMPTS or self._gone():
                    raise
                self.repeated += 1
                time.sleep(random.uniform(0, 0.2 * 2**attempt))  # noqa: S311 — jitter, not a secret
        raise AssertionError

    def _gone(self) -> bool:
        """Whether one of the drives does not answer at all: then it is not about this object."""
        try:
            for drive in (self.old, self.new):
                drive.stat(ROOT)
        except DriveError:
            return True
        return False

    def _once(self, row: Row) -> Outcome:
        match row.action:
            case Action.COPY | Action.REPLACE:
                return self._copy(row)
            case Action.CHECK:
                return self._check(row)
            case Action.RECHECK:
                return self._recheck(row)
            case Action.FOLDER:
                return self.landed(row, "moved", self.new.make_folder(row.new), None)
            case Action.RENAME:
                return self._rename(row)
            case Action.DELETE:
                return self._delete(row)
            case Action.TIME:
                # Not to make it: what could not be moved there is moved next time.
                self.new.stat(row.new)
                return self.landed(row, "timed", self.new.make_folder(row.new, modified=row.modified), None)
            case _:
                raise AssertionError(row.action)

    # Copying

    def _copy(self, row: Row) -> Outcome:
        found = None
        if row.action is Action.REPLACE and (found := self._found(row.new)) is None:
            # Gone meanwhile: somebody removed it, or we did, when NEW gave back another content.
            row = row._replace(new_found=False)
        if row.size > max(BLOCK, self.new.profile.sitting) and self.new.partials is not None:
            return self._copy_large(row, self.new.partials)
        if found is not None and not as_scanned(row, found):
            # An earlier sitting may have put it there, cut off before it could note it.
            return self._adopt(row)
        failpoint("copy.before_write")
        content = Content(self.old, row.old, row.etag, self.moved, twice=self._read_back is None)
        try:
            row, entry, sure = self._written(row, content)
        except AlreadyExists:
            # Ours, from a sitting that was cut off before it could note it; or somebody else's.
            return self._adopt(row)
        failpoint("copy.after_write")
        return self._settled(row, entry, content.digests, sure=sure)

    def _written(self, row: Row, content: Content) -> tuple[Row, Entry, bool]:
        """As `_stored`, of *content*, with *row* as it is known then."""
        with closing(content):
            if self.brief:
                row = self.known(row, content.begin())
            return row, *self._stored(row, content)

    def _ours(self, row: Row) -> tuple[Row, Digests]:
        """The digests of what OLD has, and *row* as it is known then."""
        entry, digests = taken(self.old, row.old, row.etag)
        return self.known(row, entry), digests

    def _found(self, path: Path) -> Entry | None:
        try:
            return self.new.stat(path)
        except NotFound:
            return None

    def _look_again(self, row: Row) -> None:
        """
        Make sure, where NEW gives no etag to hold it by, that what is to go is what was scanned.

        Raises:
            Changed: it is not.
        """
        if not row.new_found or row.new_etag or row.kind is not Kind.FILE:
            return
        found = self._found(row.new)
        if found is not None and not as_scanned(row, found):
            raise Changed(row.new, OTHER_STATE)

    def _adopt(self, row: Row) -> Outcome:
        """Take what is in NEW as moved if it is equal to OLD."""
        found = self.new.stat(row.new)
        if found.kind is not row.kind or found.size != row.size:
            raise AlreadyExists(row.new, NOT_OURS)
        theirs = digests_of(self.new, row.new)
        row, ours = self._ours(row)
        if ours.sha256 != theirs.sha256:
            raise AlreadyExists(row.new, NOT_OURS)
        return self.landed(row, "moved", found, ours.sha256)

    def confirmed(self, row: Row, entry: Entry, digests: Digests) -> Entry:
        """
        The entry in NEW, once it is sure to hold what was read from OLD; it is taken away if it does not.

        The server's own digest is enough where it computes one; elsewhere the content is read
        back, and what is told then completes what the answer to the write told.
        """
        if entry.digests and dict(entry.digests).get("sha256") == digests.sha256:
            return entry
        try:
            with self.new.read(row.new) as reader:
                found = reader.entry
                if found.size == digests.size and digests.gives_back(reader):
                    return found
        except NotFound:
            raise BadAnswer(row.new, _NOT_THERE) from None
        expect: Precondition = Unchanged(found.etag) if found.etag else ANYTHING
        self.new.remove(row.new, expect=expect)
        raise Truncated(row.new, _GAVE_BACK_REMOVED)

    # Large files, in several sittings

    def _copy_large(self, row: Row, partials: Partials) -> Outcome:
        token = _token(row)
        if token in self._journal.staged and not partials.offset(token):
            # It was given its name, and then we were cut off; or somebody swept it away.
            if (settled := self._staged_already(row, self._journal.staged[token])) is not None:
                return settled
            self._journal.restart(token, 0)
        scanned = Facts(row.kind, row.size, row.modified, row.etag)
        sitting = Sitting(
            self.old,
            row.old,
            scanned,
            partials,
            token,
            self._journal,
            self.moved,
            self.lanes,
            self._read_back,
        )
        sha256 = sitting.send()
        if (found := sitting.still(look=self.brief)) is not None:
            row = self.known(row, found)
        if not sitting.arrived():
            raise Truncated(row.new, _GAVE_BACK)
        self._journal.stage(token, sha256)
        failpoint("large.before_finish")
        self._look_again(row)
        entry = partials.finish(token, row.new, expect=_expected(row), modified=row.modified)
        failpoint("large.after_finish")
        return self.landed(row, "moved", entry, sha256, sent=row.size)

    def _staged_already(self, row: Row, sha256: str) -> Outcome | None:
        found = self._found(row.new)
        if found is None or found.kind is not row.kind or found.size != row.size:
            return None
        if digests_of(self.new, row.new).sha256 != sha256:
            return None
        with suppress(DriveError):
            # NEW has its time; what OLD says of it is for the record.
            row = self.known(row, self.old.stat(row.old)) if self.brief else row
        return self.landed(row, "moved", found, sha256)

    # Comparing

    def _check(self, row: Row) -> Outcome:
        return self._compared(*self._ours(row))

    def _compared(self, row: Row, ours: Digests) -> Outcome:
        found = self.new.stat(row.new)
        if found.size == row.size and digests_of(self.new, row.new).sha256 == ours.sha256:
            return self.landed(row, "same", found, ours.sha256)
        if not row.overwrite:
            raise AlreadyExists(row.new, NOT_OURS)
        row = row._replace(action=Action.REPLACE, new_found=True, new_etag=found.etag)
        return self._copy(row._replace(new_size=found.size, new_modified=found.modified))

    def _recheck(self, row: Row) -> Outcome:
        row, ours = self._ours(row)
        if ours.sha256 == row.sha256:
            found = self.new.stat(row.new)
            if not as_scanned(row, found):
                # Somebody worked on it since the scan: what landed says nothing about it any more.
                return self._compared(row, ours)
            return self.landed(row, "same", found, ours.sha256)
        return self._copy(row._replace(action=Action.REPLACE))

    # Names

    def _rename(self, row: Row) -> Outcome:
        moves = self.new.moves
        if moves is None or row.renamed_from is None:
            raise AssertionError(row)
        if row.kind is Kind.FILE and digests_of(self.old, row.old, row.etag).sha256 != row.sha256:
            # Another file to which the id of a removed one was given.
            return self._copy(row._replace(action=Action.COPY))
        if row.kind is Kind.FOLDER:
            # The stage of moves is the first; for files all folders have been made.
            self._make_parents(row.new)
        try:
            entry = moves.move(row.renamed_from, row.new, expect=ABSENT)
        except NotFound:
            # An earlier sitting moved it and was cut off before it could note it: then the
            # source is gone and what we wanted is there.
            entry = self.new.stat(row.new)
            if entry.kind is not row.kind or entry.size != row.size:
                raise
        return self.landed(row, "renamed", entry, row.sha256)

    def _make_parents(self, path: Path) -> None:
        for depth in range(1, len(path)):
            if path[:depth] in self._stuck:
                raise NotFound(path, _FOLDER_STUCK)
            try:
                self.new.stat(path[:depth])
            except NotFound:
                self.new.make_folder(path[:depth])

    def _delete(self, row: Row) -> Outcome:
        self._look_again(row)
        with suppress(NotFound):
            self.new.remove(row.new, expect=Unchanged(row.new_etag) if row.new_etag else ANYTHING)
        return Outcome(row.seq, "deleted")

    def landed(self, row: Row, bucket: str, entry: Entry, sha256: str | None, *, sent: int = 0) -> Outcome:
        """The outcome of *row* whose object stands in NEW as *entry*."""
        facts = (entry.size, entry.modified, entry.etag)
        return Outcome(row.seq, bucket, sha256, *facts, sent=sent, old_modified=row.modified)


def _expected(row: Row) -> Precondition:
    if not row.new_found:
        return ABSENT
    return Unchanged(row.new_etag) if row.new_etag else ANYTHING


def as_scanned(row: Row, found: Entry) -> bool:
    """Whether *found* is what stood in NEW when the pass began."""
    if row.new_size is None:
        return False
    return same_facts(_facts(found), Facts(row.kind, row.new_size, row.new_modified, row.new_etag))


def _facts(it: Entry) -> Facts:
    return Facts(it.kind, it.size, it.modified, it.etag)


def _token(row: Row) -> str:
    """Names the content of *row*: another state of OLD gives another token."""
    facts = repr((row.old, row.size, row.modified, row.etag))
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:40]
