"""The line: loss, delay, and whether a wave fits through it within its window."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from lading.model.text import Text
from lading.stages.readiness.facts.network import Measurement, Need, NetworkProbe, Rates, Target
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

LOSSY = 0.01
"""Share of lost packets from which on one TCP stream is far below the line (RFC 3649, 1; ITU-T Y.1541 asks for 0.001)."""
FAR = 0.15
"""Seconds of a round trip from which on people notice (ITU-T G.114 gives 150 ms one way for speech)."""
TIGHT = 0.7
"""Share of the window that may be planned for: the rest is for cuts, other people's traffic and a second try."""

LOSS = Rule(
    "network.loss",
    Severity.RISK,
    Owner.NETWORK_TEAM,
    Text("Packets are lost", "存在丢包"),
    Text("TCP takes every loss for a full line and slows down.", "TCP 将每次丢包视为线路拥塞并降速。"),
    Text(
        "Look for a bad link, a duplex mismatch or a full queue; until then use several streams.",
        "请排查劣质链路、双工不匹配或队列溢出；在此之前使用多条并发流。",
    ),
    Text(
        "Mathis et al. 1997, the rate of TCP falls with the root of the loss; RFC 3649, 1",
        "Mathis 等（1997）：TCP 速率随丢包率的平方根下降；RFC 3649 第 1 节",
    ),
)
DELAY = Rule(
    "network.delay",
    Severity.ADVICE,
    Owner.NETWORK_TEAM,
    Text("The way is long", "往返时延较长"),
    Text("Many small files cost one round trip each and more.", "大量小文件每个至少耗费一次往返。"),
    Text(
        "Use batches and many workers; a relay at the branch helps people.",
        "请使用批量调用与更多并发；在分支机构设置中继有助于用户使用。",
    ),
    Text(
        "ITU-T G.114: https://www.itu.int/rec/T-REC-G.114", "ITU-T G.114：https://www.itu.int/rec/T-REC-G.114"
    ),
)
WINDOW = Rule(
    "network.window",
    Severity.BLOCKER,
    Owner.NETWORK_TEAM,
    Text("A branch cannot finish in its window", "分支机构无法在时间窗口内完成"),
    Text("The wave would have to be broken off, or people wait.", "该批次将不得不中断，或让用户等待。"),
    Text(
        "See what helps in the finding; decide before the wave is announced.",
        "请参阅结果中的可行办法，并在公布批次之前决定。",
    ),
    Text("Engineering rule: bytes divided by the measured rate", "工程规则：字节数除以实测速率"),
)
UNKNOWN = Rule(
    "network.window_unknown",
    Severity.RISK,
    Owner.NETWORK_TEAM,
    Text("Whether a wave fits its window is unknown", "批次能否在窗口内完成情况不明"),
    Text("No rate was measured in the direction that it needs.", "未测得其所需方向的速率。"),
    Text("Probe this branch against a counterpart.", "请针对对端在该分支机构进行探测。"),
    Text("Engineering rule: measure a line before planning on it", "工程规则：先测量线路，再据此制定计划"),
)


@dataclass(frozen=True, slots=True)
class Forecast:
    """How long a need takes: *hours* at the usual rate (bits per second), *best* at the best hour's, cost of one cut in seconds."""

    rate: float
    hours: float
    best: float
    best_hour: int
    cut: float


def _judge(probe: NetworkProbe) -> Iterator[Finding]:
    for target in probe.targets:
        yield from _line(target, f"{probe.branch} → {target.name}")
        for need in probe.needs:
            if need.target in ("", target.name):
                yield from _window(need, target, probe)


def _line(target: Target, subject: str) -> Iterator[Finding]:
    told = [it.trips for it in target.measurements if it.trips is not None]
    for way, where in (("lost_up", Text("upward", "上行")), ("lost_down", Text("downward", "下行"))):
        lost = [share for it in told if (share := getattr(it, way)) is not None]
        if lost and statistics.fmean(lost) >= LOSSY:
            share = statistics.fmean(lost)
            says = Text(f"{share:.1%} of packets are lost {where.en}", f"{where.zh}丢包 {share:.1%}")
            yield Finding(LOSS, Severity.RISK, f"{subject}: {way[5:]}", 1, says, {"share": share})
    medians = [it.median for it in told if it.median is not None]
    if medians and statistics.median(medians) >= FAR:
        delay = statistics.median(medians) * 1000
        says = Text(f"a round trip takes {delay:.0f} ms", f"一次往返需 {delay:.0f} 毫秒")
        yield Finding(DELAY, Severity.ADVICE, subject, 1, says, {"milliseconds": delay})


