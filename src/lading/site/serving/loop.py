"""
The loop of a worker: all connections that no thread has, on one thread.
"""

from __future__ import annotations

import logging
import os
import resource
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from lading.site.serving.answer import Late, Reply
from lading.site.serving.connection import Connection, State
from lading.site.serving.environ import Environ, ground
from lading.site.serving.errand import Errand

_log = logging.getLogger("lading.serving")


class Site(Protocol):
    """What is served."""

    def application(self, environ: Environ, start_response: Any) -> Any:
        """A WSGI application, which may also return something `Late`."""

    def quick(self, environ: Environ) -> bool:
        """Whether a request whose body is here is answered without waiting."""

    def complete(self, gathered: Sequence[Any]) -> None:
        """Do what several late answers wait for."""


MOST = 4096
"""Connections at a time; one more ends those that are idle, or waits in the queue of the kernel."""
_AT_ONCE = 8
"""One in so many idle connections ends at a time."""
_PER_THREAD = 8
_RESERVE = 64
"""Descriptors that are kept for threads, tables and contents."""
_SWEEP = 1.0
_LOOK = 0.0001
"""Seconds of looking before we sleep; the kernel's `net.core.busy_poll` is meant for the same and takes half of it."""
_FEW = 4
_PAUSE = 0.5
"""Seconds without new connections after none could be taken in."""
_EXCLUSIVE = select.EPOLLIN | getattr(select, "EPOLLEXCLUSIVE", 0)


