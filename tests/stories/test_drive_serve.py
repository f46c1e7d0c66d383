"""
`lading drive serve`: one command on an empty folder, and what can happen to it.
"""

import base64
import http.client
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.testkit.servers import PostgresServer, require_server
from support.command import lading
from support.served_drive import Served, serving, until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A new drive that is served."""
    with serving(tmp_path_factory.mktemp("serve") / "home") as served:
        yield served


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"mover:{token}".encode()).decode()


def test_one_command_on_an_empty_folder_gives_a_drive_and_a_first_sign_in(served: Served) -> None:
    """It tells address, WebDAV address and a one-time sign-in; all of them answer, and nobody else may read the home."""
    assert 200 == served.ask("GET", "/")[0]
    assert 401 == served.ask("PROPFIND", "/dav/")[0]
    assert served.told["dav"] == served.told["address"] + "dav/"
    assert 200 == served.ask("GET", "/" + served.told["first"].removeprefix(served.told["address"]))[0]
    assert 0o700 == stat.S_IMODE(os.stat(served.home).st_mode)
    for name in ("secret.key", "drive.sqlite"):
        assert 0o600 == stat.S_IMODE(os.stat(served.home / name).st_mode)


def test_a_second_server_on_the_same_home_is_refused(served: Served) -> None:
    """One home has one server; the second is told so and changes nothing."""
    second = lading("drive", "serve", served.home, "--listen", "127.0.0.1:0", "--json")

    assert (5, "busy") == (second.code, second.json["error"]["code"])
    assert 200 == served.ask("GET", "/ready")[0]


def test_a_port_in_use_is_said_in_one_sentence(served: Served, tmp_path: Path) -> None:
    """The sentence names the address; no traceback, exit code 56."""
    second = lading("drive", "serve", tmp_path / "home", "--listen", f"127.0.0.1:{served.port}")

    assert 56 == second.code
    assert f"127.0.0.1:{served.port}" in second.err


def test_a_lost_worker_is_started_again(served: Served) -> None:
    """After SIGKILL of one worker the drive goes on answering, with as many workers as before."""
    lost = worker(served)
    os.kill(lost, signal.SIGKILL)

    until(lambda: lost not in children(served) and len(children(served)) == 3)
    assert {200} == {served.ask("GET", "/ready")[0] for _ in range(20)}


def test_the_fault_page_speaks_the_language_of_the_reader(served: Served) -> None:
    """An address that is none gives a page in Chinese to who asks for it, and closed to scripts and frames."""
    wire = http.client.HTTPConnection("127.0.0.1", served.port)
    wire.request("GET", "/none", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    answer = wire.getresponse()
    said = answer.read().decode()
    wire.close()

    assert 404 == answer.status
    assert "此处没有内容" in said and 'lang="zh-Hans"' in said
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "DENY" == answer.headers["X-Frame-Options"]


def test_a_request_under_way_finishes_before_the_end(tmp_path: Path) -> None:
    """SIGTERM in the middle of an upload: nobody new is let in, the upload ends well, the exit code is 0, nobody is left."""
    with serving(tmp_path / "home") as served:
        token = served.mover()
        left = children(served)
        wire = half_an_upload(served, token)
        served.process.send_signal(signal.SIGTERM)
        until(lambda: refuses(served.port))
        wire.send(b"y" * 500_000)
        status = wire.getresponse().status
        wire.close()

        assert 201 == status
        assert 0 == served.process.wait(60)
    until(lambda: not any(alive(one) for one in left))
    with serving(tmp_path / "home") as again:
        size = len(again.ask("GET", "/dav/deals/late.bin", Authorization=basic(token))[1])
    assert 1_000_000 == size


def test_ctrl_c_ends_it_as_politely(tmp_path: Path) -> None:
    """SIGINT to the whole group, as a terminal sends it, ends with exit code 0 and no word of lost workers."""
    with serving(tmp_path / "home") as served:
        os.killpg(served.process.pid, signal.SIGINT)

        assert 0 == served.process.wait(60)
    assert "" == (tmp_path / "home.err").read_text()


def test_nothing_outlives_a_killed_server(tmp_path: Path) -> None:
    """After SIGKILL of the main process its workers and its keeper end, and the home can be served again."""
    with serving(tmp_path / "home") as served:
        left = children(served)
        served.stop(signal.SIGKILL)
        until(lambda: not any(alive(one) for one in left))
    with serving(tmp_path / "home") as again:
        assert served.told["first"].rpartition("/")[2] == again.told["first"].rpartition("/")[2]


@pytest.mark.parametrize(
    ("config", "code", "word"),
    [
        ("colour = 'blue'", 2, "colour"),
        ("workers = 'two'", 2, "workers"),
        ("workers = 0", 2, "workers"),
        ("audit_days = 30", 2, "180"),
        ("listen = 'somewhere'", 2, "somewhere"),
        ("address = 'drive.example.com'", 2, "https://"),
        ("= = =", 2, "drive.toml"),
        ("database = 'mysql://a@b/c'", 2, "postgresql://"),
        ("database = 'postgresql://a:secret@b/c'", 2, "database_password"),
        ("database = 'postgresql://a@/c?host=/nowhere'", 57, "/nowhere"),
    ],
)
def test_a_wrong_configuration_is_said_in_one_sentence(
    config: str, code: int, word: str, tmp_path: Path
) -> None:
    """What is wrong in drive.toml is named, in English and in Chinese, and no secret in it is repeated."""
    (tmp_path / "drive.toml").write_text(config)
    said = (
        lading("drive", "serve", tmp_path, "--listen", "127.0.0.1:0")
        if "listen" not in config
        else lading("drive", "serve", tmp_path)
    )

    assert code == said.code, said.err
    assert word in said.err
    assert "secret" not in said.err


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    """A folder that holds somebody's files is not made a home; a file is none either."""
    (tmp_path / "thesis.docx").write_text("three years of work")

    assert 2 == lading("drive", "serve", tmp_path).code
    assert 2 == lading("drive", "serve", tmp_path / "thesis.docx").code
    assert ["thesis.docx"] == os.listdir(tmp_path)


