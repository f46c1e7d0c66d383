"""
The WebDAV door of a real server of the drive, under clients that people use.
"""

from __future__ import annotations

import base64
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.testkit.servers import require_server
from lading.testkit.servers.lading_drive import LadingDriveServer

pytestmark = pytest.mark.live
SUITES = {"basic": 16, "copymove": 13, "props": 30, "locks": 41, "http": 4}
NAMES = ["plain.txt", "a b.txt", "电池 合同.txt", "100% sure?.txt", "hash#tag;x=1.txt", "it's & <so>.txt"]


@pytest.fixture(scope="module")
def server() -> Iterator[LadingDriveServer]:
    with require_server(LadingDriveServer) as running:
        yield running


def program(name: str) -> str:
    """The program of a Debian package; without it the test is skipped, or nightly fails."""
    found = shutil.which(
        name, path=f"{os.environ.get('PATH', '')}:{Path(sys.executable).parent}:/usr/sbin:/sbin"
    )
    if found is None:
        (pytest.fail if os.environ.get("LADING_LIVE") == "required" else pytest.skip)(
            f"{name} is not installed"
        )
    return found


def run(words: list[str], *, timeout: int = 60, stdin: str = "", **environment: str) -> str:
    """What a program says; its failure is ours."""
    done = subprocess.run(
        words,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **environment},
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


class Raw:
    """Requests of our own, byte by byte."""

    def __init__(self, server: LadingDriveServer) -> None:
        self._port = server.port
        login = base64.b64encode(f"{server.user}:{server.token}".encode()).decode()
        self.login = {"Authorization": f"Basic {login}"}

    def __call__(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, "/dav" + path, body or None, {**self.login, **named})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def cut(self, path: str, size: int, sent: int) -> None:
        """Announce *size* bytes, send *sent* of them, hang up."""
        head = f"PUT /dav{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.login.items())
        with socket.create_connection(("127.0.0.1", self._port), timeout=30) as plug:
            plug.sendall(head.encode() + b"\r\n" + b"x" * sent)


@pytest.fixture
def ask(server: LadingDriveServer) -> Raw:
    return Raw(server)


@pytest.mark.parametrize("suite", SUITES)
def test_litmus(server, suite, tmp_path):
    """
    Every test of every suite passes without a warning, with the password as with a token, on two workers.
    """
    password = server.password if suite == "basic" else server.token
    words = [program("litmus"), "-k", server.url, server.user, password]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "TESTS": suite}, check=False
    )

    assert f"of {SUITES[suite]} tests run: {SUITES[suite]} passed, 0 failed" in done.stdout, done.stdout
    assert [] == re.findall(r"WARNING: (.*)", done.stdout)


def test_rclone_copies_both_ways_and_finds_nothing_different(server, tmp_path):
    """
    Names and times come back as they went; a second run has nothing to do.
    """
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "sub 文件夹").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        for place in (old, old / "sub 文件夹"):
            (place / name).write_bytes(os.urandom(20_000 + number))
            os.utime(place / name, (1_500_000_000 + number,) * 2)
    hidden = run([program("rclone"), "obscure", server.password]).strip()
    remote = f":webdav,url='{server.url}',vendor=owncloud,user={server.user}:rclone/"
    tool = [
        program("rclone"),
        "--config",
        "/dev/null",
        "--webdav-pass",
        hidden,
        "--webdav-pacer-min-sleep",
        "0",
    ]

    run([*tool, "copy", str(old), remote])
    assert "0 differences found" in run([*tool, "check", "--download", str(old), remote])
    assert "There was nothing to transfer" in run([*tool, "copy", "-v", str(old), remote])
    run([*tool, "copy", remote, str(new)])
    assert 1_500_000_003 == int((new / NAMES[3]).stat().st_mtime)
    run([*tool, "moveto", f"{remote}{NAMES[0]}", f"{remote}sub 文件夹/moved.txt"])
    run([*tool, "purge", f"{remote}sub 文件夹"])
    assert sorted(NAMES[1:]) == sorted(run([*tool, "lsf", remote]).splitlines())


