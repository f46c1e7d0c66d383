"""
One connection: a handle of libcurl and the request under way on it.

The only module that owns handles.  A line belongs to one request or one open
stream at a time.  Redirects are never followed, bodies are never decoded, paths go
out as they were escaped.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pycurl

from lading.connectors.http.login import Login
from lading.connectors.http.trouble import Subject, broken
from lading.model.errors import Unavailable
from lading.model.text import Text

BLOCK = 1 << 17
"""Bytes that are received at once; libcurl 8.23 was seen to take up to eleven times as much in one step."""
SENT_BLOCK = 1 << 19
HELD_LIMIT = 16 * BLOCK
"""Bytes that wait for the reader of a stream before the connection is paused, which one step does not reach."""
CONNECT_PATIENCE = 30
_AGENT = "lading"
_METHODS_WITHOUT_BODY = frozenset({"HEAD"})


class Request(NamedTuple):
    """What to ask: *subject* is what errors are about."""

    method: str
    url: str
    subject: Subject
    headers: Sequence[str] = ()
    body: bytes | None = None


class Upload(NamedTuple):
    """A body that is pulled while it is sent; *size* None sends it in chunks."""

    pull: Callable[[int], bytes]
    """Up to so many bytes, `b""` at the end; what it raises passes through."""
    rewind: Callable[[], bool]
    """Go back to the beginning; False if that is no longer possible."""
    size: int | None


class Settings(NamedTuple):
    """How to connect."""

    login: Login
    authorities: str | None
    """A PEM file of certificates to trust; None where nothing is encrypted."""
    timeout: float
    """Seconds without a sign of life after which a request is given up."""


class Line:
    """One handle, its connection, and the request under way."""

    def __init__(self, settings: Settings) -> None:
        self.held: deque[bytes] = deque()
        self.waiting = 0
        self.done = False
        self.began = False
        self._settings = settings
        self._status = 0
        self._lines: list[bytes] = []
        self._upload: Upload | None = None
        self._fault: BaseException | None = None
        self._failure: tuple[int, str] | None = None
        self._paused = False
        self._busy = False
        self._stirred = False
        self.curl = pycurl.Curl()
        self._own = pycurl.CurlMulti()
        self._multi = self._own
        self._set_up()

    def start(self, request: Request, upload: Upload | None = None, multi: Any = None) -> None:
        """Begin *request*; `wait` and `pump` carry it on, or who owns the *multi* it is begun on."""
        self._multi = multi if multi is not None else self._own
        self.held.clear()
        self.waiting, self.done, self.began = 0, False, False
        self._status, self._fault, self._failure, self._paused = 0, None, None, False
        self._lines.clear()
        self._upload = upload
        try:
            self._prepare(request, upload)
            self._multi.add_handle(self.curl)
        except pycurl.error as problem:
            raise broken(pycurl.E_URL_MALFORMAT, str(problem), request.subject) from None
        self._busy = True

    def wait(self, subject: Subject) -> None:
        """Go on until the first byte of the body is there or the answer is complete."""
        while not (self.done or self.began):
            self.pump(subject)
        self._check(subject)

    def pump(self, subject: Subject) -> None:
        """
        Carry the transfer on by one step: what is there is handed over, else wait for more.

        Raises:
            Unavailable: nothing moved for as long as the settings allow.
        """
        if self._paused:
            self._paused = False
            self.curl.pause(pycurl.PAUSE_CONT)
        self._stirred = False
        _, active = self._multi.perform()
        if not active:
            self._finish()
        elif not self._stirred:
            self._idle(subject)

    def finish(self, subject: Subject) -> None:
        """Go on to the end of the answer, and raise what went wrong."""
        while not self.done:
            self.pump(subject)
        self._check(subject)

    def abandon(self) -> None:
        """Drop the request under way; its connection is closed."""
        if self._busy:
            self._busy = False
            self._multi.remove_handle(self.curl)
        self._upload = None
        self.done = True
        self.held.clear()

    @property
    def status(self) -> int:
        return self._status

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the last answer, names in lower case."""
        found: dict[str, str] = {}
        # Line by line as they came, for libcurl gives each its end; decoded in one go.
        for line in b"".join(self._lines).decode("latin-1").split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                name, value = name.strip().lower(), value.strip()
                found[name] = f"{found[name]}\n{value}" if name in found else value
        return found

    def _check(self, subject: Subject) -> None:
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        # An answer that came before the whole body was sent is the better news.
        if self._failure is not None and not (self._status >= 400 and self._sending_failed()):
            raise broken(*self._failure, subject)

    def _sending_failed(self) -> bool:
        return self._failure is not None and self._failure[0] in (pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR)

    def ended(self, failure: tuple[int, str] | None) -> None:
        """The transfer is over, well or with libcurl's code and text: told by who owns the multi."""
        self._failure = failure
        self._multi.remove_handle(self.curl)
        self._busy, self.done, self._upload = False, True, None

    def _finish(self) -> None:
        _, _, failed = self._multi.info_read()
        self.ended((failed[0][1], failed[0][2]) if failed else None)

    def _idle(self, subject: Subject) -> None:
        """Wait until something moves, at most as long as the settings allow."""
        left = self._settings.timeout
        while True:
            begun = time.monotonic()
            # Nothing to wait for means that libcurl resolves a name or waits on its own clock.
            if self._multi.select(min(left, 1.0)) < 0:
                time.sleep(0.005)
            _, active = self._multi.perform()
            if not active:
                self._finish()
                return
            if self._stirred:
                return
            left -= time.monotonic() - begun
            if left <= 0:
                self.abandon()
                raise Unavailable(subject, Text("it stopped answering", "服务器停止响应"))

    def _set_up(self) -> None:
        curl, settings = self.curl, self._settings
        options: list[tuple[int, Any]] = [
            (pycurl.NOSIGNAL, 1),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.HTTP_CONTENT_DECODING, 0),
            (pycurl.TCP_NODELAY, 1),
            (pycurl.TCP_KEEPALIVE, 1),
            (pycurl.CONNECTTIMEOUT, int(min(CONNECT_PATIENCE, max(1, settings.timeout)))),
            (pycurl.BUFFERSIZE, BLOCK),
            (pycurl.UPLOAD_BUFFERSIZE, SENT_BLOCK),
            (pycurl.USERAGENT, _AGENT),
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            (pycurl.HEADERFUNCTION, self._on_header),
            (pycurl.WRITEFUNCTION, self._on_body),
            (pycurl.READFUNCTION, self._on_read),
            (pycurl.SEEKFUNCTION, self._on_seek),
        ]
        for option, value in options:
            curl.setopt(option, value)
        if settings.authorities is not None:
            curl.setopt(pycurl.CAINFO, settings.authorities)
        settings.login.tell(curl)

    def _prepare(self, request: Request, upload: Upload | None) -> None:
        curl = self.curl
        curl.setopt(pycurl.URL, request.url)
        # Back to a request without a body, whatever the last one was.
        curl.setopt(pycurl.HTTPGET, 1)
        # Never empty: pycurl takes an empty list for no change, and the headers of before would go out again.
        headers: list[Any] = ["Expect:" if upload is None else "Expect: 100-continue"]
        headers += [*request.headers, *self._settings.login.headers]
        if upload is not None:
            curl.setopt(pycurl.UPLOAD, 1)
            curl.setopt(pycurl.INFILESIZE_LARGE, -1 if upload.size is None else upload.size)
        elif request.body is not None:
            curl.setopt(pycurl.POSTFIELDS, request.body)
        elif request.method in _METHODS_WITHOUT_BODY:
            curl.setopt(pycurl.NOBODY, 1)
        curl.setopt(pycurl.CUSTOMREQUEST, request.method)
        curl.setopt(pycurl.HTTPHEADER, headers)

    def _on_header(self, line: bytes) -> None:
        self._stirred = True
        if line.startswith(b"HTTP/"):
            self._lines.clear()
            parts = line.split(None, 2)
            self._status = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
        elif b":" in line:
            self._lines.append(line)

    def _on_body(self, block: bytes) -> int | None:
        if self.waiting >= HELD_LIMIT:
            self._paused = True
            return int(pycurl.WRITEFUNC_PAUSE)
        self._stirred = self.began = True
        self.held.append(block)
        self.waiting += len(block)
        return None

    def _on_read(self, room: int) -> bytes | int:
        self._stirred = True
        if self._upload is None:
            return b""
        try:
            return self._upload.pull(room)
        except BaseException as fault:  # raised again outside: libcurl would swallow it
            self._fault = fault
            return int(pycurl.READFUNC_ABORT)

    def _on_seek(self, offset: int, origin: int) -> int:
        if self._upload is not None and offset == 0 and origin == 0 and self._upload.rewind():
            return int(pycurl.SEEKFUNC_OK)
        return int(pycurl.SEEKFUNC_CANTSEEK)
