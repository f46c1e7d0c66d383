"""
The facet `settle`: every file that was written is flushed, one by one.

SMB flushes files, not drives.  Samba obeys as long as `strict sync` is on, as it is from the start.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from lading.connectors.smb import packets
from lading.connectors.smb.trouble import error_of
from lading.connectors.smb.wire import Wire
from lading.model.errors import NotFound, WrongKind
from lading.model.paths import Path, within

_AT_ONCE = 8
_ACCESS = packets.WRITE_DATA | packets.READ_ATTRIBUTES


class SmbSettle:
    """What was written since the last time, and its way to the disk."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._waiting: dict[Path, None] = {}
        self._lock = threading.Lock()

    def wrote(self, path: Path) -> None:
        """There is new content at *path*."""
        with self._lock:
            self._waiting[path] = None

    def moved(self, source: Path, target: Path) -> None:
        """What was at *source* is at *target* now."""
        with self._lock:
            for path in [path for path in self._waiting if within(path, source)]:
                del self._waiting[path]
                self._waiting[(*target, *path[len(source) :])] = None

    def settle(self) -> None:
        """
        Have the server write all of it to its disk.

        Raises:
            DriveError: one could not be flushed; it and those after it are tried again the next time.
        """
        with self._lock:
            waiting = [*self._waiting]
        # Several at once, since a disk makes many files last in one go.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for path, _ in zip(waiting, pool.map(self._flush, waiting), strict=True):
                with self._lock:
                    self._waiting.pop(path, None)

    def _flush(self, path: Path) -> None:
        try:
            opening = packets.create(self._wire.name(path), _ACCESS)
            for answer in self._wire.once(path, opening, packets.flush())[:2]:
                if not answer.ok:
                    raise error_of(answer.status, path)
        except (NotFound, WrongKind):
            # Somebody has removed or replaced it since.
            return
