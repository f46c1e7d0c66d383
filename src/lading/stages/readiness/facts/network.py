"""
What a probe found out about the network between a branch and its targets.

Times are seconds, moments seconds since 1970, rates bits per second, sizes bytes, shares 0 to 1.
`None` says that it could not be found out.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from lading.stages.readiness.facts.rates import RateFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What the name of a target resolves to, how long it took, and what each resolver of its own says."""

    addresses: tuple[str, ...] = ()
    seconds: float | None = None
    error: str = ""
    answers: tuple[ResolverAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverAnswer:
    """What one resolver says when asked by itself; *error* is "" where it answered."""

    resolver: str
    addresses: tuple[str, ...] = ()
    seconds: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """
    A TCP connection that was tried.

    *outcome* is `open`, `refused` (somebody said no), `silent` (nothing came back: what a firewall that drops does)
    or `unreachable`; *mss* is the largest segment agreed upon.
    """

    address: str
    port: int
    outcome: str
    seconds: float | None = None
    mss: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """
    The TLS that a target, or somebody between, offers.

    *trusted* is None if it was not tried.  *fingerprint* is the SHA-256 of the certificate (hex); *stated* is the one
    that the counterpart says it uses, *pin* and *expected_issuer* what the person said, each "" if nobody did.
    *chain* are the subjects of the certificates sent, the target's first.
    """

    version: str = ""
    trusted: bool | None = None
    distrust: str = ""
    subject: str = ""
    issuer: str = ""
    fingerprint: str = ""
    not_after: float | None = None
    chain: tuple[str, ...] = ()
    stated: str = ""
    pin: str = ""
    expected_issuer: str = ""
    old_versions: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One request that was tried; *outcome* is `passed`, `altered`, `refused`, `cut` or `unknown`."""

    what: str
    outcome: str
    status: int | None = None
    seconds: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    What stands between lets pass.

    *body_passed* is the largest body that arrived whole, *body_refused* the smallest that did not; *announced_…* the
    same for bodies whose size was only announced.  *waits* are requests without a sign of life for so many seconds,
    *trickles* answers that go on for so long, *sockets* WebSockets held open for so long.
    """

    methods: tuple[Try, ...] = ()
    body_passed: int | None = None
    body_refused: int | None = None
    announced_passed: int | None = None
    announced_refused: int | None = None
    waits: Try | None = None
    trickles: Try | None = None
    sockets: Try | None = None
    patience: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """
    How large a packet passes.

    *mtu* was found by packets that must not be broken up, *told* is what the system holds to be so; a smaller *mtu*
    means that large packets vanish without a word.
    """

    mtu: int | None = None
    told: int | None = None
    first_hop: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trips:
    """
    Round trips and losses.

    *by* is `udp` (echoes of the counterpart), `http` (through a proxy) or `tcp` (opening connections).  *jitter* is the
    mean difference of neighbours (RFC 3550 without its smoothing).  *lost_up* and *lost_down* are shares.
    """

    by: str
    sent: int
    answered: int
    shortest: float | None = None
    median: float | None = None
    p95: float | None = None
    jitter: float | None = None
    lost_up: float | None = None
    lost_down: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """
    Bandwidth of one direction.

    *line* is what the line carries, headers of IP counted, *by* how it was found: `trains` of datagrams or
    `streams`, several TCP streams at once; *one_stream* and *several_streams* are what TCP brings over as content.
    """

    one_stream: float | None = None
    several_streams: float | None = None
    streams: int = 0
    line: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One round of measuring; *offset* is the local time's distance from UTC at that moment."""

    at: float
    seconds: float
    offset: float = 0.0
    trips: Trips | None = None
    up: Rates | None = None
    down: Rates | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target as seen from the branch; *counterpart* says whether a `lading probe --listen` answers there."""

    name: str
    host: str
    port: int
    counterpart: bool
    resolution: Resolution
    connections: tuple[Connection, ...] = ()
    tls: Tls | None = None
    path: Path | None = None
    limits: Limits | None = None
    clock_skew: float | None = None
    clock_grain: float | None = None
    measurements: tuple[Measurement, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """
    What a wave asks of a branch's line.

    *bytes* go `up` or `down` (*direction*) to or from *target* ("" is any of them) within a window of *window_hours*;
    after each cut *block* bytes at most are sent again; *largest_body* is the largest request that the protocol makes,
    None if it sends files whole and their size is not known.
    """

    wave: str
    bytes: int
    window_hours: float
    direction: str = "up"
    target: str = ""
    protocol: str = "webdav"
    block: int = 8 * 1024 * 1024
    largest_body: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProbe:
    """
    All that one run of `lading probe` found out at one branch, and what the waves *need* of it.

    *proxy* has no password.  Without needs the line is described and not judged.
    """

    KIND: ClassVar[str] = "network_probe"
    VERSION: ClassVar[int] = 1

    branch: str
    started: float
    ended: float
    targets: tuple[Target, ...]
    proxy: str = ""
    needs: tuple[Need, ...] = ()

    def rates(self) -> tuple[RateFacts, ...]:
        """How fast each target was filled from here, as content in bytes per second, for what the waves need of it."""
        return tuple(rate for target in self.targets if (rate := self._rate(target)) is not None)

    def _rate(self, target: Target) -> RateFacts | None:
        needs = [it for it in self.needs if it.target in ("", target.name)]
        down = bool(needs) and all(it.direction == "down" for it in needs)
        measured = sorted(_content(it.down if down else it.up for it in target.measurements))
        if not measured:
            return None
        # One round says nothing of how the line varies over the day.
        low, high = (measured[0], measured[-1]) if len(measured) > 1 else (None, None)
        amount = sum(it.bytes for it in needs) if needs else None
        where = f"{self.branch} → {target.name}"
        return RateFacts(where, statistics.median(measured), low, high, bytes=amount)


def _content(rates: Iterable[Rates | None]) -> Iterator[float]:
    """Bytes per second that arrive as content: several streams, as a copy uses them."""
    for it in rates:
        if it is not None and (bits := it.several_streams or it.one_stream):
            yield bits / 8


FACTS = (NetworkProbe,)