def test_cadaver(server, tmp_path):
    """
    An old friend: make, put, copy, lock, describe, move, get, remove.
    """
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {server.user} password {server.token}\n")
    netrc.chmod(0o600)
    (tmp_path / "local.txt").write_text("from cadaver")
    script = "\n".join(
        [
            "mkcol cadaver",
            "cd cadaver",
            f"lcd {tmp_path}",
            "put local.txt one.txt",
            "copy one.txt two.txt",
            "lock two.txt",
            "unlock two.txt",
            "propset two.txt colour green",
            "propget two.txt colour",
            "move two.txt three.txt",
            "get three.txt back.txt",
            "delete one.txt",
            "ls",
            "quit",
        ]
    )
    said = run([program("cadaver"), server.url], stdin=script + "\n", HOME=str(tmp_path))

    assert "failed" not in said.lower(), said
    assert "green" in said
    assert "three.txt" in said.rpartition("Listing collection")[2]
    assert "from cadaver" == (tmp_path / "back.txt").read_text()


def test_davfs2_mounts_it(server, tmp_path):
    """
    Files of a mounted drive are written, renamed and read with the usual commands.

    Folders are not listed: on Linux 6.18 davfs2 1.6.1 answers EINVAL to that whatever the server, Apache's too.
    """
    mount = program("mount.davfs")
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        pytest.skip("mounting needs root and /dev/fuse")
    point = tmp_path / "mnt"
    point.mkdir()
    words = [mount, server.url, str(point), "-o", f"conf={_davfs2(tmp_path, server)}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine does not mount: {done.stderr.strip()[-300:]}")
    try:
        (point / "dir").mkdir()
        (point / "dir" / "合同.txt").write_text("version one")
        (point / "dir" / "合同.txt").rename(point / "dir" / "b.txt")
        read = (point / "dir" / "b.txt").read_text()
    finally:
        run(["umount", str(point)])

    assert "version one" == read
    assert b"version one" == Raw(server)("GET", "/Deals/dir/b.txt")[2]


def _davfs2(place: Path, server: LadingDriveServer) -> Path:
    secrets, configuration = place / "secrets", place / "davfs2.conf"
    secrets.write_text(f'{server.url} {server.user} "{server.token}"\n')
    secrets.chmod(0o600)
    configuration.write_text(f"secrets {secrets}\nuse_locks 1\nask_auth 0\ndelay_upload 0\n")
    return configuration


@pytest.mark.parametrize("sent", [0, 1, 70_000, 2_999_999])
def test_an_upload_cut_on_the_wire_leaves_nothing(ask, sent):
    """
    Neither under a new name nor over an old file, wherever the connection ends.
    """
    ask("PUT", "/Deals/cut.txt", b"old")
    for name in ("cut.txt", f"new{sent}.txt"):
        ask.cut(f"/Deals/{name}", 3_000_000, sent)
    # The workers have seen the end of the connections once they have answered this.
    for _ in range(20):
        ask("PROPFIND", "/Deals/", Depth="0")

    assert b"old" == ask("GET", "/Deals/cut.txt")[2]
    assert 404 == ask("GET", f"/Deals/new{sent}.txt")[0]


def test_chunks_are_refused_without_a_length(server, ask):
    """
    The server cannot tell a torn body in chunks from one that ended.
    """

    def chunks():
        yield b"x" * 100

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(
        "PUT",
        "/dav/Deals/chunks",
        chunks(),
        {**ask.login, "Transfer-Encoding": "chunked"},
        encode_chunked=True,
    )
    assert 411 == connection.getresponse().status
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    length = {"X-Expected-Entity-Length": "100", "Transfer-Encoding": "chunked"}
    connection.request("PUT", "/dav/Deals/chunks", chunks(), {**ask.login, **length}, encode_chunked=True)
    assert 201 == connection.getresponse().status
    connection.close()


