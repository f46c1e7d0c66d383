"""
Bring files in with all their versions, and shut what must be shut as soon as it is there.

A file with a history is written version by version, oldest first, each on top of the one before; its current
content comes last.  What restricts a new file is set right behind its first content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Precondition, Unchanged
from lading.manifest.obstacle import stands_in_the_way
from lading.model.access import Version
from lading.model.entry import Entry, Kind
from lading.model.errors import AlreadyExists, Changed, DamagedContent, DriveError, NotFound, Unguarded
from lading.model.failpoints import failpoint
from lading.model.paths import Path
from lading.model.text import Text
from lading.stages.transfer.cargo import Cargo
from lading.stages.transfer.content import Digests, chunks, digests_of
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Journal, Outcome
from lading.stages.transfer.perform import NOT_OURS, Performer, Row, as_scanned
from lading.stages.transfer.succession import Standing, Wanted, standing, standing_below

_WRITES = (Action.COPY, Action.REPLACE, Action.CHECK, Action.RECHECK)
_OTHER_CONTENT = Text("a version is not what was scanned", "某个版本与扫描时不同")
_LOOKS = 3
"""How often NEW is looked at for what it says exists: somebody may have removed it in between."""
_UNSEEN = Text("NEW refuses it as existing, and shows nothing there", "NEW 称其已存在而拒绝，但该处并无内容")
_NO_VERSIONS = Text("it has no versions", "没有历史版本")


@dataclass(slots=True)
class Course:
    """
    A file on its way: the version at the place *at* is next, *missed* are ordinals that cannot come any more, *lost* those that OLD has no more.
    """

    row: Row
    wanted: tuple[Wanted, ...]
    at: int = 0
    missed: tuple[int, ...] = ()
    expect: Precondition = ABSENT
    entry: Entry | None = None
    sha256: str | None = None
    sent: int = 0
    added: int = field(default=0)
    lost: tuple[int, ...] = ()

    @property
    def next(self) -> Wanted | None:
        """The version to bring in now; None at the end."""
        return self.wanted[self.at] if self.at < len(self.wanted) else None


class Carrier(Performer):
    """Carries out rows with their *cargo*."""

    def __init__(
        self, old: Drive, new: Drive, journal: Journal, moved: Callable[[int], None], cargo: Cargo
    ) -> None:
        super().__init__(old, new, journal, moved)
        self.cargo = cargo
        self._shut: set[int] = set()
        # Files that were not there before this sitting.
        self._made: set[int] = set()

    def perform(self, row: Row) -> Outcome:
        """As `Performer.perform`; nothing is put below a folder that could not be shut."""
        if self.is_open(row):
            error = Unguarded(row.new)
            return Outcome(row.seq, "failed", code=error.code, detail=list(error.details))
        return super().perform(row)

    def perform_held(self, row: Row, content: bytes, sha256: str | None) -> Outcome:
        """As `Performer.perform_held`; what has a history, or must not be seen, goes its own way."""
        if row.seq in self.cargo.histories or self.is_open(row):
            return self.perform(row)
        return super().perform_held(row, content, sha256)

    def is_open(self, row: Row) -> bool:
        """Whether *row* would put something where people might see it who must not."""
        puts = row.action in (*_WRITES, Action.RENAME)
        return puts and any(row.new[:depth] in self.cargo.open for depth in range(len(row.new) + 1))

    def landed(self, row: Row, bucket: str, entry: Entry, sha256: str | None, *, sent: int = 0) -> Outcome:
        """As `Performer.landed`, once the file is shut."""
        self._guard(row, entry)
        return super().landed(row, bucket, entry, sha256, sent=sent)

    def _once(self, row: Row) -> Outcome:
        if row.action in _WRITES and row.seq in self.cargo.histories:
            return self._bring(row)
        return super()._once(row)

    def _copy(self, row: Row) -> Outcome:
        return self._bring(row) if row.seq in self.cargo.histories else super()._copy(row)

    # Versions

    def begun(self, row: Row) -> Course:
        """
        The course of *row* at the place from which it goes on.

        Raises:
            AlreadyExists: what stands in NEW is none of the versions of OLD.
        """
        if row.action in (Action.COPY, Action.RENAME) and not row.new_found:
            return Course(row, self.cargo.histories[row.seq])
        return self._looked(row)

    def took(self, course: Course, entry: Entry, digests: Digests) -> None:
        """NEW answered *entry* to the next version of *course*, whose content has *digests*."""
        if course.expect is ABSENT:
            self._made.add(course.row.seq)
        course.entry = self.confirmed(course.row, entry, digests)
        course.expect = Unchanged(course.entry.etag) if course.entry.etag else ANYTHING
        course.sha256 = digests.sha256
        course.sent += digests.size
        course.at += 1
        course.added += 1
        self._guard(course.row, course.entry)

    def arrived(self, course: Course) -> Outcome:
        """The outcome of a *course* that is at its end."""
        assert course.entry is not None
        last = course.wanted[-1]
        row = course.row._replace(modified=last.version.modified) if self.brief else course.row
        unmoved = not course.added and as_scanned(row, course.entry)
        sha256 = course.sha256 or last.sha256
        done = self.landed(row, "same" if unmoved else "moved", course.entry, sha256, sent=course.sent)
        return done._replace(missed=list(course.missed), lost=list(course.lost))

    def _bring(self, row: Row) -> Outcome:
        course = self.begun(row)
        looks = 0
        while (wanted := course.next) is not None:
            try:
                self._add(course, wanted)
            except AlreadyExists as error:
                if course.entry is not None:
                    raise
                if looks == _LOOKS:
                    raise AlreadyExists(row.new, _UNSEEN) from error
                looks += 1
                # Ours, from a sitting that was cut off before it could note it; or somebody else's.
                course = replace(self._looked(row), lost=course.lost)
            except DamagedContent:
                if wanted is course.wanted[-1]:
                    self._take_back(course)
                    raise
                # The later ones, and the current content, are worth as much as without it.
                course.lost = (*course.lost, wanted.ordinal)
                course.at += 1
        return self.arrived(course)

    def _take_back(self, course: Course) -> None:
        """Remove what was made of a file whose current content is lost: nobody shall take an earlier version for it."""
        if course.row.seq in self._made:
            with suppress(NotFound):
                self.new.remove(course.row.new, expect=course.expect)

    def _add(self, course: Course, wanted: Wanted) -> None:
        assert self.new.versions is not None
        content = VersionContent(self.old, course.row.old, wanted, self.moved)
        failpoint("version.before_add")
        entry = self.new.versions.add(course.row.new, content, wanted.version, expect=course.expect)
        failpoint("version.after_add")
        self.took(course, entry, content.digests)

    def _looked(self, row: Row) -> Course:
        """The course of *row* after a look at what is in NEW."""
        wanted = self.cargo.histories[row.seq]
        found = self._found(row.new)
        if found is None:
            return Course(row, wanted)
        if found.kind is not Kind.FILE:
            raise AlreadyExists(row.new, NOT_OURS)
        it = self._standing(row, wanted, found)
        missed = tuple(wanted[place].ordinal for place in it.missed)
        expect = Unchanged(found.etag) if found.etag else ANYTHING
        self._guard(row, found)
        return Course(row, wanted, it.next, missed, expect, found)

    def _standing(self, row: Row, wanted: Sequence[Wanted], found: Entry) -> Standing:
        assert self.new.versions is not None
        there = list(self.new.versions.list(row.new))
        if there and "sha256" not in dict(there[-1].digests):
            there[-1] = _with_digest(there[-1], digests_of(self.new, row.new).sha256)
        known = [self._known(row, one, there) for one in wanted]
        it = standing(known, there, self.new.profile)
        if it is not None:
            return it
        # What somebody saved in NEW stays the newest, unless it was ruled otherwise.
        ours = row.action in (Action.REPLACE, Action.RECHECK) and as_scanned(row, found)
        if not (ours or row.overwrite):
            raise AlreadyExists(row.new, NOT_OURS)
        return standing_below(known, there, self.new.profile)

    def _known(self, row: Row, wanted: Wanted, there: Sequence[Version]) -> Wanted:
        """*wanted* with its digest, if something that is *there* may be it and OLD told none."""
        if wanted.sha256 is not None or all(it.size != wanted.version.size for it in there):
            return wanted
        content = VersionContent(self.old, row.old, wanted, lambda _size: None)
        for _ in content:
            pass
        return wanted._replace(sha256=content.digests.sha256)

    # Restrictions

    def _guard(self, row: Row, entry: Entry) -> None:
        """
        Set what restricts the file of *row*, which has just appeared; once.

        Raises:
            Unguarded: it cannot be set; the file is taken away again if this pass brought it.
        """
        guards = self.cargo.guards.get(row.seq, ())
        if row.seq in self._shut or not guards:
            return
        assert self.new.grants is not None
        try:
            for guard in guards:
                self.new.grants.set(guard)
                failpoint("guard.row_set")
        except DriveError as error:
            if row.action is Action.COPY:
                expect: Precondition = Unchanged(entry.etag) if entry.etag else ANYTHING
                with suppress(NotFound):
                    self.new.remove(row.new, expect=expect)
            if stands_in_the_way(self.new, error):
                raise
            raise Unguarded(row.new, error.details) from error
        self._shut.add(row.seq)


class VersionContent:
    """
    The content of one version, to be given to `Versions.add`; as `Content` it can be asked again from its beginning.

    It ends with `Changed` if it is not what was scanned.
    """

    def __init__(self, drive: Drive, path: Path, wanted: Wanted, moved: Callable[[int], None]) -> None:
        self._drive, self._path, self._wanted, self._moved = drive, path, wanted, moved
        self.digests = Digests()

    def __iter__(self) -> Iterator[bytes]:
        return self.again()

    def again(self) -> Iterator[bytes]:
        """The content from its beginning."""
        self.digests = Digests()
        if self._drive.versions is None:
            raise NotFound(self._path, _NO_VERSIONS)
        with self._drive.versions.read(self._path, self._wanted.id) as reader:
            for data in chunks(reader):
                self.digests.add(data)
                # The last piece is held back until the whole is known to be right.
                if self.digests.size >= self._wanted.version.size:
                    check_content(self._path, self._wanted, self.digests)
                yield data
                self._moved(len(data))
        check_content(self._path, self._wanted, self.digests)


def check_content(path: Path, wanted: Wanted, digests: Digests) -> None:
    """
    Hold what was read against what was scanned.

    Raises:
        Changed: it is another content.
    """
    expected = wanted.sha256 or digests.sha256
    if digests.size != wanted.version.size or digests.sha256 != expected:
        raise Changed(path, _OTHER_CONTENT)


def _with_digest(version: Version, sha256: str) -> Version:
    return replace(version, digests=(*version.digests, ("sha256", sha256)))
