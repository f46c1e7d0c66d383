"""
Writers of one process take turns at each path, where the server would let one overtake the other.

Other processes are not held up: the server's own conditions have to do there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lading.connectors.webdav.wire import Wire
from lading.model.paths import Path

# Different paths may share a lock; that costs a moment and nothing else.
_LOCKS = [threading.Lock() for _ in range(1024)]


def _renew() -> None:
    _LOCKS[:] = [threading.Lock() for _ in _LOCKS]


if hasattr(os, "register_at_fork"):
    # A lock that another thread held at that moment would never be given back in the child.
    os.register_at_fork(after_in_child=_renew)


@contextmanager
def alone(wire: Wire, path: Path) -> Iterator[None]:
    """Keep others of this process, on whatever drive, from changing the same path; never nested."""
    with _LOCKS[hash((wire.place, path)) % len(_LOCKS)]:
        yield
