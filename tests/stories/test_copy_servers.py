"""
Copies to and from a WebDAV server, and what goes wrong with servers and rights.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.testkit.servers import ApacheServer, RcloneServer, WsgiDavServer, require_server
from lading.testkit.servers.local import LocalServer
from support.command import Answer, lading

SERVERS = {"apache": ApacheServer, "wsgidav": WsgiDavServer, "rclone": RcloneServer}
FILES = 600


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Files that take a while to copy, one of them larger than a block."""
    root = tmp_path / "old"
    for number in range(FILES):
        folder = root / f"项目 {number % 6}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"文件 {number:04d} #1.bin").write_bytes(os.urandom(number * 20))
    (root / "large.bin").write_bytes(os.urandom(20 * 1024 * 1024))
    return root


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[LocalServer]:
    """Each of the three real servers, with an empty root."""
    with require_server(SERVERS[request.param]) as running:
        yield running


@pytest.fixture
def apache() -> Iterator[ApacheServer]:
    """Apache, with an empty root."""
    with require_server(ApacheServer) as running:
        yield running


def to_server(old: Path, server: LocalServer, *words: str, password: str = "") -> Answer:
    """One pass from *old* to *server*."""
    login = ["--new-opt", f"user={server.user}", "--new-opt", "password=env:SECRET"] if server.user else []
    environment = {"SECRET": password or server.password or ""}
    return lading(
        "copy",
        old,
        server.url,
        *login,
        "--state",
        old.parent / "state",
        "--json",
        *words,
        environment=environment,
    )


def contents(root: Path) -> dict[str, bytes]:
    """Everything below *root* that is neither Lading's own nor what a killed Apache left of its own."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".lading-parts" not in path.parts and not path.name.startswith(".davfs.tmp")
    }


@pytest.mark.live
def test_a_drive_moves_to_a_server_and_back(old: Path, server: LocalServer, tmp_path: Path) -> None:
    """What is copied to a real server and back from it is the same, byte for byte; a second pass moves nothing."""
    there = to_server(old, server)
    again = to_server(old, server)
    login = ["--old-opt", f"user={server.user}", "--old-opt", "password=env:SECRET"] if server.user else []
    back = lading(
        "copy", server.url, tmp_path / "back", *login, "--state", tmp_path / "state", "--json",
        environment={"SECRET": server.password or ""},
    )  # fmt: skip

    assert (0, 0, 0) == (there.code, again.code, back.code)
    assert FILES + 1 + 6 == again.json["account"]["buckets"]["same"]["objects"]
    assert 0 == again.json["account"]["sent_bytes"]
    assert contents(old) == contents(tmp_path / "back")


@pytest.mark.live
def test_a_wrong_password_is_one_clear_sentence(old: Path, apache: ApacheServer) -> None:
    """A refused login names the drive, not the password, and has its own exit code."""
    answer = to_server(old, apache, password="not the password")

    assert 28 == answer.code
    assert "login_failed" == answer.json["error"]["code"]
    assert "password=env:NAME" in answer.json["error"]["remedy"]["en"]
    assert "not the password" not in answer.out + answer.err
    state = b"".join(path.read_bytes() for path in (old.parent / "state").rglob("*") if path.is_file())
    assert b"not the password" not in state


@pytest.mark.live
def test_a_server_that_goes_away_is_told_and_the_copy_goes_on_later(old: Path, apache: ApacheServer) -> None:
    """When the server dies in the middle the run ends with a sentence; given again, it comes to a whole end."""
    command = [
        sys.executable, "-m", "lading", "copy", str(old), apache.url, "--new-opt", f"user={apache.user}",
        "--new-opt", "password=env:SECRET", "--state", str(old.parent / "state"), "--json",
    ]  # fmt: skip
    run = subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "SECRET": apache.password or ""}
    )
    while run.poll() is None and sum(1 for _ in Path(apache.root).rglob("*.bin")) < FILES // 4:
        time.sleep(0.02)
    apache.kill()
    told, _ = run.communicate(timeout=240)
    apache.restart()
    ended = to_server(old, apache)

    assert 24 == run.returncode, told
    assert "unavailable" == json.loads(told)["error"]["code"]
    assert 0 == ended.code
    assert ended.json["resumed"]
    assert contents(old) == contents(Path(apache.root))


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="setpriv is missing")
def test_an_unreadable_file_fails_alone(old: Path, tmp_path: Path) -> None:
    """A file that may not be read, and a folder that may not be listed, fail by name; all else arrives."""
    (old / "locked.bin").write_bytes(b"secret")
    (old / "locked").mkdir()
    (old / "locked" / "inside.bin").write_bytes(b"unseen")
    words = [
        sys.executable,
        "-m",
        "lading",
        "copy",
        str(old),
        str(tmp_path / "new"),
        "--state",
        str(tmp_path / "state"),
        "--json",
    ]
    for path in (old / "locked.bin", old / "locked"):
        path.chmod(0)
        if os.geteuid() == 0:
            os.chown(path, 54321, 54321)
    # Root reads what it may not, unless that power is taken from it.
    powers = "-dac_override,-dac_read_search"
    prefix = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}"] if os.geteuid() == 0 else []
    run = subprocess.run([*prefix, *words], capture_output=True, env={**os.environ, "LADING_LANG": "en"})
    [listed] = tmp_path.glob("state/*/passes/0001/failures.jsonl")
    failures = [json.loads(line) for line in listed.read_text().splitlines()]
    (old / "locked").chmod(0o700)

    assert 11 == run.returncode, run.stderr
    assert b"Traceback" not in run.stderr
    assert ["/locked", "/locked.bin"] == [row["path"] for row in failures]
    assert {"forbidden"} == {row["code"] for row in failures}
    assert all(row["message"]["zh"] and row["remedy"]["zh"] for row in failures)
    assert FILES + 1 == len(contents(tmp_path / "new"))
