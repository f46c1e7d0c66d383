"""
A snapshot in a vault keeps the reading half of the contract, and takes no changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import Address, parse
from lading.connectors.api import Drive
from lading.connectors.crew import Crew
from lading.connectors.registry import open_drive as open_address
from lading.connectors.wrap.policy import Policy
from lading.manifest.tables import Feature
from lading.stages.backup.backup import Wish, backup
from lading.stages.backup.keeping import Keeping
from lading.testkit.contract import OpenDrive, RefusesChanges
from lading.testkit.servers import require_server
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from lading.vault.vault import make_vault
from support.taken_over import both_ways, told

SECRET = "a passphrase 口令"


def kept(source: Address, place: LocalPath) -> Address:
    """The last snapshot of *source*, in a new vault in *place*."""
    place.mkdir()
    store = parse(str(place))
    with open_address(store) as drive:
        opened = make_vault(drive, SECRET.encode())
    wish = Wish(source, Policy(read_only=True), tuple(Feature), str(place.with_suffix(".work")))
    with Crew(1) as crew:
        backup(wish, Keeping(store, Policy(), opened), crew=crew)
    return Address("vault", str(place), {"password": "env:TEST_VAULT_PASSWORD"})


class FaceContract(RefusesChanges):
    """The snapshot of what a drive holds."""

    @pytest.fixture
    def address(self) -> Address:
        raise NotImplementedError

    @pytest.fixture
    def open_drive(self, address: Address, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDrive]:
        monkeypatch.setenv("TEST_VAULT_PASSWORD", SECRET)
        drives: list[Drive] = []

        def opened() -> Drive:
            drives.append(open_address(address))
            return drives[-1]

        yield opened
        for drive in drives:
            drive.close()

    def test_a_scan_takes_over_what_a_walk_would_find(
        self, open_drive: OpenDrive, address: Address, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Rows, tables, counts and fingerprints are the same, with all that hangs on files; the header says whence."""
        taken, walked = both_ways(address, tmp_path, monkeypatch, tuple(Feature))

        assert told(walked) == told(taken)
        assert {"snapshot": open_drive().snapshot.name} == taken.facts["taken_over"]
        assert "taken_over" not in walked.facts


class TestSnapshotOfAFolder(FaceContract):
    """Contents of all sizes, and names of all sorts."""

    @pytest.fixture(scope="class")
    @classmethod
    def address(cls, tmp_path_factory: pytest.TempPathFactory) -> Address:  # type: ignore[override]
        home = tmp_path_factory.mktemp("vault")
        old = home / "old"
        for number in range(1_100):
            file = old / "many" / f"{number:04}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"x" * (number % 7))
        names = (
            "合同 Contracts/第1号.docx",
            "cafe\u0301",
            "caf\xe9",
            "ends. ",
            "\x01ctl",
            "表" * 80,
            "deep/er/est/f",
        )
        for name in names:
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            (old / name).write_bytes(name.encode() * 50)
        (old / "large.bin").write_bytes(bytes(range(256)) * 12_000)
        (old / "empty").mkdir()
        return kept(parse(str(old)), home / "vault")


class TestSnapshotOfOurDrive(FaceContract):
    """With versions, grants, links and people."""

    @pytest.fixture(scope="class")
    @classmethod
    def address(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:  # type: ignore[override]
        home = tmp_path_factory.mktemp("vault")
        with (
            pytest.MonkeyPatch.context() as patch,
            require_server(lambda: LadingDriveServer(home / "d")) as server,
        ):
            patch.setenv("TEST_DRIVE_TOKEN", server.token)
            source = parse(f"lading:http://{HOST}:{server.port}/{SPACE}", {"token": "env:TEST_DRIVE_TOKEN"})
            _fill(source)
            found = kept(source, home / "vault")
        # The drive is gone by now: the snapshot stands alone.
        yield found


def _fill(source: Address) -> None:
    from lading.connectors.conditions import ABSENT, ANYTHING
    from lading.model.access import Grant, Link, Role

    with open_address(source) as drive:
        assert drive.grants is not None and drive.links is not None and drive.people is not None
        drive.make_folder(("deals",))
        for number in range(4):
            path = ("deals", f"合同 {number}.docx")
            drive.write(path, [b"first"], expect=ABSENT)
            drive.write(path, [b"second %d" % number], expect=ANYTHING)
        somebody = next(iter(drive.people.principals()))
        drive.grants.set(Grant(("deals",), somebody, frozenset(), role=Role.EDIT))
        link = Link(("deals", "合同 1.docx"), "", frozenset(), role=Role.DOWNLOAD)
        drive.links.make(link, password="four words are enough 四")
