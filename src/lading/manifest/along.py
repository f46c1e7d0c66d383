"""
What a walk does along the way where that is cheap: ask rights folder by folder, and take over what an earlier manifest tells.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

from lading.connectors.api import Drive
from lading.connectors.crew import tell
from lading.connectors.facets import Told
from lading.manifest.earlier import Earlier, Source, earlier_of
from lading.manifest.granted import Mark, files_granted, mark_of, rows_told, told_on
from lading.manifest.parts import PartWriter
from lading.manifest.rows import Row, Rows
from lading.manifest.schema import ROW_GROUP
from lading.manifest.tables import Feature, raw_schema
from lading.manifest.taking import STAGE, File, Meter, Take, Taker, digested
from lading.model.entry import Entry, Kind
from lading.model.paths import Path, encode
from lading.model.progress import Progress

READ_ALONG = 64 << 20
"""Bytes of content after which a walk ends, so that a kill loses no more than that."""
BEYOND = 16 << 20
"""Bytes of content beyond these that a walk may read to the end of the folder at hand: what is left is read later, and its part written again."""
TICK = 20_000_000
"""Nanoseconds between two times that a file system may tell at most, if it says nothing else: Linux notes times by a clock of 100 Hz or more."""
MOST_ALONG = 8 << 20
"""Bytes of a file that is read along the way at most: larger ones are read later, each by itself."""


def rights_file(folder: str, part: str) -> str:
    """The file below *folder* for the raw rows of grants of all entries in the part called *part*."""
    return os.path.join(folder, f"{Feature.GRANTS}-{part}")


class Along:
    """
    Goes with one walk over *drive*, folder after folder.

    *rights* is the file for the raw rows of grants, "" if they are asked later.  What *source* tells is taken over.  *taker*
    takes the contents of small files until `READ_ALONG` bytes have been `read`; None: all are read later.
    """

    def __init__(self, drive: Drive, rights: str, source: Source | None, taker: Taker | None) -> None:
        self._source = source
        self._rights = _Rights(drive, rights) if rights else None
        self._reader = None if taker is None else _Reader(drive, taker)
        self._carries = drive.profile.etag_covers_rights
        # Whoever writes on within the tick in which a file was listed leaves its time, and so its etag, as they are.
        self._settled = time.time_ns() - max(drive.profile.clock_grain, TICK)
        self._open = ExitStack()
        self._lacking = False

    def __enter__(self) -> Self:
        if self._rights is not None:
            self._open.enter_context(self._rights.file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.close(kind, error, trace)
        self._open.__exit__(kind, error, trace)

    @cached_property
    def _earlier(self) -> Earlier | None:
        """What may be taken over, read for the first files: a walk that finds folders alone leaves them to others sooner."""
        return None if self._source is None else earlier_of(self._source)

    @property
    def digested(self) -> bool:
        """Whether nothing is left to be read of what was listed."""
        return not self._lacking and (self._reader is not None or self._source is not None)

    @property
    def progress(self) -> Progress:
        """Files and bytes that were read."""
        reader = self._reader
        return Progress(STAGE, 0, 0) if reader is None else Progress(STAGE, reader.files, reader.bytes)

    @property
    def read(self) -> int:
        """Bytes that were read so far."""
        return 0 if self._reader is None else self._reader.bytes

    def took(self, folder: Path, entries: list[Entry]) -> tuple[list[Entry], list[bytes | None]]:
        """*entries*, all in *folder* and none of them a folder, with the problems found in reading them, and their SHA-256 where it is known."""
        if not entries:
            return entries, []
        wheres = _encoded(folder, entries)
        doubtful: list[str] = []
        found = [self._content(where, entry, doubtful) for where, entry in zip(wheres, entries, strict=True)]
        self._ask_rights(folder, entries, doubtful)
        return [entry for entry, _ in found], [content for _, content in found]

    def folder(self, path: Path) -> None:
        """Write down the rights of a folder, behind all that is in it."""
        if self._rights is not None:
            self._rights.folder(path)

    def finish(self) -> None:
        """Let what was taken count, and the rows of grants appear under their name."""
        if self._reader is not None:
            self._reader.finish()
        if self._rights is not None:
            self._rights.finish()

    def _content(self, where: str, entry: Entry, doubtful: list[str]) -> tuple[Entry, bytes | None]:
        if entry.kind is not Kind.FILE:
            return entry, None
        content = None
        if self._earlier is not None and entry.problem is None:
            content = self._earlier.content(where, entry)
        if content is None or not (self._carries and self._earlier and self._earlier.as_its_folder(where)):
            # Other rights than then, or others than its folder's.
            doubtful.append(entry.path[-1])
        if content is not None or entry.problem is not None:
            return entry, content
        reader = self._reader
        if (
            reader is None
            or reader.bytes >= READ_ALONG + BEYOND
            or entry.size > MOST_ALONG
            or not self._has_settled(entry)
        ):
            self._lacking = True
            return entry, None
        content, problem = reader.read(entry)
        return entry._replace(problem=problem), content

    def _has_settled(self, entry: Entry) -> bool:
        return entry.modified is None or entry.modified < self._settled

    def _ask_rights(self, folder: Path, entries: Sequence[Entry], doubtful: list[str]) -> None:
        if self._rights is None:
            return
        mark = self._rights.mark(folder)
        if self._earlier is None or mark is None or mark != self._earlier.mark(encode(folder)):
            doubtful = [entry.path[-1] for entry in entries if entry.kind is Kind.FILE]
        self._rights.files(folder, doubtful)


class _Reader:
    """Reads contents one after the other, and has *taker* take them."""

    def __init__(self, drive: Drive, taker: Taker) -> None:
        self._drive = drive
        self._taker = taker
        self._meter = Meter()
        self._take: Take | None = None
        self._contents: AbstractContextManager[Take] | None = None
        self.files = self.bytes = 0

    def read(self, entry: Entry) -> tuple[bytes | None, str | None]:
        """The SHA-256 of *entry*, or the code of what stands in its way."""
        if self._take is None:
            # Nothing is begun for a walk that finds nothing new.
            self._contents = self._taker.begin()
            self._take = self._contents.__enter__()
        self.files += 1
        self.bytes += entry.size
        return digested(self._drive, self._take, self._meter, File(entry.path, entry.size, entry.etag))

    def finish(self) -> None:
        """Let all that was taken last."""
        self._meter.close()
        self.close(None, None, None)

    def close(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the taking: with an error, what was taken need not last."""
        contents, self._contents, self._take = self._contents, None, None
        if contents is not None:
            contents.__exit__(kind, error, trace)


