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
import threading
import time
from collections.abc import Iterator

from lading.connectors.smb import packets
from lading.connectors.smb.inheriting import shut
from lading.connectors.smb.line import Answer
from lading.connectors.smb.trouble import NO_MORE_FILES, NO_SUCH_FILE, error_of
from lading.connectors.smb.wire import PARTS, Handle, Wire
from lading.model.errors import DriveError, NotFound, Unavailable
from lading.model.paths import Path

_TURNS: Path = (PARTS, "turns")
_TAKEN = frozenset({0xC0000054, 0xC0000055})
"""Somebody else has locked it."""


class Parts:
    """The folder of *owner*; made when it is needed first."""

    def __init__(self, wire: Wire, owner: str) -> None:
        self._wire = wire
        self.folder: Path = (PARTS, owner)
        self._used = False
        self._shut = False
        self._lock = threading.Lock()

    def ensure(self) -> None:
        """
        Make our folder; one that is there is no error.

        Only its owner is let in: what lies in it may come to be where others are kept out.
        """
        with self._lock:
            for path in (self.folder[:1], self.folder):
                self._make(path)
            self._used = True
            if not self._shut:
                shut(self._wire, self.folder)
                self._shut = True

    @contextlib.contextmanager
    def turn(self, path: Path) -> Iterator[None]:
        """
        One of Lading's clients at a time looks at *path* and replaces it.

        The lock is the server's, so it ends with the connection.  Other programs do not know of it.  Who has to wait
        asks again: a request that waits in the server is forgotten there now and then (Samba 4.17).

        Raises:
            Unavailable: it did not come to us in time.
        """
        folded = "/".join(path).casefold().encode("utf-8", "surrogatepass")
        offset = int.from_bytes(hashlib.sha256(folded).digest()[:7], "big")
        handle, answer = self._turns(offset)
        try:
            if not answer.ok:
                self._wait(handle, offset, answer.status, path)
            yield
        finally:
            self._wire.close(handle)

    def _turns(self, offset: int) -> tuple[Handle, Answer]:
        """The file with the turns, and whether the byte at *offset* was free."""
        until = time.monotonic() + self._wire.options.timeout
        access = packets.READ_DATA | packets.WRITE_DATA | packets.READ_ATTRIBUTES
        then = (packets.lock(offset),)
        while True:
            self._make(self.folder[:1])
            self._used = True
            try:
                handle, (answer,) = self._wire.open(_TURNS, access, disposition=packets.OPEN_IF, then=then)
            except NotFound:
                # Somebody tidies up: it is there again once they have finished.
                if time.monotonic() >= until:
                    raise
                _rest()
            else:
                return handle, answer

    def _wait(self, handle: Handle, offset: int, status: int, path: Path) -> None:
        until = time.monotonic() + self._wire.options.timeout
        asked = packets.lock(offset, handle.number)
        while status in _TAKEN and time.monotonic() < until:
            _rest()
            status = self._wire.call(path, asked, line=handle.line)[0].status
        if status in _TAKEN:
            raise Unavailable(path, "others are at work on it")
        if status:
            raise error_of(status, path)

    def left(self) -> list[str]:
        """The names of what lies in our folder."""
        return self._names(self.folder)

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
        self._used = self._shut = False
        # A folder that is not empty is not removed, which is what we want.
        for path in (self.folder, _TURNS, self.folder[:1]):
            with contextlib.suppress(DriveError):
                if path == _TURNS and self._is_shared():
                    return
                self.remove(path)

    def _is_shared(self) -> bool:
        """Whether somebody else's folder lies beside ours: then the turns stay."""
        return any(name != _TURNS[-1] for name in self._names(self.folder[:1]))

    def _make(self, path: Path) -> None:
        handle, _ = self._wire.open(
            path,
            packets.READ_ATTRIBUTES,
            disposition=packets.OPEN_IF,
            options=packets.DIRECTORY | packets.THE_LINK_ITSELF,
            making=True,
        )
        self._wire.close(handle)

    def _names(self, folder: Path) -> list[str]:
        try:
            handle, _ = self._wire.open(folder, packets.READ_DATA | packets.READ_ATTRIBUTES)
        except NotFound:
            return []
        names: list[str] = []
        try:
            while data := self._more(handle, folder):
                names.extend(one.name for one in packets.listed(data) if one.name not in (".", ".."))
            return names
        finally:
            self._wire.close(handle)

    def _more(self, handle: Handle, folder: Path) -> bytes:
        asked = packets.query_directory(handle.number, 1 << 16)
        answer = self._wire.call(folder, asked, line=handle.line)[0]
        if answer.status in (NO_MORE_FILES, NO_SUCH_FILE):
            return b""
        if not answer.ok:
            raise error_of(answer.status, folder)
        return packets.answered(answer.body)


def _rest() -> None:
    time.sleep(random.uniform(0.002, 0.03))  # noqa: S311 — so that two do not ask in step
