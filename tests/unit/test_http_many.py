"""Many requests in one loop: every answer in its place, whatever the server does to some of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lading.connectors.http.line import Request, Settings
from lading.connectors.http.login import Login
from lading.connectors.http.many import answers
from lading.connectors.http.session import Answer, Session
from lading.model.errors import BadAnswer, DriveError, Unavailable


class _Echo(BaseHTTPRequestHandler):
    """Answers with the path; hangs up on `/gone`, says nothing to `/silent`, and what was sent to a PUT."""

    protocol_version = "HTTP/1.1"
    release = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/gone":
            self.close_connection = True
            return
        if self.path == "/silent":
            self.release.wait(20)
            self.close_connection = True
            return
        self._say(self.path.encode() * (100_000 if self.path == "/large" else 1))

    def do_PUT(self) -> None:
        self._say(self.rfile.read(int(self.headers["Content-Length"])))

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def origin() -> Iterator[str]:
    """A server on the loopback."""
    _Echo.release.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        _Echo.release.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def session() -> Iterator[Session]:
    """Connections that lose patience after two seconds."""
    session = Session(Settings(Login("none"), None, 2.0))
    yield session
    session.close()


def _get(origin: str, path: str) -> Request:
    return Request("GET", origin + path, (path,))


def _bodies(found: list[Answer | DriveError]) -> list[bytes]:
    return [it.body for it in found if isinstance(it, Answer)]


@pytest.mark.parametrize("at_once", [1, 4, 50])
def test_answers_come_in_order(origin: str, session: Session, at_once: int) -> None:
    """However many are under way, the answers stand in the order of the requests, and connections serve again."""
    for _ in range(2):
        found = list(answers(session, (_get(origin, f"/{number}") for number in range(30)), at_once))

        assert [b"/%d" % number for number in range(30)] == _bodies(found)


def test_bodies_go_out_and_come_whole(origin: str, session: Session) -> None:
    """What is sent arrives as it was, and an answer larger than the buffers of a connection comes whole."""
    content = bytes(range(256)) * 1000
    requests = [
        Request("PUT", f"{origin}/a", "a", (), content),
        _get(origin, "/large"),
        Request("PUT", f"{origin}/b", "b", (), b""),
    ]

    assert [content, b"/large" * 100_000, b""] == _bodies(list(answers(session, requests, 3)))


def test_one_failure_does_not_touch_the_others(origin: str, session: Session) -> None:
    """A connection that breaks is an error in its place."""
    found = list(answers(session, [_get(origin, path) for path in ("/1", "/gone", "/2", "/gone", "/3")], 2))

    assert [Answer, Unavailable, Answer, Unavailable, Answer] == list(map(type, found))
    assert [b"/1", b"/2", b"/3"] == _bodies(found)


def test_a_silent_server_is_given_up(origin: str, session: Session) -> None:
    """Who says nothing for longer than the settings allow does not hold the rest up for ever."""
    found = list(answers(session, [_get(origin, "/silent"), _get(origin, "/1")], 2))

    assert isinstance(found[0], Unavailable)
    assert [b"/1"] == _bodies(found)


def test_leaving_early(origin: str, session: Session) -> None:
    """Who needs no more answers leaves, and the session still works."""
    for answer in answers(session, (_get(origin, f"/{number}") for number in range(1000)), 8):
        assert isinstance(answer, Answer)
        break

    assert [b"/again"] == _bodies(list(answers(session, [_get(origin, "/again")], 8)))


def test_no_requests(session: Session) -> None:
    """Nothing asked, nothing answered."""
    assert [] == list(answers(session, (), 8))


def test_an_answer_without_an_end_is_given_up(
    origin: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sends far more than anybody asks for does not fill the memory; the others come."""
    monkeypatch.setattr("lading.connectors.http.many.MOST", 300_000)
    found = list(answers(session, [_get(origin, path) for path in ("/1", "/large", "/2")], 2))

    assert [Answer, BadAnswer, Answer] == list(map(type, found))
    assert [b"/1", b"/2"] == _bodies(found)
