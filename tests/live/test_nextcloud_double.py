"""
The double of Nextcloud under clients that others wrote: litmus as at the real product, and rclone in its Nextcloud mode.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.testkit.nextcloud.asking import Asker
from lading.testkit.servers import NextcloudDouble, require_server
from lading.testkit.servers.local import ServerMissing, find_program

pytestmark = pytest.mark.live
SUITES = {"basic": 16, "copymove": 13, "props": 30, "locks": 3, "http": 4}  # as counted at Nextcloud 33.0.1
NAMES = ["plain.txt", "a b.txt", "电池 合同.txt", "100% sure？.txt", "hash#tag;x=1.txt", "it's & <so>.txt"]


@pytest.fixture(scope="module")
def server() -> Iterator[NextcloudDouble]:
    with require_server(lambda: NextcloudDouble(options={"lenient_chunks": True})) as running:
        yield running


def program(name: str) -> str:
    """Where a program is; without it the test is skipped or, nightly, fails."""
    try:
        return find_program([name], (), f"the package is {name}")
    except ServerMissing as missing:
        if os.environ.get("LADING_LIVE") == "required":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.mark.parametrize("suite", SUITES)
def test_litmus(server: NextcloudDouble, suite: str, tmp_path: Path) -> None:
    """Each suite runs and passes as many tests as at the real product; locks stop where class 2 is not claimed."""
    words = [program("litmus"), "-k", server.files, server.user, server.password]
    environment = {**os.environ, "TESTS": suite}
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)

    assert f"of {SUITES[suite]} tests run: {SUITES[suite]} passed, 0 failed" in done.stdout, done.stdout


def test_rclone_in_its_nextcloud_mode(server: NextcloudDouble, tmp_path: Path) -> None:
    """Names, times and contents come back as they went, large ones in pieces; a second run has nothing to do."""
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "文件夹").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        (old / "文件夹" / name).write_bytes(os.urandom(20_000 + number))
        os.utime(old / "文件夹" / name, (1_500_000_000 + number,) * 2)
    (old / "large.bin").write_bytes(os.urandom(25 << 20))
    tool = [program("rclone"), "--config", str(tmp_path / "none")]
    hidden = subprocess.run(
        [tool[0], "obscure", server.password], capture_output=True, text=True, check=True
    ).stdout
    remote = f":webdav,url='{server.files}',vendor=nextcloud,user={server.user},pass={hidden.strip()},"
    remote += "nextcloud_chunk_size=10M:rclone/"

    for source, target in ((str(old), remote), (remote, str(new))):
        subprocess.run([*tool, "copy", source, target], check=True, capture_output=True)
    again = subprocess.run(
        [*tool, "copy", "-v", str(old), remote], check=True, capture_output=True, text=True
    )

    assert "Copied" not in again.stderr
    for name in ("large.bin", *(f"文件夹/{name}" for name in NAMES)):
        assert (old / name).read_bytes() == (new / name).read_bytes()
        assert int((old / name).stat().st_mtime) == int((new / name).stat().st_mtime)
    boss = Asker(server.url, server.user, server.password)
    assert {"/remote.php/dav/uploads/boss/"} == set(boss.propfind("/remote.php/dav/uploads/boss/").properties)
