"""
The server of a drive: worker processes under Granian, and one keeper of the house.

The main process opens the one socket that all workers share, so that a port in
use is noticed, a lost worker loses no connection that waits, and port 0 is one
port.  It answers nothing itself: it starts again what is lost, and ends the
others when it is asked to.
"""

# Granian's own calls say no types.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import gc
import http.client
import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from lading.model.errors import BadRequest, Forbidden, Unavailable, WorkerLost
from lading.model.text import Text
from lading.site import logs
from lading.site.config import endpoint
from lading.site.errors import PortTaken
from lading.site.home import start_django
from lading.site.keeper import Keeper
from lading.site.lifeline import Lifeline, birth, born

PATIENCE = 60
"""Seconds that requests under way have to finish after the server was asked to stop."""
BACKLOG = 2048
START_LIMIT = 60.0
_LOOK_AGAIN = 0.05
_ASK_AGAIN = 0.5
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared with, not listened on)
_LOGGING = {
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    },
    "loggers": {"_granian": {"handlers": ["console"], "propagate": False}},
}


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
    # Children share the socket, the lifeline and what is loaded already; newer Pythons would start them anew.
    multiprocessing.set_start_method("fork", force=True)
    with _listening(wish.listen) as plug:
        host, port = plug.getsockname()[:2]
        address = wish.address or _address(host, port)
        settings.LADING_DRIVE = {**settings.LADING_DRIVE, "address": address}
        # A part that is missing or broken is noticed here, once, and not in each worker.
        import_module("lading.site.wsgi")
        logs.set_up()
        _Server(wish, plug, partial(ready, address)).run()


class _Server(MPServer):
    """Granian with a socket of ours, a keeper beside the workers, and a word when all is ready."""

    def __init__(self, wish: Wish, plug: socket.socket, ready: Callable[[], None]) -> None:
        host, port = plug.getsockname()[:2]
        super().__init__(
            "lading.site.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=wish.workers,
            blocking_threads=wish.threads,
            backlog=BACKLOG,
            backpressure=BACKLOG,
            websockets=False,
            log_dictconfig=_LOGGING,
            log_level=LogLevels.error,
            respawn_failed_workers=True,
            workers_kill_timeout=PATIENCE,
        )
        self._wish, self._plug, self._ready = wish, plug, ready
        self._lifeline = Lifeline()

    def run(self) -> None:
        """Serve until a signal to end."""
        # Ctrl-C reaches the workers too; that they end then is no news.
        logging.getLogger("_granian").addFilter(lambda _: not self.interrupt_signal)
        load = partial(_application, self._wish.home, self._lifeline)
        with closing(self._lifeline), Keeper(self._wish.home, self._lifeline, self._plug.fileno()):
            # Granian leaves by SystemExit when a worker was lost just before the end.
            with suppress(SystemExit):
                self.serve(target_loader=load, wrap_loader=False)
        if not self.interrupt_signal:
            raise WorkerLost(detail=Text("again and again", "反复发生"))

    def signal_handler_interrupt(self, *_: Any, **__: Any) -> None:
        """End politely; asked a second time, end at once."""
        if self.interrupt_signal:
            for worker in self.wrks:
                worker.kill()
        super().signal_handler_interrupt()

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        """Start all workers and wait for the first answer."""
        super().startup(spawn_target, target_loader)
        self._await_answer()

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        with birth():
            super()._spawn_workers(spawn_target, target_loader)

    def _respawn_workers(self, workers: Any, spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        with birth():
            super()._respawn_workers(workers, spawn_target, target_loader, delay)

    def _stop_workers(self) -> None:
        """Ask all workers to end, and ask again: one that has just started may not have heard the first time."""
        deadline = time.monotonic() + PATIENCE
        while (
            alive := [worker for worker in self.wrks if worker.is_alive()]
        ) and time.monotonic() < deadline:
            for worker in alive:
                worker.terminate()
            alive[0].join(_ASK_AGAIN)
        for worker in self.wrks:
            worker.kill()
            worker.join()
        self.wrks.clear()

    def _init_shared_socket(self) -> None:
        # Granian does not say what types these have; a holder is made of (descriptor, unix?, backlog).
        descriptor: Any = self._plug.fileno()
        holder: Any = SocketHolder
        self._sfd, self._shd = descriptor, holder(descriptor, False, BACKLOG)
        self._sso = self._plug

    def _drop_shared_socket(self) -> None:
        # Who connects from now on is refused at once and does not wait for the end.
        self._plug.close()

    def _await_answer(self) -> None:
        for _ in range(int(START_LIMIT / _LOOK_AGAIN)):
            if self.main_loop_interrupt.wait(_LOOK_AGAIN):
                return
            if _answers(self._plug):
                self._ready()
                return
        self.shutdown()
        raise Unavailable(self._wish.listen, Text("no worker answers", "没有工作进程应答"))


def _application(home: str, lifeline: Lifeline) -> Callable[..., Any]:
    """The application in a worker, which ends politely when the main process is gone."""
    born()
    lifeline.follow(_end)
    start_django(home)
    logs.set_up()
    application: Callable[..., Any] = import_module("lading.site.wsgi").application
    # What is loaded now stays: looking through it for garbage took a twentieth of the time of small saves.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    return application


def _end() -> None:
    """End this process politely; asked again, since who has just started may not hear the first time."""
    for _ in range(int(PATIENCE / _ASK_AGAIN)):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_ASK_AGAIN)
    os._exit(1)


def _listening(listen: str) -> socket.socket:
    host, port = endpoint(listen)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        plug = socket.socket(family, kind, protocol)
        # A server that has just ended must not block its port; a living one does.
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it.  Without it the head and the body of an answer wait for each other's
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
    plug.set_inheritable(True)
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
