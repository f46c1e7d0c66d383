"""A real S3 server keeps the contract of a drive, with versions in its bucket and without."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT
from lading.connectors.facets import Partials
from lading.connectors.s3 import open as open_s3
from lading.model.errors import AlreadyExists
from lading.testkit.contract import DriveContract, OpenDrive
from lading.testkit.contract.support import content_of
from lading.testkit.servers import SeaweedServer, require_server
from lading.testkit.sources import pieces
from support.bucket import enable_versions

pytestmark = pytest.mark.live

_COUNT = itertools.count()
LARGE = hashlib.shake_128(b"large").digest((20 << 20) + 7)
TIME = 1_500_000_000_123_456_789
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

    def test_a_large_partial_is_joined_by_the_server(self, drive: Drive, partials: Partials) -> None:
        """Pieces of several sittings become one object of as many parts, whole, with its time and precondition."""
        drive.write(("there",), [b"old"], expect=ABSENT)
        assert 10 << 20 == partials.append("large", pieces(LARGE[: 10 << 20], 1 << 20), start=0)
        assert 8 << 20 == partials.append("large", (), start=8 << 20)
        assert len(LARGE) == partials.append("large", pieces(LARGE[8 << 20 :], 1 << 20), start=8 << 20)
        with pytest.raises(AlreadyExists):
            partials.finish("large", ("there",), expect=ABSENT)
        entry = partials.finish("large", ("file",), expect=ABSENT, modified=TIME)

        assert entry == drive.stat(("file",))
        assert (len(LARGE), TIME) == (entry.size, entry.modified)
        assert (entry.etag or "").endswith("-3")
        assert LARGE == content_of(drive, ("file",), piece=1 << 20)
        assert 0 == partials.offset("large")

    def test_a_large_file_is_proven_by_its_parts(self, drive: Drive) -> None:
        """The answer to the write of a large file tells its SHA-256, which the server checked part by part."""
        entry = drive.write(("file",), pieces(LARGE, 1 << 20), expect=ABSENT, size=len(LARGE), modified=TIME)

        assert hashlib.sha256(LARGE).hexdigest() == dict(entry.digests)["sha256"]
        assert LARGE == content_of(drive, ("file",), piece=1 << 20)


class TestSeaweed(S3Contract):
    """SeaweedFS."""

    versioned = False


class TestSeaweedWithVersions(S3Contract):
    """SeaweedFS, with versions of each object."""

    versioned = True
