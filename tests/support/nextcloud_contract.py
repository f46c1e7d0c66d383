"""
The contract as a Nextcloud keeps it, double or real: what no server of the kind can do is said here once.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Changes, Versions
from lading.connectors.registry import open_drive as open_address
from lading.model.access import Version
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.contract.support import drained

_EMPTY = "Nextcloud keeps no version of 0 bytes"
_BETWEEN = "what came and went between two looks leaves no trace in ETags"


class OpenedAt:
    """Opened at a folder of its own for each test."""

    @pytest.fixture
    def address(self) -> Address:
        """Where the folder of the test is to be."""
        raise NotImplementedError("the subclass says where its server is")

    @pytest.fixture
    def open_drive(self, address: Address) -> Iterator[OpenDrive]:
        """Fresh clients onto a folder that no other test uses."""
        drives: list[Drive] = []

        def open_one() -> Drive:
            drives.append(open_address(address))
            return drives[-1]

        yield open_one
        for drive in drives:
            drive.close()


class NextcloudContract(OpenedAt, DriveContract):
    """The suite against one server."""

    @pytest.mark.xfail(strict=True, reason=_EMPTY)
    def test_every_save_is_a_version(self, drive: Drive, versions: Versions) -> None:
        """An empty content that is saved over is gone."""
        super().test_every_save_is_a_version(drive, versions)

    @pytest.mark.xfail(strict=True, reason=_EMPTY)
    def test_versions_keep_order_and_facts(
        self, open_drive: OpenDrive, drive: Drive, history: Versions, sent: list[Version]
    ) -> None:
        """An empty content that is saved over is gone."""
        super().test_versions_keep_order_and_facts(open_drive, drive, history, sent)

    @pytest.mark.xfail(strict=True, reason=_BETWEEN)
    def test_changes_are_told(self, drive: Drive, changes: Changes) -> None:
        """A name that was made and moved away since the cursor is not told as gone."""
        super().test_changes_are_told(drive, changes)

    def test_every_save_but_empty_ones_is_a_version(self, drive: Drive, versions: Versions) -> None:
        """Contents of some bytes are all kept, oldest first; an empty one is kept while it is the present one."""
        contents = [b"first", b"second " * 5000, b"third", b""]
        for content in contents:
            drive.write(("file",), [content], expect=ANYTHING)
        found = list(versions.list(("file",)))

        assert list(map(len, contents)) == [version.size for version in found]
        for content, version in zip(contents, found, strict=True):
            with versions.read(("file",), version.id) as reader:
                assert content == drained(reader)

    def test_what_differs_from_the_cursor_is_told(self, drive: Drive, changes: Changes) -> None:
        """Made, written, moved and removed entries are told, with all that lay below a folder, and nothing else."""
        assert drive.moves is not None
        for folder in (("old",), ("old", "deep"), ("still",)):
            drive.make_folder(folder)
        for path in (("old", "deep", "文件"), ("still", "same"), ("before",), ("becomes a folder",)):
            drive.write(path, [b"x"], expect=ABSENT)
        cursor = changes.cursor()
        drive.write(("before",), [b"changed"], expect=ANYTHING)
        drive.moves.move(("old",), ("new",), expect=ABSENT)
        drive.remove(("becomes a folder",), expect=ANYTHING)
        drive.make_folder(("becomes a folder",))
        found, following = changes.since(cursor)

        assert {("old",), ("old", "deep"), ("old", "deep", "文件")} == {
            change.path for change in found if change.removed
        }
        assert {
            ("before",),
            ("new",),
            ("new", "deep"),
            ("new", "deep", "文件"),
            ("becomes a folder",),
        } == {change.path for change in found if not change.removed}
        assert ([], following) == changes.since(following)
