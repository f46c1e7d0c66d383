"""WeCom WeDrive, by its emulator, keeps the contract of a drive, also where it acts otherwise than is assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path as LocalPath

import pytest

from lading.connectors.wedrive import WedriveDrive
from lading.connectors.wedrive import open as open_wedrive
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.contract.facets import FacetContract
from lading.testkit.contract.racing import RaceContract
from lading.testkit.contract.removing import RemoveContract
from lading.testkit.contract.writing import WriteContract
from lading.testkit.servers import require_server
from lading.testkit.servers.wedrive import WeDriveEmulator
from support.wedrive import CONTACTS, PATIENT, Firm

OTHERWISE: Mapping[str, object] = {
    "conflict_create": "twins",
    "conflict_upload": "twins",
    "conflict_rename": "rename",
    "root_fatherid": "fileid",
    "list_deleted": True,
    "rename_touches": True,
    "ranges": False,
    "time_unit": "milliseconds",
    "sha_case": "upper",
    "md5_of_parts": "wrong",
}
"""What nobody says, as it is not assumed."""


@contextmanager
def firm_at(state: LocalPath, switches: Mapping[str, object]) -> Iterator[Firm]:
    """A firm with a few people; its WeDrive takes empty files, which the contract needs."""
    with require_server(WeDriveEmulator) as server:
        server.control("configure", empty_file="accepted", **PATIENT, **switches)
        server.control("department", id=2, name="项目融资部", parentid=1)
        server.control("department", id=3, name="一处", parentid=2)
        server.control("person", userid="li.wei", name="李伟", departments=[2])
        server.control("person", userid="wang", name="Wang Fang", departments=[2, 3])
        yield Firm(server, state)


def clients(firm: Firm, place: str, **options: str) -> Iterator[OpenDrive]:
    """Opens clients of *place*, and closes them in the end."""
    opened: list[WedriveDrive] = []

    def open_drive() -> WedriveDrive:
        more = {"contacts": f"env:{CONTACTS}", "quota": "none", **options}
        opened.append(open_wedrive(firm.address(place, **more)))
        return opened[-1]

    yield open_drive
    for drive in opened:
        drive.close()


@pytest.fixture(scope="module")
def assumed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """WeDrive as it is assumed to be."""
    with firm_at(tmp_path_factory.mktemp("assumed"), {}) as firm:
        yield firm


@pytest.fixture(scope="module")
def otherwise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """WeDrive as it may be, too."""
    with firm_at(tmp_path_factory.mktemp("otherwise"), OTHERWISE) as firm:
        yield firm


class TestWedrive(DriveContract):
    """A space of its own for each test."""

    @pytest.fixture
    def open_drive(self, assumed: Firm) -> Iterator[OpenDrive]:
        yield from clients(assumed, assumed.space())


class TestWedriveOtherwise(WriteContract, RemoveContract, FacetContract, RaceContract):
    """A folder of its own for each test, small files in one call."""

    @pytest.fixture
    def open_drive(self, otherwise: Firm) -> Iterator[OpenDrive]:
        yield from clients(otherwise, f"{otherwise.space()}/项目/一", oneshot="yes", create="yes")
