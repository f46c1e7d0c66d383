"""
Bandwidth: what one TCP stream brings over, what several do, and what the line carries.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pycurl

from lading.stages.readiness.counterpart.flow import Flow, merged, rate
from lading.stages.readiness.facts.network import Rates
from lading.stages.readiness.gather.network_http import Answer, Way, curl, headers, performed
from lading.stages.readiness.gather.network_udp import Datagram, line_down, line_up

STREAMS = 8
Bins = dict[int, int]


def rates(way: Way, it: Datagram | None, *, seconds: float, up: bool, loss: float, most: int | None) -> Rates:
    """
    The rates of one direction, each measured for *seconds*.

    *most* is the largest body that passes, None for any; *it* are datagrams if they pass.
    """

    def stream() -> Bins:
        return _sent(way, seconds, most) if up else _received(way, seconds)

    one = rate(stream())
    several = rate(_together(stream))
    known = max(one or 0.0, several or 0.0)
    line = None
    if it is not None:
        line = line_up(it, known, loss=loss) if up else line_down(it, known, loss=loss)
    # Streams deliver in bursts after a loss, so they may seem a little faster than the line.
    if line is not None and line >= 0.85 * known:
        return Rates(one_stream=one, several_streams=several, streams=STREAMS, line=line, by="trains")
    by = "streams" if known else ""
    return Rates(one_stream=one, several_streams=several, streams=STREAMS, line=known or None, by=by)


def _together(stream: Callable[[], Bins]) -> Bins:
    with ThreadPoolExecutor(STREAMS) as pool:
        return merged(it.result() for it in [pool.submit(stream) for _ in range(STREAMS)])


def _received(way: Way, seconds: float) -> Bins:
    flow = Flow()
    it = curl(way, way.counterpart("source", seconds=seconds))

    def body(data: bytes) -> None:
        flow.add(len(data), time.monotonic())

    try:
        it.setopt(pycurl.HTTPHEADER, headers(way))
        it.setopt(pycurl.WRITEFUNCTION, body)
        it.setopt(pycurl.TIMEOUT_MS, int((seconds + 10) * 1000))
        try:
            it.perform()
        except pycurl.error:
            # What came until then was measured.
            return flow.bins
        return flow.bins if it.getinfo(pycurl.RESPONSE_CODE) == 200 else {}
    finally:
        it.close()


def _sent(way: Way, seconds: float, most: int | None) -> Bins:
    """What arrived, told by the counterpart: what lies in buffers here has not arrived."""
    end = time.monotonic() + seconds
    flows = []
    while time.monotonic() < end:
        flow = _arrived(_one_body(way, end, most))
        if not flow:
            break
        flows.append(flow)
    return merged(flows)


def _one_body(way: Way, end: float, most: int | None) -> Answer:
    block, left = bytes(65_536), [1 << 62 if most is None else most]
    it = curl(way, way.counterpart("sink"))

    def read(size: int) -> bytes:
        if time.monotonic() >= end:
            return b""
        piece = block[: min(size, left[0])]
        left[0] -= len(piece)
        return piece

    try:
        it.setopt(pycurl.HTTPHEADER, headers(way, "Expect:", "Transfer-Encoding: chunked"))
        it.setopt(pycurl.UPLOAD, 1)
        it.setopt(pycurl.READFUNCTION, read)
        it.setopt(pycurl.TIMEOUT_MS, int((end - time.monotonic() + 30) * 1000))
        return performed(it)
    finally:
        it.close()


def _arrived(answer: Answer) -> Bins:
    flow = answer.facts.get("flow")
    if not isinstance(flow, dict) or not all(isinstance(size, int) for size in flow.values()):
        return {}
    return {int(at): size for at, size in flow.items() if at.isdecimal()}
