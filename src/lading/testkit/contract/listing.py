"""
What every drive promises about listings of folders that are large, or change meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lading.connectors.api import Drive, Page
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.model.errors import CursorExpired
from lading.model.paths import Path
from lading.testkit.sources import SourceBroke, pieces

from .support import Base, OpenDrive, listed, pages, paths, together

MANY = 300


class ListContract(Base):
    """Listings."""

    def test_empty_drive_lists_nothing(self, drive: Drive) -> None:
        """A listing may be empty."""
        assert [] == listed(drive)

    def test_many_entries(self, open_drive: OpenDrive) -> None:
        """Some hundred entries come exactly once, over however many pages, to clients at once."""
        drive = open_drive()
        drive.make_folder(("many",))
        expected = _fill(drive, MANY)
        found = together(*(lambda: paths(open_drive(), ("many",)) for _ in range(3)))

        assert [expected] * 3 == found

    def test_listing_goes_on_with_another_client(self, open_drive: OpenDrive) -> None:
        """A cursor is text: a fresh client goes on with it, or says that it has expired."""
        drive = open_drive()
        drive.make_folder(("many",))
        expected = _fill(drive, 60)
        page = drive.list(("many",))
        found = [entry.path for entry in page.entries]
        while page.cursor is not None:
            try:
                page = open_drive().list(("many",), cursor=page.cursor.encode().decode())
            except CursorExpired:
                found, page = [], Page(listed(open_drive(), ("many",)))
            found.extend(entry.path for entry in page.entries)

        assert expected == sorted(found)

    def test_entries_that_stay_are_listed(self, drive: Drive) -> None:
        """Entries that were there all the time come exactly once, whatever comes and goes meanwhile."""
        drive.make_folder(("many",))
        kept = set(_fill(drive, 60)[1::2])
        found: list[Path] = []
        try:
            for number, page in enumerate(pages(drive, ("many",))):
                found.extend(entry.path for entry in page)
                drive.write(("many", f"000 new {number}"), [], expect=ANYTHING)
                for path in paths(drive, ("many",))[:2]:
                    if path not in kept:
                        drive.remove(path, expect=ANYTHING)
        except CursorExpired:
            # Allowed: the reader has to begin again, and knows it.
            found = paths(drive, ("many",))

        assert len(set(found)) == len(found)
        assert kept <= set(found)

    def test_folders_are_listed_without_what_is_below(self, drive: Drive) -> None:
        """A listing is about one folder; names that begin alike do not mix."""
        for path in (("a",), ("a", "a"), ("a", "a", "a"), ("ab",), ("a b",)):
            drive.make_folder(path)

        assert [("a",), ("a b",), ("ab",)] == paths(drive)
        assert [("a", "a")] == paths(drive, ("a",))
        assert [("a", "a", "a")] == paths(drive, ("a", "a"))

    def test_unfinished_files_are_not_listed(self, drive: Drive) -> None:
        """While a file is being written, nobody sees it or anything that belongs to it."""
        seen: list[list[Path]] = []

        def source() -> Iterator[bytes]:
            for piece in pieces(b"x" * 200_000):
                yield piece
                if len(seen) < 3:
                    seen.append(paths(drive))
            raise SourceBroke

        with pytest.raises(SourceBroke):
            drive.write(("file",), source(), expect=ABSENT)

        assert [[], [], []] == seen
        assert [] == paths(drive)


def _fill(drive: Drive, count: int) -> list[Path]:
    for number in range(0, count, 2):
        drive.write(("many", f"{number:03} 合同.txt"), [b"x" * number], expect=ABSENT)
        drive.make_folder(("many", f"{number + 1:03} folder"))
    return sorted(
        ("many", f"{number:03} folder" if number % 2 else f"{number:03} 合同.txt") for number in range(count)
    )
