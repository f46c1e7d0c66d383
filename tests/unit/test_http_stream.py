"""The body of an answer, pulled in pieces of whatever size: nothing is lost, doubled or given too early."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle

import pytest

from lading.connectors.http.line import Request, Settings
from lading.connectors.http.login import Login
from lading.connectors.http.session import Session, Stream, _first
from lading.model.errors import Truncated, Unavailable

BODY = random.Random(4).randbytes(3_000_001)


class _Body(BaseHTTPRequestHandler):
    """Sends `BODY`; on `/short` it announces more and hangs up."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY) + (self.path == "/short")))
        self.end_headers()
        self.wfile.write(BODY)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def origin() -> Iterator[str]:
    """A server on the loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Body) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def opened(url: str) -> Stream:
    return Session(Settings(Login("none"), None, 30.0)).stream(Request("GET", url, ("body",)))


@pytest.mark.parametrize(
    "sizes", [(1 << 20,), (16_384,), (1, 5, 70_000, 16_385, 300_000)], ids=["large", "small", "mixed"]
)
def test_pieces_of_any_size_are_the_body(origin: str, sizes: tuple[int, ...]) -> None:
    """No piece is larger than asked for; together they are what was sent, byte for byte."""
    stream, pieces = opened(origin), []
    for size in cycle(sizes):
        piece = stream.read(size)
        assert len(piece) <= size
        if not piece:
            break
        pieces.append(piece)

    assert BODY == b"".join(pieces)


def test_what_came_before_the_end_is_given_first(origin: str) -> None:
    """Of a body that is cut short everything that came is given, and then the error."""
    stream, found = opened(origin + "/short"), bytearray()
    with pytest.raises((Truncated, Unavailable)):
        while piece := stream.read(1 << 20):
            found += piece

    assert BODY == found


@pytest.mark.parametrize(
    ("held", "size", "expected", "left"),
    [
        ([b"ab", b"cd", b"ef"], 9, b"abcdef", []),
        ([b"ab", b"cd", b"ef"], 4, b"abcd", [b"ef"]),
        ([b"ab", b"cd", b"ef"], 3, b"ab", [b"cd", b"ef"]),
        ([b"ab", b"cd"], 1, b"a", [b"b", b"cd"]),
    ],
)
def test_what_is_there_comes_as_one_piece(
    held: list[bytes], size: int, expected: bytes, left: list[bytes]
) -> None:
    """Small pieces that have come are handed on together, as far as they fit."""
    waiting = deque(held)

    assert expected == _first(waiting, size)
    assert left == list(waiting)
