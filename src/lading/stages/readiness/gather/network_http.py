"""
HTTP as a probe needs it: one request, told as it went, through a proxy if there is one.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pycurl

from lading.stages.readiness.counterpart.wire import BASE

LONGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Way:
    """
    How to reach a target: its URL without a path, token, proxy, file of trusted authorities,
    the largest segment of TCP if it has to be kept small (0: not).
    """

    url: str
    token: str = ""
    proxy: str = ""
    ca: str = ""
    mss: int = 0
    probe: str = field(default_factory=lambda: secrets.token_hex(8))

    def counterpart(self, name: str = "", **asked: object) -> str:
        """The URL of one of the counterpart's services."""
        query = urlencode(asked)
        return f"{self.url.rstrip('/')}{BASE}{'/' if name else ''}{name}{'?' if query else ''}{query}"


@dataclass(slots=True)
class Answer:
    """
    What became of a request; *status* is 0 if there was no answer, *error* libcurl's number and *why* its words.

    *connect_status* is what a proxy said to CONNECT; *connected* the seconds until TCP stood.
    """

    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    connected: float | None = None
    error: int = 0
    why: str = ""
    connect_status: int = 0
    sent: int = 0
    begun: float = 0.0

    @property
    def facts(self) -> dict[str, Any]:
        """The JSON object in the body; empty if there is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def curl(way: Way, url: str, *, trust: bool = False) -> pycurl.Curl:
    """
    A handle for *url*; *trust* checks the certificate.

    Measuring goes on where a certificate is not trusted, which is a finding of its own: the token then is sent to
    whoever is there, and it is worth nothing but the measuring itself.
    """
    it = pycurl.Curl()
    it.setopt(pycurl.URL, url)
    it.setopt(pycurl.NOSIGNAL, 1)
    it.setopt(pycurl.CONNECTTIMEOUT_MS, 8000)
    it.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    it.setopt(pycurl.SSL_VERIFYPEER, 1 if trust else 0)
    it.setopt(pycurl.SSL_VERIFYHOST, 2 if trust else 0)
    it.setopt(pycurl.USERAGENT, "lading-probe")
    if way.proxy:
        it.setopt(pycurl.PROXY, way.proxy)
    if way.mss:
        it.setopt(pycurl.OPENSOCKETFUNCTION, lambda _, address: _small(address, way.mss))
    if way.ca:
        it.setopt(pycurl.CAINFO, way.ca)
    return it


def _small(address: Any, mss: int) -> socket.socket:
    """A socket whose segments are *mss* bytes at most, in both directions (tcp(7), TCP_MAXSEG)."""
    it = socket.socket(address[0], address[1], address[2])
    it.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
    return it


def headers(way: Way, *more: str) -> list[str]:
    """The headers that the counterpart wants."""
    mine = [f"Authorization: Bearer {way.token}", f"X-Lading-Probe: {way.probe}"] if way.token else []
    return [*mine, *more]


def ask(
    way: Way,
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    timeout: float = 15.0,
    change: Callable[[pycurl.Curl], None] | None = None,
) -> Answer:
    """One request; whatever goes wrong is in the answer."""
    it = curl(way, url)
    try:
        it.setopt(pycurl.HTTPHEADER, headers(way, "Expect:"))
        it.setopt(pycurl.CUSTOMREQUEST, method)
        if method == "HEAD":
            it.setopt(pycurl.NOBODY, 1)
        if body is not None:
            it.setopt(pycurl.POSTFIELDS, body)
        it.setopt(pycurl.TIMEOUT_MS, int(timeout * 1000))
        if change:
            change(it)
        return performed(it)
    finally:
        it.close()


def performed(it: pycurl.Curl) -> Answer:
    """Perform *it* and tell how it went."""
    answer = Answer()
    parts: list[bytes] = []
    held = [0]

    def body(data: bytes) -> int | None:
        held[0] += len(data)
        if held[0] > LONGEST_ANSWER:
            return -1
        parts.append(data)
        return None

    def header(line: bytes) -> None:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            answer.headers[name.strip().lower()] = value.strip()[:1000]

    it.setopt(pycurl.WRITEFUNCTION, body)
    it.setopt(pycurl.HEADERFUNCTION, header)
    answer.begun = time.time()
    try:
        it.perform()
    except pycurl.error as problem:
        answer.error, answer.why = int(problem.args[0]), str(problem.args[1])[:300]
    answer.body = b"".join(parts)
    answer.status = int(it.getinfo(pycurl.RESPONSE_CODE))
    answer.connect_status = int(it.getinfo(pycurl.HTTP_CONNECTCODE))
    answer.seconds = float(it.getinfo(pycurl.TOTAL_TIME))
    answer.connected = float(it.getinfo(pycurl.CONNECT_TIME)) or None
    answer.sent = int(it.getinfo(pycurl.SIZE_UPLOAD))
    return answer