def test_statuses_and_headers_survive_the_server(ask):
    """
    Granian looks at the status as soon as the application returns: late ones would all be 200.
    """
    assert 201 == ask("PUT", "/Deals/r.bin", b"0123456789")[0]
    status, headers, body = ask("GET", "/Deals/r.bin", Range="bytes=2-4")
    assert (206, "bytes 2-4/10", b"234") == (status, headers["content-range"], body)
    assert (207, "1,2") == (ask("PROPFIND", "/Deals/", Depth="1")[0], ask("OPTIONS", "/Deals/")[1]["dav"])
    assert 423 == _locked_put(ask)
    assert 401 == Raw.__call__(_anonymous(ask), "GET", "/Deals/r.bin")[0]


def _anonymous(ask: Raw) -> Raw:
    nobody = Raw.__new__(Raw)
    nobody._port, nobody.login = ask._port, {}
    return nobody


def _locked_put(ask: Raw) -> int:
    body = (
        b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
    )
    _, headers, _ = ask("LOCK", "/Deals/r.bin", body, Timeout="Second-60")
    # Another worker may answer this one: the lock is in the database.
    statuses = {ask("PUT", "/Deals/r.bin", b"x")[0] for _ in range(10)}
    assert 204 == ask("UNLOCK", "/Deals/r.bin", Lock_Token=headers["lock-token"])[0]
    assert 1 == len(statuses)
    return statuses.pop()


def test_one_lock_is_given_to_one_of_many_who_ask_at_once(ask):
    """
    Two workers, ten clients, one exclusive lock.
    """
    ask("PUT", "/Deals/race.txt", b"x")
    body = (
        b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
    )
    said: list[int] = []
    threads = [
        threading.Thread(target=lambda: said.append(ask("LOCK", "/Deals/race.txt", body)[0]))
        for _ in range(10)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert [200] + [423] * 9 == sorted(said)


def test_a_large_file_takes_no_more_memory_than_a_small_one(server, ask):
    """
    256 MiB go up and down, and no process of the server grows by more than 32 MiB.
    """
    size = 256 << 20
    ask("PUT", "/Deals/small", b"z" * (2 << 20))
    ask("GET", "/Deals/small")
    before = dict(_peaks(server.pid))

    class Zeros:
        left = size

        def read(self, count: int = -1) -> bytes:
            block = b"\0" * min(count if count > 0 else 1 << 20, self.left)
            self.left -= len(block)
            return block

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request("PUT", "/dav/Deals/big", Zeros(), {**ask.login, "Content-Length": str(size)})
    assert 201 == connection.getresponse().status
    connection.close()
    got = 0
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request("GET", "/dav/Deals/big", headers=ask.login)
    answer = connection.getresponse()
    while block := answer.read(1 << 20):
        got += len(block)
    connection.close()

    assert size == got
    assert all(peak < before.get(pid, 0) + (32 << 20) for pid, peak in _peaks(server.pid))


def _peaks(pid: int) -> Iterator[tuple[int, int]]:
    """Each process of the server, with the most memory it has had."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
        status = Path(f"/proc/{parent}/status").read_text()
        yield parent, int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def test_a_reader_who_hangs_up_holds_nothing(server, ask):
    """
    The worker lets go of the file; the next requests are answered.
    """
    ask("PUT", "/Deals/hang", b"z" * 8_000_000)
    for _ in range(20):
        head = "GET /dav/Deals/hang HTTP/1.1\r\nHost: x\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in ask.login.items())
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as plug:
            plug.sendall(head.encode() + b"\r\n")
            plug.recv(1000)

    assert 8_000_000 == len(ask("GET", "/Deals/hang")[2])
    deadline = time.monotonic() + 20
    while _open_contents(server.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert 0 == _open_contents(server.pid)


def _open_contents(pid: int) -> int:
    count, found = 0, [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
        for entry in Path(f"/proc/{parent}/fd").iterdir():
            try:
                count += "/store/objects/" in os.readlink(entry)
            except OSError:
                continue
    return count
