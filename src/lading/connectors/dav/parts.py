"""
The folder for unfinished files: `.lading-parts/OWNER` in the root, hidden from listings.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import threading
import time

from lading.connectors.conditions import ANYTHING
from lading.connectors.dav.listing import Listing
from lading.connectors.dav.trouble import remaining
from lading.connectors.dav.turns import alone
from lading.connectors.dav.wire import PARTS, Wire
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, DriveError, Unavailable, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

# The time is in the name: that of the file may be the one it is to have in the end.
_TEMPORARY = re.compile(r"w-([0-9a-f]{1,12})-[0-9a-f]{16}")
_FORGOTTEN = 7 * 86_400.0


class Parts:
    """Where the unfinished files of *owner* are; made when it is needed first."""

    def __init__(self, wire: Wire, owner: str) -> None:
        self._wire = wire
        self.folder: Path = (PARTS, owner)
        self._ready = False
        self._used = False
        self._lock = threading.Lock()

    def fresh(self) -> Path:
        """A name in our folder that nobody has; the folder is there."""
        self.ensure()
        return (*self.folder, f"w-{int(time.time()):x}-{secrets.token_hex(8)}")

    def ensure(self) -> None:
        """Make our folder, unless that was done already."""
        if self._ready:
            return
        with self._lock, alone(self._wire, self.folder[:1]):
            for path in (self.folder[:1], self.folder):
                self._make(path)
            if not self._used:
                # Tidying up can wait for another time: rclone garbles a listing of a folder in
                # which somebody else is at work.
                with contextlib.suppress(BadAnswer, Unavailable):
                    self._sweep(time.time())
            self._ready = self._used = True

    def _sweep(self, now: float) -> None:
        """Remove what killed processes of this owner left behind long ago."""
        for entry in self.left():
            begun = _TEMPORARY.fullmatch(entry.path[-1])
            if begun and int(begun.group(1), 16) < now - _FORGOTTEN:
                self.remove(entry.path)

    def _make(self, path: Path) -> None:
        answer = self._wire.call("MKCOL", path, folder=True)
        if answer.status in (200, 201):
            return
        if answer.status in (301, 405, 423) and (found := self._wire.found(path)):
            if found.is_folder:
                return
            raise WrongKind(
                path,
                Text("a file stands where unfinished files are kept", "存放未完成文件的位置被一个文件占用"),
            )
        raise remaining(path, ANYTHING, answer.status) or self._wire.error(answer, path)

    def forget(self) -> None:
        """Somebody tidied up: make the folder again when it is needed."""
        self._ready = False

    def remove(self, path: Path) -> None:
        """Remove the unfinished file *path*, if that can be done."""
        with contextlib.suppress(DriveError):
            self._wire.call("DELETE", path)

    def left(self) -> list[Entry]:
        """What lies in our folder, empty if it is not there."""
        return children(self._wire, self.folder)

    def tidy(self) -> None:
        """
        Remove our folder if this drive has used it and nothing is left in it.

        WebDAV removes folders with what they hold.  Whoever puts an unfinished file there in
        the very moment between loses it, and is told to try again.
        """
        if not self._used:
            return
        self._used = self._ready = False
        with contextlib.suppress(DriveError):
            for path in (self.folder, self.folder[:1]):
                if children(self._wire, path):
                    return
                self._wire.call("DELETE", path, folder=True)


def children(wire: Wire, folder: Path) -> list[Entry]:
    """The first entries in *folder*, our own hidden ones too; empty if it does not exist."""
    stream = wire.propfind(folder, folder=True, depth=1)
    try:
        if stream.status in (404, 410):
            return []
        if stream.status != 207:
            raise wire.error(stream, folder)
        return Listing(wire, folder, stream, everything=True).page()
    finally:
        stream.close()
