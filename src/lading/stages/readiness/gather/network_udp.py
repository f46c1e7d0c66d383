"""
Datagrams to and from the counterpart: round trips, losses, the largest packet, and what the line carries.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

from lading.stages.readiness.counterpart.datagrams import sent_train
from lading.stages.readiness.counterpart.flow import Flow, rate
from lading.stages.readiness.counterpart.wire import ECHO, HEADERS, HELLO, TRAIN, Head, head
from lading.stages.readiness.facts.network import Path, Trips
from lading.stages.readiness.gather.network_http import Way, ask

TRAIN_SIZE = 1200
"""Bytes of payload: below the smallest path that IPv6 allows (RFC 8200, 5), with headers to spare."""
TRAIN_SECONDS = 0.8
AGAIN = 1
"""Trains after the one that showed that the line is full."""
MOST = 1e9
SMALLEST_MTU = 576
IP_MTU, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_PROBE = 14, 10, 2, 3
"""linux/in.h."""


class Datagram:
    """A socket to the counterpart's port, and the key of a session with it."""

    def __init__(self, way: Way, address: str, port: int, key: str) -> None:
        self.way, self.address, self.port, self.hexkey, self.key = way, address, port, key, bytes.fromhex(key)
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.it = self._socket()

    def _socket(self) -> socket.socket:
        it = socket.socket(self.family, socket.SOCK_DGRAM)
        it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        it.connect((self.address, self.port))
        it.setblocking(False)
        return it

    def send(self, kind: int, number: int, size: int = 0) -> None:
        """Send one datagram; what cannot be sent is lost like any other."""
        with contextlib.suppress(OSError):
            self.it.send(Head(self.key, kind, number, time.monotonic_ns()).packed(size))

    def received(self, until: float) -> Iterator[tuple[Head, int, float]]:
        """What comes until the moment *until*: head, size, moment."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.it, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0:
                if not waiting.select(left):
                    return
                try:
                    data = self.it.recv(65_536)
                except OSError:
                    continue
                if (said := head(data)) and said.key == self.key:
                    yield said, len(data), time.monotonic()

    def greeted(self, tries: int = 8) -> bool:
        """Whether the counterpart answers datagrams at all."""
        for number in range(tries):
            self.send(HELLO, number)
            for said, _, _ in self.received(time.monotonic() + 0.5):
                if said.kind == HELLO:
                    return True
        return False

    def told(self) -> dict[str, object]:
        """What the counterpart says it got."""
        return ask(self.way, self.way.counterpart("datagrams", key=self.hexkey)).facts


@contextmanager
def datagrams(way: Way, address: str) -> Iterator[Datagram | None]:
    """A session of datagrams with the counterpart; None if none pass, or if there is a proxy between."""
    facts = {} if way.proxy else ask(way, way.counterpart("datagrams"), method="POST", body=b"").facts
    key, port = facts.get("key"), facts.get("port")
    if not isinstance(key, str) or len(key) != 32 or not isinstance(port, int) or not 0 < port < 65_536:
        yield None
        return
    try:
        it = Datagram(way, address, port, key)
    except (OSError, ValueError):
        yield None
        return
    try:
        yield it if it.greeted() else None
    finally:
        it.it.close()


def trips(it: Datagram, *, seconds: float, each_second: float = 200.0) -> Trips:
    """Echoes for *seconds*, so many *each_second*, small ones: round trips, and losses of either direction."""
    count = max(20, int(seconds * each_second))
    before = _whole(it.told().get("echoed"))
    times: dict[int, float] = {}
    begun = time.monotonic()
    for number in range(count):
        it.send(ECHO, (before << 8) + number + 1, 64)
        _collect(it, times, begun + (number + 1) / each_second)
    _collect(it, times, time.monotonic() + 1.0)
    after = _whole(it.told().get("echoed"))
    there = min(count, after - before) if after >= before else count
    lost_down = max(0.0, 1 - len(times) / there) if there else None
    told = summed("udp", count, [times[number] for number in sorted(times)])
    return replace(told, lost_up=1 - there / count, lost_down=lost_down)


def summed(by: str, sent: int, times: list[float]) -> Trips:
    """The figures of round *times* in the order in which they were *sent*."""
    if not times:
        return Trips(by=by, sent=sent, answered=0)
    ordered = sorted(times)
    steps = [abs(two - one) for one, two in pairwise(times)]
    return Trips(
        by=by,
        sent=sent,
        answered=len(times),
        shortest=ordered[0],
        median=statistics.median(ordered),
        p95=ordered[int(len(ordered) * 0.95)],
        jitter=statistics.fmean(steps) if steps else None,
    )


def _collect(it: Datagram, times: dict[int, float], until: float) -> None:
    for said, _, now in it.received(until):
        if said.kind == ECHO:
            times.setdefault(said.number, now - said.stamp / 1e9)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def largest_packet(it: Datagram) -> Path:
    """
    The largest packet that passes both ways without being broken up, found by halving.

    A size passes if one of four echoes of it comes back.  IPv4 only: elsewhere only what the system holds to be so.
    """
    hop = told_mtu(it.address, it.port)
    if it.family != socket.AF_INET or hop is None:
        return Path(told=hop)
    it.it.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
    low, high = SMALLEST_MTU, min(hop, 9000)
    number = [1 << 30]
    try:
        if not _passes(it, low, number):
            return Path(first_hop=hop)
        if _passes(it, high, number):
            return Path(mtu=high, told=high, first_hop=hop)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _passes(it, middle, number) else (low, middle)
    finally:
        it.it.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, 0)
    return Path(mtu=low, told=told_mtu(it.address, it.port, rouse=True), first_hop=hop)


def _passes(it: Datagram, size: int, number: list[int]) -> bool:
    for _ in range(4):
        number[0] += 1
        try:
            it.it.send(Head(it.key, HELLO, number[0]).packed(size - HEADERS))
        except OSError as problem:
            if problem.errno == errno.EMSGSIZE:
                return False
        for said, got, _ in it.received(time.monotonic() + 0.4):
            if said.number == number[0] and got == size - HEADERS:
                return True
    return False


def told_mtu(address: str, port: int, *, rouse: bool = False) -> int | None:
    """
    What the system holds to be the largest packet on the way to *address*: IP_MTU of ip(7), no rights needed.

    *rouse* sends a large packet first, so that a router which cannot pass it on gets the chance to say so.
    """
    if ":" in address:
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as it:
        try:
            it.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
            it.connect((address, port))
            if rouse:
                with contextlib.suppress(OSError):
                    it.send(bytes(it.getsockopt(socket.IPPROTO_IP, IP_MTU) - HEADERS))
                time.sleep(0.3)
            return int(it.getsockopt(socket.IPPROTO_IP, IP_MTU))
        except OSError:
            return None


def line_up(it: Datagram, begin: float, *, loss: float) -> float | None:
    """What the line carries towards the counterpart, bits per second; trains start near *begin*, a known lower bound."""

    def one(speed: float) -> float | None:
        it.told()
        sent_train(it.it.send, it.key, speed, TRAIN_SECONDS, TRAIN_SIZE)
        time.sleep(0.3)
        flow = it.told().get("train")
        if not isinstance(flow, dict):
            return None
        return rate({int(at): _whole(size) for at, size in flow.items() if at.lstrip("-").isdecimal()})

    return saturated(one, begin, loss=loss)


def line_down(it: Datagram, begin: float, *, loss: float) -> float | None:
    """The same in the other direction."""

    def one(speed: float) -> float | None:
        if not it.greeted():
            return None
        url = it.way.counterpart("train", key=it.hexkey, rate=speed, seconds=TRAIN_SECONDS, size=TRAIN_SIZE)
        asking = threading.Thread(target=lambda: ask(it.way, url, timeout=20), daemon=True)
        asking.start()
        flow, end = Flow(), time.monotonic() + 20
        while asking.is_alive() and time.monotonic() < end:
            for said, size, now in it.received(time.monotonic() + 0.2):
                if said.kind == TRAIN:
                    flow.add(size + HEADERS, now)
        asking.join(1)
        return rate(flow.bins)

    return saturated(one, begin, loss=loss)


def saturated(one: Callable[[float], float | None], begin: float, *, loss: float) -> float | None:
    """
    The rate at which more sent no longer brings more over.

    Each train is twice as fast as the one before, so that no line is flooded with more than twice what it carries;
    the last is tried again a little above what came over, since a busy machine sends and counts too little, never too
    much.  Packets that are lost at random (*loss*) were carried to where they were lost, and count.
    """
    carried = 1 - min(loss, 0.5)
    speed, best = max(begin, 256e3), 0.0
    while speed <= MOST * 2:
        got = (one(speed) or 0.0) / carried
        best = max(best, got)
        if got < 0.8 * speed:
            break
        speed = max(speed, got) * 2
    for _ in range(AGAIN if best else 0):
        best = max(best, (one(best * 1.3) or 0.0) / carried)
    return best or None