class _Rights:
    """Raw rows of grants, and the file they go to."""

    def __init__(self, drive: Drive, path: str) -> None:
        self._drive = drive
        self._rows = Rows(raw_schema(Feature.GRANTS))
        self._last: tuple[Path, Told] | None = None
        self._asked = 0
        self.file = PartWriter(path, raw_schema(Feature.GRANTS), repeated=True)

    def mark(self, folder: Path) -> Mark | None:
        """What the list of *folder* says; a walk comes several times in a row to one with many entries."""
        if self._last is None or self._last[0] != folder:
            self._last = folder, told_on(self._drive, folder)
        return mark_of(self._drive, self._last[1])

    def files(self, folder: Path, names: list[str]) -> None:
        if names:
            for rows in files_granted(self._drive, folder, names, self.mark(folder)):
                self._add(rows)

    def folder(self, path: Path) -> None:
        # The very list that its files were held against: it may have changed since, and those that said the same left no rows.
        known = self._last is not None and self._last[0] == path
        told = self._last[1] if self._last and known else told_on(self._drive, path)
        self._add(rows_told(self._drive, path, told, folder=True))

    def finish(self) -> None:
        self.file.add(self._rows)
        self.file.finish()
        tell(Progress(Feature.GRANTS, self._asked, 0))

    def _add(self, rows: list[Row]) -> None:
        self._asked += 1
        for row in rows:
            self._rows.add(row)
        if len(self._rows) >= ROW_GROUP:
            self.file.add(self._rows)


def _encoded(folder: Path, entries: Sequence[Entry]) -> list[str]:
    """The encoded paths of *entries*, all in *folder*."""
    place = encode(folder) + "/" if folder else ""
    # Names are encoded one by one, so a path of all names gives them all in one search.
    return [place + name for name in encode(tuple(entry.path[-1] for entry in entries)).split("/")]
