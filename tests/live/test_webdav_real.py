"""The WebDAV connector against real servers: logins, certificates, kills, and a network that breaks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.listing import list_all
from lading.connectors.webdav import WebdavDrive
from lading.connectors.webdav import open as open_webdav
from lading.connectors.wrap.backoff import Means, Schedule
from lading.connectors.wrap.retry import RetryingDrive
from lading.model.errors import (
    BadAddress,
    LoginFailed,
    NotCertified,
    NotFound,
    ReadOnly,
    TooLarge,
    Unavailable,
)
from lading.model.paths import ROOT
from lading.testkit.badnet import BadNetwork, Rules
from lading.testkit.servers import (
    ApacheOptions,
    ApacheServer,
    LocalServer,
    RcloneServer,
    WsgiDavServer,
    require_server,
)

pytestmark = pytest.mark.live

SERVERS: dict[str, Callable[[], LocalServer]] = {
    "apache": ApacheServer,
    "wsgidav": WsgiDavServer,
    "rclone": RcloneServer,
}
DIGEST: dict[str, Callable[[], LocalServer]] = {
    "apache": lambda: ApacheServer(options=ApacheOptions(auth="digest")),
    "wsgidav": lambda: WsgiDavServer(auth="digest"),
}
TLS: dict[str, Callable[[], LocalServer]] = {
    "apache": lambda: ApacheServer(options=ApacheOptions(tls=True)),
    "wsgidav": lambda: WsgiDavServer(tls=True),
    "rclone": lambda: RcloneServer(tls=True),
}
LARGE = b"0123456789abcdef" * 200_000


@contextmanager
def opened(server: LocalServer, url: str = "", **options: str) -> Iterator[WebdavDrive]:
    os.environ["LADING_TEST_PASSWORD"] = server.password
    login = {"user": server.user, "password": "env:LADING_TEST_PASSWORD"} if server.user else {}
    with open_webdav(Address("webdav", url or server.url, {**login, **options}, "test")) as drive:
        yield drive


def content_of(drive: WebdavDrive | RetryingDrive, *path: str) -> bytes:
    with drive.read(path) as reader:
        return b"".join(iter(lambda: reader.read(1 << 16), b""))


@pytest.mark.parametrize("login", ["auto", "digest"])
@pytest.mark.parametrize("name", DIGEST)
def test_digest(name: str, login: str) -> None:
    """
    By digest, asked for or found out, small and large contents go up and down, of known and unknown length.
    """
    with require_server(DIGEST[name]) as server, opened(server, login=login) as drive:
        drive.write(("small",), [b"small"], expect=ABSENT)
        drive.write(("sized",), [LARGE], expect=ABSENT, size=len(LARGE))
        drive.write(("unsized",), [LARGE], expect=ABSENT)

        assert b"small" == content_of(drive, "small")
        assert LARGE == content_of(drive, "sized") == content_of(drive, "unsized")


@pytest.mark.parametrize("name", SERVERS)
def test_a_wrong_password_is_refused(name: str) -> None:
    """
    A wrong password is `LoginFailed` at the opening, by basic and when the way is found out.
    """
    with require_server(SERVERS[name]) as server:
        server.password = "wrong"
        for login in ("basic", "auto"):
            with pytest.raises(LoginFailed), opened(server, login=login):
                pass


@pytest.mark.parametrize("name", TLS)
def test_only_known_authorities_are_trusted(name: str) -> None:
    """
    A firm's own authority is trusted when it is named, and nobody else is.
    """
    with require_server(TLS[name]) as server:
        with opened(server, ca=str(server.ca)) as drive:
            drive.write(("a",), [LARGE], expect=ABSENT)

            assert LARGE == content_of(drive, "a")
        with pytest.raises(NotCertified), opened(server):
            pass


def test_a_folder_without_its_slash_is_found() -> None:
    """
    An address without the last slash is the same drive; one that is not there is said to be missing or made.
    """
    with require_server(ApacheServer) as server:
        (server.root / "dav").mkdir()
        server.settle()
        with opened(server, server.url + "dav") as drive:
            drive.write(("a",), [b"x"], expect=ABSENT)
        with pytest.raises(NotFound), opened(server, server.url + "none/"):
            pass
        with opened(server, server.url + "none/", create="yes") as drive:
            assert [] == drive.list(ROOT).entries

        assert b"x" == (server.root / "dav" / "a").read_bytes()
        assert (server.root / "none").is_dir()


def test_tls_spoken_to_a_plain_server() -> None:
    """
    An address with the wrong scheme is a clear error.
    """
    with require_server(ApacheServer) as server:
        with pytest.raises((Unavailable, BadAddress)), opened(server, server.url.replace("http:", "https:")):
            pass


def test_a_limit_is_told_before_the_body_is_sent() -> None:
    """
    A file above Apache's limit is `TooLarge`, with little of it read from the source.
    """
    make = lambda: ApacheServer(options=ApacheOptions(body_limit=1_000_000))  # noqa: E731
    with require_server(make) as server, opened(server) as drive:
        pulled: list[int] = []
        source = (pulled.append(1) or bytes(1 << 20) for _ in range(100))
        with pytest.raises(TooLarge):
            drive.write(("a",), source, expect=ANYTHING, size=100 << 20)

        assert len(pulled) < 20
        assert [] == drive.list(ROOT).entries


@pytest.mark.parametrize("name", SERVERS)
def test_connections_that_died_are_replaced(name: str) -> None:
    """
    A server that was restarted between two calls is not noticed; one that is away is `Unavailable`.
    """
    with require_server(SERVERS[name]) as server, opened(server) as drive:
        drive.write(("a",), [b"1"], expect=ABSENT)
        server.restart()
        drive.write(("b",), [b"2"], expect=ABSENT)

        assert b"1" == content_of(drive, "a")
        server.stop()
        with pytest.raises(Unavailable):
            drive.stat(("a",))
        server.start()


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("before", [None, b"old content"], ids=["new", "old"])
def test_a_killed_writer_leaves_nothing_under_the_name(
    name: str, before: bytes | None, tmp_path: Path
) -> None:
    """
    A process that is killed in the middle of a large upload leaves the name as it was, for good.
    """
    with require_server(SERVERS[name]) as server, opened(server, create="yes") as drive:
        if before is not None:
            drive.write(("a",), [before], expect=ABSENT)
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, server.url, server.user],
            stdout=subprocess.PIPE,
            env=dict(os.environ),
        )
        assert child.stdout is not None
        assert b"half way\n" == child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        server.settle()

        if before is None:
            assert [] == drive.list(ROOT).entries
        else:
            assert before == content_of(drive, "a")
        assert (
            not (server.root / "a").exists() if before is None else (server.root / "a").read_bytes() == before
        )


WRITER = """
import sys, time
from lading.connectors.address import Address
from lading.connectors.conditions import ANYTHING
from lading.connectors.webdav import open
def source():
    for number in range(40):
        yield bytes(1 << 20)
        if number == 20:
            print("half way", flush=True)
            time.sleep(60)
