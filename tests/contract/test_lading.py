"""Our own drive, over the wire, keeps the contract of a drive."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.lading import open as open_lading
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.servers import require_server
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST

_COUNT = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[LadingDriveServer]:
    """The running server."""
    with require_server(LadingDriveServer) as server:
        yield server


class TestLading(DriveContract):
    """Opened at a folder of its own for each test."""

    @pytest.fixture
    def open_drive(self, server: LadingDriveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDrive]:
        """Fresh clients onto a folder that no other test uses."""
        monkeypatch.setenv("LADING_TEST_TOKEN", server.token)
        options = {"token": "env:LADING_TEST_TOKEN", "create": "yes"}
        number = next(_COUNT)
        place = f"http://{HOST}:{server.port}/{SPACE}/%E6%A1%88 {number}"
        address = Address("lading", place, options, f"contract {number}")
        drives: list[Drive] = []

        def open_one() -> Drive:
            drives.append(open_lading(address))
            return drives[-1]

        yield open_one
        for drive in drives:
            drive.close()
