"""
The counterpart's side of HTTP: bodies of any size, any method, slow answers, WebSockets, sink and source of bytes.

Only whoever shows the token is answered, and the token belongs to the first probe that shows it.  Nothing that is sent
here is kept.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lading.stages.readiness.counterpart.datagrams import Datagrams
from lading.stages.readiness.counterpart.flow import Flow
from lading.stages.readiness.counterpart.wire import BASE, VERSION

CHUNK = 64 * 1024
IDLE = 30.0
"""Seconds after which a connection that says nothing is closed."""
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, 1.3."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a counterpart allows one request and all together: bytes, seconds, connections at once."""

    largest: int = 8 << 30
    longest: float = 900.0
    connections: int = 64


class Counterpart(ThreadingHTTPServer):
    """The server; `serve_forever` runs it, `close` ends it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        place: tuple[str, int],
        token: str,
        bounds: Bounds = Bounds(),
        tls: tuple[str, str | None] | None = None,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        super().__init__(place, _Answers)
        self.token, self.bounds, self.owner = token, bounds, ""
        self.lock = threading.Lock()
        self.free = threading.BoundedSemaphore(bounds.connections)
        self.context: ssl.SSLContext | None = None
        self.fingerprint = ""
        try:
            if tls:
                self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self.context.load_cert_chain(*tls)
                self.fingerprint = _fingerprint(tls[0])
            self.datagrams = Datagrams(place[0], self.server_address[1])
        except BaseException:
            self.server_close()
            raise

    @property
    def port(self) -> int:
        """The port that TCP and UDP listen on."""
        return int(self.server_address[1])

    def close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.datagrams.close()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in a thread of its own, unless there are too many."""
        if self.free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and make room again."""
        try:
            request.settimeout(IDLE)
            if self.context:
                request = self.context.wrap_socket(request, server_side=True)
            super().process_request_thread(request, client_address)
        except OSError:
            self.shutdown_request(request)
        finally:
            self.free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is what this is for; there is nothing to tell."""

    def admits(self, token: str, probe: str) -> bool:
        """Whether *token* is right and belongs to *probe*, as it does from the first time it is shown."""
        if not probe or not hmac.compare_digest(token.encode(), self.token.encode()):
            return False
        with self.lock:
            self.owner = self.owner or probe
            return hmac.compare_digest(self.owner.encode(), probe.encode())


def _fingerprint(file: str) -> str:
    with open(file, encoding="ascii") as stream:
        pem = stream.read()
    first = pem[pem.index("-----BEGIN CERTIFICATE") :].split("-----END CERTIFICATE-----")[0]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first + "-----END CERTIFICATE-----\n")).hexdigest()


