"""
What a walk does along the way where that is cheap: ask rights folder by folder, and take over what an earlier manifest tells.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from lading.connectors.api import Drive
from lading.connectors.crew import tell
from lading.manifest.earlier import Source, earlier_of
from lading.manifest.granted import Mark, files_granted, grants_asked, mark_of
from lading.manifest.parts import PartWriter
from lading.manifest.rows import Row, Rows
from lading.manifest.schema import ROW_GROUP
from lading.manifest.tables import Feature, raw_schema
from lading.model.entry import Entry, Kind
from lading.model.paths import ROOT, Path, encode
from lading.model.progress import Progress


def rights_file(folder: str, part: str) -> str:
    """The file below *folder* for the raw rows of grants of all entries in the part called *part*."""
    return os.path.join(folder, f"{Feature.GRANTS}-{part}")


class Along:
    """
    Goes with one walk over *drive*, folder after folder.

    *rights* is the file for the raw rows of grants, "" if they are asked later.  `lacking` counts files without a digest.
    """

    def __init__(self, drive: Drive, rights: str, source: Source | None) -> None:
        self._drive = drive
        self._earlier = None if source is None else earlier_of(source)
        self._rights = _Rights(drive, rights) if rights else None
        self._to_ask: list[Entry] = []
        self._carries = drive.profile.etag_covers_rights
        self.lacking = 0

    def __enter__(self) -> Self:
        if self._rights is not None:
            self._rights.file.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rights is not None:
            self._rights.file.__exit__(kind, error, trace)

    def content(self, where: str, entry: Entry) -> bytes | None:
        """The SHA-256 of *entry* at the encoded path *where*, if that is known; what is then asked in `files` is noted."""
        if entry.kind is not Kind.FILE:
            return None
        digest = None if self._earlier is None else self._earlier.content(where, entry)
        if digest is None:
            self.lacking += 1
            self._to_ask.append(entry)
        elif not (self._carries and self._earlier is not None and self._earlier.as_its_folder(where)):
            self._to_ask.append(entry)
        return digest

    def files(self, folder: Path, entries: Sequence[Entry]) -> None:
        """Ask the rights of those of *entries*, all in *folder*, that were told to `content` and may have others than then."""
        doubtful, self._to_ask = self._to_ask, []
        if self._rights is None:
            return
        mark = self._rights.mark(folder)
        if self._earlier is None or mark is None or mark != self._earlier.mark(encode(folder)):
            doubtful = [entry for entry in entries if entry.kind is Kind.FILE]
        self._rights.files(folder, [entry.path[-1] for entry in doubtful])

    def folder(self, path: Path) -> None:
        """Ask the rights of a folder that has a row of its own."""
        if self._rights is not None:
            self._rights.folder(path)

    def finish(self) -> None:
        """Let the rows of grants appear under their name."""
        if self._rights is not None:
            self._rights.finish()


class _Rights:
    """Raw rows of grants, and the file they go to."""

    def __init__(self, drive: Drive, path: str) -> None:
        self._drive = drive
        self._rows = Rows(raw_schema(Feature.GRANTS))
        self._last: tuple[Path, Mark | None] | None = None
        self._asked = 0
        self.file = PartWriter(path, raw_schema(Feature.GRANTS), repeated=True)

    def mark(self, folder: Path) -> Mark | None:
        """What the list of *folder* says; a walk comes several times in a row to one with many entries."""
        if self._last is None or self._last[0] != folder:
            self._last = folder, mark_of(self._drive, folder)
        return self._last[1]

    def files(self, folder: Path, names: list[str]) -> None:
        if names:
            for rows in files_granted(self._drive, folder, names, self.mark(folder)):
                self._add(rows)

    def folder(self, path: Path) -> None:
        if path != ROOT:
            self._add(grants_asked(self._drive, path, folder=True))

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
