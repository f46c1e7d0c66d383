"""
The folder drive keeps the contract, opened in each of the ways in which it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import pytest

from lading.connectors.address import Address
from lading.connectors.folder import FolderDrive, entries
from lading.connectors.folder import open as open_folder
from lading.testkit.contract import DriveContract, OpenDrive


class TestFolderDrive(DriveContract):
    """Opened without options: its profile goes by the type of the file system."""

    huge = True
    options: ClassVar[dict[str, str]] = {}

    @pytest.fixture
    def open_drive(self, tmp_path: Path) -> Iterator[OpenDrive]:
        """Clients of one fresh folder, closed at the end: the next tests need descriptors, too."""
        root = tmp_path / "root"
        root.mkdir()
        with ExitStack() as drives:
            yield lambda: drives.enter_context(open_folder(Address("folder", str(root), self.options)))


class TestFolderTarget(TestFolderDrive):
    """Opened as a target: its profile is found out by writing."""

    huge = False
    options: ClassVar[dict[str, str]] = {"create": "yes", "role": "target"}


class TestFolderWithNamedDrafts(TestFolderDrive):
    """On a file system without nameless files, in small pages: the ways of network shares."""

    huge = False

    @pytest.fixture
    def open_drive(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDrive]:
        """Clients that make every draft in the folder of unfinished files."""
        monkeypatch.setattr(entries, "PAGE", 2)
        self.drives: list[FolderDrive] = []

        def opened() -> FolderDrive:
            drive = open_folder(Address("folder", str(tmp_path), {"fsync": "file"}))
            drive._parts.nameless = False
            self.drives.append(drive)
            return drive

        yield opened
        for drive in self.drives:
            drive.close()
        self.drives.clear()

    @pytest.fixture
    def expire_cursors(self, open_drive: OpenDrive) -> Callable[[], None]:
        """What happens to cursors when the drive is opened again."""
        return lambda: [drive._listings.close() for drive in self.drives] and None
