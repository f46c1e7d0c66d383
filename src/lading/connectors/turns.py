"""
Writers of one process take turns at each place, where the server would let one overtake the other.

Other processes are not held up: the server's own conditions have to do there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

# Different places may share a lock; that costs a moment and nothing else.
_LOCKS = [threading.Lock() for _ in range(1024)]


def _renew() -> None:
    _LOCKS[:] = [threading.Lock() for _ in _LOCKS]


if hasattr(os, "register_at_fork"):
    # A lock that another thread held at that moment would never be given back in the child.
    os.register_at_fork(after_in_child=_renew)


@contextmanager
def alone(*places: Hashable) -> Iterator[None]:
    """Keep others of this process, on whatever drive, from changing the same *places*; never nested."""
    locks = sorted({hash(place) % len(_LOCKS) for place in places})
    held = []
    try:
        for number in locks:
            _LOCKS[number].acquire()
            held.append(_LOCKS[number])
        yield
    finally:
        for lock in reversed(held):
            lock.release()
