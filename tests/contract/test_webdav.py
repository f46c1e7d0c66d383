"""Three real WebDAV servers keep the contract of a drive."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.facets import Partials
from lading.connectors.webdav import open as open_webdav
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.servers import ApacheServer, LocalServer, RcloneServer, WsgiDavServer, require_server

pytestmark = pytest.mark.live

_COUNT = itertools.count()


class WebdavContract(DriveContract):
    """The suite against one server, which is started once."""

    make: type[LocalServer]

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[LocalServer]:
        """The running server."""
        with require_server(cls.make) as server:
            yield server

    @pytest.fixture
    def open_drive(self, server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDrive]:
        """Fresh clients onto a folder of the server that no other test uses."""
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        options = {
            "user": server.user,
            "password": "env:LADING_TEST_PASSWORD",
            "login": "basic",
            "create": "yes",
        }
        address = Address("webdav", f"{server.url}{next(_COUNT)}/", options, "contract")
        drives: list[Drive] = []

        def open_one() -> Drive:
            drives.append(open_webdav(address))
            return drives[-1]

        yield open_one
        for drive in drives:
            drive.close()


class TestApache(WebdavContract):
    """Apache mod_dav."""

    make = ApacheServer
    etag_blind = "Apache's tag is size and time in ticks of the kernel's clock"

    def test_a_partial_is_continued_from_an_earlier_byte(self, partials: Partials) -> None:
        """
        What was held beyond the byte where a sitting begins is given up.
        """
        partials.append("token", [b"0123456789"], start=0)

        assert 6 == partials.append("token", [b"xy"], start=4)
        with partials.read("token") as reader:
            assert b"0123xy" == reader.read(100)
        assert 0 == partials.append("token", (), start=0) == partials.offset("token")


class TestWsgiDav(WebdavContract):
    """WsgiDAV on cheroot."""

    make = WsgiDavServer
    etag_blind = "WsgiDAV's tag is size and time in whole seconds"


class TestRclone(WebdavContract):
    """rclone serve webdav."""

    make = RcloneServer
    etag_blind = "rclone's tag is size and time, and it takes the time that it is given"
