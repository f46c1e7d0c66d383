"""
Writers of one process take turns at each path, where the server would let one overtake the other.

Other processes are not held up: the server's own conditions have to do there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lading.connectors.webdav.wire import Wire
from lading.model.paths import Path

# Different paths may share a lock; that costs a moment and nothing else.
_LOCKS = tuple(threading.Lock() for _ in range(1024))


@contextmanager
def alone(wire: Wire, path: Path) -> Iterator[None]:
    """Keep others of this process, on whatever drive, from changing the same path; never nested."""
    with _LOCKS[hash((wire.place, path)) % len(_LOCKS)]:
        yield
