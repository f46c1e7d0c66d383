"""
What the facets promise that change a drive: moves, reading back and settling.
"""

from __future__ import annotations

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.connectors.facets import Moves, ReadBack
from lading.model.errors import AlreadyExists, Changed, NameRefused, NotFound, Truncated, WrongKind
from lading.model.paths import ROOT
from lading.testkit.sources import pieces

from .reading import NO_PATHS
from .support import Base, OpenDrive, content_of, paths

TIME = 1_500_000_000_000_000_000


class FacetContract(Base):
    """Moves, reading back and settling, where the drive offers them."""

    @pytest.fixture
    def moves(self, drive: Drive) -> Moves:
        """The facet; `a.txt`, `b.txt`, `from/inner/deep` and `to` are there to be moved."""
        if drive.moves is None:
            pytest.skip("the drive offers no moves")
        drive.write(("a.txt",), pieces(b"content of a"), expect=ABSENT, modified=TIME)
        drive.write(("b.txt",), pieces(b"b"), expect=ABSENT)
        for path in (("from",), ("from", "inner"), ("to",)):
            drive.make_folder(path, modified=TIME)
        drive.write(("from", "inner", "deep"), pieces(b"deep"), expect=ABSENT, modified=TIME)
        return drive.moves

    @pytest.fixture
    def back(self, drive: Drive) -> ReadBack:
        """The facet."""
        if drive.read_back is None:
            pytest.skip("the drive does not read back what it stores")
        return drive.read_back

    def test_file_is_moved(self, open_drive: OpenDrive, drive: Drive, moves: Moves) -> None:
        """A file gets its new name at once, with content, time and id."""
        before = drive.stat(("a.txt",))
        moved = moves.move(("a.txt",), ("to", "新 a.txt"), expect=ABSENT)
        seen = open_drive().stat(("to", "新 a.txt"))

        assert (seen.path, seen.size, seen.modified) == (moved.path, moved.size, moved.modified)
        assert (("to", "新 a.txt"), before.size) == (moved.path, moved.size)
        if drive.profile.keeps_modified:
            assert before.modified == moved.modified
        if drive.profile.stable_ids:
            assert before.id == moved.id is not None
        assert b"content of a" == content_of(open_drive(), moved.path)
        assert [("b.txt",), ("from",), ("to",)] == paths(open_drive())

    def test_folder_is_moved(self, open_drive: OpenDrive, drive: Drive, moves: Moves) -> None:
        """A folder is moved with all below it."""
        before = drive.stat(("from", "inner", "deep"))
        assert moves.move(("from",), ("to", "there"), expect=ABSENT).is_folder

        after = open_drive().stat(("to", "there", "inner", "deep"))
        assert b"deep" == content_of(open_drive(), after.path)
        if drive.profile.keeps_modified:
            assert before.modified == after.modified
        if drive.profile.stable_ids:
            assert before.id == after.id
        assert [("a.txt",), ("b.txt",), ("to",)] == paths(open_drive())

    def test_move_does_not_replace(self, drive: Drive, moves: Moves) -> None:
        """With `ABSENT` nothing is replaced: no file, no folder, not even an empty one or the same."""
        for source in (("a.txt",), ("from",)):
            for target in (("b.txt",), ("to",), source):
                with pytest.raises(AlreadyExists):
                    moves.move(source, target, expect=ABSENT)

        assert [("a.txt",), ("b.txt",), ("from",), ("to",)] == paths(drive)
        assert b"b" == content_of(drive, ("b.txt",))

    def test_move_replaces_what_is_known(self, drive: Drive, moves: Moves) -> None:
        """With `Unchanged` a file replaces the file we know, and no other."""
        etag = drive.stat(("b.txt",)).etag
        if etag is None:
            pytest.skip("the drive gives no etags")
        with pytest.raises(Changed):
            moves.move(("a.txt",), ("b.txt",), expect=Unchanged('"another"'))
        assert b"b" == content_of(drive, ("b.txt",))

        moves.move(("a.txt",), ("b.txt",), expect=Unchanged(etag))
        assert b"content of a" == content_of(drive, ("b.txt",))
        assert [("b.txt",), ("from",), ("to",)] == paths(drive)

    def test_move_of_nothing(self, drive: Drive, moves: Moves) -> None:
        """What is not there cannot be moved, nor anything into a folder that is not there."""
        for source, target in ((("no such",), ("x",)), (("a.txt",), ("none", "x"))):
            with pytest.raises(NotFound):
                moves.move(source, target, expect=ABSENT)
        with pytest.raises(NotFound):
            moves.move(("a.txt",), ("gone",), expect=Unchanged('"some"'))

        assert [("a.txt",), ("b.txt",), ("from",), ("to",)] == paths(drive)

    def test_folder_into_itself(self, drive: Drive, moves: Moves) -> None:
        """A folder cannot lie in itself."""
        for target in (("from", "x"), ("from", "inner", "x")):
            with pytest.raises(WrongKind):
                moves.move(("from",), target, expect=ABSENT)

        assert b"deep" == content_of(drive, ("from", "inner", "deep"))

    @pytest.mark.parametrize("path", NO_PATHS, ids=ascii)
    def test_no_names_move_nothing(self, drive: Drive, moves: Moves, path: tuple[str, ...]) -> None:
        """What is no name is refused on both sides."""
        with pytest.raises(NameRefused):
            moves.move(("a.txt",), path, expect=ABSENT)
        with pytest.raises(NameRefused):
            moves.move(path, ("x",), expect=ABSENT)

        assert [("a.txt",), ("b.txt",), ("from",), ("to",)] == paths(drive)

    def test_root_is_not_moved(self, drive: Drive, moves: Moves) -> None:
        """The root stays where it is."""
        with pytest.raises(WrongKind):
            moves.move(ROOT, ("x",), expect=ABSENT)

        assert [("a.txt",), ("b.txt",), ("from",), ("to",)] == paths(drive)

    def test_read_back(self, open_drive: OpenDrive, drive: Drive, back: ReadBack) -> None:
        """What is read back before it has a name is there whole, with its time, and told as `stat` tells it."""
        drive.make_folder(("to",))
        for path, content in (
            (("a.txt",), [b"a", b"bc" * 200_000, b""]),
            (("to", "新 b.txt"), [b""]),
            (("c",), []),
        ):
            told = back.write(path, content, expect=ABSENT, size=sum(map(len, content)), modified=TIME)
            if told is None:
                pytest.skip("the drive cannot do so here")
            assert told == drive.stat(path)
            assert b"".join(content) == content_of(open_drive(), path)
            assert not drive.profile.keeps_modified or drive.profile.kept_time(TIME) == told.modified

        assert {("a.txt",), ("c",), ("to",)} == set(paths(drive))

    def test_read_back_keeps_to_what_is_expected(self, drive: Drive, back: ReadBack) -> None:
        """It refuses what a plain write refuses, and stores nothing then."""
        drive.make_folder(("to",))
        if (told := back.write(("a.txt",), [b"a"], expect=ABSENT)) is None:
            pytest.skip("the drive cannot do so here")
        for path, expect, refusal in (
            (("a.txt",), ABSENT, AlreadyExists),
            (("to",), ABSENT, AlreadyExists),
            (("to",), ANYTHING, WrongKind),
            (("a.txt",), Unchanged('"another"'), Changed),
            (("none", "x"), ABSENT, NotFound),
            (("..", "x"), ABSENT, NameRefused),
        ):
            with pytest.raises(refusal):
                back.write(path, [b"b"], expect=expect)
        for size in (1, 3):
            with pytest.raises(Truncated):
                back.write(("x",), [b"bb"], expect=ABSENT, size=size)
        assert b"a" == content_of(drive, ("a.txt",))
        assert {("a.txt",), ("to",)} == set(paths(drive))

        assert told.etag is not None
        back.write(("a.txt",), [b"new"], expect=Unchanged(told.etag))
        assert b"new" == content_of(drive, ("a.txt",))

    def test_settle(self, drive: Drive) -> None:
        """Settling is allowed at any time, any number of times, and changes nothing."""
        if drive.settle is None:
            pytest.skip("the drive offers no settling")
        drive.settle.settle()
        drive.write(("a.txt",), pieces(b"a"), expect=ABSENT)
        before = drive.stat(("a.txt",))
        drive.settle.settle()
        drive.settle.settle()

        assert before == drive.stat(("a.txt",))