def test_commands_say_that_there_is_no_drive(tmp_path: Path) -> None:
    """Commands about a folder without a drive say so and make nothing."""
    said = lading("drive", "space", "list", "--home", tmp_path, "--json")

    assert (21, "not_found") == (said.code, said.json["error"]["code"])
    assert [] == os.listdir(tmp_path)


@pytest.mark.live
def test_it_serves_on_postgresql(tmp_path: Path) -> None:
    """With a database server in drive.toml the same command serves the same drive; a lost one is 503 until it is back."""
    server = require_server(PostgresServer)
    with server:
        home = tmp_path / "home"
        home.mkdir()
        (home / "drive.toml").write_text(f'database = "{server.database(server.admin)}"\n')
        with serving(home) as served:
            token = served.mover()
            put = served.ask("PUT", "/dav/deals/a.txt", b"hello", Authorization=basic(token))[0]
            got = served.ask("GET", "/dav/deals/a.txt", Authorization=basic(token))

            assert (201, (200, b"hello")) == (put, got)
            server.kill()
            lost = [
                served.ask("GET", "/ready")[0],
                served.ask("PUT", "/dav/deals/b.txt", b"b", Authorization=basic(token))[0],
            ]
            server.restart()
            until(lambda: served.ask("PUT", "/dav/deals/b.txt", b"b", Authorization=basic(token))[0] == 201)

            assert [503, 503] == lost
            assert 0 == served.stop()
        assert not (home / "drive.sqlite").exists()


def half_an_upload(served: Served, token: str) -> http.client.HTTPConnection:
    """An upload of which the server has begun to read the body: it says so by `100 Continue`."""
    wire = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    wire.putrequest("PUT", "/dav/deals/late.bin")
    wire.putheader("Authorization", basic(token))
    wire.putheader("Content-Length", "1000000")
    wire.putheader("Expect", "100-continue")
    wire.endheaders()
    assert b"HTTP/1.1 100 Continue\r\n\r\n" == wire.sock.recv(25)
    wire.send(b"x" * 500_000)
    return wire


def worker(served: Served) -> int:
    return int(served.ask("GET", "/ready")[1].split()[1])


def children(served: Served) -> set[int]:
    text = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text()
    return {int(word) for word in text.split() if alive(int(word))}


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def refuses(port: int) -> bool:
    with socket.socket() as plug:
        return plug.connect_ex(("127.0.0.1", port)) != 0
