"""
One real server on loopback, in a process of its own, for tests and benchmarks.

What is common to all of them: a temporary home, a free port, a start that
waits for the first answer, a polite and a rude end, and a restart on the same
port.  It listens on 127.0.0.1 only and never installs anything.
"""

import contextlib
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
START_LIMIT = 20.0  # seconds until a server has to answer its first request
START_TRIES = 5  # somebody else may take the free port before the server does
STOP_LIMIT = 15.0  # longer than the guard's own patience
GUARD = Path(__file__).with_name("guard.py")


class ServerMissing(Exception):
    """The server's program is not on this machine; the text says which and how to get it."""


class ServerFailed(Exception):
    """The server ended or stayed silent; the text holds the end of its log."""


class LocalServer:
    """
    A server of *root* on 127.0.0.1; start it with ``with``.

    ``url`` ends with a slash.  ``user`` and ``password`` are empty when the
    server asks nobody.  ``ca`` is the file to trust when the server speaks TLS.
    Without *root* the server makes a folder and removes it at the end.

    Raises:
        ServerMissing: the program is not installed (already on construction).
        ServerFailed: it does not answer within 20 s.
    """

    name = "server"

    def __init__(self, root: Path | None = None, *, tls: bool = False) -> None:
        self.home = Path(tempfile.mkdtemp(prefix=f"lading-{self.name}-"))
        self.root = root or self.home / "files"
        self.log = self.home / "server.log"
        self.user = self.password = ""
        self.ca: Path | None = None
        self.tls = tls
        self.port = 0
        self._guard: subprocess.Popen[bytes] | None = None
        self.root.mkdir(exist_ok=True)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}/"

    @property
    def running(self) -> bool:
        return self._guard is not None and self._guard.poll() is None

    @property
    def pid(self) -> int:
        """The process above all processes of the server; 0 if it does not run."""
        return self._guard.pid if self._guard is not None else 0

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start on a free port and return after the first answer."""
        for left in reversed(range(START_TRIES)):
            self.port = _free_port()
            try:
                self.restart()
            except ServerFailed:
                if not left:
                    raise
            else:
                return

    def stop(self) -> None:
        """End politely and wait for it; a server that ignores this is killed after ten seconds."""
        self._end(b"stop\n")

    def kill(self) -> None:
        """End it and its workers with SIGKILL, as a power cut would; files stay as they are."""
        self._end(b"")

    def restart(self) -> None:
        """Stop it if it runs, then start it again on the same port."""
        self.stop()
        with self.log.open("ab") as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), *self.command()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=dict(self.environment()),
                cwd=self.home,
                start_new_session=True,  # Ctrl-C reaches the tests, which then end the server
            )
        self._await_answer()

    def close(self) -> None:
        """Kill the server and remove its home; a *root* given from outside stays."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def settle(self) -> None:
        """Let the server's user write what the test has put below ``root``; most servers are that user."""

    def command(self) -> Sequence[str]:
        """The command line that serves ``root`` on ``port`` in the foreground."""
        raise ServerMissing(f"{self.name} has no command")

    def environment(self) -> Mapping[str, str]:
        """The server's environment: none of the tester's settings reach it."""
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.home), "LC_ALL": "C.UTF-8"}

    def _end(self, order: bytes) -> None:
        guard, self._guard = self._guard, None
        if guard is None or guard.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError), guard.stdin as orders:
            orders.write(order)
        guard.wait(STOP_LIMIT)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while self.running and time.monotonic() < deadline:
            if self._answers() and self.running:
                return
            time.sleep(0.01)
        self.kill()
        raise ServerFailed(f"{self.name} does not answer on port {self.port}:\n{self.log_tail()}")

    def _answers(self) -> bool:
        connection = self._connection()
        try:
            connection.request("OPTIONS", "/")
            return bool(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self.tls:
            return http.client.HTTPConnection(HOST, self.port, timeout=5)
        context = ssl.create_default_context(cafile=str(self.ca))
        return http.client.HTTPSConnection(HOST, self.port, timeout=5, context=context)

    def log_tail(self, size: int = 2000) -> str:
        """The last *size* characters of what the server has said."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""


def find_program(names: Sequence[str], places: Sequence[Path], advice: str) -> str:
    """
    The first of *names* in *places*, then beside the interpreter, then on the PATH.

    Raises:
        ServerMissing: it is nowhere; the text carries *advice*.
    """
    beside = Path(sys.executable).parent
    for name in names:
        for place in (*places, beside):
            if os.access(place / name, os.X_OK):
                return str(place / name)
        if found := shutil.which(name):
            return found
    raise ServerMissing(f"{' or '.join(names)} is not installed: {advice}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
