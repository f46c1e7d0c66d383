"""
What every drive promises to those who remove.
"""

from __future__ import annotations

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.model.errors import Changed, Forbidden, NameRefused, NotEmpty, NotFound
from lading.model.paths import ROOT
from lading.testkit.sources import pieces

from .naming import HOSTILE_NAMES
from .reading import NO_PATHS
from .support import Base, OpenDrive, content_of, listed, paths, refused, written


class RemoveContract(Base):
    """Removing files and folders."""

    def test_file_is_removed(self, open_drive: OpenDrive) -> None:
        """A file that is removed is gone for every client, and can be written anew."""
        drive = open_drive()
        drive.write(("a",), [b"1"], expect=ABSENT)
        drive.write(("b",), [b"2"], expect=ABSENT)
        drive.remove(("a",), expect=ANYTHING)

        assert [("b",)] == paths(open_drive())
        with refused(("a",), NotFound):
            open_drive().stat(("a",))
        drive.write(("a",), [b"3"], expect=ABSENT)
        assert b"3" == content_of(drive, ("a",))

    def test_only_empty_folders_are_removed(self, drive: Drive) -> None:
        """A folder is removed after what it holds, never with it."""
        drive.make_folder(("folder",))
        drive.make_folder(("folder", "inner"))
        drive.write(("folder", "inner", "kept"), [b"x"], expect=ABSENT)
        for path in (("folder",), ("folder", "inner")):
            with refused(path, NotEmpty):
                drive.remove(path, expect=ANYTHING)
        assert b"x" == content_of(drive, ("folder", "inner", "kept"))

        for depth in (3, 2, 1):
            drive.remove(("folder", "inner", "kept")[:depth], expect=ANYTHING)
        assert [] == listed(drive)

    def test_removing_nothing(self, drive: Drive) -> None:
        """What is not there cannot be removed, also not a second time."""
        drive.write(("a",), [b"1"], expect=ABSENT)
        drive.remove(("a",), expect=ANYTHING)
        for path in (("a",), ("none", "below")):
            for expect in (ANYTHING, Unchanged('"some"')):
                with refused(path, NotFound):
                    drive.remove(path, expect=expect)

    def test_removing_what_has_changed(self, drive: Drive) -> None:
        """A file that is no longer the one we know stays; the one we know goes."""
        first = written(drive, ("a",), pieces(b"first"), expect=ABSENT)
        if first.etag is None:
            pytest.skip("the drive gives no etags")
        second = written(drive, ("a",), pieces(b"second!"), expect=ANYTHING)
        with refused(("a",), Changed):
            drive.remove(("a",), expect=Unchanged(first.etag))
        assert b"second!" == content_of(drive, ("a",))

        assert second.etag is not None
        drive.remove(("a",), expect=Unchanged(second.etag))
        assert [] == listed(drive)

    def test_root_is_not_removed(self, drive: Drive) -> None:
        """The root stays, also when it is empty."""
        with pytest.raises(Forbidden):
            drive.remove(ROOT, expect=ANYTHING)

        assert [] == listed(drive)

    @pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
    def test_hostile_names_are_not_there(self, drive: Drive, name: str) -> None:
        """A name that nobody wrote is not there, however it looks, and nothing else goes in its place."""
        drive.make_folder(("x",))
        for path in ((name,), ("x", name)):
            with pytest.raises((NotFound, NameRefused)):
                drive.remove(path, expect=ANYTHING)
            with pytest.raises((NotFound, NameRefused)):
                drive.stat(path)

        assert [("x",)] == paths(drive)

    def test_no_names_remove_nothing(self, drive: Drive) -> None:
        """What is no name is refused before anything is looked at."""
        drive.make_folder(("x",))
        for path in NO_PATHS:
            for asked in (path, ("x", *path)):
                with refused(asked, NameRefused):
                    drive.remove(asked, expect=ANYTHING)

        assert [("x",)] == paths(drive)
