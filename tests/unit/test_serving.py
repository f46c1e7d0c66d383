"""
The HTTP server of the drive, over real sockets: what it understands, what it refuses, and how it ends.
"""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.site.serving import connection as timing
from support.serving_toy import CHUNKED, PATIENCE, Serving, everything, request, served, status, until


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with served(tmp_path_factory.mktemp("serving")) as serving:
        yield serving


@pytest.mark.parametrize("path", ["/tell", "/slow/tell"])
@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_a_body_arrives_whole(serving: Serving, path: str, size: int) -> None:
    """In the loop and in a thread, small and large."""
    assert (200, f"PUT {path}? {size} ".encode() + b"x" * min(size, 20)) == serving.ask(
        "PUT", path, b"x" * size
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_cut_of_the_bytes_means_the_same(serving: Serving, data: st.DataObject) -> None:
    """Several requests on one connection, sent in any pieces, get the same answers in their order."""
    sent = (
        request("/tell/a?q=1", b"first")
        + request("/slow/tell/b", b"y" * 70_000)
        + CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: z\r\n\r\n"
        + request("/tell/d", verb="GET", more="Connection: close\r\n")
    )  # fmt: skip
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=6)))
    with closing(serving.wire()) as wire:
        for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
            wire.sendall(sent[start:end])
        said = everything(wire)

    bodies = [part.split(b"\r\n\r\n", 1)[1] for part in said.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [
        b"PUT /tell/a?q=1 5 first",
        b"PUT /slow/tell/b? 70000 " + b"y" * 20,
        b"PUT /slow/tell? 5 abcde",
        b"GET /tell/d? 0 ",
    ] == bodies


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"nonsense\r\n\r\n", 501),
        (b"\x16\x03\x01\x02\x00\x01\x00", 501),
        (b"FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 300 + b"\r\n", 431),
    ],
    ids=lambda value: repr(value)[:60],
)  # fmt: skip
def test_what_is_no_request_is_refused(serving: Serving, sent: bytes, code: int) -> None:
    """Each kind with its status and the end of the connection; the application hears nothing of it."""
    said = serving.say(sent + request("/tell/smuggled", verb="GET"))

    assert code == status(said)
    assert b"Connection: close" in said
    assert b"smuggled" not in said


