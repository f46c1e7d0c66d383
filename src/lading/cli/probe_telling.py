"""
What `lading probe` measured, told to a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from lading.cli.output import speak
from lading.model.text import Text
from lading.stages.readiness.facts.network import Measurement, NetworkProbe, Rates, Target

_UNKNOWN = Text("unknown", "不明")
_TARGET = Text("{name} ({addresses})", "{name}（{addresses}）")
_TRIPS = Text(
    "  round trip {median}, jitter {jitter}; lost: up {up}, down {down}",
    "  往返时延 {median}，抖动 {jitter}；丢包：上行 {up}，下行 {down}",
)
_RATES = Text(
    "  {way}: the line carries {line} ({by}); one TCP stream {one}, {streams} streams {several}",
    "  {way}：线路可承载 {line}（{by}）；单条 TCP 流 {one}，{streams} 条流 {several}",
)
_BY = {
    "trains": Text("by trains of datagrams", "以数据报列测得"),
    "streams": Text("at least: by TCP streams", "至少：以 TCP 流测得"),
    "": _UNKNOWN,
}
_PATH = Text("  largest packet {mtu} bytes", "  最大数据包 {mtu} 字节")


def told(probe: NetworkProbe) -> Iterator[str]:
    """What was measured, line by line."""
    for target in probe.targets:
        yield from _target(target)


def _target(target: Target) -> Iterator[str]:
    addresses = ", ".join(target.resolution.addresses) or speak(_UNKNOWN)
    yield speak(_TARGET, name=target.name, addresses=addresses)
    if target.path is not None and target.path.mtu:
        yield speak(_PATH, mtu=target.path.mtu)
    for it in target.measurements[-1:]:
        yield from _measurement(it)


def _measurement(it: Measurement) -> Iterator[str]:
    if it.trips is not None:
        yield speak(
            _TRIPS,
            median=_time(it.trips.median),
            jitter=_time(it.trips.jitter),
            up=_share(it.trips.lost_up),
            down=_share(it.trips.lost_down),
        )
    for rates, way in ((it.up, Text("up", "上行")), (it.down, Text("down", "下行"))):
        if rates is not None:
            yield _rates(rates, speak(way))


def _rates(rates: Rates, way: str) -> str:
    return speak(
        _RATES,
        way=way,
        line=_rate(rates.line),
        by=speak(_BY.get(rates.by, _UNKNOWN)),
        one=_rate(rates.one_stream),
        streams=rates.streams,
        several=_rate(rates.several_streams),
    )


def _time(seconds: float | None) -> str:
    return speak(_UNKNOWN) if seconds is None else f"{seconds * 1000:.1f} ms"


def _share(share: float | None) -> str:
    return speak(_UNKNOWN) if share is None else f"{share:.1%}"


def _rate(rate: float | None) -> str:
    return speak(_UNKNOWN) if rate is None else f"{rate / 1e6:,.1f} Mbit/s"
