"""
Carry the deeds of a plan out on OLD.

Every write says what it expects to find; what it would replace is kept first.  A deed that was cut off is found again
by its content, so nothing needs to be undone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, Unchanged
from lading.connectors.wrap.policy import Policy
from lading.manifest.obstacle import stands_in_the_way
from lading.model.access import Version
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, DriveError, Forbidden, NotFound, Unable, Unguarded
from lading.model.failpoints import failpoint
from lading.model.paths import Path, decode, encode, within
from lading.model.progress import Progress, Publish, nobody_listens
from lading.stages.cutover.base import Row
from lading.stages.cutover.contents import Contents, blocks, digest_of
from lading.stages.cutover.deeds import Deed, Do
from lading.stages.cutover.guarding import Guard, aside_of, clear
from lading.stages.cutover.journaling import facts_of
from lading.stages.cutover.messages import NOTE, conflict_of, noted
from lading.stages.cutover.naming import beside
from lading.stages.cutover.settling import is_there
from lading.stages.cutover.state import Facts, Home, Lines, lines_of
from lading.stages.cutover.tracing import Content

WRITING = Policy()
KEPT = "before"
"""The word in the name of what a drive without versions keeps of a file."""


class Done(NamedTuple):
    """What became of a deed; *kept* is where the earlier content stands beside."""

    deed: Deed
    code: str = ""
    detail: tuple[str, str] = ("", "")
    kept: Path | None = None


class Performing:
    """Does deeds on *drive*, and notes each in the file of what was carried."""

    def __init__(
        self,
        drive: Drive,
        home: Home,
        people: Mapping[str, str],
        *,
        publish: Publish = nobody_listens,
        guard: Guard | None = None,
    ) -> None:
        """*guard* restricts what is new as it is in NEW."""
        self._drive, self._home, self._people = drive, home, people
        self._contents = Contents(home.contents)
        self._publish, self._guard = publish, guard or Guard(drive, (), {})
        self._lock = threading.Lock()
        self._count, self._bytes = 0, 0
        self._etags: dict[Path, str | None] = {}
        """Of files that we renamed or copied as they had been looked at: some drives give them another etag then."""
        features = drive.profile.features.versions
        self._versions = drive.versions if features else None

    def run(self, deeds: Sequence[Deed]) -> list[Done]:
        """
        Do all *deeds*: what makes or moves places in order, then the contents side by side.

        Raises:
            DriveError: OLD is not there any more, or full; what was done is noted.
        """
        self._totals = len(deeds), sum(deed.bytes for deed in deeds)
        self._conflicts = set(noted(lines_of(self._home.carried)))
        self._lines = Lines(self._home.carried)
        try:
            # Where nothing is carried, the conflict is noted before what else is done about the object settles it.
            self._lines.add(
                *(note for deed in deeds if deed.do is Do.TELL and (note := self._conflict(deed)))
            )
            places = [deed for deed in deeds if _is_place(deed)]
            done: list[Done] = []
            for deed in places:
                done.append(self._unless_lost(deed, done))
            rest = [deed for deed in deeds if not _is_place(deed)]
            ready = [deed for deed in rest if not _lost(deed, done)]
            threads = 1 if self._drive.profile.local else self._drive.profile.concurrency
            with ThreadPoolExecutor(threads) as pool:
                tasks = [pool.submit(self._one, deed) for deed in ready]
                try:
                    results = [task.result() for task in tasks]
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise
            done += results + [Done(deed, code) for deed in rest if (code := _lost(deed, done))]
            for line in lines_of(self._home.carried):
                if "aside" in line:  # one that was cut off left it
                    clear(self._drive, decode(line["aside"]))
            return done
        finally:
            self._lines.close()

    def _unless_lost(self, deed: Deed, done: Sequence[Done]) -> Done:
        code = _lost(deed, done)
        return Done(deed, code) if code else self._one(deed)

    def _one(self, deed: Deed) -> Done:
        if deed.do is Do.FAIL:
            return Done(deed, deed.detail)
        try:
            kept = self._with_parents(deed)
        except DriveError as error:
            if stands_in_the_way(self._drive, error):
                raise
            return Done(deed, error.code, (error.details.en, error.details.zh))
        with self._lock:
            self._count += 1
            self._bytes += deed.bytes
            self._publish(Progress("rollback", self._count, self._bytes, *self._totals))
        return Done(deed, kept=kept)

    def _with_parents(self, deed: Deed) -> Path | None:
        """Do *deed*; a folder above it that somebody removed in OLD is made again."""
        try:
            return self._do(deed)
        except NotFound:
            if deed.do not in (Do.FOLDER, Do.ADD, Do.BESIDE, Do.COPY, Do.RENAME):
                raise
            for depth in range(1, len(deed.target)):
                if not is_there(self._drive, deed.target[:depth]):
                    self._drive.make_folder(deed.target[:depth])
            return self._do(deed)

    def _do(self, deed: Deed) -> Path | None:
        kept: Path | None = None
        entry: Entry | None = None
        if deed.do is Do.FOLDER:
            entry = self._make(deed)
        elif deed.do is Do.RENAME:
            entry = self._rename(deed)
        elif deed.do is Do.COPY:
            entry = self._copy(deed)
        elif deed.do is Do.VERSION:
            kept = self._put_upon(deed)
        elif deed.do in (Do.ADD, Do.BESIDE):
            self._add(deed)
        elif deed.do is Do.SETTLED and deed.traced is not None and deed.traced.is_folder:
            entry = self._make(deed)
        elif deed.do is Do.TELL:
            return None
        failpoint("rollback.done")
        self._note(deed, entry)
        return kept

    # Places

    def _make(self, deed: Deed) -> Entry:
        entry = self._drive.make_folder(deed.target)
        assert deed.traced is not None
        if deed.traced.row is None or deed.do is Do.FOLDER:
            self._guard.restrict(deed.path, deed.target)
        return entry

    def _rename(self, deed: Deed) -> Entry:
        assert deed.source is not None and self._drive.moves is not None
        names = [encode(deed.source), encode(deed.target)]
        self._lines.add({"moving": names})
        failpoint("rollback.before_rename")
        as_planned = deed.expect is not None and self._drive.stat(deed.source).etag == deed.expect
        entry = self._drive.moves.move(deed.source, deed.target, expect=ABSENT)
        if as_planned:
            self._etags[deed.target] = entry.etag or self._drive.stat(deed.target).etag
        failpoint("rollback.renamed")
        self._lines.add({"moved": names})
        return entry

    def _copy(self, deed: Deed) -> Entry:
        assert deed.source is not None
        content = blocks(self._drive.read(deed.source, expect=deed.expect))
        entry = self._drive.write(deed.target, content, expect=ABSENT)
        self._etags[deed.target] = entry.etag or self._drive.stat(deed.target).etag
        return entry

    # Contents

    def _put_upon(self, deed: Deed) -> Path | None:
        deed = deed._replace(expect=self._etags.get(deed.target, deed.expect))
        if self._versions is not None:
            etag = deed.expect
            for content in deed.contents:
                with self._intending(deed.target, content):
                    entry = self._add_version(deed.target, content, etag)
                etag = entry.etag or self._drive.stat(deed.target).etag
            return None
        kept = self._keep(deed)
        *between, last = deed.contents
        for content in between:
            # A run that goes on where this one was cut off has to know that all before the last were cared for.
            self._lines.add({"putting": [encode(deed.target), content.sha256]})
            self._write_beside(deed.target, content)
        # The earlier content is beside by now; the guard is that nobody changed it since it was planned.
        etag = deed.expect or self._drive.stat(deed.target).etag
        if etag is None:
            self._write_beside(deed.target, last)
            return kept
        with self._intending(deed.target, last):
            failpoint("rollback.before_write")
            self._write(deed.target, last, Unchanged(etag))
            failpoint("rollback.after_write")
        return kept

    @contextmanager
    def _intending(self, path: Path, content: Content, *, new: bool = False) -> Iterator[None]:
        """Note that *content* is put upon the file at *path*, or where nothing is, before: what a kill leaves is judged by it."""
        names = [encode(path), content.sha256]
        self._lines.add({"putting": names, **({"new": True} if new else {})})
        failpoint("rollback.intended")
        try:
            yield
        except Changed:
            self._lines.add({"left": names})  # somebody else was there first: what they did is theirs
            raise

    def _add_version(self, path: Path, content: Content, etag: str | None) -> Entry:
        assert self._versions is not None
        expect = Unchanged(etag or "") if etag is not None else ABSENT
        named = (self._people.get(f"{kind}:{content.author}", "") for kind in ("person", "guest"))
        known = next((name.partition(":")[2] for name in named if name), "")
        last: DriveError | None = None
        # Some drives let nobody write in another's name; who wrote it then stands in the messages alone.
        for author in dict.fromkeys((known, "")):
            version = Version("", content.saved, content.size, author, modified=content.modified)
            try:
                failpoint("rollback.before_write")
                entry = self._versions.add(path, self._contents.read(content.sha256), version, expect=expect)
                failpoint("rollback.after_write")
                return entry
            except (NotFound, Forbidden) as error:
                last = error
            except Unable:
                return self._write(path, content, expect)
        assert last is not None
        if isinstance(last, Forbidden):
            return self._write(path, content, expect)
        raise last

    def _add(self, deed: Deed) -> None:
        if self._guard.needs(deed.path):
            self._add_restricted(deed)
            return
        if self._versions is None or deed.do is Do.BESIDE:
            *between, last = deed.contents
            for content in between:
                self._write_beside(deed.source or deed.target, content, avoid=deed.target)
            self._write_new(deed.target, last)
            return
        etag: str | None = None
        for content in deed.contents:
            with self._intending(deed.target, content, new=True):
                entry = self._add_version(deed.target, content, etag)
            etag = entry.etag or self._drive.stat(deed.target).etag

    def _add_restricted(self, deed: Deed) -> None:
        """All contents become one file, each a version: several beside would each have to be restricted."""

        def fill(path: Path, etag: str | None) -> None:
            held = None if etag is None else digest_of(self._drive.read(path))
            done = max((n for n, it in enumerate(deed.contents, 1) if it.sha256 == held), default=0)
            for content in deed.contents[done:]:
                self._lines.add({"putting": [encode(deed.target), content.sha256], "new": True})
                entry = self._add_version(path, content, etag)
                etag = entry.etag or self._drive.stat(path).etag

        if self._versions is None:
            raise Unguarded(deed.target, "unable")
        self._lines.add({"aside": encode(aside_of(deed.target))})
        self._guard.put(deed.path, deed.target, fill)

    def _keep(self, deed: Deed) -> Path:
        """Copy what the file holds beside it, and be sure of it, before anything is put in its place."""
        entry = self._drive.stat(deed.target)
        rules = self._drive.profile.names
        number = 1
        while True:
            target = beside(deed.target, rules, at=entry.modified, author="", word=KEPT, number=number)
            written = self._copied_beside(deed, entry, target)
            if digest_of(self._drive.read(target)) == deed.holds:
                failpoint("rollback.kept")
                return target
            if written:
                raise Changed(deed.target, "it was changed since it was looked at")
            number += 1

    def _copied_beside(self, deed: Deed, entry: Entry, target: Path) -> bool:
        """Copy what is at the place of *deed* to *target*; whether nothing was there."""
        content = blocks(self._drive.read(deed.target, expect=deed.expect))
        try:
            self._drive.write(target, content, expect=ABSENT, size=entry.size, modified=entry.modified)
        except AlreadyExists:
            return False
        return True

    def _write_beside(self, path: Path, content: Content, *, avoid: Path | None = None) -> None:
        number = 1
        while True:
            target = beside(
                path, self._drive.profile.names, at=content.saved, author=content.author, number=number
            )
            try:
                if target != avoid:
                    self._write_new(target, content)
                    return
            except AlreadyExists:
                pass
            number += 1

    def _write_new(self, path: Path, content: Content) -> None:
        """Write *content* where nothing is, or where it stands already."""
        try:
            failpoint("rollback.before_write")
            self._write(path, content, ABSENT)
            failpoint("rollback.after_write")
        except AlreadyExists:
            if digest_of(self._drive.read(path)) != content.sha256:
                raise

    def _write(self, path: Path, content: Content, expect: Any) -> Entry:
        return self._drive.write(
            path,
            self._contents.read(content.sha256),
            expect=expect,
            size=content.size,
            modified=content.modified,
        )

    # Notes

    def _note(self, deed: Deed, entry: Entry | None) -> None:
        it = deed.traced
        assert it is not None
        if deed.do in (Do.RENAME, Do.COPY) and not it.is_folder and it.contents:
            return  # what is put upon it comes next, and is noted then
        row = self._row(deed, entry)
        if it.now is None:
            line: dict[str, Any] = {"settled": [encode(it.path), it.upto]}
        else:
            drop = it.row is not None and it.row.new_path != it.path
            line = {"drop": [[encode(it.row.new_path), it.row.upto]] if drop and it.row is not None else []}
        # The place of what was displaced in NEW belongs to another object.
        row_line = {} if it.displaced else {"row": row.to_json()}
        self._lines.add({**row_line, **line, **self._conflict(deed)})
        failpoint("rollback.noted")

    def _conflict(self, deed: Deed) -> dict[str, Any]:
        """What a line says of the conflict of *deed*, if there is one that was not noted."""
        it = conflict_of(deed)
        return {} if it is None or it.id in self._conflicts else {NOTE: it.to_json()}

    def _row(self, deed: Deed, entry: Entry | None) -> Row:
        it = deed.traced
        assert it is not None
        new = it.now or (it.row.new if it.row else Facts("file"))
        conflict = deed.do is Do.BESIDE or (deed.do is Do.SETTLED and deed.source is not None)
        if conflict:
            # OLD goes on with its own content; what NEW has is beside.  It is not offered again.
            place = deed.source if it.row is not None and it.row.old_path else deed.target
        else:
            place = deed.target
        assert place is not None
        old = facts_of(entry or self._drive.stat(place))
        last = it.contents[-1].sha256 if it.contents else (it.row.sha256 if it.row else None)
        if conflict and it.row is not None and it.row.old_path:
            last = digest_of(self._drive.read(place))
        return Row(it.path, new, place, old, last, it.upto)


def _is_place(deed: Deed) -> bool:
    """Whether others may lie below what *deed* is about: it goes first."""
    folder = deed.traced is not None and deed.traced.is_folder
    return folder or deed.do in (Do.RENAME, Do.COPY)


def _lost(deed: Deed, done: Sequence[Done]) -> str:
    """Why *deed* cannot be done: the code of what went wrong with a folder above it."""
    return next((it.code for it in done if it.code and within(deed.target, it.deed.target)), "")
