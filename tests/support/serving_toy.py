"""
The HTTP server of the drive with a toy behind it: an application that does what its paths say.
"""

from __future__ import annotations

import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lading.site.serving.errand import Later
from lading.site.serving.loop import Loop

PATIENCE = 20.0
Environ = dict[str, Any]


@dataclass
class Held:
    """An answer that waits to be completed together with others."""

    start: Any
    done: bool = False
    with_: int = 0

    def answer(self) -> list[bytes]:
        self.start("200 OK", [])
        return [b"together with %d" % self.with_]


@dataclass
class Toy:
    """An application that tells what it was asked; *paths* do what their name says."""

    folder: Path
    threads: set[str] = field(default_factory=set)
    open: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)
    files: list[Any] = field(default_factory=list)
    faulty: bool = False

    def quick(self, environ: Environ) -> bool:
        return not environ["PATH_INFO"].startswith("/slow")

    def complete(self, gathered: list[Held]) -> None:
        if self.faulty:
            raise ValueError("a fault of ours")
        for one in gathered:
            one.done, one.with_ = True, len(gathered)

    def application(self, environ: Environ, start: Any) -> Any:
        self.threads.add(threading.current_thread().name)
        name = environ["PATH_INFO"].removeprefix("/slow").strip("/").split("/")[0]
        do: Callable[[Environ, Any], Any] = getattr(self, f"do_{name}", self.do_tell)
        return do(environ, start)

    def do_tell(self, environ: Environ, start: Any) -> Any:
        body = environ["wsgi.input"].read()
        said = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} {len(body)} ".encode()
        start("200 OK", [("Content-Type", "text/plain")])
        return [said + body[:20]]

    def do_environ(self, environ: Environ, start: Any) -> Any:
        start("200 OK", [])
        return [repr({key: value for key, value in environ.items() if key.startswith("HTTP_")}).encode()]

    def do_blocks(self, environ: Environ, start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        yield from (b"one ", b"", b"two ", b"three")

    def do_file(self, environ: Environ, start: Any) -> Any:
        content = (self.folder / "content").open("rb")
        content.seek(7)
        self.files.append(content)
        start("200 OK", [("Content-Length", str(os.path.getsize(self.folder / "content") - 7))])
        return environ["wsgi.file_wrapper"](content)

    def do_cut(self, environ: Environ, start: Any) -> Any:
        start("200 OK", [("Content-Length", "10")])
        return iter([b"short"])

    def do_fail(self, environ: Environ, start: Any) -> Any:
        raise ValueError("a fault of ours")

    def do_disk(self, environ: Environ, start: Any) -> Any:
        raise OSError("a disk of ours")

    def do_badfile(self, environ: Environ, start: Any) -> Any:
        result = self.do_file(environ, lambda *_: None)
        start("200 OK", [("Content-Length", "1"), ("X-Name", "a\nb")])
        return result

    def do_large(self, environ: Environ, start: Any) -> Any:
        start("200 OK", [("Content-Length", "30000000")])
        return iter([bytes(30_000_000)])

    def do_split(self, environ: Environ, start: Any) -> Any:
        start("200 OK", [("X-Name", "a\r\nSet-Cookie: stolen=1")])
        return [b""]

    def do_refuse(self, environ: Environ, start: Any) -> Any:
        start("403 Forbidden", [])
        return [b"no"]

    def do_wait(self, environ: Environ, start: Any) -> Any:
        self.waiting.set()
        self.open.wait(PATIENCE)
        return self.do_tell(environ, start)

    def do_later(self, environ: Environ, start: Any) -> Any:
        if "lading.impatient" in environ:
            raise Later
        return self.do_tell(environ, start)

    def do_gather(self, environ: Environ, start: Any) -> Any:
        return Held(start) if "lading.gather" in environ else self.do_tell(environ, start)


@dataclass
class Serving:
    """A loop that runs in a thread of the test."""

    toy: Toy
    loop: Loop
    port: int

    def wire(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def say(self, data: bytes, *, half: bool = True) -> bytes:
        """All that is answered to *data* on a connection of its own."""
        with closing(self.wire()) as wire:
            wire.sendall(data)
            if half:
                wire.shutdown(socket.SHUT_WR)
            return everything(wire)

    def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with closing(wire):
            wire.request(verb, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = wire.getresponse()
            return answer.status, answer.read()


@contextmanager
def served(folder: Path, threads: int = 4) -> Iterator[Serving]:
    """A loop under way; at the end it must end."""
    plug = socket.create_server(("127.0.0.1", 0), backlog=100)
    plug.setblocking(False)
    toy = Toy(folder)
    loop = Loop(plug, toy, threads)
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    try:
        yield Serving(toy, loop, port=int(loop.port))
    finally:
        loop.end(PATIENCE)
        thread.join(PATIENCE)
    assert not thread.is_alive()


def everything(wire: socket.socket) -> bytes:
    found = b""
    while piece := wire.recv(1 << 16):
        found += piece
    return found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def request(path: str = "/tell", body: bytes = b"", *, verb: str = "PUT", more: str = "") -> bytes:
    return f"{verb} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


CHUNKED = b"PUT /slow/tell HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def until(true: Callable[[], object]) -> None:
    """Wait until *true* says so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
