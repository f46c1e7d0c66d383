"""
Writers of one process take turns at each path of a WebDAV server; see `lading.connectors.turns`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from lading.connectors import turns
from lading.connectors.dav.wire import Wire
from lading.model.paths import Path


def alone(wire: Wire, path: Path) -> AbstractContextManager[None]:
    """Keep others of this process, on whatever drive, from changing the same path; never nested."""
    return turns.alone((wire.place, path))
