"""
Many small requests at once, carried by one thread.

Threads would pay for each request with switches between them; here libcurl moves all connections in one
loop, and answers come in the order of the requests.  For requests and answers that fit into memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from lading.connectors.http.line import Line, Request
from lading.connectors.http.session import Answer, Session
from lading.model.errors import BadAnswer, DriveError, Unavailable
from lading.model.text import Text

MOST = 64 << 20
"""Bytes of an answer that is taken; a server that sends more sends what nobody asked for."""
AHEAD = 4
"""How many times as many answers as connections may wait for one that takes its time."""
_SILENT = Text("it stopped answering", "服务器停止响应")
_TOO_MUCH = Text("the answer does not end", "应答超出应有长度")


def answers(
    session: Session, requests: Iterable[Request], at_once: int, ahead: int = AHEAD
) -> Iterator[Answer | DriveError]:
    """
    The answer to each of *requests*, or why there is none, in order; *at_once* are under way.

    Requests are taken from their iterator when there is room for them: *ahead* times as many as *at_once* may be under
    way or wait for one that takes its time.  Leaving early gives up those under way.
    """
    work = _Many(session, iter(requests), at_once, ahead * at_once)
    try:
        yield from work.run()
    finally:
        work.close()


class _Job:
    """A request under way on its *line*, and what has come of its answer."""

    __slots__ = ("body", "line", "number", "request", "size")

    def __init__(self, number: int, line: Line, request: Request) -> None:
        self.number, self.line, self.request = number, line, request
        self.body: list[bytes] = []
        self.size = 0

    def take(self) -> bool:
        """Take what waits on the line; whether anything did."""
        held, some = self.line.held, bool(self.line.held)
        if some:
            self.body.extend(held)
            self.size += self.line.waiting
            held.clear()
            self.line.waiting = 0
        return some


class _Many:
    def __init__(self, session: Session, requests: Iterator[Request], at_once: int, room: int) -> None:
        self._session, self._requests, self._at_once, self._room = session, requests, at_once, room
        self._multi = session.bundle()
        self._under_way: dict[Any, _Job] = {}
        self._ready: dict[int, Answer | DriveError] = {}
        self._taken = self._given = 0
        self._more = True
        self._moved = time.monotonic()

    def run(self) -> Iterator[Answer | DriveError]:
        while True:
            self._fill()
            while self._given in self._ready:
                answer = self._ready.pop(self._given)
                self._given += 1
                yield answer
                self._fill()
            if not self._under_way:
                if self._more or self._ready:
                    continue
                return
            self._step()

    def close(self) -> None:
        for job in self._under_way.values():
            job.line.abandon()
        self._under_way.clear()
        self._session.put_back_bundle(self._multi)

    def _fill(self) -> None:
        while self._more and len(self._under_way) < self._at_once and self._taken - self._given < self._room:
            request = next(self._requests, None)
            if request is None:
                self._more = False
                return
            self._begin(request)

    def _begin(self, request: Request) -> None:
        number, self._taken = self._taken, self._taken + 1
        line = self._session.line()
        try:
            line.start(request, multi=self._multi)
        except DriveError as error:
            self._ready[number] = error
            return
        self._under_way[line.curl] = _Job(number, line, request)

    def _step(self) -> None:
        self._multi.perform()
        self._drain()
        more = 1
        while more:
            more, done, failed = self._multi.info_read()
            for curl in done:
                self._end(curl, None)
            for curl, code, text in failed:
                self._end(curl, (code, text))
            if done or failed:
                self._moved = time.monotonic()
        if self._under_way and not any(number == self._given for number in self._ready):
            self._wait()

    def _drain(self) -> None:
        """Take what has come, so that no connection is paused."""
        for job in self._under_way.values():
            if job.take():
                self._moved = time.monotonic()
        for job in [it for it in self._under_way.values() if it.size > MOST]:
            self._give_up(job, BadAnswer(job.request.subject, _TOO_MUCH))

    def _end(self, curl: Any, failure: tuple[int, str] | None) -> None:
        job = self._under_way.pop(curl)
        job.take()
        line = job.line
        line.ended(failure)
        try:
            line.finish(job.request.subject)
            self._ready[job.number] = Answer(line.status, line.headers, b"".join(job.body))
        except DriveError as error:
            self._ready[job.number] = error
        self._session.put_back(line)

    def _give_up(self, job: _Job, error: DriveError) -> None:
        del self._under_way[job.line.curl]
        job.line.abandon()
        self._ready[job.number] = error
        self._session.put_back(job.line)

    def _wait(self) -> None:
        patience = self._session.settings.timeout
        if self._multi.select(min(1.0, patience)) < 0:
            time.sleep(0.001)
        if time.monotonic() - self._moved > patience:
            for job in [*self._under_way.values()]:
                self._give_up(job, Unavailable(job.request.subject, _SILENT))
            self._moved = time.monotonic()
