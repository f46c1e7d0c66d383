"""
One probe: all that can be found out about each target from here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from lading.model.errors import ProbeRefused
from lading.model.progress import Progress, Publish, nobody_listens
from lading.stages.readiness.facts.network import (
    Connection,
    Measurement,
    NetworkProbe,
    Path,
    Rates,
    Resolution,
    Target,
    Tls,
    Trips,
)
from lading.stages.readiness.gather.network_http import Answer, Way, ask
from lading.stages.readiness.gather.network_limits import limits
from lading.stages.readiness.gather.network_names import resolved
from lading.stages.readiness.gather.network_rates import rates
from lading.stages.readiness.gather.network_tcp import connected, host_and_port, tls
from lading.stages.readiness.gather.network_udp import (
    Datagram,
    datagrams,
    largest_packet,
    summed,
    told_mtu,
    trips,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked a probe to do; see the options of `lading probe`."""

    seconds: float = 10.0
    patience: float = 65.0
    body: int = 32 << 20
    every: float = 0.0
    lasting: float = 0.0
    pin: str = ""
    issuer: str = ""


@dataclass(slots=True)
class Work:
    """One target while it is looked at."""

    way: Way
    asked: Asked
    publish: Publish = nobody_listens
    steps: int = 0
    stage: str = ""

    def step(self, stage: str) -> None:
        """Say what is looked at now."""
        self.steps += 1
        self.publish(Progress(f"{self.stage} {stage}", self.steps, 0))


def probed(
    ways: list[Way], asked: Asked, *, branch: str, proxy: str, publish: Publish = nobody_listens
) -> Iterator[NetworkProbe]:
    """
    The probe of all targets, anew after each round of measuring until *asked.lasting* is over.

    Raises:
        ProbeRefused: a counterpart answers and does not take the token.
    """
    started = time.time()
    works = [Work(way, asked, publish, stage="{}:{}".format(*host_and_port(way.url))) for way in ways]
    targets = [_target(work) for work in works]
    while True:
        probe = NetworkProbe(
            branch=branch, started=started, ended=time.time(), targets=tuple(targets), proxy=proxy
        )
        yield probe
        if not asked.every or time.time() + asked.every > started + asked.lasting:
            return
        time.sleep(max(0.0, asked.every - (time.time() - started) % asked.every))
        targets = [_again(target, work) for target, work in zip(targets, works, strict=True)]


def _target(work: Work) -> Target:
    way, host_port = work.way, host_and_port(work.way.url)
    host, port = host_port
    work.step("names")
    names = resolved(host)
    known = Target(name=way.url, host=host, port=port, counterpart=False, resolution=names)
    if not names.addresses and not way.proxy:
        return replace(known, error=names.error or "no address")
    work.step("connections")
    known = replace(known, connections=() if way.proxy else _connections(names, port))
    if known.connections and all(it.outcome != "open" for it in known.connections):
        return replace(known, error="no connection")
    first = ask(way, way.counterpart() if way.token else way.url)
    if way.token and first.status == 403 and "token" in str(first.facts.get("error", "")):
        raise ProbeRefused(way.url)
    met = first.facts.get("probe") == 1
    known = replace(known, counterpart=met, tls=_tls(work, first))
    known = _with_clock(known, first)
    if not first.status:
        known = replace(known, error=first.why)
    address = _reachable(known)
    if not met:
        work.step("connections")
        path = Path(told=told_mtu(address, port)) if address else None
        return replace(known, path=path, measurements=(_plain(work, known),))
    work.step("packets")
    with datagrams(way, address) as it:
        known = replace(known, path=_path(it, address, port))
    if known.path and known.path.mtu and known.path.mtu < (known.path.told or 0):
        # Large packets vanish here: without smaller segments nothing more could be measured.
        work.way = replace(way, mss=known.path.mtu - 40)
    work.step("limits")
    known = replace(known, limits=limits(work.way, patience=work.asked.patience, body=work.asked.body))
    return _measured(known, work)


def _connections(names: Resolution, port: int) -> tuple[Connection, ...]:
    return tuple(connected(address, port) for address in names.addresses[:8])


def _reachable(target: Target) -> str:
    opened = [it.address for it in target.connections if it.outcome == "open"]
    return opened[0] if opened else ""


def _tls(work: Work, first: Answer) -> Tls | None:
    if not work.way.url.startswith("https:"):
        return None
    work.step("TLS")
    stated = first.facts.get("certificate")
    return tls(
        work.way,
        stated=stated[:64] if isinstance(stated, str) else "",
        pin=work.asked.pin,
        issuer=work.asked.issuer,
    )


def _with_clock(target: Target, first: Answer) -> Target:
    """*target* and how far its clock is ahead of ours, and how exact that can be."""
    middle = first.begun + first.seconds / 2
    told = first.facts.get("time")
    if isinstance(told, int | float):
        return replace(target, clock_skew=float(told) - middle, clock_grain=first.seconds / 2)
    try:
        date = parsedate_to_datetime(first.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return target
    # A Date is cut to its second, and may have waited in a cache.
    return replace(target, clock_skew=date + 0.5 - middle, clock_grain=0.5 + first.seconds / 2)


def _again(target: Target, work: Work) -> Target:
    if target.counterpart:
        return _measured(target, work)
    return replace(target, measurements=(*target.measurements, _plain(work, target)))


def _plain(work: Work, target: Target) -> Measurement:
    """Without a counterpart: round trips by opening connections, and no more."""
    begun = time.time()
    address = _reachable(target)
    if not address:
        return _round(begun, trips=None, error="" if work.way.proxy else "no connection")
    times = []
    for _ in range(20):
        opened = connected(address, target.port)
        times += [opened.seconds] if opened.seconds is not None else []
        time.sleep(0.05)
    return _round(begun, trips=summed("tcp", 20, times))


def _measured(target: Target, work: Work) -> Target:
    """*target* with one more round of trips and rates."""
    begun = time.time()
    address = _reachable(target)
    with datagrams(work.way, address) as it:
        work.step("round trips")
        told = trips(it, seconds=work.asked.seconds) if it else _by_http(work.way)
        work.step("upward")
        up = _rates(target, work, it, told, up=True)
        work.step("downward")
        down = _rates(target, work, it, told, up=False)
    one = _round(begun, trips=told, up=up, down=down)
    return replace(target, measurements=(*target.measurements, one))


def _path(it: Datagram | None, address: str, port: int) -> Path | None:
    if it is not None:
        return largest_packet(it)
    return Path(told=told_mtu(address, port)) if address else None


def _rates(target: Target, work: Work, it: Datagram | None, told: Trips, *, up: bool) -> Rates:
    most = target.limits.body_passed if target.limits and target.limits.body_refused else None
    lost = told.lost_up if up else told.lost_down
    return rates(work.way, it, seconds=work.asked.seconds, up=up, loss=lost or 0.0, most=most)


def _by_http(way: Way) -> Trips:
    """Without datagrams: how long TCP takes to stand; through a proxy, a whole request on a new connection."""
    answers = [ask(way, way.counterpart()) for _ in range(20)]
    times = [it.connected for it in answers if it.status == 200 and it.connected is not None]
    if way.proxy:
        times = [it.seconds for it in answers if it.status == 200]
    return summed("http" if way.proxy else "tcp", 20, times)


def _round(begun: float, *, error: str = "", **found: object) -> Measurement:
    offset = float(time.localtime(begun).tm_gmtoff)
    return Measurement(at=begun, seconds=time.time() - begun, offset=offset, error=error, **found)  # type: ignore[arg-type]
