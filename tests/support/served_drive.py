"""
`lading drive serve` as a person starts it: a process of its own, ended with the test.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.command import lading

PATIENCE = 60.0


@dataclass
class Served:
    """A drive that is served; *told* is what the command wrote when it was ready."""

    home: Path
    process: subprocess.Popen[bytes]
    told: dict[str, Any]

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        port = urlsplit(self.told["address"]).port
        assert port is not None
        return port

    def ask(self, verb: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """One request on a connection of its own: status and content."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            wire.request(verb, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = wire.getresponse()
            return answer.status, answer.read()
        finally:
            wire.close()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def mover(self, space: str = "deals", scopes: Sequence[str] = ("read", "write", "import")) -> str:
        """The token of somebody who manages a new *space*, for *scopes*."""
        home = ("--home", self.home)
        for words in (("person", "add", "mover"), ("space", "make", space, "--admin", "mover")):
            done = lading("drive", *words, *home)
            assert 0 == done.code, done.err
        words = [word for scope in scopes for word in ("--scope", scope)]
        return str(lading("drive", "token", "make", "mover", *words, *home, "--json").json["token"])


@contextmanager
def serving(home: Path, *words: str) -> Iterator[Served]:
    """The drive in *home*, served on a free port with its output in `home.out` and `home.err` beside it."""
    out, err = home.with_suffix(".out"), home.with_suffix(".err")
    command = [
        sys.executable,
        "-m",
        "lading",
        "drive",
        "serve",
        str(home),
        "--listen",
        "127.0.0.1:0",
        "--json",
    ]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, *words],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, "LADING_LANG": "en"},
            start_new_session=True,
        )
    try:
        until(lambda: out.read_text().endswith("}\n") or process.poll() is not None)
        told = json.loads(out.read_text() or "{}")
        assert told.get("ok"), f"{told} {err.read_text()}"
        yield Served(home, process, told)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(true: Any) -> None:
    """Wait until *true* says so; fail after a minute."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.02)
