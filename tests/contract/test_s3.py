"""A real S3 server keeps the contract of a drive, with versions in its bucket and without."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.s3 import open as open_s3
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.servers import SeaweedServer, require_server
from support.bucket import enable_versions

pytestmark = pytest.mark.live

_COUNT = itertools.count()
PEOPLE = "id,name,mail\nwang,王芳,wang@example.com\nli,李雷,li@example.com\n"


class S3Contract(DriveContract):
    """The suite against one server, which is started once."""

    versioned: bool

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[SeaweedServer]:
        """The running server."""
        with require_server(SeaweedServer) as server:
            if cls.versioned:
                enable_versions(server)
            yield server

    @pytest.fixture
    def open_drive(
        self, server: SeaweedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: LocalPath
    ) -> Iterator[OpenDrive]:
        """Fresh clients onto a prefix of the bucket that no other test uses."""
        monkeypatch.setenv("LADING_TEST_SECRET", server.password)
        monkeypatch.setenv("LADING_TEST_KEY", server.user)
        people = tmp_path / "people.csv"
        people.write_text(PEOPLE, encoding="utf-8")
        options = {
            "endpoint": server.url,
            "key": "env:LADING_TEST_KEY",
            "secret": "env:LADING_TEST_SECRET",
            "create": "yes",
            "people": str(people),
        }
        address = Address("s3", f"{server.bucket}/{next(_COUNT)}", options, "contract")
        drives: list[Drive] = []

        def open_one() -> Drive:
            drives.append(open_s3(address))
            return drives[-1]

        yield open_one
        for drive in drives:
            drive.close()


class TestSeaweed(S3Contract):
    """SeaweedFS."""

    versioned = False


class TestSeaweedWithVersions(S3Contract):
    """SeaweedFS, with versions of each object."""

    versioned = True