class _Answers(BaseHTTPRequestHandler):
    server: Counterpart
    protocol_version = "HTTP/1.1"
    server_version = "lading-probe"
    sys_version = ""
    timeout = IDLE

    def __getattr__(self, name: str) -> Any:
        # http.server looks for do_METHOD; any method is answered alike.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the name is theirs
        """Addresses carry nothing that a log needs."""

    def handle_expect_100(self) -> bool:
        """Say "go on" only to whoever may, and only to bodies within the bounds."""
        if not self._admitted() or self._announced() > self.server.bounds.largest:
            return False
        return bool(super().handle_expect_100())

    def _admitted(self) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.server.admits(token, self.headers.get("X-Lading-Probe", "")[:100]):
            return True
        self._json({"error": "the token is not right, or belongs to another probe"}, 403)
        self.close_connection = True
        return False

    def _announced(self) -> int:
        said = self.headers.get("Content-Length") or "0"
        size = int(said) if said.isdecimal() and len(said) < 20 else 0
        if size > self.server.bounds.largest:
            self._json({"error": "larger than this counterpart takes"}, 413)
            self.close_connection = True
        return size

    def _answer(self) -> None:
        if not self._admitted() or self._announced() > self.server.bounds.largest:
            return
        address = urlsplit(self.path)
        name = address.path.removeprefix(BASE).strip("/") if address.path.startswith(BASE) else "?"
        work = getattr(self, "_on_" + (name or "facts"), None)
        if work is None:
            self._json({"error": "there is nothing here"}, 404)
            return
        work(dict(parse_qsl(address.query)))

    def _on_facts(self, asked: dict[str, str]) -> None:
        self._drained()
        certificate = self.server.fingerprint
        self._json(
            {"probe": VERSION, "time": time.time(), "port": self.server.port, "certificate": certificate}
        )

    def _on_method(self, asked: dict[str, str]) -> None:
        size = self._drained().bytes
        via = self.headers.get("Via", "")
        self._json({"method": self.command, "bytes": size, "via": via})

    def _on_sink(self, asked: dict[str, str]) -> None:
        flow = self._drained()
        self._json({"bytes": flow.bytes, "flow": {str(at): size for at, size in flow.bins.items()}})

    def _on_source(self, asked: dict[str, str]) -> None:
        end = time.monotonic() + self._seconds(asked)
        self._head("application/octet-stream")
        block, sent = bytes(CHUNK), 0
        while time.monotonic() < end and sent < self.server.bounds.largest:
            self.wfile.write(block)
            sent += CHUNK

    def _on_slow(self, asked: dict[str, str]) -> None:
        time.sleep(self._seconds(asked))
        self._json({"slept": self._seconds(asked)})

    def _on_trickle(self, asked: dict[str, str]) -> None:
        self._head("text/plain")
        end = time.monotonic() + self._seconds(asked)
        while time.monotonic() < end:
            self.wfile.write(b".\n")
            time.sleep(min(0.5, max(0.0, end - time.monotonic())))
        self.wfile.write(b"end\n")

    def _on_datagrams(self, asked: dict[str, str]) -> None:
        self._drained()
        if self.command == "POST":
            self._json({"key": self.server.datagrams.begin(), "port": self.server.port})
            return
        told = self.server.datagrams.told(asked.get("key", ""))
        self._json(told or {"error": "no such session"}, 200 if told else 404)

    def _on_train(self, asked: dict[str, str]) -> None:
        self._drained()
        rate = min(1e10, max(1e4, _number(asked, "rate")))
        size = int(min(1400.0, max(64.0, _number(asked, "size"))))
        sent = self.server.datagrams.send(asked.get("key", ""), rate, self._seconds(asked), size)
        self._json({"sent": sent})

    def _on_socket(self, asked: dict[str, str]) -> None:
        key = self.headers.get("Sec-WebSocket-Key", "")
        if self.headers.get("Upgrade", "").lower() != "websocket" or not key:
            self._json({"error": "no upgrade was asked for, or it was taken away on the way"}, 426)
            return
        accept = hashlib.sha1(key.encode() + _WEBSOCKET, usedforsecurity=False).digest()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
            self.send_header(name, value)
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode())
        self.end_headers()
        time.sleep(self._seconds(asked))
        with contextlib.suppress(OSError):
            self.wfile.write(b"\x81\x04held")  # RFC 6455, 5.2: one text frame of four bytes
            self.connection.recv(64)
        self.close_connection = True

    def _seconds(self, asked: dict[str, str]) -> float:
        return max(0.0, min(self.server.bounds.longest, _number(asked, "seconds")))

    def _drained(self) -> Flow:
        flow, end = Flow(), time.monotonic() + self.server.bounds.longest
        for size in self._pieces():
            now = time.monotonic()
            flow.add(size, now)
            if flow.bytes > self.server.bounds.largest or now > end:
                self.close_connection = True
                break
        return flow

    def _pieces(self) -> Iterator[int]:
        """Sizes of the pieces of the body, as they come."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            yield from self._exactly(self._announced())
            return
        while size := int(self.rfile.readline(64).split(b";")[0] or b"0", 16):
            yield from self._exactly(size)
            self.rfile.readline(8)
        self.rfile.readline(8)

    def _exactly(self, size: int) -> Iterator[int]:
        while size > 0:
            piece = len(self.rfile.read1(min(size, CHUNK)))
            if not piece:
                raise ConnectionError
            size -= piece
            yield piece

    def _head(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def _json(self, value: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _number(asked: dict[str, str], name: str) -> float:
    try:
        value = float(asked.get(name, "0"))
    except ValueError:
        return 0.0
    return value if value == value and abs(value) < 1e15 else 0.0
