"""
What every drive promises to those who write: the whole content or nothing.
"""

from __future__ import annotations

import hashlib

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.model.entry import Kind
from lading.model.errors import AlreadyExists, Changed, NotFound, TooLarge, Truncated, WrongKind
from lading.model.paths import ROOT
from lading.testkit.sources import (
    BLOCK,
    ClientGone,
    SourceBroke,
    Sparse,
    breaks_after,
    calling,
    endless,
    pieces,
)

from .support import Base, OpenDrive, content_of, drained, listed, paths, refused, written

TIMES = {
    "1969": -1,
    "1969 in July": -14_182_940_123_456_789,
    "1970": 0,
    "now": 1_700_000_000_123_456_789,
    "2038": 2_147_483_648_000_000_001,
    "2106": 4_294_967_296_999_999_999,
}

FILE = ("file.bin",)
OLD, NEW = b"old content " * 400, b"NEW CONTENT " * 500


class WriteContract(Base):
    """Writing files and making folders."""

    # -- content

    @pytest.mark.parametrize("size", [0, 1, 999, 1000, 65_536, 65_537, 3 * BLOCK + 1])
    def test_what_is_written_is_read(self, open_drive: OpenDrive, size: int) -> None:
        """Content of any size comes back as it was, to any client."""
        content = hashlib.shake_128(b"content").digest(size)
        open_drive().write(FILE, pieces(content, 70_000), expect=ABSENT, size=size)

        assert content == content_of(open_drive(), FILE)
        assert size == open_drive().stat(FILE).size

    def test_a_source_may_be_a_list(self, drive: Drive) -> None:
        """Sources are any iterables; empty pieces are no end."""
        drive.write(FILE, [b"", b"a", b"", b"", b"b"], expect=ABSENT)

        assert b"ab" == content_of(drive, FILE)

    def test_an_empty_source_makes_an_empty_file(self, drive: Drive) -> None:
        """A source that gives nothing makes a file of 0 bytes."""
        for name, source in (("a", []), ("b", [b""])):
            entry = drive.write((name,), source, expect=ABSENT)

            assert (Kind.FILE, 0) == (entry.kind, entry.size)
            assert b"" == content_of(drive, (name,))

    def test_write_returns_the_new_entry(self, open_drive: OpenDrive) -> None:
        """What `write` tells of a new file, or of one replaced, is what any client sees afterwards."""
        drive = open_drive()
        for content, expect in ((OLD, ABSENT), (NEW, ANYTHING)):
            returned = drive.write(FILE, pieces(content), expect=expect)
            seen = open_drive().stat(FILE)

            assert (FILE, Kind.FILE, len(content)) == (returned.path, returned.kind, returned.size)
            assert returned.modified in (seen.modified, None)
            assert returned.etag in (seen.etag, None)
            assert returned.id in (seen.id, None)
            assert [seen] == listed(open_drive())

    def test_digests_are_right(self, drive: Drive) -> None:
        """Digests that the drive tells are those of the content, of the algorithms its profile names."""
        drive.write(FILE, pieces(OLD), expect=ABSENT)
        for algorithm, digest in drive.stat(FILE).digests:
            assert algorithm in drive.profile.digests
            if algorithm in hashlib.algorithms_available:
                assert hashlib.new(algorithm, OLD, usedforsecurity=False).hexdigest() == digest

    def test_etag_follows_the_content(self, drive: Drive) -> None:
        """Another content gets another etag, also of the same size, time and moment."""
        first = written(drive, FILE, [b"a" * 100], expect=ABSENT, modified=TIMES["now"])
        if first.etag is None:
            pytest.skip("the drive gives no etags")
        if self.etag_blind:
            pytest.skip(self.etag_blind)
        again = drive.stat(FILE)
        second = written(drive, FILE, [b"b" * 100], expect=ANYTHING, modified=TIMES["now"])

        assert first.etag == again.etag
        assert first.etag != second.etag == drive.stat(FILE).etag

    @pytest.mark.slow
    def test_five_gibibytes(self, drive: Drive) -> None:
        """A sparse file of 5 GiB is stored; its size and its tail are right."""
        if not self.huge:
            pytest.skip("this drive is not asked to hold 5 GiB")
        sparse = Sparse(5 * 1024 * BLOCK + 7)
        entry = drive.write(FILE, sparse.blocks(), expect=ABSENT, size=sparse.size)

        assert sparse.size == entry.size == drive.stat(FILE).size
        for start in (sparse.size - 3 * BLOCK, sparse.size - 5, (1 << 32) - 4):
            with drive.read(FILE, start=start) as reader:
                found = reader.read(1000)
            assert found
            assert sparse.at(start, len(found)) == found
        assert sparse.at(sparse.size - 100, 100) == content_of(drive, FILE, start=sparse.size - 100)

    def test_too_large(self, drive: Drive) -> None:
        """A drive that names a limit keeps it, and nothing of the file stays."""
        limit = drive.profile.size_limit
        if limit is None or limit > 64 * BLOCK:
            pytest.skip("the drive names no limit that a test can reach")
        with refused(FILE, TooLarge):
            drive.write(FILE, pieces(bytes(limit + 1), BLOCK), expect=ABSENT)

        assert [] == listed(drive)

    # -- sources that fail or lie

    @pytest.mark.parametrize("count", [0, 1, 3, 3000])
    @pytest.mark.parametrize("error", [SourceBroke, ClientGone, OSError, GeneratorExit, NotFound])
    def test_broken_source_leaves_nothing(
        self, open_drive: OpenDrive, count: int, error: type[BaseException]
    ) -> None:
        """A source that fails half way leaves nothing, and its own exception passes through."""
        problem = error("the source")
        with pytest.raises(error) as caught:
            open_drive().write(FILE, breaks_after(count, problem), expect=ABSENT)

        assert problem is caught.value
        assert [] == listed(open_drive())

    @pytest.mark.parametrize("size", [None, 3000])
    def test_broken_source_leaves_the_old_content(self, open_drive: OpenDrive, size: int | None) -> None:
        """A file that was to be replaced by a source that fails is still whole and unchanged."""
        before = written(open_drive(), FILE, pieces(OLD), expect=ABSENT)
        with pytest.raises(SourceBroke):
            open_drive().write(FILE, breaks_after(2), expect=ANYTHING, size=size)

        assert before.etag == open_drive().stat(FILE).etag
        assert OLD == content_of(open_drive(), FILE)
        assert [FILE] == paths(open_drive())

    def test_source_that_breaks_after_its_announced_size(self, drive: Drive) -> None:
        """A source that gave all it announced and then fails has failed."""
        with pytest.raises(SourceBroke):
            drive.write(FILE, breaks_after(2), expect=ABSENT, size=2000)

        assert [] == listed(drive)

    @pytest.mark.parametrize("size", [0, 1, len(NEW) - 1, len(NEW) + 1, 10 * BLOCK])
    def test_lying_length(self, open_drive: OpenDrive, size: int) -> None:
        """A source that is not as long as announced is `Truncated`, and nothing has changed."""
        drive = open_drive()
        with refused(FILE, Truncated):
            drive.write(FILE, pieces(NEW), expect=ABSENT, size=size)
        assert [] == listed(open_drive())

        drive.write(FILE, pieces(OLD), expect=ABSENT)
        with refused(FILE, Truncated):
            drive.write(FILE, pieces(NEW), expect=ANYTHING, size=size)
        assert OLD == content_of(open_drive(), FILE)

    def test_endless_source(self, drive: Drive) -> None:
        """A source that gives more than it announced is not followed to its end."""
        with refused(FILE, Truncated):
            drive.write(FILE, endless(), expect=ABSENT, size=2500)

        assert [] == listed(drive)

    def test_drive_works_after_failures(self, drive: Drive) -> None:
        """Failed writes leave the client and its connections in order."""
        for _ in range(10):
            with pytest.raises(SourceBroke):
                drive.write(FILE, breaks_after(1), expect=ABSENT)
            with pytest.raises(Truncated):
                drive.write(FILE, [b"x"], expect=ABSENT, size=2)
        drive.write(FILE, pieces(NEW), expect=ABSENT, size=len(NEW))

        assert NEW == content_of(drive, FILE)

    def test_source_that_uses_the_drive(self, drive: Drive) -> None:
        """A source may ask the same drive for other things: a file is copied within it."""
        drive.write(FILE, pieces(OLD), expect=ABSENT)
        with drive.read(FILE) as reader:
            source = calling(drained(reader, 100), lambda: (listed(drive), content_of(drive, FILE)))
            drive.write(("copy",), source, expect=ABSENT)

        assert OLD == content_of(drive, ("copy",))

    def test_file_written_over_itself(self, drive: Drive) -> None:
        """A file that is read while it is replaced gives its old content, whole, or an error."""
        drive.write(FILE, pieces(OLD), expect=ABSENT)
        with drive.read(FILE) as reader:
            drive.write(FILE, iter(lambda: reader.read(100), b""), expect=ANYTHING)

        assert OLD == content_of(drive, FILE)

    # -- preconditions

    def test_absent(self, drive: Drive) -> None:
        """A new file is not written over one that is there."""
        drive.write(FILE, pieces(OLD), expect=ABSENT)
        with refused(FILE, AlreadyExists):
            drive.write(FILE, pieces(NEW), expect=ABSENT)

        assert OLD == content_of(drive, FILE)

    def test_anything(self, drive: Drive) -> None:
        """`ANYTHING` creates and replaces, longer by shorter too."""
        for content in (NEW, OLD, b"", NEW):
            drive.write(FILE, pieces(content), expect=ANYTHING)

            assert content == content_of(drive, FILE)
        assert [FILE] == paths(drive)

    def test_unchanged(self, drive: Drive) -> None:
        """A file is replaced while it is the one we know, and not afterwards."""
        first = written(drive, FILE, pieces(OLD), expect=ABSENT)
        if first.etag is None:
            pytest.skip("the drive gives no etags")
        second = written(drive, FILE, pieces(NEW), expect=Unchanged(first.etag))
        assert NEW == content_of(drive, FILE)

        with refused(FILE, Changed):
            drive.write(FILE, pieces(OLD), expect=Unchanged(first.etag))
        assert NEW == content_of(drive, FILE)
        assert second.etag is not None
        drive.write(FILE, pieces(OLD), expect=Unchanged(second.etag))
        assert OLD == content_of(drive, FILE)

    def test_reading_an_earlier_content(self, drive: Drive) -> None:
        """Who expects the content that was there before is told that it has changed."""
        first = written(drive, FILE, pieces(OLD), expect=ABSENT)
        if first.etag is None:
            pytest.skip("the drive gives no etags")
        drive.write(FILE, pieces(NEW), expect=ANYTHING)
        with refused(FILE, Changed), drive.read(FILE, start=10, expect=first.etag) as reader:
            drained(reader)

    def test_unchanged_of_nothing(self, drive: Drive) -> None:
        """What should be unchanged and is gone is `NotFound`, and is not made again."""
        etag = written(drive, FILE, pieces(OLD), expect=ABSENT).etag
        drive.remove(FILE, expect=ANYTHING)
        with refused(FILE, NotFound):
            drive.write(FILE, pieces(NEW), expect=Unchanged(etag or '"some"'))

        assert [] == listed(drive)

    def test_no_folder_to_write_in(self, drive: Drive) -> None:
        """Folders are not made by writing below them."""
        for expect in (ABSENT, ANYTHING):
            with pytest.raises(NotFound):
                drive.write(("none", "deeper", "file"), [b"x"], expect=expect)

        assert [] == listed(drive)

    def test_writing_below_a_file(self, drive: Drive) -> None:
        """Nothing can be written below a file."""
        drive.write(FILE, pieces(OLD), expect=ABSENT)
        with pytest.raises((NotFound, WrongKind)):
            drive.write((*FILE, "below"), [b"x"], expect=ABSENT)
        with pytest.raises((NotFound, WrongKind)):
            drive.make_folder((*FILE, "below"))

        assert OLD == content_of(drive, FILE)

    def test_writing_over_a_folder(self, drive: Drive) -> None:
        """A folder is never replaced by a file, empty or not, nor is the root."""
        drive.make_folder(("folder",))
        drive.write(("folder", "kept"), [b"x"], expect=ABSENT)
        drive.make_folder(("empty",))
        for path in (("folder",), ("empty",), ROOT):
            with refused(path, WrongKind):
                drive.write(path, [b"y"], expect=ANYTHING)
            with refused(path, WrongKind, AlreadyExists):
                drive.write(path, [b"y"], expect=ABSENT)

        assert [("empty",), ("folder",)] == paths(drive)
        assert [("folder", "kept")] == paths(drive, ("folder",))

    # -- times

    @pytest.mark.parametrize("modified", TIMES.values(), ids=TIMES)
    def test_times_are_kept(self, open_drive: OpenDrive, modified: int) -> None:
        """The time given comes back as the profile says: on its grain, inside its range."""
        drive = open_drive()
        if not drive.profile.keeps_modified:
            pytest.skip("the drive keeps no times")
        kept = drive.profile.kept_time(modified)
        file = drive.write(FILE, pieces(OLD), expect=ABSENT, modified=modified)
        folder = drive.make_folder(("folder",), modified=modified)
        timed = [FILE, ("folder",)] if drive.profile.keeps_folder_times else [FILE]

        assert [kept, kept][: len(timed)] == [file.modified, folder.modified][: len(timed)]
        assert {kept} == {entry.modified for entry in listed(open_drive()) if entry.path in timed}

    def test_times_are_set_again(self, drive: Drive) -> None:
        """A file that is replaced and a folder that is there get the new time."""
        if not drive.profile.keeps_modified:
            pytest.skip("the drive keeps no times")
        for modified in (TIMES["now"], TIMES["1970"] + 10**18):
            file = drive.write(FILE, [b"x"], expect=ANYTHING, modified=modified)
            folder = drive.make_folder(("folder",), modified=modified)
            kept = drive.profile.kept_time(modified)

            assert kept == file.modified
            assert not drive.profile.keeps_folder_times or kept == folder.modified

    def test_times_need_not_be_given(self, drive: Drive) -> None:
        """Without a time the drive takes its own; folders keep theirs when asked for again."""
        drive.write(FILE, [b"x"], expect=ABSENT)
        made = drive.make_folder(("folder",), modified=TIMES["now"])

        assert made.modified == drive.make_folder(("folder",)).modified

    # -- folders

    def test_folders_are_made(self, open_drive: OpenDrive) -> None:
        """A folder is there for every client, empty, and nested as deep as one likes."""
        path = ROOT
        for level in range(20):
            path = (*path, f"第{level}层")
            entry = open_drive().make_folder(path)

            assert (path, Kind.FOLDER) == (entry.path, entry.kind)
            assert [] == listed(open_drive(), path)
            assert entry == open_drive().stat(path)

    def test_folder_that_exists_keeps_what_it_holds(self, drive: Drive) -> None:
        """Making a folder again is no error and changes nothing in it."""
        first = drive.make_folder(("folder",))
        drive.write(("folder", "kept"), pieces(OLD), expect=ABSENT)
        again = drive.make_folder(("folder",))

        assert (first.path, first.kind, first.id) == (again.path, again.kind, again.id)
        assert OLD == content_of(drive, ("folder", "kept"))
        assert drive.make_folder(ROOT).is_folder

    def test_folder_without_parent(self, drive: Drive) -> None:
        """Parents are not made on the way."""
        with pytest.raises(NotFound):
            drive.make_folder(("none", "below"))

        assert [] == listed(drive)

    def test_folder_over_a_file(self, drive: Drive) -> None:
        """A file does not become a folder."""
        drive.write(FILE, pieces(OLD), expect=ABSENT)
        with refused(FILE, WrongKind):
            drive.make_folder(FILE)

        assert OLD == content_of(drive, FILE)
