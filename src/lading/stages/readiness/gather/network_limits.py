"""
What stands between a branch and a target lets pass: methods, sizes, silence, long answers, WebSockets.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pycurl

from lading.stages.readiness.facts.network import Limits, Try
from lading.stages.readiness.gather.network_http import Answer, Way, ask, curl, headers, performed

METHODS = (
    "OPTIONS",
    "HEAD",
    "PUT",
    "DELETE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
)
"""WebDAV (RFC 4918), PATCH of resumable uploads (tus 1.0), REPORT (RFC 3253)."""
ANNOUNCED = tuple(size << 20 for size in (1, 4, 8, 10, 16, 32, 64, 100, 256, 512, 1024, 2048, 5120))
"""Sizes of bodies that are announced but not sent: the usual limits of proxies lie between them."""


def limits(way: Way, *, patience: float, body: int) -> Limits:
    """
    What passes to the counterpart at *way*.

    Silence and long answers are tried for *patience* seconds, all at once; real bodies up to *body* bytes.
    """
    with ThreadPoolExecutor(3) as pool:
        waits = pool.submit(waited, way, patience)
        trickles = pool.submit(trickled, way, patience)
        sockets = pool.submit(held_socket, way, patience)
        methods = tuple(_method(way, name) for name in METHODS)
        announced = _bounds(ANNOUNCED, lambda size: _announce(way, size))
        sizes = tuple(size for size in ANNOUNCED if size <= body)
        sent = _bounds(sizes, lambda size: _send(way, size))
        return Limits(
            methods=methods,
            body_passed=sent[0],
            body_refused=sent[1],
            announced_passed=announced[0],
            announced_refused=announced[1],
            waits=waits.result(),
            trickles=trickles.result(),
            sockets=sockets.result(),
            patience=patience,
        )


def _method(way: Way, name: str) -> Try:
    answer = ask(way, way.counterpart("method"), method=name, body=None if name == "HEAD" else b"<probe/>")
    return Try(
        what=name,
        outcome=_outcome(answer, name),
        status=answer.status or None,
        seconds=answer.seconds,
        detail=answer.why or answer.headers.get("server", "") if answer.status != 200 else "",
    )


def _outcome(answer: Answer, name: str) -> str:
    if not answer.status:
        return "cut"
    if answer.status != 200:
        return "refused"
    if name == "HEAD":
        return "passed"
    whole = answer.facts.get("method") == name and answer.facts.get("bytes") == len(b"<probe/>")
    return "passed" if whole else "altered"


def _bounds(sizes: tuple[int, ...], passes: Callable[[int], bool]) -> tuple[int | None, int | None]:
    """The largest of *sizes* that passes and the smallest that does not, found by halving."""
    low, high = -1, len(sizes)
    while high - low > 1:
        middle = (low + high) // 2
        # The first look is at the largest: mostly everything passes.
        middle = high - 1 if low == -1 and high == len(sizes) else middle
        if passes(sizes[middle]):
            low = middle
        else:
            high = middle
    return (sizes[low] if low >= 0 else None), (sizes[high] if high < len(sizes) else None)


def _announce(way: Way, size: int) -> bool:
    """Whether whoever is asked wants a body of *size* bytes; it is never sent."""
    it = curl(way, way.counterpart("sink"))
    wanted: list[float] = []
    begun = time.monotonic()

    def read(_: int) -> int:
        wanted.append(time.monotonic() - begun)
        return int(pycurl.READFUNC_ABORT)

    try:
        it.setopt(pycurl.HTTPHEADER, headers(way))
        it.setopt(pycurl.UPLOAD, 1)
        it.setopt(pycurl.INFILESIZE_LARGE, size)
        it.setopt(pycurl.EXPECT_100_TIMEOUT_MS, 5000)
        it.setopt(pycurl.READFUNCTION, read)
        it.setopt(pycurl.TIMEOUT_MS, 15_000)
        performed(it)
    finally:
        it.close()
    return bool(wanted) and wanted[0] < 4.5


def _send(way: Way, size: int) -> bool:
    """Whether a body of *size* bytes arrives whole."""
    it = curl(way, way.counterpart("sink"))
    left = [size]
    block = bytes(65_536)

    def read(most: int) -> bytes:
        piece = block[: min(most, left[0], len(block))]
        left[0] -= len(piece)
        return piece

    try:
        it.setopt(pycurl.HTTPHEADER, headers(way, "Expect:"))
        it.setopt(pycurl.UPLOAD, 1)
        it.setopt(pycurl.INFILESIZE_LARGE, size)
        it.setopt(pycurl.READFUNCTION, read)
        it.setopt(pycurl.LOW_SPEED_LIMIT, 1)
        it.setopt(pycurl.LOW_SPEED_TIME, 20)
        return performed(it).facts.get("bytes") == size
    finally:
        it.close()


def waited(way: Way, patience: float) -> Try:
    """A request that is answered only after *patience* seconds."""
    answer = ask(way, way.counterpart("slow", seconds=patience), timeout=patience + 20)
    whole = answer.status == 200 and "slept" in answer.facts
    return _ended("wait", answer, whole=whole)


def trickled(way: Way, patience: float) -> Try:
    """An answer that says a little all the time, for *patience* seconds."""
    answer = ask(way, way.counterpart("trickle", seconds=patience), timeout=patience + 20)
    return _ended("trickle", answer, whole=answer.body.endswith(b"end\n"))


def _ended(what: str, answer: Answer, *, whole: bool) -> Try:
    refused = answer.status >= 400 and answer.seconds < 1
    outcome = "passed" if whole else "refused" if refused else "cut"
    return Try(
        what=what,
        outcome=outcome,
        status=answer.status or None,
        seconds=answer.seconds,
        detail="" if whole else answer.why,
    )


def held_socket(way: Way, patience: float) -> Try:
    """A WebSocket that says nothing for *patience* seconds, then a word."""
    url = "ws" + way.counterpart("socket", seconds=patience).removeprefix("http")
    it = curl(way, url)
    begun = time.monotonic()
    try:
        it.setopt(pycurl.HTTPHEADER, headers(way))
        it.setopt(pycurl.CONNECT_ONLY, 2)
        it.setopt(pycurl.TIMEOUT_MS, int((patience + 20) * 1000))
        answer = performed(it)
        if answer.error or answer.status != 101:
            detail = answer.why
            return Try(what="websocket", outcome="refused", status=answer.status or None, detail=detail)
        word = _word(it, begun + patience + 15)
    finally:
        it.close()
    seconds = time.monotonic() - begun
    return Try(what="websocket", outcome="passed" if word == b"held" else "cut", status=101, seconds=seconds)


def _word(it: pycurl.Curl, end: float) -> bytes:
    while time.monotonic() < end:
        try:
            data, _ = it.ws_recv(64)
        except BlockingIOError:
            time.sleep(0.05)
        except pycurl.error as problem:
            if problem.args[0] != pycurl.E_AGAIN:
                return b""
            time.sleep(0.05)
        else:
            return bytes(data)
    return b""
