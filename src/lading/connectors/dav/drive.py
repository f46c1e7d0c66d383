"""
The six calls over WebDAV: what every drive on such a server has in common.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.dav.listing import Listing
from lading.connectors.dav.parts import Parts
from lading.connectors.dav.reading import Reading, reading
from lading.connectors.dav.removing import remove
from lading.connectors.dav.wire import PARTS, Wire
from lading.connectors.dav.writing import Writing
from lading.connectors.names import check_names
from lading.model.entry import Entry
from lading.model.errors import CursorExpired, DriveError, NotFound, WrongKind
from lading.model.paths import ROOT, Path

_OPEN_LISTINGS = 16
_DOUBTFUL = frozenset({301, 302, 307, 308, 400, 403, 404, 405, 409})


class DavDrive(Drive):
    """
    The drive behind *wire*, whose root has answered; which facts hold for it a subclass says.

    May be used by several threads at once; connections are kept, one for each call that is
    under way at the same time.
    """

    def __init__(self, wire: Wire, parts: Parts, writing: Writing) -> None:
        self._wire = wire
        self._parts = parts
        self._writing = writing
        self._lock = Lock()
        self._waiting: OrderedDict[str, Listing] = OrderedDict()
        self._count = 0

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Entries in the order of the server; see `Drive.list`."""
        check_names(folder)
        if PARTS in folder:
            raise NotFound(folder, "reserved for unfinished files")
        listing = self._begun(folder) if cursor is None else self._taken(cursor, folder)
        try:
            entries = listing.page()
        except DriveError as error:
            listing.close()
            if cursor is None or error.advice != CursorExpired.advice:
                raise
            # What waited between pages was cut off: that says nothing about the folder.
            raise CursorExpired(folder, "the listing was cut off") from error
        except BaseException:
            listing.close()
            raise
        if listing.ended:
            listing.close()
            return Page(entries)
        return Page(entries, self._kept(listing))

    def stat(self, path: Path) -> Entry:
        """The entry at *path*, as `list` would tell it."""
        check_names(path)
        if PARTS in path:
            raise NotFound(path, "reserved for unfinished files")
        return self._wire.stat(path)

    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Reading:
        """Open a file; see `Drive.read`."""
        check_names(path)
        if PARTS in path:
            raise NotFound(path, "reserved for unfinished files")
        if path == ROOT:
            raise WrongKind(path, "the root is a folder")
        return reading(self._wire, path, start, expect)

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        """Store *source*; see `Drive.write`."""
        if modified is not None:
            _ = self.profile
        return self._writing.write(path, source, expect, size, modified)

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """Make sure that *path* is a folder."""
        if modified is not None:
            _ = self.profile
        return self._writing.make_folder(path, modified)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        """Remove a file or an empty folder."""
        check_names(path)
        remove(self._wire, self._writing, path, expect)

    def close(self) -> None:
        """Give back connections, and remove our own folder if nothing is left in it."""
        with self._lock:
            waiting = [*self._waiting.values()]
            self._waiting.clear()
        for listing in waiting:
            listing.close()
        self._parts.tidy()
        self._wire.session.close()

    def _begun(self, folder: Path) -> Listing:
        stream = self._wire.propfind(folder, folder=True, depth=1)
        if stream.status == 207:
            return Listing(self._wire, folder, stream)
        try:
            stream.drop()
            error = self._wire.error(stream, folder)
        finally:
            stream.close()
        if stream.status in _DOUBTFUL:
            found = self._wire.stat(folder)
            if not found.is_folder:
                raise WrongKind(folder, found.kind.value)
        raise error

    def _kept(self, listing: Listing) -> str:
        with self._lock:
            self._count += 1
            cursor = f"{id(self):x}-{self._count:x}"
            self._waiting[cursor] = listing
            dropped = self._waiting.popitem(last=False)[1] if len(self._waiting) > _OPEN_LISTINGS else None
        if dropped:
            dropped.close()
        return cursor

    def _taken(self, cursor: str, folder: Path) -> Listing:
        with self._lock:
            listing = self._waiting.pop(cursor, None)
        if listing is None or listing.folder != folder:
            if listing:
                listing.close()
            raise CursorExpired(folder, "the drive was opened again, or too many listings were left open")
        return listing
