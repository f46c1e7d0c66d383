"""
A line between two network namespaces that delays, loses and swallows packets: what `tc netem` does, where the kernel
has none.

The rate is the kernel's work (`tbf` at either end).  A line that has no delay and swallows nothing is a pair of veth, and
its losses are the kernel's work as well (nftables drops every n-th packet); otherwise each end is a TUN device, and
every IP packet passes through a process of ours.  Needs root, `ip`, `tc`, `nft`.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import json
import os
import random
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
"""linux/if_tun.h."""
BLOCK = 200
"""Of so many packets exactly the share that was asked for is lost, at random places: the truth is known."""
TCP, UDP = 6, 17


@dataclass(frozen=True, slots=True)
class Line:
    """
    How the line is: *rate* in Mbit/s, *delay* and *jitter* (either side of it) of one direction in milliseconds,
    *loss* in percent of either direction, *mtu* above which packets vanish without a word, a TCP port that is blocked.
    """

    rate: float | None = None
    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    mtu: int = 1500
    blocked: int = 0
    silent_udp: bool = False

    @property
    def plain(self) -> bool:
        """Whether the kernel alone can be such a line."""
        return not (self.delay or self.jitter or self.blocked or self.silent_udp) and self.mtu == 1500


@dataclass(frozen=True, slots=True)
class Ends:
    """The namespaces at either end and the address of each in it."""

    near: str
    far: str
    near_address: str = "10.233.7.1"
    far_address: str = "10.233.7.2"


def missing() -> str:
    """Why lines cannot be made here; "" if they can."""
    if os.geteuid() != 0:
        return "network namespaces with names need root"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    name = f"ladingtry{os.getpid()}"
    try:
        subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
        subprocess.run(["ip", "netns", "del", name], check=True, capture_output=True)
        subprocess.run(["tc", "-V"], check=True, capture_output=True)
        subprocess.run(["nft", "-v"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        return f"namespaces are not permitted here: {problem}"
    return ""


@contextmanager
def laid(line: Line) -> Iterator[Ends]:
    """Two namespaces joined by *line*; both are gone afterwards."""
    mark = f"{os.getpid()}{random.randrange(1000)}"
    ends = Ends(f"ladingn{mark}", f"ladingf{mark}")
    devices = f"ltn{mark[-9:]}", f"ltf{mark[-9:]}"
    taps: list[int] = []
    relay: subprocess.Popen[bytes] | None = None
    try:
        for space in (ends.near, ends.far):
            _run("ip", "netns", "add", space)
        if line.plain:
            _run("ip", "link", "add", devices[0], "type", "veth", "peer", "name", devices[1])
        else:
            taps += [_tap(device) for device in devices]
        _set_up(ends.near, devices[0], ends.near_address, ends.far_address, line)
        _set_up(ends.far, devices[1], ends.far_address, ends.near_address, line)
        if taps:
            command = [sys.executable, "-m", __name__, *map(str, taps), json.dumps(asdict(line))]
            relay = subprocess.Popen(command, pass_fds=taps)
        yield ends
    finally:
        if relay:
            relay.kill()
            relay.wait()
        for tap in taps:
            os.close(tap)
        for space in (ends.near, ends.far):
            subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _tap(name: str) -> int:
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return tap


def _set_up(space: str, device: str, mine: str, other: str, line: Line) -> None:
    _run("ip", "link", "set", device, "netns", space)
    _run("ip", "-n", space, "link", "set", "lo", "up")
    _run("ip", "-n", space, "link", "set", device, "txqueuelen", "5000", "up")
    _run("ip", "-n", space, "addr", "add", mine, "peer", other, "dev", device)
    if line.plain and line.loss:
        _run("ip", "netns", "exec", space, "nft", "add table ip line")
        hook = "add chain ip line gate { type filter hook prerouting priority -300; }"
        _run("ip", "netns", "exec", space, "nft", hook)
        nth = f"numgen inc mod {round(100 / line.loss)} 0"
        _run("ip", "netns", "exec", space, "nft", f"add rule ip line gate iifname {device} {nth} drop")
    if line.rate:
        burst = max(4000, int(line.rate * 1e6 / 8 * 0.004))
        limit = max(40_000, int(line.rate * 1e6 / 8 * 0.05))
        shaper = ["tbf", "rate", f"{line.rate}mbit", "burst", str(burst), "limit", str(limit)]
        _run("tc", "-n", space, "qdisc", "add", "dev", device, "root", *shaper)


class _Relay:
    """Carries packets from either end to the other."""

    def __init__(self, line: Line) -> None:
        self.line, self.chance = line, random.Random(7)
        self.count = itertools.count()
        self.waiting: list[tuple[float, int, int, bytes]] = []
        self.last: dict[int, float] = {}
        self.lots: dict[int, list[bool]] = {}

    def take(self, packet: bytes, to: int, now: float) -> None:
        if len(packet) > self.line.mtu or self._blocked(packet) or self._lost(to):
            return
        wobble = self.chance.uniform(-self.line.jitter, self.line.jitter)
        due = max(now + (self.line.delay + wobble) / 1000, self.last.get(to, 0.0))
        self.last[to] = due
        heapq.heappush(self.waiting, (due, next(self.count), to, packet))

    def _blocked(self, packet: bytes) -> bool:
        if packet[0] >> 4 != 4:
            return False
        at = (packet[0] & 15) * 4
        port = int.from_bytes(packet[at + 2 : at + 4], "big")
        if packet[9] == UDP:
            return self.line.silent_udp
        return packet[9] == TCP and port == self.line.blocked

    def _lost(self, to: int) -> bool:
        lots = self.lots.setdefault(to, [])
        if not lots:
            lost = round(BLOCK * self.line.loss / 100)
            lots += [True] * lost + [False] * (BLOCK - lost)
            self.chance.shuffle(lots)
        return lots.pop()

    def give(self, now: float) -> float | None:
        """Hand on what is due; seconds until the next, None if nothing waits."""
        while self.waiting and self.waiting[0][0] <= now:
            _, _, to, packet = heapq.heappop(self.waiting)
            try:
                os.write(to, packet)
            except OSError:
                continue  # the device is full or down, as any other may be
        return max(0.0, self.waiting[0][0] - now) if self.waiting else None


def _carry(taps: tuple[int, int], line: Line) -> None:
    relay = _Relay(line)
    other = {taps[0]: taps[1], taps[1]: taps[0]}
    left: float | None = None
    # Not `select`, which knows no numbers above 1,023.
    waiting = selectors.DefaultSelector()
    for tap in taps:
        waiting.register(tap, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select(left):
            for _ in range(64):
                try:
                    packet = os.read(key.fd, 65_536)
                except BlockingIOError:
                    break
                relay.take(packet, other[key.fd], time.monotonic())
        left = relay.give(time.monotonic())


if __name__ == "__main__":
    _carry((int(sys.argv[1]), int(sys.argv[2])), Line(**json.loads(sys.argv[3])))