url, user = sys.argv[1:]
options = {"user": user, "password": "env:LADING_TEST_PASSWORD", "login": "basic"}
open(Address("webdav", url, options)).write(("a",), source(), expect=ANYTHING, size=40 << 20)
"""


def test_a_forked_process_uses_connections_of_its_own() -> None:
    """
    A drive that was carried over a fork works on both sides and mixes nothing up.
    """
    with require_server(ApacheServer) as server, opened(server, login="basic") as drive:
        for name in ("parent", "child"):
            drive.write((name,), [name.encode() * 1000], expect=ABSENT)
        child = os.fork()
        if child == 0:
            good = all(b"child" * 1000 == content_of(drive, "child") for _ in range(50))
            os._exit(0 if good else 1)
        good = all(b"parent" * 1000 == content_of(drive, "parent") for _ in range(50))

        assert good
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("name", SERVERS)
def test_a_whole_drive_is_read_over_a_bad_network(name: str) -> None:
    """
    Listing and reading through a network that drops, delays and truncates gives the right bytes or a clear error.
    """
    with require_server(SERVERS[name]) as server:
        expected = _fill(server.root)
        server.settle()
        rules = Rules(
            refuse_chance=0.05, drop_per_mib=0.4, truncate_per_mib=0.4, latency=0.0005, jitter=0.001
        )
        with BadNetwork(("127.0.0.1", server.port), rules, seed=7) as network:
            drive = _stubborn(server, network)
            found = {path: content_of(drive, *path) for path in _files(drive)}
            drive.close()

            assert expected == found
            assert network.counts.dropped + network.counts.truncated + network.counts.refused > 3


@pytest.mark.parametrize("name", SERVERS)
def test_a_whole_drive_is_written_over_a_bad_network(name: str) -> None:
    """
    What is written through such a network lies there whole, each file once, and nothing half-written.
    """
    contents = {f"{number} 合同.bin": os.urandom(40_000) for number in range(25)} | {"large": LARGE}
    with require_server(SERVERS[name]) as server:
        rules = Rules(refuse_chance=0.05, drop_per_mib=0.3, truncate_per_mib=0.5, latency=0.0005)
        with BadNetwork(("127.0.0.1", server.port), rules, seed=11) as network:
            drive = _stubborn(server, network)
            for file, content in contents.items():
                blocks = [content[start : start + 65536] for start in range(0, len(content), 65536)]
                drive.write((file,), blocks, expect=ABSENT, size=len(content))
            drive.close()

            assert network.counts.dropped + network.counts.truncated + network.counts.refused > 3
        found = {path.name: path.read_bytes() for path in server.root.iterdir() if path.is_file()}

        assert contents == found


def test_a_server_that_takes_no_changes() -> None:
    """
    A server that only reads is `ReadOnly` for everything that would change it.
    """
    with require_server(lambda: RcloneServer(flags=["--read-only"])) as server, opened(server) as drive:
        (server.root / "a").write_bytes(b"x")
        server.settle()
        for change in (
            lambda: drive.write(("b",), [b"x"], expect=ANYTHING),
            lambda: drive.make_folder(("folder",)),
            lambda: drive.remove(("a",), expect=ANYTHING),
        ):
            with pytest.raises(ReadOnly):
                change()

        assert b"x" == content_of(drive, "a")


@pytest.mark.parametrize("name", SERVERS)
def test_five_gibibytes_are_read(name: str) -> None:
    """
    A sparse file of 5 GiB is listed with its size, and read from places beyond 4 GiB.
    """
    size = (5 << 30) + 7
    with require_server(SERVERS[name]) as server, opened(server) as drive:
        with (server.root / "sparse").open("wb") as file:
            file.truncate(size)
            file.seek(-3, os.SEEK_END)
            file.write(b"end")
        server.settle()

        assert [size] == [entry.size for entry in drive.list(ROOT).entries]
        with drive.read(("sparse",), start=size - 5) as reader:
            assert b"\0\0end" == reader.read(1000)
        with drive.read(("sparse",), start=(1 << 32) - 1) as reader:
            assert {0} == set(reader.read(1000))


def test_threads_share_a_drive() -> None:
    """
    Many threads that read and write at once each get their own content.
    """
    with require_server(ApacheServer) as server, opened(server) as drive:
        wrong: list[int] = []

        def work(number: int) -> None:
            for step in range(10):
                content = b"%d-%d " % (number, step) * 3000
                drive.write((f"{number}-{step}",), [content], expect=ABSENT)
                if content != content_of(drive, f"{number}-{step}"):
                    wrong.append(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [] == wrong
        assert 80 == len(drive.list(ROOT).entries)


def _stubborn(server: LocalServer, network: BadNetwork) -> RetryingDrive:
    os.environ["LADING_TEST_PASSWORD"] = server.password
    options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD", "login": "basic", "timeout": "10"}
    address = Address("webdav", f"http://127.0.0.1:{network.port}/", options, "test")
    means = Means(sleep=lambda seconds: None)
    for _ in range(20):
        try:
            return RetryingDrive(open_webdav(address), Schedule(attempts=40, patience=600), means=means)
        except Unavailable:
            continue
    raise AssertionError("the network let nobody through")


def _files(drive: RetryingDrive) -> Iterator[tuple[str, ...]]:
    waiting = [ROOT]
    while waiting:
        for entry in list_all(drive, waiting.pop()):
            if entry.is_folder:
                waiting.append(entry.path)
            else:
                yield entry.path


def _fill(root: Path) -> dict[tuple[str, ...], bytes]:
    expected = {}
    for folder in range(4):
        (root / f"项目 {folder}").mkdir()
        for number in range(15):
            content = os.urandom(3000 * (number + 1) ** 2)
            (root / f"项目 {folder}" / f"第{number}号 #%.pdf").write_bytes(content)
            expected[f"项目 {folder}", f"第{number}号 #%.pdf"] = content
    return expected
