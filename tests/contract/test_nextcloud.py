"""A Nextcloud keeps the contract of a drive: the double of one always, a real one where it is named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.facets import Versions
from lading.connectors.nextcloud import open as open_nextcloud
from lading.model.access import Principal, Version
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.servers import require_server
from lading.testkit.servers.nextcloud import NextcloudDouble

_COUNT = itertools.count()
_SEED = {
    "users": [
        {"id": "wang", "password": "one", "name": "王芳", "groups": ["deals"], "tokens": ["t-wang"]},
        {"id": "li", "password": "two", "name": "Li", "groups": ["deals", "staff"], "tokens": ["t-li"]},
        {"id": "left", "password": "three", "enabled": False},
    ]
}
_EMPTY = "Nextcloud keeps no version of 0 bytes"


class NextcloudContract(DriveContract):
    """The suite against one server: opened at a folder of its own for each test."""

    @pytest.fixture
    def address(self) -> Address:
        """Where the folder of the test is to be."""
        raise NotImplementedError

    @pytest.fixture
    def open_drive(self, address: Address) -> Iterator[OpenDrive]:
        """Fresh clients onto a folder that no other test uses."""
        drives: list[Drive] = []

        def open_one() -> Drive:
            drives.append(open_nextcloud(address))
            return drives[-1]

        yield open_one
        for drive in drives:
            drive.close()

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


class TestNextcloudDouble(NextcloudContract):
    """The double."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[NextcloudDouble]:
        """The running double, which knows a few people."""
        with require_server(lambda: NextcloudDouble(seed=_SEED, options={"lenient_chunks": True})) as server:
            yield server

    @pytest.fixture
    def address(self, server: NextcloudDouble, monkeypatch: pytest.MonkeyPatch) -> Address:
        """A folder of the admin's own files."""
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        place = f"{server.url}%E6%A1%88 {next(_COUNT)}"
        options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD", "create": "yes"}
        return Address("nextcloud", place, options, "contract")

    @pytest.fixture
    def known(self, drive: Drive) -> Sequence[Principal]:
        """Without the account itself and the group it is in."""
        assert drive.people is not None
        return tuple(one for one in drive.people.principals() if one.id not in ("boss", "group:admin"))
