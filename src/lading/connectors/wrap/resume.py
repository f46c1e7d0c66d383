"""
Reading on where a connection broke off, and never in another content.
"""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from types import TracebackType

from lading.connectors.api import Drive
from lading.connectors.facets import Reader
from lading.connectors.wrap.backoff import Attempts
from lading.model.entry import Entry
from lading.model.errors import Changed, DriveError, Truncated
from lading.model.paths import Path


class Resuming(AbstractContextManager[Reader]):
    """
    Context and reader in one: `Drive.read` of *path*, opened again as often as *attempts* allow.

    Attempts are counted anew after each block that came through.
    """

    def __init__(self, drive: Drive, path: Path, start: int, expect: str | None, attempts: Attempts) -> None:
        self._drive = drive
        self._path = path
        self._start = start
        self._at = start
        self._expect = expect
        self._attempts = attempts
        self._known: Entry | None = None
        self._context: AbstractContextManager[Reader] | None = None

    entry: Entry

    def read(self, size: int, /) -> bytes:
        while True:
            try:
                block = self._reader.read(size)
            except DriveError as error:
                self._refuse_overlong(error)
                self._open_after(error)
                continue
            if block:
                self._at += len(block)
                self._attempts.progressed()
            return block

    def __enter__(self) -> Reader:
        try:
            self._open()
        except DriveError as error:
            self._open_after(error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        context, self._context = self._context, None
        return None if context is None else context.__exit__(kind, error, trace)

    def _open_after(self, error: DriveError) -> None:
        """Open again after *error*, until it succeeds or the attempts are used up."""
        while True:
            self._drop()
            self._refuse_unknown(error)
            self._attempts.after(error)
            try:
                self._open()
            except DriveError as again:
                error = again
            else:
                return

    def _open(self) -> None:
        expect = self._expect or (self._known.etag if self._known else None)
        context = self._drive.read(self._path, start=self._at, expect=expect)
        reader = context.__enter__()
        self._context = context
        if self._known is None:
            self.entry = self._known = reader.entry
        elif not _same(self._known, reader.entry):
            self._drop()
            raise Changed(self._path, "it was replaced while it was being read")
        self._reader = reader

    def _drop(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            with contextlib.suppress(DriveError):
                context.__exit__(None, None, None)

    def _refuse_overlong(self, error: DriveError) -> None:
        # Everything announced has come and there is more: reading on would not mend it.
        if isinstance(error, Truncated) and self._at >= self.entry.size:
            raise error

    def _refuse_unknown(self, error: DriveError) -> None:
        """Pass *error* on if nothing could tell the rest of this content from that of another."""
        entry = self._known
        if entry and self._at > self._start and entry.etag is None and entry.modified is None:
            raise error


def _same(before: Entry, now: Entry) -> bool:
    if before.etag is not None and now.etag is not None:
        return before.etag == now.etag and before.size == now.size
    return (before.size, before.modified) == (now.size, now.modified)
