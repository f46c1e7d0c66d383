"""
Where unfinished files are.

A file that is being written lies beside its target from the beginning, under a name that listings hide: so the server
hands down to it what the folder hands down, which a later rename would not.  It is marked to be removed as
soon as its handle closes, so that nothing stays of a client that dies.  Partials outlive their client, in the folder
`.lading-parts/OWNER` of the root, where the file with the turns is, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import secrets
import threading
import time
from collections.abc import Iterator

from lading.connectors.smb import packets
from lading.connectors.smb.trouble import NO_MORE_FILES, NO_SUCH_FILE, error_of
from lading.connectors.smb.wire import PARTS, Handle, Wire
from lading.model.errors import DriveError, NotFound, Unavailable
from lading.model.paths import Path

_TURNS: Path = (PARTS, "turns")
_TAKEN = frozenset({0xC0000054, 0xC0000055})
"""Somebody else has locked it."""


def beside(path: Path) -> Path:
    """A name in the folder of *path* that nobody has."""
    return (*path[:-1], f"{PARTS}~{secrets.token_hex(8)}")


class Parts:
    """The folder of *owner*; made when it is needed first."""

    def __init__(self, wire: Wire, owner: str) -> None:
        self._wire = wire
        self.folder: Path = (PARTS, owner)
        self._used = False
        self._lock = threading.Lock()

    def ensure(self) -> None:
        """Make our folder; one that is there is no error."""
        with self._lock:
            for path in (self.folder[:1], self.folder):
                self._make(path)
            self._used = True

    @contextlib.contextmanager
    def turn(self, path: Path) -> Iterator[None]:
        """
        One of Lading's clients at a time looks at *path* and replaces it.

        The lock is the server's, so it ends with the connection.  Other programs do not know of it.  Who has to wait
        asks again: a request that waits in the server is forgotten there now and then (Samba 4.17).

        Raises:
            Unavailable: it did not come to us in time.
        """
        self._make(self.folder[:1])
        self._used = True
        folded = "/".join(path).casefold().encode("utf-8", "surrogatepass")
        offset = int.from_bytes(hashlib.sha256(folded).digest()[:7], "big")
        access = packets.READ_DATA | packets.WRITE_DATA | packets.READ_ATTRIBUTES
        handle, (answer,) = self._wire.open(
            _TURNS, access, disposition=packets.OPEN_IF, then=(packets.lock(offset),)
        )
        try:
            if not answer.ok:
                self._wait(handle, offset, answer.status, path)
            yield
        finally:
            self._wire.close(handle)

    def _wait(self, handle: Handle, offset: int, status: int, path: Path) -> None:
        until = time.monotonic() + self._wire.options.timeout
        asked = packets.lock(offset, handle.number)
        while status in _TAKEN and time.monotonic() < until:
            time.sleep(random.uniform(0.002, 0.03))  # noqa: S311 — so that two do not ask in step
            status = self._wire.call(path, asked, line=handle.line)[0].status
        if status in _TAKEN:
            raise Unavailable(path, "others are at work on it")
        if status:
            raise error_of(status, path)

    def left(self) -> list[str]:
        """The names of what lies in our folder."""
        try:
            handle, _ = self._wire.open(self.folder, packets.READ_DATA | packets.READ_ATTRIBUTES)
        except NotFound:
            return []
        names: list[str] = []
        try:
            while data := self._more(handle.number):
                names.extend(one.name for one in packets.listed(data) if one.name not in (".", ".."))
            return names
        finally:
            self._wire.close(handle)

    def remove(self, path: Path) -> None:
        """
        Remove the file or empty folder *path*.

        Raises:
            DriveError: it cannot be removed.
        """
        opening = packets.create(self._wire.name(path), packets.DELETE | packets.READ_ATTRIBUTES)
        for answer in self._wire.once(path, opening, packets.set_disposition(gone=True)):
            if not answer.ok:
                raise error_of(answer.status, path)

    def tidy(self) -> None:
        """Remove our folder if this drive has used it and nothing is left in it."""
        if not self._used:
            return
        self._used = False
        # A folder that is not empty is not removed, which is what we want.
        for path in (self.folder, _TURNS, self.folder[:1]):
            with contextlib.suppress(DriveError):
                if path == _TURNS and self._is_shared():
                    return
                self.remove(path)

    def _is_shared(self) -> bool:
        """Whether somebody else's folder lies beside ours: then the turns stay."""
        parent = Parts(self._wire, "")
        parent.folder = self.folder[:1]
        return any(name != _TURNS[-1] for name in parent.left())

    def _make(self, path: Path) -> None:
        handle, _ = self._wire.open(
            path,
            packets.READ_ATTRIBUTES,
            disposition=packets.OPEN_IF,
            options=packets.DIRECTORY | packets.THE_LINK_ITSELF,
            making=True,
        )
        self._wire.close(handle)

    def _more(self, number: bytes) -> bytes:
        answer = self._wire.call(self.folder, packets.query_directory(number, 1 << 16))[0]
        if answer.status in (NO_MORE_FILES, NO_SUCH_FILE):
            return b""
        if not answer.ok:
            raise error_of(answer.status, self.folder)
        return packets.answered(answer.body)
