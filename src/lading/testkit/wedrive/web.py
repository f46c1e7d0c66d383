"""HTTP for the two doors and for the contents."""

from __future__ import annotations

import hmac
import json
import os
import socket
import sys
import traceback
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO, ClassVar
from urllib.parse import parse_qsl, urlsplit

from . import contents
from .backdoor import BackDoor, BadOrder
from .codes import Refused
from .door import PREFIX, FrontDoor, Request
from .store import Store

CONTROL = "/control/"
_LARGEST_BODY = 64 << 20


class Server(ThreadingHTTPServer):
    """One thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], store: Store, secret: str) -> None:
        super().__init__(address, Handler)
        self.front = FrontDoor(store)
        self.back = BackDoor(store, self.front.meter, secret)
        self.store = store

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to write about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the door that it is for, writes the answer in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm: ClassVar[bool] = True
    server: Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_OPTIONS(self) -> None:
        self._send(200, b"", {"Allow": "GET, POST"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name in the base class)
        """Nothing: addresses hold tokens."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        try:
            body = self._body()
            if parts.path.startswith(CONTROL):
                self._control(parts.path.removeprefix(CONTROL), body)
            elif parts.path.startswith(contents.PREFIX):
                self._content(parts.path.removeprefix(contents.PREFIX))
            else:
                self._api(parts.path, parts.query, body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            traceback.print_exc()
            self._json(500, {"errcode": 500, "errmsg": "the emulator itself has failed, see its log"})

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._chunk, b""))
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST_BODY:
            raise ConnectionAbortedError("body too large")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError("body broken off")
        return body

    def _chunk(self) -> bytes:
        length = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(length)
        self.rfile.readline()
        return chunk

    def _api(self, path: str, query: str, body: bytes) -> None:
        if not path.startswith(PREFIX):
            self._json(404, {"errcode": self.server.store.switches.code_route, "errmsg": "invalid url"})
            return
        origin = f"http://{self.headers.get('Host') or 'localhost'}"
        asked = dict(parse_qsl(query, keep_blank_values=True))
        request = Request(self.command, path, asked, body, self.client_address[0], origin)
        answer = self.server.front.answer(request)
        if answer.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._json(answer.status, answer.reply)

    def _control(self, verb: str, body: bytes) -> None:
        given = self.headers.get("X-Control-Secret", "")
        if not hmac.compare_digest(given.encode(), self.server.back.secret.encode()):
            self._json(403, {"error": "wrong X-Control-Secret"})
            return
        try:
            self._json(200, self.server.back.obey(verb, json.loads(body or b"{}")))
        except (BadOrder, ValueError) as bad:
            self._json(400, {"error": str(bad)})
        except Refused as refused:
            self._json(409, {"error": f"refused: {refused.code} {refused.remark}", "errcode": refused.code})

    def _content(self, token: str) -> None:
        found = contents.opened(self.server.store, token, dict(self.headers.items()))
        if found.file is None:
            self._send(found.status, b"", found.headers)
            return
        with found.file:
            self._head(found.status, found.length, found.headers)
            if self.command == "GET":
                self._stream(found.file, found.start, found.length)

    def _stream(self, file: BinaryIO, start: int, length: int) -> None:
        sent = 0
        while sent < length:
            step = os.sendfile(self.connection.fileno(), file.fileno(), start + sent, length - sent)
            if not step:
                raise ConnectionAbortedError("content shorter than its size")
            sent += step

    def _json(self, status: int, value: dict[str, Any]) -> None:
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._send(status, text, {"Content-Type": "application/json; charset=UTF-8"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._head(status, len(body), headers, b"" if self.command == "HEAD" else body)

    def _head(self, status: int, length: int, headers: dict[str, str], body: bytes = b"") -> None:
        now = formatdate(self.server.store.clock.now(), usegmt=True)
        told = {"Date": now, **headers, "Content-Length": str(length)}
        if self.close_connection:
            told["Connection"] = "close"
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            *(f"{key}: {it}" for key, it in told.items()),
        ]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head + body)  # one packet: a second one would wait for the client's delayed ACK
