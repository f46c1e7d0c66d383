"""
All entries of a folder, over as many pages as its drive needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from lading.connectors.api import Drive, Page
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, CursorExpired
from lading.model.paths import Path

RESTARTS = 5


def list_all(drive: Drive, folder: Path, *, restarts: int = RESTARTS) -> Iterator[Entry]:
    """
    Each entry directly in *folder* once, in the order of the drive.

    A listing whose cursor expires is started again up to *restarts* times, and what was
    told already is left out; the names told are kept in memory for that, unless the
    folder fits on one page.

    Raises:
        CursorExpired: it expired every time.
        BadAnswer: the drive gives a cursor that leads to itself.
        NotFound, WrongKind, Forbidden: as `Drive.list`.
    """
    page = drive.list(folder)
    if page.cursor is None:
        yield from page.entries
        return
    told: set[Path] = set()
    while True:
        yield from _new(page, told)
        if page.cursor is None:
            return
        try:
            page = _next(drive, folder, page.cursor)
        except CursorExpired:
            if restarts <= 0:
                raise
            restarts -= 1
            page = drive.list(folder)


def _next(drive: Drive, folder: Path, cursor: str) -> Page:
    page = drive.list(folder, cursor=cursor)
    if page.cursor == cursor:
        raise BadAnswer(folder, "the listing does not come to an end: a cursor leads to itself")
    return page


def _new(page: Page, told: set[Path]) -> Iterator[Entry]:
    for entry in page.entries:
        if entry.path not in told:
            told.add(entry.path)
            yield entry