def test_proxies_and_options_have_targets_of_their_own(serving: Serving) -> None:
    """An absolute target is its path; `*` is for OPTIONS."""
    absolute = serving.say(b"GET http://a.example/tell/x%2Fy?q HTTP/1.1\r\nHost: a\r\n\r\n")
    star = serving.say(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")

    assert b"GET /tell/x/y?q 0" in absolute
    assert b"OPTIONS *? 0" in star


def test_two_names_that_look_alike_do_not_mix(serving: Serving) -> None:
    """A header with underscores cannot pose as the one with dashes; one that comes twice is joined."""
    said = serving.say(
        b"GET /environ HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: evil\r\nX-One: 1\r\nX-One: 2\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n"
    )

    assert b"evil" not in said
    assert b"'HTTP_X_ONE': '1, 2'" in said
    assert b"'HTTP_COOKIE': 'a=1; b=2'" in said


def test_another_protocol_is_not_spoken(serving: Serving) -> None:
    """Who offers HTTP/2 or WebSocket is answered in HTTP/1.1, and the connection goes on."""
    upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"
    said = serving.say(request("/tell/1", verb="GET", more=upgrade) + request("/tell/2", verb="GET"))

    assert b"GET /tell/1? 0" in said and b"GET /tell/2? 0" in said


@pytest.mark.parametrize("path", ["/tell", "/slow/tell"])
def test_a_client_that_asks_first_is_invited(serving: Serving, path: str) -> None:
    """`Expect: 100-continue` is answered once somebody wants the body, and not before."""
    with closing(serving.wire()) as wire:
        wire.sendall(request(path, b"abc", more="Expect: 100-continue\r\nConnection: close\r\n")[:-3])
        assert b"HTTP/1.1 100 Continue\r\n\r\n" == wire.recv(100)
        wire.sendall(b"abc")

        assert everything(wire).endswith(b" 3 abc")


def test_a_client_that_asks_first_is_refused_without_its_body(serving: Serving) -> None:
    """The refusal comes instead of the invitation, and ends the connection."""
    said = serving.say(
        request("/slow/refuse", b"x" * 100, more="Expect: 100-continue\r\n")[:-100], half=False
    )

    assert said.startswith(b"HTTP/1.1 403 ")
    assert b"100 Continue" not in said


def test_who_is_refused_early_hears_why(serving: Serving) -> None:
    """Also a client that goes on sending megabytes that nobody wants."""
    with closing(serving.wire()) as wire:
        wire.sendall(b"PUT /slow/refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(20):
            wire.sendall(b"x" * 100_000)
        wire.shutdown(socket.SHUT_WR)

        assert everything(wire).startswith(b"HTTP/1.1 403 ")


def test_an_unwanted_small_body_is_no_next_request(serving: Serving) -> None:
    """What an application leaves of a body is thrown away, and the connection goes on behind it."""
    said = serving.say(
        request("/slow/refuse", b"GET /tell/hidden HTTP/1.1\r\nHost: a\r\n\r\n" + b" " * 200_000)
        + request("/tell/next", verb="GET")
    )

    assert b"hidden" not in said
    assert said.endswith(b"GET /tell/next? 0 ")


@pytest.mark.parametrize("cut", [0, 1, 60_000, 199_999])
def test_a_body_that_ends_early_is_told_as_short(serving: Serving, cut: int) -> None:
    """The application gets what came, and its answer still arrives."""
    said = serving.say(request("/slow/tell", b"z" * 200_000)[: -(200_000 - cut)])

    assert f" {cut} ".encode() in said


@pytest.mark.parametrize("cut", [b"5\r\nab", b"5\r\nabcde\r\n", b"2\r\nabXX", b""])
def test_chunks_that_break_off_are_never_taken_for_the_whole(serving: Serving, cut: bytes) -> None:
    """Without an announced length nobody else could tell: the application cannot go on."""
    assert 500 == status(serving.say(CHUNKED + cut))


def test_answers_are_framed(serving: Serving, tmp_path: Path) -> None:
    """Blocks come in chunks, to HTTP/1.0 until the end; HEAD and 304 have no body."""
    assert (200, b"one two three") == serving.ask("GET", "/blocks")
    assert b"Transfer-Encoding: chunked" in serving.say(b"GET /blocks HTTP/1.1\r\nHost: a\r\n\r\n")
    old = serving.say(b"GET /blocks HTTP/1.0\r\n\r\n", half=False)
    assert b"chunked" not in old and old.endswith(b"\r\n\r\none two three")
    kept = b"GET /tell HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert 2 == serving.say(kept * 2).count(b"Connection: keep-alive")
    assert serving.say(b"HEAD /tell HTTP/1.1\r\nHost: a\r\n\r\n").endswith(b"\r\n\r\n")


@pytest.mark.parametrize("path", ["/file", "/slow/file"])
def test_files_are_sent_from_where_they_stand(serving: Serving, path: str) -> None:
    """By the kernel, also when the client is slower than we are."""
    content = os.urandom(9_000_001)
    (serving.toy.folder / "content").write_bytes(content)
    with closing(serving.wire()) as wire:
        wire.sendall(request(path, verb="GET", more="Connection: close\r\n"))
        time.sleep(0.1)

        assert everything(wire).endswith(content[7:])
    assert serving.say(request(path, verb="HEAD")).endswith(b"\r\n\r\n")


@pytest.mark.parametrize("path", ["/cut", "/slow/cut"])
def test_a_short_answer_cannot_pass_for_a_whole_one(serving: Serving, path: str) -> None:
    """The connection ends before the announced length."""
    with pytest.raises(http.client.IncompleteRead):
        serving.ask("GET", path)


@pytest.mark.parametrize("path", ["/fail", "/slow/fail", "/split", "/slow/split"])
def test_a_fault_of_the_application_is_500(serving: Serving, path: str) -> None:
    """Said in both languages; a header with a line break in it is a fault and splits no answer."""
    said = serving.say(request(path, verb="GET"))

    assert 500 == status(said)
    assert "服务器内部错误".encode() in said
    assert b"stolen" not in said


def test_what_is_quick_holds_no_thread(serving: Serving) -> None:
    """Quick requests run in the loop, others in threads, and one that turns out to wait goes over."""
    serving.toy.threads.clear()
    serving.ask("GET", "/tell")
    loop = serving.toy.threads.copy()
    serving.ask("GET", "/slow/tell")
    serving.ask("PUT", "/later", b"body")

    assert 1 == len(loop) and not loop & {name for name in serving.toy.threads if name.startswith("errand")}
    assert [name for name in serving.toy.threads if name.startswith("errand")]
    assert (200, b"PUT /later? 4 body") == serving.ask("PUT", "/later", b"body")


def test_saves_that_come_together_are_completed_together(serving: Serving) -> None:
    """Each gets its own answer on its own connection."""
    wires = [serving.wire() for _ in range(5)]
    for wire in wires:
        wire.sendall(request("/gather", b"x", more="Connection: close\r\n"))
    said = [everything(wire) for wire in wires]
    for wire in wires:
        wire.close()

    assert all(b"together with " in one for one in said)


def test_slow_clients_hold_no_thread(tmp_path: Path) -> None:
    """With one thread, busy, and many who have sent half a head or half a small body, others are answered."""
    with served(tmp_path, threads=1) as serving:
        wires = [serving.wire() for _ in range(30)]
        for number, wire in enumerate(wires):
            wire.sendall(request("/slow/tell", b"12345")[: -3 if number % 2 else 20])
        busy = serving.wire()
        busy.sendall(request("/slow/wait", verb="GET", more="Connection: close\r\n"))

        assert (200, b"GET /tell? 0 ") == serving.ask("GET", "/tell")
        serving.toy.open.set()
        assert b"/slow/wait" in everything(busy)
        for wire in wires:
            wire.close()


def test_a_head_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """408 after its time, however slowly it goes on; one that says nothing at all is closed."""
    monkeypatch.setattr(timing, "HEAD", 0.3)
    with served(tmp_path) as serving:
        said = serving.say(b"GET / HTTP/1.1\r\nHost: a\r\nX:", half=False)
        nothing = serving.say(b"", half=False)

    assert 408 == status(said)
    assert b"" == nothing


def test_a_client_that_takes_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer nobody reads ends, and its file is closed."""
    monkeypatch.setattr(timing, "STALL", 0.3)
    (tmp_path / "content").write_bytes(bytes(30_000_000))
    with served(tmp_path) as serving, closing(serving.wire()) as wire:
        wire.sendall(request("/file", verb="GET"))
        until(lambda: [file for file in serving.toy.files if file.closed])

        assert len(everything(wire)) < 30_000_000


def test_what_is_under_way_finishes(tmp_path: Path) -> None:
    """After the word to end: requests begun are answered and told that it is over, idle connections close, nobody new comes in."""
    with served(tmp_path) as serving:
        idle, begun, half = serving.wire(), serving.wire(), serving.wire()
        begun.sendall(request("/slow/wait", verb="GET"))
        half.sendall(request("/slow/tell", b"x" * 500_000)[:-1000])
        serving.ask("GET", "/tell")
        serving.loop.end(PATIENCE)

        assert b"" == everything(idle)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                serving.wire().close()
            except OSError:
                break
            time.sleep(0.02)
        else:
            pytest.fail("somebody new was let in")
        serving.toy.open.set()
        half.sendall(b"x" * 1000)
        assert b"/slow/wait" in (said := everything(begun)) and b"Connection: close" in said
        assert b" 500000 " in everything(half)
        for wire in (idle, begun, half):
            wire.close()


def test_one_that_does_not_end_is_left_behind(tmp_path: Path) -> None:
    """Patience has an end."""
    with served(tmp_path) as serving, closing(serving.wire()) as wire:
        wire.sendall(request("/slow/wait", verb="GET"))
        serving.ask("GET", "/tell")
        serving.loop.end(0.2)
    serving.toy.open.set()
