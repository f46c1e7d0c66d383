"""
Requests over kept connections, from any number of threads.

Connections rest in a pool between requests.  Nothing is retried here, except that
libcurl itself repeats a request when a kept connection turns out to be dead.  No
header is ever logged.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import pycurl

from lading.connectors.http.line import Line, Request, Settings, Upload
from lading.connectors.http.trouble import Subject

ANSWER_LIMIT = 1 << 20
"""Bytes of an answer that is taken whole; what comes after them is dropped."""


class Answer(NamedTuple):
    """What the server said; header names are in lower case, repeated ones joined by newlines."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Stream:
    """The body of an answer, pulled; give it back with `close`."""

    def __init__(self, session: Session, line: Line, subject: Subject) -> None:
        self._session = session
        self._line: Line | None = line
        self._subject = subject
        self.status = line.status
        self.headers: Mapping[str, str] = line.headers

    def read(self, size: int) -> bytes:
        """
        Up to *size* bytes, `b""` at the end of the body.

        Raises:
            Truncated: the connection ended before the body did.
            Unavailable: it broke, or nothing came for too long.
        """
        line = self._line
        if line is None or size <= 0:
            return b""
        held = line.held
        while not held:
            if line.done:
                self._end(line)
                return b""
            line.pump(self._subject)
        block = _first(held, size)
        line.waiting -= len(block)
        return block

    def drop(self) -> None:
        """Read what little is left, so that the connection can be used again."""
        left = ANSWER_LIMIT // 4
        while left > 0 and (block := self.read(left)):
            left -= len(block)

    def close(self) -> None:
        """Stop reading; a connection with more to come is closed.  Twice is no error."""
        line, self._line = self._line, None
        if line is not None:
            line.abandon()
            self._session.put_back(line)

    def _end(self, line: Line) -> None:
        self._line = None
        try:
            line.finish(self._subject)
        finally:
            self._session.put_back(line)


def _first(held: deque[bytes], size: int) -> bytes:
    """
    Up to *size* bytes from the front of *held*.

    libcurl hands over 16 KiB at a time (CURL_MAX_WRITE_SIZE); what is there goes on as one piece, since each
    piece is passed through many hands.
    """
    block = held.popleft()
    if len(block) > size:
        held.appendleft(block[size:])
        return block[:size]
    pieces, room = [block], size - len(block)
    while held and len(held[0]) <= room:
        pieces.append(held.popleft())
        room -= len(pieces[-1])
    return b"".join(pieces) if len(pieces) > 1 else block


class Session:
    """Requests to one server, from any number of threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._resting: list[Line] = []
        self._bundles: list[Any] = []
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._closed = False

    def call(self, request: Request) -> Answer:
        """
        Send *request* and take the whole answer, whatever its status.

        Raises:
            Unavailable, NotCertified, Truncated: there was none.
        """
        return self._whole(request, None)

    def send(self, request: Request, upload: Upload) -> Answer:
        """Send *request* with a body that is pulled; its own exceptions pass through."""
        return self._whole(request, upload)

    def stream(self, request: Request) -> Stream:
        """Send *request* and return when the body begins."""
        line = self.line()
        try:
            line.start(request)
            line.wait(request.subject)
        except BaseException:
            line.abandon()
            self.put_back(line)
            raise
        return Stream(self, line, request.subject)

    def put_back(self, line: Line) -> None:
        """Let *line* rest until it is needed again."""
        line.held.clear()
        with self._lock:
            if not self._closed and self._process == os.getpid():
                self._resting.append(line)

    def close(self) -> None:
        """Close the connections that rest; twice is no error."""
        with self._lock:
            self._closed = True
            self._resting.clear()
            self._bundles.clear()

    def _whole(self, request: Request, upload: Upload | None) -> Answer:
        line = self.line()
        try:
            line.start(request, upload)
            body, size = [], 0
            while not line.done:
                line.pump(request.subject)
                while line.held:
                    block = line.held.popleft()
                    if size < ANSWER_LIMIT:
                        body.append(block)
                        size += len(block)
                line.waiting = 0
            line.finish(request.subject)
            return Answer(line.status, line.headers, b"".join(body)[:ANSWER_LIMIT])
        finally:
            line.abandon()
            self.put_back(line)

    def line(self) -> Line:
        """A connection that nobody uses; give it back with `put_back`."""
        with self._lock:
            self._part_from_parent()
            if self._resting:
                return self._resting.pop()
        return Line(self.settings)

    def bundle(self) -> Any:
        """A multi handle that nobody uses, with the connections that were made on it."""
        with self._lock:
            self._part_from_parent()
            return self._bundles.pop() if self._bundles else pycurl.CurlMulti()

    def put_back_bundle(self, bundle: Any) -> None:
        """Let *bundle* rest until it is needed again; no request is under way on it."""
        with self._lock:
            if not self._closed and self._process == os.getpid():
                self._bundles.append(bundle)

    def _part_from_parent(self) -> None:
        if self._process != os.getpid():
            # Connections of the parent process are its own: kept aside, never used or closed here.
            _inherited.append([*self._resting, *self._bundles])
            self._resting, self._bundles, self._process = [], [], os.getpid()


_inherited: list[list[Any]] = []
