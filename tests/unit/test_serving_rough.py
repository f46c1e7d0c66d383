"""
The HTTP server of the drive and clients that mean no good: what one of them does, the others never feel.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from lading.site.serving import incoming
from lading.site.serving import loop as loops
from lading.site.serving.environ import ground
from support.serving_toy import CHUNKED, PATIENCE, Serving, everything, request, served, status, until

OTHER = b"Connection: upgrade\r\nUpgrade: h2c\r\n"
NEXT = request("/tell/next", verb="GET")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with served(tmp_path_factory.mktemp("serving")) as serving:
        yield serving


def answered(serving: Serving) -> bool:
    """Whether somebody else is answered, by the loop and by a thread."""
    return [200, 200] == [serving.ask("GET", path)[0] for path in ("/tell", "/slow/tell")]


@pytest.mark.parametrize("size", [3, 65_536, 65_537, 200_000])
@pytest.mark.parametrize("path", ["/tell", "/slow/tell"])
def test_a_body_behind_the_wish_for_another_protocol_is_no_request(
    serving: Serving, path: str, size: int
) -> None:
    """Some clients offer HTTP/2 with an upload: what follows is its body, for us as for any proxy between."""
    body = (b"GET /tell/smuggled HTTP/1.1\r\nHost: a\r\n\r\n" * (size // 40 + 1))[:size]
    said = serving.say(request(path, body, more=OTHER.decode()) + NEXT)

    assert f" {size} ".encode() + body[:20] in said
    assert 2 == said.count(b"HTTP/1.1 200 OK")
    assert said.endswith(b"GET /tell/next? 0 ")


@pytest.mark.parametrize("cut", [0, 20, 90, 120, 132])
def test_chunks_behind_the_wish_for_another_protocol_are_its_body(serving: Serving, cut: int) -> None:
    """However the bytes are cut."""
    sent = CHUNKED[:-2] + OTHER + b"\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n" + NEXT
    with closing(serving.wire()) as wire:
        wire.sendall(sent[:cut])
        serving.ask("GET", "/tell")
        wire.sendall(sent[cut:])
        wire.shutdown(socket.SHUT_WR)
        said = everything(wire)

    assert b"PUT /slow/tell? 4 abcd" in said
    assert said.endswith(b"GET /tell/next? 0 ")


def test_many_wishes_for_another_protocol_are_many_requests(serving: Serving) -> None:
    """More of them in one piece than calls that may lie in each other."""
    one = b"GET /tell HTTP/1.1\r\nHost:a\r\n" + OTHER + b"\r\n"

    assert 1000 == serving.say(one * 1000).count(b" 200 OK")


def test_chunks_are_not_for_old_clients(serving: Serving) -> None:
    """Whatever stands between may not know of them in HTTP/1.0, and would find another end of the request."""
    old = CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n"

    assert 400 == status(serving.say(old + NEXT))


def test_a_head_behind_a_body_counts_by_itself(serving: Serving) -> None:
    """What came of a body in the same piece is no part of the next head, in the loop and in a thread."""
    head = NEXT[:-2] + b"X: " + b"y" * 9000 + b"\r\n\r\n"
    for first in (request("/tell", bytes(60_000)), CHUNKED + b"15f90\r\n" + bytes(90_000) + b"\r\n0\r\n\r\n"):
        with closing(serving.wire()) as wire:
            for piece in (first + head[:5000], head[5000:6000], head[6000:]):
                wire.sendall(piece)
                serving.ask("GET", "/tell")
            wire.shutdown(socket.SHUT_WR)

            assert everything(wire).endswith(b"GET /tell/next? 0 ")


@pytest.mark.parametrize("end", [b"0\r\nX: ", b"1;x="])
def test_what_never_ends_behind_a_body_fills_no_memory(serving: Serving, end: bytes) -> None:
    """A trailer or an extension of a chunk without an end ends the connection."""
    tracemalloc.start()
    try:
        with closing(serving.wire()) as wire, contextlib.suppress(OSError):
            wire.sendall(CHUNKED + end)
            for _ in range(100):
                wire.sendall(b"a" * 1_000_000)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 20_000_000


@pytest.mark.parametrize("path", ["/disk", "/slow/disk"])
def test_a_disk_that_fails_is_no_lost_connection(serving: Serving, path: str) -> None:
    """What the application cannot read or write is a fault that is told."""
    assert 500 == status(serving.say(request(path, verb="GET")))


def test_a_file_whose_answer_cannot_be_framed_is_closed(serving: Serving) -> None:
    """Nobody else would do it."""
    (serving.toy.folder / "content").write_bytes(b"8 bytes.")
    for path in ("/badfile", "/slow/badfile"):
        assert 500 == status(serving.say(request(path, verb="GET")))

        assert serving.toy.files[-1].closed


def test_a_fault_at_completing_takes_nobody_along(serving: Serving) -> None:
    """Each of those who waited is answered by itself, and all others are as before."""
    serving.toy.faulty = True
    try:
        assert (200, b"PUT /gather? 1 x") == serving.ask("PUT", "/gather", b"x")
    finally:
        serving.toy.faulty = False
    assert answered(serving)


def test_saves_one_behind_the_other_do_not_wait_for_the_clock(serving: Serving) -> None:
    """What is completed lets the next one in, and that one is completed at once, though nothing else happens."""
    turns: list[float] = []
    real = serving.loop._poll

    class Poll:
        register, unregister, modify = real.register, real.unregister, real.modify

        def poll(self, seconds: float) -> list[tuple[int, int]]:
            if serving.loop._gathered:
                turns.append(seconds)
            return real.poll(seconds)

    serving.loop._poll = Poll()  # type: ignore[assignment]
    try:
        serving.ask("GET", "/tell")
        said = serving.say(request("/gather", b"x") * 3)
    finally:
        serving.loop._poll = real

    assert 3 == said.count(b"together with 1")
    assert [0, 0] == turns


@pytest.mark.parametrize("path", ["/slow/refuse", "/slow/file", "/slow/large"])
def test_who_neither_sends_nor_takes_holds_no_thread(tmp_path: Path, path: str) -> None:
    """With one thread, others are answered while a client leaves its body or its answer lying about."""
    (tmp_path / "content").write_bytes(bytes(30_000_000))
    with served(tmp_path, threads=1) as serving, ExitStack() as wires:
        for _ in range(3):
            wire = wires.enter_context(closing(serving.wire()))
            length = 100_000 if path == "/slow/refuse" else 0
            wire.sendall(f"PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode())

        assert answered(serving)


def test_who_dawdles_gives_its_thread_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of which a byte comes now and then is told as short, though none of them is late by itself."""
    monkeypatch.setattr(incoming, "STALL", 0.5)
    with served(tmp_path, threads=1) as serving, closing(serving.wire()) as wire:
        wire.sendall(b"PUT /slow/tell HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        over = threading.Event()

        def dawdle() -> None:
            with contextlib.suppress(OSError):
                while not over.wait(0.05):
                    wire.sendall(b"x")

        threading.Thread(target=dawdle, daemon=True).start()
        try:
            assert answered(serving)
        finally:
            over.set()


def test_many_silent_connections_shut_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for one more, those that are idle make it; those under way stay."""
    monkeypatch.setattr(loops, "MOST", 10)
    with served(tmp_path) as serving, ExitStack() as wires:
        busy = wires.enter_context(closing(serving.wire()))
        busy.sendall(request("/slow/wait", verb="GET", more="Connection: close\r\n"))
        for _ in range(40):
            wires.enter_context(closing(serving.wire()))

        assert answered(serving)
        serving.toy.open.set()
        assert b"/slow/wait" in everything(busy)
        assert len(serving.loop._connections) <= 10


def test_connections_leave_descriptors_for_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few a process has, threads and files find theirs."""
    found = {}
    for limit in (64, 1024, 20_000, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        found[limit] = loops.most(32)

    assert {64: 1, 1024: 352, 20_000: loops.MOST, resource.RLIM_INFINITY: loops.MOST} == found


def test_no_descriptors_left_is_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot be let in for now waits, and comes in when there is one again."""
    with served(tmp_path) as serving, closing(serving.wire()) as known:
        known.sendall(NEXT)
        assert known.recv(1000)
        keeping = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        wire = socket.socket()
        wire.settimeout(PATIENCE)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wire.fileno() + 1, before[1]))
            wire.connect(("127.0.0.1", serving.port))
            wire.sendall(NEXT)
            until(lambda: not serving.loop._listening)
            known.sendall(NEXT)
            assert known.recv(1000)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            for descriptor in keeping:
                os.close(descriptor)

        assert wire.recv(1000).startswith(b"HTTP/1.1 200 ")
        wire.close()


def test_who_waits_at_the_door_is_answered_at_the_end(tmp_path: Path) -> None:
    """Connections that the kernel took in, and requests it holds, are under way when the word to end comes."""
    with served(tmp_path) as serving, ExitStack() as wires:
        kept = wires.enter_context(closing(serving.wire()))
        kept.sendall(NEXT)
        assert kept.recv(1000)
        busy = wires.enter_context(closing(serving.wire()))
        busy.sendall(request("/wait", verb="GET"))
        assert serving.toy.waiting.wait(PATIENCE)
        late = [wires.enter_context(closing(serving.wire())) for _ in range(3)]
        for wire in (kept, *late):
            wire.sendall(NEXT)
        serving.loop.end(PATIENCE)
        serving.toy.open.set()

        assert [200] * 5 == [status(everything(wire)) for wire in (busy, kept, *late)]


def test_both_forms_of_an_address_are_one(tmp_path: Path) -> None:
    """A socket for IPv6 tells of clients with IPv4 in its own way; lists of proxies are written in the other."""
    found = [
        ground("::", 80, (said, 5), 1)["REMOTE_ADDR"]
        for said in ("::ffff:10.0.0.7", "::ffff:1:2", "10.0.0.7")
    ]

    assert ["10.0.0.7", "::ffff:1:2", "10.0.0.7"] == found
