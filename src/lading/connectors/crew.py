"""
Worker processes that end when their parent does.

Two processes share two cores better than many threads of one.  Work is a
function at the top of a module and a task that can be pickled; each process
opens its own drives (see `drive_for`) and keeps them for the next task.

A crew promises nothing about order and never repeats work: whoever submits a
task makes it safe to run again.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.util import Finalize
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.hands import Hands
from lading.connectors.opening import opened
from lading.connectors.registry import load
from lading.connectors.wrap.policy import Policy, wrapped
from lading.connectors.wrap.record import Tally
from lading.model.progress import Progress, Publish, nobody_listens

P = ParamSpec("P")
R = TypeVar("R")

KEPT = 64 << 20
"""Bytes of freed memory that a worker keeps for itself at most, in each pool that its threads share."""
_LARGEST_KEPT = 32 << 20
"""The most that glibc lets `M_MMAP_THRESHOLD` be (mallopt(3))."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""The numbers of `M_TRIM_THRESHOLD`, `M_MMAP_THRESHOLD` and `M_ARENA_MAX` in malloc.h."""

_ENDS = (signal.SIGINT, signal.SIGTERM)
_MASKS = hasattr(signal, "pthread_sigmask")
"""Whether signals can be held back here; Windows knows none, and forks nothing."""

_progress: Any = None
_drives: dict[str, Drive] = {}
_opening = threading.RLock()
_notes = Tally()
_last_done: Callable[..., Any] | None = None
"""The function that this process called last for a lean crew."""


class Crew:
    """
    *size* worker processes, started at once.

    Start a crew before anything that makes threads: then the workers are forked (on Linux),
    which takes milliseconds, and they inherit the file locks of the run, and the code for *drives*.
    One that works *leanly* has a process less, since this one does its share; it keeps little of what a task has freed when that
    ends, and its processes end when they are dismissed.  For tasks that are short and wait for no network: those of this process
    cannot be ended from outside.
    """

    def __init__(
        self,
        size: int,
        *,
        publish: Publish = nobody_listens,
        drives: Iterable[Address] = (),
        leanly: bool = False,
    ) -> None:
        load(drives)
        if leanly and (mallopt := _of_libc("mallopt")) is not None:
            # Threads that come later share what is there: each would keep memory of its own, most of it free.
            mallopt(_ARENA_MAX, 1)
        # What is free now would be copied by each worker that uses it.
        _give_back()
        context = _context()
        self.size = size
        self._leanly = leanly
        self._publish = publish
        self._progress: Any = context.SimpleQueue()
        processes = max(1, size - 1) if leanly else size
        self._pool = ProcessPoolExecutor(
            processes, context, initializer=_begin, initargs=(self._progress, leanly)
        )
        with _undisturbed():
            self._pool.submit(os.getpid).result()
        self._hands = Hands(self._pool, processes) if processes < size else None
        if self._hands is not None:
            _tell_through(self._progress)
        self._listener = threading.Thread(target=self._listen, name="crew-progress", daemon=True)
        self._listener.start()

    def submit(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """
        Have one of the processes call *work*; its exception comes back through the future.

        Raises:
            RuntimeError: the crew was stopped; `BrokenExecutor`, which is one, if a process died as well.
        """
        if self._leanly:
            lean = partial(_lean, partial(work, *args, **kwargs))
            # Looked at once: another thread may stop the crew meanwhile.
            hands = self._hands
            return self._pool.submit(lean) if hands is None else hands.submit(lean)
        return self._pool.submit(work, *args, **kwargs)

    def dismiss(self) -> None:
        """End the processes of a lean crew, whose work is done: they hold memory that the end of a run has use for."""
        if self._leanly:
            self._end_hands(at_once=False)
            self._pool.shutdown(wait=True)
            _give_back()

    def stop(self, *, at_once: bool = False) -> None:
        """End the processes: after the tasks that they have (those that this process shares with them may be given up), or *at_once*."""
        if at_once:
            for process in list((self._pool._processes or {}).values()):
                process.kill()
        idle = self._end_hands(at_once=at_once)
        # Futures are not cancelled: nobody would tell whoever waits for one of them (`concurrent.futures.wait` knows of no
        # cancelled ones but those that a worker took note of).  Without processes they fail, and otherwise they end.
        self._pool.shutdown(wait=True)
        if self._listener.is_alive():
            # Past its lock: a process that was killed while it told something holds it for ever.
            self._progress._writer.send(None)
            self._listener.join()
        if idle:
            close_drives()

    def _end_hands(self, *, at_once: bool) -> bool:
        """End what this process does for itself; False if it goes on with a task, and with the drives that this takes."""
        hands, self._hands = self._hands, None
        if hands is None:
            return True
        idle = hands.stop(at_once=at_once)
        _tell_through(None)
        return idle

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(at_once=kind is not None)

    def _listen(self) -> None:
        publish = self._publish
        while (told := self._progress.get()) is not None:
            try:
                publish(Progress(*told))
            except Exception:
                # Nobody sees progress any more; the workers would wait for a reader for ever.
                publish = nobody_listens


def _tell_through(progress: Any) -> None:
    global _progress  # this process works, too
    _progress = progress


def tell(progress: Progress) -> None:
    """Publish *progress* from inside a worker; its figures are what was done since the last time."""
    if _progress is not None:
        _progress.put(tuple(progress))


def drive_for(address: Address, policy: Policy) -> Drive:
    """The drive at *address*, opened once in this process and wrapped as *policy* says."""
    key = repr((address, policy))
    with _opening:
        if key not in _drives:
            drive = opened(address, policy)
            # To note every call of a local drive would cost more than many of the calls.
            _drives[key] = wrapped(drive, policy, note=None if drive.profile.local else _notes.note)
        return _drives[key]


def retries() -> int:
    """How many calls this process has repeated so far."""
    return _notes.retries


def close_drives() -> None:
    """Close all drives that this process opened through `drive_for`."""
    while _drives:
        _drives.popitem()[1].close()


def _context() -> BaseContext:
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


def _keep_memory() -> None:
    """
    Have the C library keep what is freed for the next block.

    glibc gives blocks of a megabyte back to the system and takes them again, each time as pages of zeros that
    have to be made: more work than to receive, hash and store what comes into them.
    """
    if (mallopt := _of_libc("mallopt")) is not None:
        mallopt(_TRIM_THRESHOLD, KEPT)
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)


def _give_back() -> None:
    """Have the C library give back to the system whatever is free."""
    if (trim := _of_libc("malloc_trim")) is not None:
        trim(0)


def _of_libc(name: str) -> Callable[..., int] | None:
    """The function *name* of the C library; None where it has none of its own kind."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def _lean(work: partial[R]) -> R:
    """What *work* gives, after which nothing that it freed is kept, unless the task before was of the same kind: so may be the next."""
    global _last_done
    try:
        return work()
    finally:
        if _last_done is not work.func:
            _last_done = work.func
            _give_back()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Whoever ends us is heard after this: what a signal raises amid a fork, Python tells of and forgets, and we would go on."""
    if not _MASKS:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(progress: Any, leanly: bool) -> None:
    global _progress  # one channel to the parent per process
    _progress = progress
    _drives.clear()
    if not leanly:
        _keep_memory()
    # What was made before the fork is not looked through again: that would copy its pages.
    gc.freeze()
    # Ctrl-C is the parent's business; it ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A handler of the parent would make a traceback of its end.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if _MASKS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    # What a drive keeps on the other side (an empty folder for unfinished files) goes with us.
    Finalize(None, close_drives, exitpriority=1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(75)
