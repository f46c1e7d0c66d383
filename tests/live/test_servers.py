"""The servers that live tests run against: they answer, ask for a login, survive a restart and never linger."""

import base64
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
import urllib3

from lading.testkit.servers import (
    ApacheOptions,
    ApacheServer,
    LocalServer,
    RcloneServer,
    ServerFailed,
    ServerMissing,
    WsgiDavServer,
    require_server,
)

pytestmark = pytest.mark.live

SERVERS: dict[str, Callable[[], LocalServer]] = {
    "apache": ApacheServer,
    "apache-tls": lambda: ApacheServer(options=ApacheOptions(tls=True)),
    "wsgidav": WsgiDavServer,
    "wsgidav-tls": lambda: WsgiDavServer(tls=True),
    "rclone": RcloneServer,
    "rclone-tls": lambda: RcloneServer(tls=True),
}
DIGEST: dict[str, Callable[[], LocalServer]] = {
    "apache": lambda: ApacheServer(options=ApacheOptions(auth="digest")),
    "wsgidav": lambda: WsgiDavServer(auth="digest"),
}
ANONYMOUS: dict[str, Callable[[], LocalServer]] = {
    "apache": lambda: ApacheServer(options=ApacheOptions(auth="none")),
    "wsgidav": lambda: WsgiDavServer(auth="none"),
    "rclone": lambda: RcloneServer(auth="none"),
}


def call(server: LocalServer, method: str, path: str, *, login: bool = True, body: bytes = b"") -> bytes:
    """The answer's status and body in one, as `201 body`."""
    headers = {}
    if login and server.user:
        pair = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    with urllib3.PoolManager(ca_certs=str(server.ca) if server.ca else None) as pool:
        answer = pool.request(method, server.url + path, body=body or None, headers=headers, retries=False)
        return f"{answer.status} ".encode() + answer.data


@pytest.mark.parametrize("name", SERVERS)
def test_a_file_goes_up_and_comes_down(name: str) -> None:
    """
    What is PUT lies in the served folder and comes back by GET, with TLS checked against the server's own CA.
    """
    with require_server(SERVERS[name]) as server:
        call(server, "PUT", "hello.txt", body=b"bill of lading")

        assert (server.root / "hello.txt").read_bytes() == b"bill of lading"
        assert call(server, "GET", "hello.txt") == b"200 bill of lading"


@pytest.mark.parametrize("name", SERVERS)
def test_a_stranger_is_refused(name: str) -> None:
    """
    Without the login the same request is refused, so a login test against it can fail.
    """
    with require_server(SERVERS[name]) as server:
        (server.root / "hello.txt").write_bytes(b"secret")

        assert call(server, "GET", "hello.txt", login=False).startswith(b"401 ")


@pytest.mark.parametrize("name", DIGEST)
def test_digest_servers_refuse_basic(name: str) -> None:
    """
    A server that asks for digest refuses a right password sent as basic.
    """
    with require_server(DIGEST[name]) as server:
        assert call(server, "GET", "").startswith(b"401 ")


@pytest.mark.parametrize("name", ANONYMOUS)
def test_open_servers_ask_nobody(name: str) -> None:
    """
    A server without login stores a file for anybody.
    """
    with require_server(ANONYMOUS[name]) as server:
        assert call(server, "PUT", "a", body=b"x").startswith(b"201 ")


@pytest.mark.parametrize("name", ["apache", "wsgidav", "rclone"])
def test_a_killed_server_comes_back_on_its_port(name: str) -> None:
    """
    After kill nobody answers, after restart the same address serves the same files.
    """
    with require_server(SERVERS[name]) as server:
        call(server, "PUT", "kept.txt", body=b"kept")
        address = server.url
        server.kill()
        with pytest.raises(urllib3.exceptions.HTTPError):
            call(server, "GET", "kept.txt")
        server.restart()

        assert server.url == address
        assert call(server, "GET", "kept.txt") == b"200 kept"


@pytest.mark.parametrize("name", ["apache", "wsgidav", "rclone"])
def test_files_put_behind_its_back_are_seen_and_writable(name: str) -> None:
    """
    A file the test puts into the served folder is served at once and, after `settle`, may be overwritten.
    """
    with require_server(SERVERS[name]) as server:
        (server.root / "folder").mkdir()
        (server.root / "folder" / "old.txt").write_bytes(b"old")
        server.settle()

        assert call(server, "GET", "folder/old.txt") == b"200 old"
        assert call(server, "PUT", "folder/old.txt", body=b"new")[:3] in (b"201", b"204")


def test_a_body_above_the_limit_is_refused() -> None:
    """
    Apache with a body limit answers 413 and stores nothing.
    """
    options = ApacheOptions(body_limit=10)
    with require_server(lambda: ApacheServer(options=options)) as server:
        assert call(server, "PUT", "big", body=b"x" * 11).startswith(b"413 ")
        assert list(server.root.iterdir()) == []


def test_a_killed_test_run_leaves_no_server() -> None:
    """
    SIGKILL of the process that started a server takes the server with it.
    """
    require_server(WsgiDavServer).close()
    code = (
        "import signal; from lading.testkit.servers import WsgiDavServer\n"
        "with WsgiDavServer() as server: print(server.home, server._guard.pid, flush=True); signal.pause()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout is not None
        home, guard = holder.stdout.readline().decode().split()
        holder.send_signal(signal.SIGKILL)

    assert wait_until_gone(int(guard))
    shutil.rmtree(home)


def wait_until_gone(pid: int) -> bool:
    """Whether the process ends (or is a zombie nobody buries) before pidfd waiting gives up after ten seconds."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        # Not `select`, which takes no descriptor beyond 1023: this process may have opened many.
        waiting = select.poll()
        waiting.register(watched, select.POLLIN)
        return bool(waiting.poll(10_000))
    finally:
        os.close(watched)


def test_a_server_that_cannot_start_says_why() -> None:
    """
    A bad flag ends in an error that carries the server's own words.
    """
    with pytest.raises(ServerFailed, match="no-such-flag"):
        with require_server(lambda: RcloneServer(flags=["--no-such-flag"])):
            pytest.fail("it started")


def test_absence_is_a_failure_when_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    With LADING_LIVE=required a missing server fails the test instead of skipping it.
    """
    monkeypatch.setenv("LADING_LIVE", "required")

    def missing() -> LocalServer:
        raise ServerMissing("nowhere")

    with pytest.raises(pytest.fail.Exception, match="nowhere"):
        require_server(missing)
