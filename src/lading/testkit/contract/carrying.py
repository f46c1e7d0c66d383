"""
What the facets promise that move more than one content at a time, tell what changed, or stop changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.connectors.facets import Batch, Changes, Freeze, Upload, Versions, Wanted
from lading.model.entry import Entry
from lading.model.errors import (
    AlreadyExists,
    Changed,
    CursorExpired,
    DriveError,
    NameRefused,
    NotFound,
    ReadOnly,
)
from lading.model.paths import Path
from lading.testkit.sources import pieces

from .support import Base, OpenDrive, content_of, drained, listed, paths, reads

TIME = 1_500_000_000_123_456_789


class CarryContract(Base):
    """Versions, batch, changes and freeze, where the drive offers them."""

    @pytest.fixture
    def versions(self, drive: Drive) -> Versions:
        """The facet."""
        if drive.versions is None:
            pytest.skip("the drive offers no versions")
        return drive.versions

    @pytest.fixture
    def batch(self, drive: Drive) -> Batch:
        """The facet."""
        if drive.batch is None:
            pytest.skip("the drive offers no batch")
        return drive.batch

    @pytest.fixture
    def changes(self, drive: Drive) -> Changes:
        """The facet."""
        if drive.changes is None:
            pytest.skip("the drive offers no changes")
        return drive.changes

    @pytest.fixture
    def freeze(self, drive: Drive) -> Iterator[Freeze]:
        """The facet."""
        if drive.freeze is None:
            pytest.skip("the drive offers no freeze")
        yield drive.freeze
        drive.freeze.thaw("")

    # -- versions

    def test_every_save_is_a_version(self, drive: Drive, versions: Versions) -> None:
        """Earlier contents can be listed, oldest first, and read, whole."""
        contents = [b"", b"first", b"second " * 5000]
        for content in contents:
            drive.write(("file",), pieces(content), expect=ANYTHING)
        found = list(versions.list(("file",)))

        assert list(map(len, contents)) == [version.size for version in found]
        for content, version in zip(contents, found, strict=True):
            with versions.read(("file",), version.id) as reader:
                assert content == drained(reader)
            for algorithm, digest in version.digests:
                assert hashlib.new(algorithm, content).hexdigest() == digest

    def test_versions_of_nothing(self, drive: Drive, versions: Versions) -> None:
        """What is not there has no versions, and a file no others than its own."""
        drive.write(("file",), [b"x"], expect=ABSENT)
        with pytest.raises(NotFound):
            list(versions.list(("none",)))
        for version in ("no such", "999999", "-1", "..", "0"):
            with pytest.raises(DriveError), versions.read(("file",), version) as reader:
                drained(reader)

    # -- batch

    def test_batch_stores_each(self, open_drive: OpenDrive, batch: Batch) -> None:
        """Each file is stored with content and time, and answered in order."""
        drive = open_drive()
        drive.make_folder(("inner",))
        contents: dict[Path, bytes] = {("inner", f"文件 {number}.txt"): b"x" * number for number in range(40)}
        contents[("empty",)] = b""
        answers = list(batch.write(Upload(path, content, ABSENT, TIME) for path, content in contents.items()))

        assert [*contents] == [answer.path for answer in answers if isinstance(answer, Entry)]
        for path, content in contents.items():
            assert content == content_of(drive, path)
            if drive.profile.keeps_modified:
                assert drive.profile.kept_time(TIME) == drive.stat(path).modified

    def test_one_failure_does_not_touch_the_others(self, drive: Drive, batch: Batch) -> None:
        """What cannot be stored is told in its place; what stood there is kept."""
        kept = drive.write(("there",), [b"old"], expect=ABSENT)
        uploads = [
            Upload(("first",), b"1", ABSENT, None),
            Upload(("there",), b"new", ABSENT, None),
            Upload(("none", "x"), b"2", ABSENT, None),
            Upload(("..", "x"), b"3", ABSENT, None),
            Upload(("there",), b"new", Unchanged('"another"'), None),
            Upload(("first",), b"again", ABSENT, None),
            Upload(("last",), b"4", ABSENT, None),
        ]
        answers = list(batch.write(uploads))

        expected = [Entry, AlreadyExists, NotFound, NameRefused, Changed, AlreadyExists, Entry]
        assert expected == list(map(type, answers))
        assert [("first",), ("last",), ("there",)] == paths(drive)
        assert b"1" == content_of(drive, ("first",))
        assert kept.size == drive.stat(("there",)).size

    def test_batch_replaces_what_is_known(self, drive: Drive, batch: Batch) -> None:
        """Preconditions hold as for single writes; later files of a batch see the earlier ones."""
        etag = drive.write(("file",), [b"old"], expect=ABSENT).etag
        expect = Unchanged(etag) if etag else ANYTHING
        answers = list(
            batch.write(
                [Upload(("file",), b"new", expect, None), Upload(("file",), b"newest", ANYTHING, None)]
            )
        )

        assert [3, 6] == [answer.size for answer in answers if isinstance(answer, Entry)]
        assert b"newest" == content_of(drive, ("file",))

    def test_nothing_to_store(self, drive: Drive, batch: Batch) -> None:
        """An empty batch is no error."""
        assert [] == list(batch.write(()))
        assert [] == listed(drive)

    def test_a_batch_gives_the_content_that_is_expected(self, drive: Drive) -> None:
        """With the etag of a listing each content comes; one that was replaced meanwhile is told in its place."""
        batch = reads(drive)
        contents: dict[Path, bytes] = {(f"文件 {at}",): b"x" * at for at in range(6)}
        for path, content in contents.items():
            drive.write(path, [content], expect=ABSENT)
        etags = {entry.path: entry.etag for entry in listed(drive)}
        if None in etags.values():
            pytest.skip("the drive tells no etags")
        for at, content in ((0, b"new"), (2, b"yy"), (4, b"")):
            drive.write((f"文件 {at}",), [content], expect=ANYTHING)
        answers = list(batch.read(Wanted(path, etag=etags[path]) for path in contents))

        assert [Changed, bytes] * 3 == list(map(type, answers))
        assert [b"x", b"xxx", b"xxxxx"] == answers[1::2]

    def test_a_batch_gives_nothing_for_a_strange_etag(self, drive: Drive) -> None:
        """An etag that no content can have is a failure in its place, of an empty file too."""
        batch = reads(drive)
        for name, content in (("empty", b""), ("file", b"content")):
            drive.write((name,), [content], expect=ABSENT)
        strange = ("0", "", '"none"', "没有", "a\r\nb", "x" * 300)
        wanted = [Wanted((name,), etag=etag) for etag in strange for name in ("empty", "file")]
        answers = list(batch.read([*wanted, Wanted(("file",))]))

        assert [Changed] * len(wanted) == list(map(type, answers[:-1]))
        assert b"content" == answers[-1]

    def test_a_batch_tells_what_brief_listings_leave_open(self, drive: Drive) -> None:
        """Whoever takes contents after a brief listing is told the time of each file that is there."""
        batch = reads(drive)
        if drive.brief is None:
            pytest.skip("the drive offers no brief listings")
        for name, content in (("empty", b""), ("file", b"content")):
            drive.write((name,), [content], expect=ABSENT, modified=TIME)
        found: list[Entry] = []
        told = listed(drive, ask=drive.brief.list)
        asked = [Wanted(it.path, etag=it.etag, tell=found.append) for it in told]
        answers = list(batch.read([*asked, Wanted(("none",), tell=found.append)]))

        assert [b"", b"content"] == sorted(it for it in answers if isinstance(it, bytes))
        assert {(it.path, drive.stat(it.path).modified) for it in found} == {
            (it.path, it.modified) for it in found
        }
        assert {(it.path, it.etag) for it in asked} == {(it.path, it.etag) for it in found}
        assert len(asked) == len(found)

    # -- changes

    def test_changes_are_told(self, drive: Drive, changes: Changes) -> None:
        """Whatever is made, written, moved or removed after a cursor is told at least once."""
        drive.make_folder(("old",))
        drive.write(("before",), [b"x"], expect=ABSENT)
        cursor = changes.cursor()
        drive.write(("new",), [b"1"], expect=ABSENT)
        drive.write(("before",), [b"changed"], expect=ANYTHING)
        drive.make_folder(("folder",))
        drive.remove(("old",), expect=ANYTHING)
        if drive.moves is not None:
            drive.moves.move(("new",), ("folder", "renamed"), expect=ABSENT)
        found, following = changes.since(cursor)
        told = {change.path for change in found}
        gone = {change.path for change in found if change.removed}

        assert {("before",), ("folder",), ("old",)} <= told
        assert ("old",) in gone
        if drive.moves is not None:
            assert ("folder", "renamed") in told
            assert ("new",) in gone
        assert ([], following) == changes.since(following)

    def test_no_change_is_told_of_before(self, drive: Drive, changes: Changes) -> None:
        """What happened before a cursor is not told, and a cursor can be used again."""
        drive.write(("before",), [b"x"], expect=ABSENT)
        cursor = changes.cursor()
        drive.write(("after",), [b"x"], expect=ABSENT)

        for _ in range(2):
            assert {("after",)} == {change.path for change in changes.since(cursor)[0]}

    def test_unknown_cursors(self, changes: Changes) -> None:
        """A cursor that the drive never gave is refused, never taken for the beginning."""
        for cursor in ("", "nonsense", "[]", '{"x": "1"}', "-1", "\udcff"):
            with pytest.raises(CursorExpired):
                changes.since(cursor)

    # -- freeze

    def test_a_frozen_drive_is_read_only(self, open_drive: OpenDrive, drive: Drive, freeze: Freeze) -> None:
        """Nothing can be changed by anybody until it thaws; reading goes on, and the message is told."""
        drive.write(("file",), [b"kept"], expect=ABSENT)
        assert "" == freeze.frozen("")
        freeze.freeze("", message="周六切换 Switch on Saturday")
        freeze.freeze("", message="周六切换 Switch on Saturday")
        assert "周六切换 Switch on Saturday" == freeze.frozen("")
        other = open_drive()
        calls: list[Callable[[], object]] = [
            lambda: other.write(("new",), [b"x"], expect=ABSENT),
            lambda: other.write(("file",), [b"x"], expect=ANYTHING),
            lambda: other.make_folder(("folder",)),
            lambda: other.remove(("file",), expect=ANYTHING),
        ]
        for call in calls:
            with pytest.raises(ReadOnly, match="周六切换 Switch on Saturday"):
                call()

        assert [("file",)] == paths(other)
        assert b"kept" == content_of(other, ("file",))
        freeze.thaw("")
        freeze.thaw("")
        assert "" == freeze.frozen("")
        other.write(("new",), [b"x"], expect=ABSENT)
        assert [("file",), ("new",)] == paths(drive)
