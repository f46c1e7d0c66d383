"""
All that a drive promises.
"""

from __future__ import annotations

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.testkit.sources import pieces

from .adding import AddContract
from .carrying import CarryContract
from .facets import FacetContract
from .granting import GrantContract, LinkContract
from .listing import ListContract
from .naming import NameContract
from .partials import PartialContract
from .racing import RaceContract
from .reading import ReadContract
from .removing import RemoveContract
from .support import OpenDrive
from .writing import WriteContract


class DriveContract(
    ReadContract,
    WriteContract,
    RemoveContract,
    NameContract,
    ListContract,
    RaceContract,
    FacetContract,
    PartialContract,
    CarryContract,
    AddContract,
    GrantContract,
    LinkContract,
):
    """The suite for a drive that takes changes; see `lading.testkit.contract`."""

    @pytest.fixture
    def filled(self, open_drive: OpenDrive) -> OpenDrive:
        """A few files and folders for the reading half."""
        with open_drive() as drive:
            for folder in (("合同 Contracts",), ("合同 Contracts", "2024"), ("empty",)):
                drive.make_folder(folder)
            for number in range(5):
                content = bytes(range(256)) * (number * 4 + 1)
                drive.write(("合同 Contracts", f"第{number}号 file.docx"), pieces(content), expect=ABSENT)
            drive.write(("nothing.txt",), [], expect=ABSENT)
            drive.write(("one.bin",), [b"1"], expect=ABSENT)
            for content in (b"old", b"deep " * 99):
                drive.write(("合同 Contracts", "2024", "deep.pdf"), pieces(content), expect=ANYTHING)
        return open_drive
