"""
The server of a drive: worker processes, and one keeper of the house.

The main process opens the one socket that all workers share, so that a port in
use is noticed, a lost worker loses no connection that waits, and port 0 is one
port.  It answers nothing itself: it starts again what is lost, and ends the
others when it is asked to.
"""

from __future__ import annotations

import http.client
import logging
import multiprocessing
import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from multiprocessing.connection import wait
from typing import Any

from django.conf import settings

from lading.model.errors import BadRequest, Forbidden, Unavailable, WorkerLost
from lading.model.text import Text
from lading.site import logs
from lading.site.config import endpoint
from lading.site.errors import PortTaken
from lading.site.keeper import Keeper
from lading.site.lifeline import Lifeline, birth
from lading.site.serving.worker import PATIENCE, work

BACKLOG = 2048
_DESCRIPTORS = 16_384
START_LIMIT = 60.0
_LOOK_AGAIN = 0.05
_ASK_AGAIN = 0.5
_MARGIN = 5.0
"""Seconds beyond their patience after which workers are ended by force."""
_SHORT = 5.0
"""A worker that lived for fewer seconds died of its start."""
_TRIES = 8
"""So many workers in a row that die of their start end the server."""
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared with, not listened on)
_log = logging.getLogger("lading.serving")


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What to serve: the drive in *home* on *listen* (`HOST:PORT`), with so many *workers* of so many *threads*.

    *address* is what people type; without one it is made from where we listen.
    """

    home: str
    listen: str
    address: str
    workers: int
    threads: int


def serve(wish: Wish, ready: Callable[[str], None]) -> None:
    """
    Serve until a signal to end; *ready* is told the address once requests are really answered.

    Django must be set up for the home already.

    Raises:
        BadRequest: *listen* cannot be used.
        Forbidden: the port is not for us.
        PortTaken: somebody else listens there.
        Unavailable: no worker answers.
        WorkerLost: workers end as fast as they are started.
    """
    _ask_for_descriptors()
    # Children share the socket, the lifeline and what is loaded already; newer Pythons would start them anew.
    multiprocessing.set_start_method("fork", force=True)
    with _listening(wish.listen) as plug:
        host, port = plug.getsockname()[:2]
        address = wish.address or _address(host, port)
        settings.LADING_DRIVE = {**settings.LADING_DRIVE, "address": address}
        # A part that is missing or broken is noticed here, once, and not in each worker.
        import_module("lading.site.wsgi")
        logs.set_up()
        with closing(Lifeline()) as lifeline, Keeper(wish.home, lifeline, plug.fileno()):
            _Server(wish, plug, lifeline, partial(ready, address)).run()


@dataclass(slots=True)
class _Place:
    """A place for a worker: who has it, since when, and how many before it died of their start."""

    process: multiprocessing.Process
    since: float
    failures: int = 0
    due: float = field(default=0.0)


class _Server:
    def __init__(
        self, wish: Wish, plug: socket.socket, lifeline: Lifeline, ready: Callable[[], None]
    ) -> None:
        self._wish, self._plug, self._lifeline, self._ready = wish, plug, lifeline, ready
        self._asked = 0
        self._ears, self._mouth = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)
        places = [_Place(self._born(), time.monotonic()) for _ in range(self._wish.workers)]
        try:
            self._await_answer()
            while not self._asked:
                self._look_after(places)
        finally:
            # Who connects from now on is refused at once and does not wait for the end.
            self._plug.close()
            self._end([place.process for place in places])

    def _heard(self, *_: Any) -> None:
        self._asked += 1
        os.write(self._mouth, b"!")

    def _born(self) -> multiprocessing.Process:
        args = (self._wish.home, self._plug, self._lifeline, self._wish.threads)
        process = multiprocessing.Process(target=work, args=args, name="lading-worker", daemon=True)
        with birth():
            process.start()
        return process

    def _look_after(self, places: list[_Place]) -> None:
        """Wait until something happens, and start again whoever is lost."""
        now = time.monotonic()
        waiting = [place.due - now for place in places if place.due]
        lives = [place.process.sentinel for place in places if not place.due]
        wait([*lives, self._ears], max(0.0, min(waiting)) if waiting else None)
        if self._asked:
            return
        for place in places:
            if not place.due and not place.process.is_alive():
                self._lost(place)
            if place.due and place.due <= time.monotonic():
                place.process, place.since, place.due = self._born(), time.monotonic(), 0.0

    def _lost(self, place: _Place) -> None:
        code = place.process.exitcode
        place.failures = place.failures + 1 if time.monotonic() - place.since < _SHORT else 0
        if code:
            _log.error("a worker was lost (%s)", f"signal {-code}" if code < 0 else f"exit code {code}")
        if place.failures >= _TRIES:
            raise WorkerLost(detail=Text("again and again", "反复发生"))
        # At once the first time; whatever kills them may pass.
        place.due = time.monotonic() + (0.1 * 2**place.failures if place.failures else 0.0)

    def _end(self, processes: list[multiprocessing.Process]) -> None:
        """Ask all to end, and ask again: one that has just started may not have heard the first time."""
        deadline = time.monotonic() + PATIENCE + _MARGIN
        while (alive := [one for one in processes if one.is_alive()]) and time.monotonic() < deadline:
            if self._asked > 1:
                break
            for process in alive:
                process.terminate()
            wait([one.sentinel for one in alive], _ASK_AGAIN)
        for process in processes:
            process.kill()
            process.join()

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self._asked:
                return
            if _answers(self._plug):
                self._ready()
                return
            wait([self._ears], _LOOK_AGAIN)
        raise Unavailable(self._wish.listen, Text("no worker answers", "没有工作进程应答"))


def _ask_for_descriptors() -> None:
    """Many systems give a process 1,024 until it asks for more, and workers that find none left answer nobody."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if most == resource.RLIM_INFINITY else min(_DESCRIPTORS, most)
    if least != resource.RLIM_INFINITY and least < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _listening(listen: str) -> socket.socket:
    host, port = endpoint(listen)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        plug = socket.socket(family, kind, protocol)
        # A server that has just ended must not block its port; a living one does.
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it.  Without it the head and the body of an answer may wait for each other's
        # acknowledgement, some 40 ms each time.
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plug.bind(address)
        plug.listen(BACKLOG)
    except socket.gaierror as problem:
        raise BadRequest(listen, problem.strerror or str(problem)) from None
    except PermissionError as problem:
        raise Forbidden(listen, problem.strerror or str(problem)) from None
    except OSError as problem:
        raise PortTaken(listen, problem.strerror or str(problem)) from None
    plug.setblocking(False)
    return plug


def _address(host: str, port: int) -> str:
    if host in _EVERYWHERE:
        host = socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _answers(plug: socket.socket) -> bool:
    host, port = plug.getsockname()[:2]
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (where we ask, not where we listen)
    asking = http.client.HTTPConnection(loopback.get(host, host), port, timeout=5)
    try:
        asking.request("GET", "/ready")
        return asking.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()