class Loop:
    """
    Answers requests on *plug*, a listening socket that is shared with other workers, by *site*.

    What does not wait is answered by the loop itself, the rest by up to *threads* threads.
    """

    def __init__(self, plug: socket.socket, site: Site, threads: int) -> None:
        self.application, self.quick = site.application, site.quick
        self._complete = site.complete
        self._gathered: list[tuple[Errand, Reply, Late]] = []
        self.ending = False
        self._plug, self._threads = plug, threads
        self._crew = ThreadPoolExecutor(threads, "errand")
        self._connections: dict[int, Connection] = {}
        self._most = most(threads)
        self._done: deque[Errand] = deque()
        self._poll = select.epoll()
        self._woken, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll.register(self._woken, select.EPOLLIN)
        self._listening = self._warm = False
        self._away = 0
        """Errands that threads have."""
        self._host, self.port = plug.getsockname()[:2]
        self._patience = 0.0
        self._resume = 0.0
        self._listen()

    def run(self) -> None:
        """Go on until `end` was called and nothing is under way, or patience is at its end."""
        swept = time.monotonic()
        while not self._over():
            for descriptor, _ in self._events():
                if descriptor == self._plug.fileno():
                    self._accept()
                elif descriptor == self._woken:
                    self._take_back()
                elif (connection := self._connections.get(descriptor)) is not None:
                    self._go_on(connection)
            if self._gathered:
                self._complete_gathered()
            now = time.monotonic()
            if now - swept >= _SWEEP:
                swept = now
                self._sweep(now)
        self._crew.shutdown(wait=False, cancel_futures=True)

    def _events(self) -> list[tuple[int, int]]:
        """
        What has happened; waits for it.

        Whoever was just answered often asks again at once, and to fall asleep and be woken takes longer than many an
        answer: so we look for a moment before we do.  Not while threads or many clients are at work, who need the processor.
        """
        if self._gathered:
            # Saves gathered at the end of the server are completed at once.
            return self._poll.poll(0)
        if self._warm and not self._away and len(self._connections) <= _FEW:
            until = time.perf_counter() + _LOOK
            while not (events := self._poll.poll(0)):
                if time.perf_counter() > until:
                    break
            else:
                return events
        self._warm = False
        return self._poll.poll(_SWEEP)

    def end(self, patience: float) -> None:
        """Take nobody new in, and end when what is under way has ended, within *patience* seconds; from a signal."""
        if not self.ending:
            self.ending = True
            self._patience = time.monotonic() + patience
        self.wake()

    def wake(self) -> None:
        """Let the loop look around; from any thread."""
        # A full pipe says that it is about to wake up anyway.
        with suppress(BlockingIOError):
            os.write(self._waker, b"!")

    def gather(self, errand: Errand, reply: Reply, late: Late) -> None:
        """Complete *late* with all others of this turn."""
        self._gathered.append((errand, reply, late))

    def hand_over(self, errand: Errand) -> None:
        """Let a thread do *errand*, and listen to its connection no more meanwhile."""
        self._away += 1
        self.listen_to(errand.connection, 0)
        self._crew.submit(self._do, errand)

    def listen_to(self, connection: Connection, events: int) -> None:
        """Tell *connection* of *events*, or with 0 of nothing: epoll would always tell of its end."""
        if connection.listed == events:
            return
        descriptor = connection.plug.fileno()
        if not events:
            self._poll.unregister(descriptor)
        elif connection.listed:
            self._poll.modify(descriptor, events)
        else:
            self._poll.register(descriptor, events)
        connection.listed = events

    def forget(self, connection: Connection) -> None:
        """*connection* is about to be closed."""
        if self._connections.pop(connection.plug.fileno(), None) is not None:
            self.listen_to(connection, 0)

    def _complete_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        try:
            self._complete([late for _, _, late in gathered])
        except Exception:
            # What has no answer is asked anew, each by itself.
            _log.exception("the application failed")
        for errand, reply, late in gathered:
            self._guarded(errand.connection, partial(errand.connection.complete, errand, reply, late))

    def _do(self, errand: Errand) -> None:
        try:
            errand.run()
        except BaseException:
            _log.exception("an errand failed")
            errand.broken = True
        self._done.append(errand)
        self.wake()

    def _take_back(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)
        if self.ending:
            self._close_door()
        while self._done:
            errand = self._done.popleft()
            self._away -= 1
            self._guarded(errand.connection, partial(errand.connection.take_back, errand))

    def _go_on(self, connection: Connection) -> None:
        self._warm = True
        self._guarded(connection, connection.ready)

    def _guarded(self, connection: Connection, do: Callable[[], None]) -> None:
        """One connection must never take the others with it."""
        try:
            do()
        except Exception:
            _log.exception("a connection failed")
            connection.drop()

    def _accept(self) -> bool:
        """Take in one connection; whether there was one, and room for it."""
        if len(self._connections) >= self._most and not self._make_room():
            self._pause()
            return False
        try:
            plug, peer = self._plug.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as problem:
            _log.error("no connection can be taken in: %s", problem)
            self._pause()
            return False
        plug.setblocking(False)
        common = ground(self._host, self.port, peer, self._threads)
        connection = Connection(self, plug, common)
        self._connections[plug.fileno()] = connection
        self._guarded(connection, partial(self.listen_to, connection, select.EPOLLIN))
        return True

    def _make_room(self) -> bool:
        """End some connections that are idle, those first that would end soonest; whether there were any."""
        idle = [connection for connection in self._connections.values() if connection.idle]
        idle.sort(key=lambda connection: connection.deadline)
        for connection in idle[: max(1, len(idle) // _AT_ONCE)]:
            connection.drop()
        return bool(idle)

    def _listen(self) -> None:
        self._poll.register(self._plug.fileno(), _EXCLUSIVE)
        self._listening = True

    def _pause(self) -> None:
        if self._listening:
            self._poll.unregister(self._plug.fileno())
            self._listening = False
            self._resume = time.monotonic() + _PAUSE

    def _close_door(self) -> None:
        """Let in who is waiting already, then nobody; end what is idle."""
        if self._plug.fileno() < 0:
            return
        for _ in range(self._most):
            if not self._accept():
                break
        if self._listening:
            self._poll.unregister(self._plug.fileno())
            self._listening = False
        self._plug.close()
        for connection in list(self._connections.values()):
            if connection.state is State.READING:
                # What has come already is under way.
                self._go_on(connection)
            if connection.idle:
                connection.drop()

    def _sweep(self, now: float) -> None:
        for connection in list(self._connections.values()):
            if connection.state is not State.AWAY and connection.deadline < now:
                self._guarded(connection, connection.overdue)
        if not self.ending and not self._listening and now > self._resume:
            self._listen()

    def _over(self) -> bool:
        if not self.ending:
            return False
        door_closed = self._plug.fileno() < 0
        return (door_closed and not self._connections) or time.monotonic() > self._patience


def most(threads: int) -> int:
    """How many connections a process may have at a time, so that *threads* and the files they send find descriptors."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MOST
    # Each may have a file open that is being sent.
    return max(1, min(MOST, (limit - _RESERVE - threads * _PER_THREAD) // 2))
