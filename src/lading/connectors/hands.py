"""
Work that is shared between worker processes and the process that started them.

A process that waits for its workers is memory that nobody uses.  Where tasks are short and wait for
no network, it may as well do every n-th of them itself, in a thread: one process less to hold.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any

Work = Callable[[], Any]

PATIENCE = 2.0
"""Seconds to wait for a task of this process that cannot be ended from outside."""


class Hands:
    """Give what is submitted to the *processes* of *pool*, and to a thread of this process, whoever is free first."""

    def __init__(self, pool: ProcessPoolExecutor, processes: int) -> None:
        self._waiting: SimpleQueue[tuple[Future[Any], Work] | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._stopped = False
        self._here = threading.Thread(target=self._work, args=(_call,), name="crew-here", daemon=True)

        def away(work: Work) -> Any:
            return pool.submit(work).result()

        self._away = [
            threading.Thread(target=self._work, args=(away,), name="crew-away", daemon=True)
            for _ in range(processes)
        ]
        # Whoever begins first takes the first task: processes of their own are not held up by this one.
        for thread in (*self._away, self._here):
            thread.start()

    def submit(self, work: Work) -> Future[Any]:
        """
        Have somebody do *work*, which can be pickled; its exception comes back through the future.

        Raises:
            BrokenExecutor: it was stopped; nobody would take *work*, and whoever waits for it would do so for ever.
        """
        future: Future[Any] = Future()
        with self._guard:
            if self._stopped:
                raise BrokenExecutor("stopped")
            self._waiting.put((future, work))
        return future

    def stop(self, *, at_once: bool = False) -> bool:
        """
        Do no more than what has been begun; whether this process does nothing of it any more.

        With *at_once* that may take a moment: wait for it at most `PATIENCE`.  End the processes before.
        """
        with self._guard:
            self._stopped = True
        self._cancel()
        for _ in (*self._away, self._here):
            self._waiting.put(None)
        self._here.join(PATIENCE if at_once else None)
        for thread in self._away:
            thread.join()
        return not self._here.is_alive()

    def _cancel(self) -> None:
        while True:
            try:
                item = self._waiting.get_nowait()
            except Empty:
                return
            if item is not None:
                item[0].cancel()
                # Only this tells those who wait for it.
                item[0].set_running_or_notify_cancel()

    def _work(self, do: Callable[[Work], Any]) -> None:
        while (item := self._waiting.get()) is not None:
            future, work = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(do(work))
            except BaseException as error:
                # Whoever waits for it hears of it.
                future.set_exception(error)


def _call(work: Work) -> Any:
    return work()
