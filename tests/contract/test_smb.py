"""A share of Samba keeps the contract of a drive."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.smb import open as open_smb
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.servers import SambaServer, require_server

pytestmark = pytest.mark.live

_COUNT = itertools.count()
_DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
PEOPLE = f"""kind,id,name,login,mail,groups
person,{_DOMAIN}-1101,王芳,wang.fang,wang.fang@example.com,{_DOMAIN}-1201 {_DOMAIN}-1202
person,{_DOMAIN}-1102,Li Lei,li.lei,,{_DOMAIN}-1202
group,{_DOMAIN}-1201,项目融资部,,,
group,{_DOMAIN}-1202,All staff,,,
"""


class TestSamba(DriveContract):
    """Samba with the rights of Windows; every message is signed."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[SambaServer]:
        """The running server."""
        with require_server(SambaServer) as server:
            yield server

    @pytest.fixture
    def open_drive(
        self, server: SambaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[OpenDrive]:
        """Fresh clients onto a folder of the share that no other test uses."""
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        people = tmp_path / "people.csv"
        people.write_text(PEOPLE, encoding="utf-8")
        options = {
            "user": server.user,
            "password": "env:LADING_TEST_PASSWORD",
            "create": "yes",
            "people": str(people),
        }
        address = Address("smb", f"{server.place}/{next(_COUNT)}", options, "contract")
        drives: list[Drive] = []

        def open_one() -> Drive:
            drives.append(open_smb(address))
            return drives[-1]

        yield open_one
        for drive in drives:
            drive.close()
