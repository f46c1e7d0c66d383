"""The double of a Nextcloud keeps the contract of a drive, one account of it and many."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.nextcloud import open as open_nextcloud
from lading.model.access import Grant, Link, Principal, PrincipalKind, Role
from lading.testkit.contract import OpenDrive, ReadContract
from lading.testkit.contract.partials import PartialContract
from lading.testkit.contract.racing import RaceContract
from lading.testkit.servers import require_server
from lading.testkit.servers.nextcloud import NextcloudDouble
from support.nextcloud_contract import NextcloudContract, OpenedAt

_COUNT = itertools.count()
_OPTIONS = {"lenient_chunks": True}
_SEED = {
    "users": [
        {"id": "wang", "password": "one", "name": "王芳", "groups": ["deals"], "tokens": ["t-wang"]},
        {"id": "li", "password": "two", "name": "Li", "groups": ["deals", "staff"], "tokens": ["t-li"]},
        {"id": "left", "password": "three", "enabled": False},
    ]
}


class TestNextcloudDouble(NextcloudContract):
    """One account."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[NextcloudDouble]:
        """The running double, which knows a few people."""
        with require_server(lambda: NextcloudDouble(seed=_SEED)) as server:
            yield server

    @pytest.fixture
    def address(self, server: NextcloudDouble, monkeypatch: pytest.MonkeyPatch) -> Address:
        """A folder of the admin's own files."""
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        place = f"{server.url}%E6%A1%88 {next(_COUNT)}"
        options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD", "create": "yes"}
        return Address("nextcloud", place, options, "contract")

    def test_no_partials_where_uploads_cannot_be_read(self, drive: Drive) -> None:
        """A server that does not give back what is held could not prove it: it is offered no partials."""
        assert drive.partials is None

    @pytest.fixture
    def known(self, drive: Drive) -> Sequence[Principal]:
        """Without the account itself and the group it is in."""
        assert drive.people is not None
        return tuple(one for one in drive.people.principals() if one.id not in ("boss", "group:admin"))


class TestOlderNextcloud(OpenedAt, PartialContract):
    """Of the versions that give back what is held of an upload: those keep partials."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[NextcloudDouble]:
        """The running double, as such a version."""
        options = {**_OPTIONS, "readable_chunks": True}
        with require_server(lambda: NextcloudDouble(options=options)) as server:
            yield server

    @pytest.fixture
    def address(self, server: NextcloudDouble, monkeypatch: pytest.MonkeyPatch) -> Address:
        """A folder of the admin's own files."""
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD", "create": "yes"}
        return Address("nextcloud", f"{server.url}partials {next(_COUNT)}", options, "contract")

    test_two_partials_for_one_name = RaceContract.test_two_partials_for_one_name

    def test_partials_are_offered(self, drive: Drive) -> None:
        """They are there: none of these tests is skipped."""
        assert drive.partials is not None


class TestManyAccounts(ReadContract):
    """Homes and team folders of three accounts as one drive."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[NextcloudDouble]:
        """The running double, with a team folder."""
        folders = [{"mount": "项目", "groups": {"deals": 31}, "acl": True, "managers": [["user", "wang"]]}]
        seed = {"users": _SEED["users"][:2], "teamfolders": folders}
        with require_server(lambda: NextcloudDouble(seed=seed, options=_OPTIONS)) as server:
            yield server

    @pytest.fixture
    def open_drive(
        self, server: NextcloudDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: LocalPath
    ) -> Iterator[OpenDrive]:
        """Fresh clients of all accounts."""
        for name, value in (("BOSS", server.password), ("WANG", "t-wang"), ("LI", "t-li")):
            monkeypatch.setenv(name, value)
        file = tmp_path / "users.csv"
        file.write_text("user,password\nwang,env:WANG\nli,env:LI\n", encoding="utf-8")
        options = {"user": server.user, "password": "env:BOSS", "users": str(file)}
        drives: list[Drive] = []

        def open_one() -> Drive:
            drives.append(open_nextcloud(Address("nextcloud", server.url, options, "contract")))
            return drives[-1]

        yield open_one
        for drive in drives:
            drive.close()

    @pytest.fixture
    def filled(self, open_drive: OpenDrive) -> OpenDrive:
        """Files in homes and in the team folder, shares and links on them."""
        drive = open_drive()
        if any(entry.path == ("wang", "合同") for entry in drive.list(("wang",)).entries):
            return open_drive
        for home in ("wang", "li", "项目 [team 1]"):
            drive.make_folder((home, "合同"))
            drive.write((home, "合同", "a.txt"), [b"first " * 100], expect=ABSENT)
            drive.write((home, "合同", "a.txt"), [b"second " * 100], expect=ANYTHING)
            drive.write((home, "b"), [home.encode()], expect=ABSENT)
        li = Principal(PrincipalKind.PERSON, "li")
        assert drive.grants is not None
        assert drive.links is not None
        drive.grants.set(Grant(("wang", "合同"), li, frozenset(), role=Role.EDIT))
        drive.links.make(Link(("wang", "b"), "", frozenset(), role=Role.DOWNLOAD), password=None)
        return open_drive
