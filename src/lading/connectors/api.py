"""
The interface of a drive: read this file first.

Whatever system holds the files, it is seen through `Drive`: six calls, a
profile of facts, and facets for what not every system can do.  The meaning of
each call is fixed by the contract suite in `lading.testkit.contract`, which
runs against every connector.

Three rules hold everywhere:

* Calls raise only `DriveError` and its subclasses, with the path as the subject.
  What a library raises is translated inside the connector and nowhere else.
* Calls never retry, never pace and never print: wrappers in
  `lading.connectors.wrap` do that, and look like a drive themselves.
* Paths are relative to the root the drive was opened at.  No call reaches
  anything outside of that root, whatever the names say: what is no name (empty,
  `.`, `..`, or with a slash or NUL in it) every call refuses with `NameRefused`.

A drive object may be used by several threads at once, unless `Drive` says
otherwise about a call; different processes open their own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from lading.connectors.conditions import Precondition
from lading.connectors.facets import (
    Batch,
    Brief,
    Capacity,
    Changes,
    Comments,
    Freeze,
    Grants,
    Labels,
    Links,
    Locks,
    Moves,
    Page,
    Partials,
    People,
    Ranges,
    ReadBack,
    Reader,
    Retention,
    Settings,
    Settle,
    Versions,
    Written,
)
from lading.connectors.profile import Profile
from lading.model.entry import Entry
from lading.model.paths import Path
from lading.model.text import Text

__all__ = ["Drive", "Page"]


class Drive(ABC):
    """
    One drive, seen the same way whatever system holds it.

    A new connector is correct with the six calls alone: every facet is `None`
    until the connector offers it.
    """

    brief: Brief | None = None
    ranges: Ranges | None = None
    moves: Moves | None = None
    partials: Partials | None = None
    read_back: ReadBack | None = None
    settle: Settle | None = None
    versions: Versions | None = None
    grants: Grants | None = None
    links: Links | None = None
    people: People | None = None
    locks: Locks | None = None
    labels: Labels | None = None
    comments: Comments | None = None
    settings: Settings | None = None
    capacity: Capacity | None = None
    changes: Changes | None = None
    freeze: Freeze | None = None
    batch: Batch | None = None
    retention: Retention | None = None
    written: Written | None = None

    @property
    @abstractmethod
    def profile(self) -> Profile:
        """Facts about this drive; the first access may ask the server, later ones do not."""

    @property
    def server(self) -> str:
        """What the system says it is, with its version; empty where it says nothing."""
        return ""

    @property
    def notes(self) -> tuple[Text, ...]:
        """What whoever opened the drive should know before the work begins."""
        return ()

    @abstractmethod
    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """
        Entries directly in *folder*, in any order, each exactly once over all pages.

        A page may be empty and still have a cursor.  Entries that appear or vanish while
        pages are read may be told or not.  What cannot be moved (symlinks, sockets, entries
        that may not be read) is listed all the same, with its kind or its `problem`.
        Lading's own unfinished files are not listed.

        Raises:
            NotFound: there is no such folder.
            WrongKind: it is not a folder.
            Forbidden: the account may not list it.
            CursorExpired: start the listing again.
        """

    @abstractmethod
    def stat(self, path: Path) -> Entry:
        """
        The entry at *path*, as `list` would tell it; the root is a folder.

        Raises:
            NotFound: nothing is there.
        """

    @abstractmethod
    def read(
        self, path: Path, *, start: int = 0, expect: str | None = None
    ) -> AbstractContextManager[Reader]:
        """
        Open the content of *path* from byte *start* on.

        *start* may be the size (then nothing is left to read).  With *expect* the content
        must still have that etag.  Leaving the context early is no error.

        Raises:
            NotFound: nothing is there.
            WrongKind: it is not a file.
            Forbidden, Unreadable: it may not or cannot be read.
            Changed: its etag is not *expect*, or *start* lies beyond its end.
        """

    @abstractmethod
    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        """
        Store *source* at *path* and return the new entry.

        What only another call would tell (on most WebDAV servers the etag and the time) may be
        missing from it; `stat` tells.

        Either the whole content appears under *path* or nothing does, also when *source*
        fails half way (its exception passes through) or the process is killed.  The folder
        must exist.  Of two writers at once one wins, whole.  *size* is the number of bytes
        the caller expects *source* to give.  *modified* is kept where `profile.keeps_modified`
        says so, rounded down to the clock grain and held inside `modified_range`; other
        drives ignore it.

        Raises:
            AlreadyExists, Changed: the target does not meet *expect*.
            NotFound: the folder does not exist, or *expect* is `Unchanged` and nothing is there.
            WrongKind: a folder has that name (`AlreadyExists` where nothing was expected).
            NameRefused: the drive cannot hold the name.
            Truncated: *source* gave more or fewer bytes than *size*.
            NoSpace, TooLarge, ReadOnly, Forbidden: as they say.
        """

    @abstractmethod
    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """
        Make sure that *path* is a folder, and return it.

        One that exists is no error and keeps what it holds; *modified*, where kept, is set
        in both cases.  The parent must exist.

        Raises:
            NotFound: the parent does not exist.
            WrongKind: something else has that name.
            NameRefused: the drive cannot hold the name.
        """

    @abstractmethod
    def remove(self, path: Path, *, expect: Precondition) -> None:
        """
        Remove a file, or a folder that is empty.

        Raises:
            Forbidden: it is the root, or the account may not.
            NotFound: nothing is there.
            NotEmpty: a folder that still holds entries.
            Changed: it does not meet *expect*.
        """

    def close(self) -> None:
        """Give back connections; twice is no error.  The drive is not used afterwards."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
