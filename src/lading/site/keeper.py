"""
The keeper: one process beside the workers that seals the audit and tidies up.

It runs in one place per drive.  A duty that fails is told to the log and tried
again when it is due; a keeper that is lost is started again.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Self

from django.db import connections

from lading.model.errors import LadingError
from lading.model.text import Language
from lading.site import logs
from lading.site.home import start_django
from lading.site.lifeline import Lifeline, birth

PATIENCE = 30.0
AGAIN = 1.0
"""Seconds before a keeper that was lost is started again."""
_log = logging.getLogger("lading.keeper")


@dataclass(frozen=True, slots=True)
class Duty:
    """A function of the drive and the seconds between two times."""

    module: str
    function: str
    every: float


SEAL = Duty("lading.drive.audit.seal", "seal", 2.0)
DUTIES = (
    SEAL,
    Duty("lading.drive.check.tidy", "tidy", 3600.0),
    Duty("lading.drive.audit.retire", "retire", 24 * 3600.0),
)


class Keeper:
    """
    Keeps the drive in *home* while inside `with`; at the end everything is sealed once more.

    *plug* is the descriptor of the socket that the workers listen on, which is none of the keeper's business.
    """

    def __init__(self, home: str, lifeline: Lifeline, plug: int) -> None:
        self._home, self._lifeline, self._plug = home, lifeline, plug
        self._over = threading.Event()
        self._process = self._start()
        self._watch = threading.Thread(target=self._start_again, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._process.terminate()
        self._process.join(PATIENCE)
        self._process.kill()
        self._watch.join()

    def _start(self) -> multiprocessing.Process:
        args = (self._home, self._lifeline, self._plug)
        process = multiprocessing.Process(target=_keep, args=args, name="lading-keeper", daemon=True)
        with birth():
            process.start()
        return process

    def _start_again(self) -> None:
        while True:
            self._process.join()
            if self._over.wait(AGAIN):
                return
            self._process = self._start()


def _keep(home: str, lifeline: Lifeline, plug: int) -> None:
    """The life of a keeper: it ends when it is asked to, or when the main process is gone."""
    over = threading.Event()
    # Ctrl-C is for the main process, which then asks us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    os.close(plug)
    lifeline.follow(over.set)
    start_django(home)
    logs.set_up()
    # Whoever waits for an answer comes first; what is sealed late is sealed all the same.
    os.nice(10)
    attend(DUTIES, over)


def attend(
    duties: tuple[Duty, ...], over: threading.Event, clock: Callable[[], float] = time.monotonic
) -> None:
    """Do each of *duties* when it is due until *over*; then seal what is left."""
    due = {duty: clock() for duty in duties}
    while not over.is_set():
        duty = min(due, key=lambda one: due[one])
        if over.wait(max(0.0, due[duty] - clock())):
            break
        do(duty)
        due[duty] = clock() + duty.every
    if SEAL in duties:
        do(SEAL)


def do(duty: Duty) -> None:
    """Do *duty* once; what hinders it goes to the log."""
    try:
        getattr(import_module(duty.module), duty.function)()
    except LadingError as error:
        _log.error("%s: %s", duty.function, error.message(Language.EN))
        connections.close_all()
    except Exception:
        # The keeper must live on: the next duty may well succeed, on another connection.
        _log.exception("%s", duty.function)
        connections.close_all()
