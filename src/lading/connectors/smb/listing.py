"""
A folder being listed, page by page, over a handle that stays open in between.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice

from lading.connectors.api import Page
from lading.connectors.smb import packets
from lading.connectors.smb.facts import entry_of, is_folder, is_link
from lading.connectors.smb.trouble import MORE, NO_MORE_FILES, NO_SUCH_FILE, error_of
from lading.connectors.smb.wire import Handle, Wire, is_ours
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, CursorExpired, NotFound, Unavailable, WrongKind
from lading.model.paths import Path, shown_name

PAGE = 10_000
_BUFFER = 1 << 16
_OPEN = 32
"""Listings that may be half read; the oldest beyond that expire."""


class Listing:
    """The listing of *folder*, which *handle* has open."""

    def __init__(self, wire: Wire, folder: Path, handle: Handle) -> None:
        self.folder = folder
        self.ended = False
        self._wire = wire
        self._handle: Handle | None = handle
        self._found = self._entries()
        self._next: list[Entry] = []

    def page(self) -> list[Entry]:
        """The next entries; `ended` says whether these were the last."""
        found = self._next + list(islice(self._found, PAGE + 1 - len(self._next)))
        self._next = found[PAGE:]
        self.ended = not self._next
        return found[:PAGE]

    def close(self) -> None:
        """Give the handle back; twice is no error."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._wire.close(handle)

    def _entries(self) -> Iterator[Entry]:
        seen: set[str] = set()
        while data := self._more():
            for name, facts in packets.listed(data):
                if name in (".", "..") or is_ours(name):
                    continue
                if not name or "/" in name or "\0" in name or name in seen:
                    raise BadAnswer(self.folder, f"the listing tells {shown_name(name)}, twice or as no name")
                seen.add(name)
                yield entry_of((*self.folder, name), facts)

    def _more(self) -> bytes:
        if self._handle is None or self._handle.line.broken:
            raise Unavailable(self.folder, "the connection broke off")
        asked = packets.query_directory(self._handle.number, _BUFFER)
        answer = self._wire.call(self.folder, asked, line=self._handle.line)[0]
        if answer.status in (NO_MORE_FILES, NO_SUCH_FILE):
            return b""
        if answer.status not in (0, MORE):
            raise error_of(answer.status, self.folder)
        return packets.answered(answer.body)


class Listings:
    """Listings that wait for their next page, each under a cursor that is good once."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._mark = secrets.token_hex(6)
        self._count = 0
        self._waiting: OrderedDict[str, Listing] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, folder: Path, cursor: str | None) -> Page:
        """The next page of *folder*; see `Drive.list`."""
        listing = Listing(self._wire, folder, _opened(self._wire, folder)) if cursor is None else None
        if listing is None:
            assert cursor is not None
            listing = self._taken(folder, cursor)
        try:
            entries = listing.page()
        except BaseException as problem:
            listing.close()
            if cursor is not None and isinstance(problem, Unavailable):
                raise CursorExpired(folder, problem.details) from problem
            raise
        if listing.ended:
            listing.close()
            return Page(entries)
        return Page(entries, self._kept(listing))

    def close(self) -> None:
        """Forget all of them."""
        with self._lock:
            left = [*self._waiting.values()]
            self._waiting.clear()
        for listing in left:
            listing.close()

    def _taken(self, folder: Path, cursor: str) -> Listing:
        with self._lock:
            listing = self._waiting.pop(cursor, None)
        if listing is None or listing.folder != folder:
            raise CursorExpired(folder, "no listing waits under this cursor")
        return listing

    def _kept(self, listing: Listing) -> str:
        with self._lock:
            self._count += 1
            cursor = f"{self._mark}-{self._count}"
            self._waiting[cursor] = listing
            old = self._waiting.popitem(last=False)[1] if len(self._waiting) > _OPEN else None
        if old is not None:
            old.close()
        return cursor


def _opened(wire: Wire, folder: Path) -> Handle:
    access = packets.READ_DATA | packets.READ_ATTRIBUTES
    try:
        handle, _ = wire.open(folder, access)
    except WrongKind as problem:
        raise NotFound(folder, problem.details) from None
    if is_folder(handle.facts) and not handle.facts.attributes & packets.A_REPARSE:
        return handle
    wire.close(handle)
    facts = wire.look(folder)
    if not is_folder(facts) or is_link(facts):
        raise WrongKind(folder, "not a folder")
    return wire.open(folder, access, options=packets.DIRECTORY)[0]
