"""
A vault in a bucket with object lock: what a snapshot needs cannot be removed before its time, and forget and prune leave it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lading.connectors.address import parse
from lading.connectors.registry import open_drive
from lading.connectors.s3 import S3Drive
from lading.connectors.s3.retention import S3Retention
from lading.connectors.s3.wire import Ask, Wire
from lading.model.paths import ROOT
from lading.testkit.servers import SeaweedServer
from support.command import lading

DAYS = 3
DAY = 86_400 * 10**9


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedServer]:
    with (
        SeaweedServer(tmp_path_factory.mktemp("server")) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("LADING_VAULT_PASSWORD", "four words are enough")
        patch.setenv("BUCKET_KEY", server.user)
        patch.setenv("BUCKET_SECRET", server.password or "")
        yield server


def options(server: SeaweedServer) -> dict[str, str]:
    return {"endpoint": server.url, "key": "env:BUCKET_KEY", "secret": "env:BUCKET_SECRET"}


def make_locked_bucket(server: SeaweedServer, name: str) -> None:
    with open_drive(parse(f"s3:{server.bucket}", options(server))) as drive:
        assert isinstance(drive, S3Drive)
        wire = Wire(drive._wire.session, replace(drive._wire.options, bucket=name))
        asked = Ask("PUT", None, ROOT, (), {"x-amz-bucket-object-lock-enabled": "true"}, b"")
        assert 200 == wire.call(asked).status


def test_nobody_removes_a_snapshot_before_its_time(server: SeaweedServer, tmp_path: Path) -> None:
    """
    A locked snapshot stays through forget and prune, with its date; it restores.
    """
    make_locked_bucket(server, "worm")
    place = "s3:worm"
    given = [part for key, value in options(server).items() for part in ("--vault-opt", f"{key}={value}")]
    old, state = tmp_path / "old", ("--state", tmp_path / "state")
    old.mkdir()
    (old / "合同.docx").write_bytes(b"signed")

    made = lading("vault", "init", place, "--lock-days", str(DAYS), *given, "--json")
    assert (0, DAYS) == (made.code, made.json["lock_days"]), made.out
    kept = lading("vault", "backup", old, place, *given, *state, "--json")
    assert 0 == kept.code, kept.out
    shown = lading("vault", "show", place, *given, "--json")
    assert shown.json["locked_until"] is not None
    gone = lading("vault", "forget", place, kept.json["snapshot"], *given, "--yes", "--json")
    assert ([], [kept.json["snapshot"]]) == (gone.json["removed"], list(gone.json["locked"]))
    assert 0 == lading("vault", "prune", place, *given, "--yes").code
    assert 0 == lading("vault", "check", place, "--read-data", *given).code
    back = lading("vault", "restore", place, "latest", tmp_path / "new", *given, *state)
    assert 0 == back.code, back.out
    assert b"signed" == (tmp_path / "new" / "合同.docx").read_bytes()
    with open_drive(parse(place, options(server))) as drive:
        assert isinstance(drive.retention, S3Retention)
        until = drive.retention.until(("vault.json",))
        assert until is not None and abs(until - time.time_ns() - DAYS * DAY) < DAY
        assert isinstance(drive, S3Drive)
        version = drive._wire.call(drive._wire.head("vault.json", ROOT)).headers["x-amz-version-id"]
        removed = drive._wire.call(Ask("DELETE", "vault.json", ROOT, (("versionId", version),)))
        assert 403 == removed.status


def test_a_bucket_without_locks_is_refused(server: SeaweedServer) -> None:
    """Nothing is made there, and the refusal says what is missing."""
    given = [part for key, value in options(server).items() for part in ("--vault-opt", f"{key}={value}")]
    said = lading("vault", "init", f"s3:{server.bucket}", "--lock-days", "1", *given)

    assert 2 == said.code
    assert "object lock" in said.err
    assert 92 == lading("vault", "list", f"s3:{server.bucket}", *given).code
