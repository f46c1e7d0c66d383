"""WeCom WeDrive, by its emulator, keeps the contract of a drive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lading.connectors.wedrive import open as open_wedrive
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.servers import require_server
from lading.testkit.servers.wedrive import WeDriveEmulator
from support.wedrive import CONTACTS, PATIENT, Firm


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """A firm with a few people; its WeDrive takes empty files, which the contract needs."""
    with require_server(WeDriveEmulator) as server:
        server.control("configure", empty_file="accepted", **PATIENT)
        server.control("department", id=2, name="项目融资部", parentid=1)
        server.control("department", id=3, name="一处", parentid=2)
        server.control("person", userid="li.wei", name="李伟", departments=[2])
        server.control("person", userid="wang", name="Wang Fang", departments=[2, 3])
        yield Firm(server, tmp_path_factory.mktemp("wedrive"))


class TestWedrive(DriveContract):
    """A space of its own for each test."""

    @pytest.fixture
    def open_drive(self, firm: Firm) -> Iterator[OpenDrive]:
        place = firm.space()
        opened = []

        def open_drive() -> object:
            opened.append(open_wedrive(firm.address(place, contacts=f"env:{CONTACTS}", quota="none")))
            return opened[-1]

        yield open_drive  # type: ignore[misc]
        for drive in opened:
            drive.close()