def _window(need: Need, target: Target, probe: NetworkProbe) -> Iterator[Finding]:
    subject = f"{probe.branch} → {target.name}"
    forecast = forecast_of(need, target.measurements)
    if forecast is None:
        says = Text(
            f"unknown: how long {need.bytes / 1e9:,.1f} GB take from {probe.branch}",
            f"情况不明：从 {probe.branch} 传输 {need.bytes / 1e9:,.1f} GB 需要多久",
        )
        yield Finding(UNKNOWN, Severity.RISK, subject, 1, says, wave=need.wave)
        return
    if forecast.hours <= need.window_hours * TIGHT:
        return
    severity = Severity.BLOCKER if forecast.hours > need.window_hours else Severity.RISK
    says = Text(
        f"{need.bytes / 1e9:,.1f} GB take {forecast.hours:,.1f} h at {forecast.rate / 1e6:,.1f} Mbit/s, the window has "
        f"{need.window_hours:,.1f} h; each cut costs up to {forecast.cut:,.0f} s more. ",
        f"{need.bytes / 1e9:,.1f} GB 以 {forecast.rate / 1e6:,.1f} Mbit/s 需 {forecast.hours:,.1f} 小时，窗口为 "
        f"{need.window_hours:,.1f} 小时；每次中断最多再耗 {forecast.cut:,.0f} 秒。",
    )
    help_ = list(ways_out(need, target, forecast))
    says = Text(
        says.en + "What helps: " + "; ".join(it.en for it in help_) + ".",
        says.zh + "可行办法：" + "；".join(it.zh for it in help_) + "。",
    )
    facts = {"hours": forecast.hours, "window_hours": need.window_hours, "bits_per_second": forecast.rate}
    yield Finding(WINDOW, severity, subject, 1, says, facts, wave=need.wave)


def forecast_of(need: Need, measured: tuple[Measurement, ...]) -> Forecast | None:
    """How long *need* takes by what was *measured*; None if nothing was in its direction."""
    known = [(it, rate) for it in measured if (rate := _content(_way(it, need.direction)))]
    if not known:
        return None
    usual = statistics.median(rate for _, rate in known)
    best, at = max((rate, _hour(it)) for it, rate in known)
    bits = need.bytes * 8
    return Forecast(usual, bits / usual / 3600, bits / best / 3600, at, need.block * 8 / usual)


def _way(it: Measurement, direction: str) -> Rates | None:
    return it.up if direction == "up" else it.down


def _content(rates: Rates | None) -> float | None:
    """What arrives as content: several streams, as a copy uses them."""
    return None if rates is None else rates.several_streams or rates.one_stream


def _hour(it: Measurement) -> int:
    return int((it.at + it.offset) % 86_400 // 3600)


def ways_out(need: Need, target: Target, forecast: Forecast) -> Iterator[Text]:
    """What would help, by what was measured; the first is the least effort."""
    last = next((it for it in reversed(target.measurements) if _way(it, need.direction)), None)
    rates = _way(last, need.direction) if last else None
    if forecast.best <= need.window_hours * TIGHT and forecast.hours > forecast.best:
        hour = forecast.best_hour
        yield Text(
            f"run it around {hour:02d}:00, when {forecast.best:,.1f} h are enough",
            f"安排在 {hour:02d}:00 前后进行，届时 {forecast.best:,.1f} 小时即可",
        )
    if rates and rates.one_stream and rates.several_streams:
        if rates.several_streams < 0.8 * rates.one_stream:
            yield Text("use fewer streams: one alone is faster here", "减少并发流：此处单流反而更快")
        elif rates.line and rates.several_streams < 0.5 * rates.line:
            yield Text(
                f"use more than {rates.streams} streams: the line carries {rates.line / 1e6:,.0f} Mbit/s",
                f"使用多于 {rates.streams} 条并发流：线路可承载 {rates.line / 1e6:,.0f} Mbit/s",
            )
    if target.path and target.path.mtu and target.path.told and target.path.mtu < target.path.told:
        yield Text(f"clamp MSS to {target.path.mtu - 40}", f"将 MSS 钳制为 {target.path.mtu - 40}")
    yield Text(
        "copy in passes beforehand, so that the window holds only the last pass",
        "提前分多轮复制，窗口内只做最后一轮",
    )
    if forecast.hours > 3 * need.window_hours:
        yield Text("seed by a disk that is sent", "以邮寄磁盘作首次灌入")
        yield Text("set up a relay at the branch", "在分支机构设置中继")


CHECK = Check(NetworkProbe, (LOSS, DELAY, WINDOW, UNKNOWN), _judge)
