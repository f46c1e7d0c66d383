"""
The line between the main process of a server and its children: its end tells them that it is gone.

A pipe that nobody writes to.  The kernel closes it with its holder, however that
one dies, so no child outlives a killed server.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ENDS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def birth() -> Iterator[None]:
    """
    Start children inside: a signal to end that comes too early waits in the child until it is `born`.

    Else a child would hear it with the ears of the main process, and live on.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)


def born() -> None:
    """In a child: signals to end are heard from now on, by handlers of its own or the default."""
    for number in _ENDS:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)


class Lifeline:
    """Made and held by the main process; handed to children, which `follow` it."""

    def __init__(self) -> None:
        self._end, self._holder = os.pipe()

    def close(self) -> None:
        """Let go: whoever still follows is told."""
        os.close(self._holder)
        os.close(self._end)

    def follow(self, gone: Callable[[], object]) -> None:
        """In a child: call *gone* once the holder is gone."""
        # Our own copy would keep the line alive.
        os.close(self._holder)
        threading.Thread(target=self._wait, args=(gone,), daemon=True).start()

    def _wait(self, gone: Callable[[], object]) -> None:
        os.read(self._end, 1)
        gone()
