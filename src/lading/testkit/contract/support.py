"""
What the tests of the contract share: looking at a drive, and two things at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from lading.connectors.api import Drive, Page
from lading.connectors.facets import Batch, Reader
from lading.model.access import Principal
from lading.model.entry import Entry
from lading.model.errors import CursorExpired, DriveError
from lading.model.paths import ROOT, Path, shown

OpenDrive = Callable[[], Drive]


class Base:
    """What a subclass says about its drive."""

    huge = False
    """Whether the drive and the disk below it can take a sparse file of 5 GiB."""
    etag_blind: str = ""
    """Why the drive's etags cannot tell contents of the same size and time apart, if that is so."""

    @pytest.fixture
    def open_drive(self) -> OpenDrive:
        """Each call: a fresh client onto the same drive, empty at the start of the test."""
        raise NotImplementedError("the subclass says how its drive is opened")

    @pytest.fixture
    def drive(self, open_drive: OpenDrive) -> Iterator[Drive]:
        """One client."""
        with open_drive() as drive:
            yield drive

    @pytest.fixture
    def known(self, drive: Drive) -> Sequence[Principal]:
        """
        Who can be named in grants and as authors; none that the account itself is, or belongs to.

        A drive that takes grants knows a person at least.
        """
        return () if drive.people is None else tuple(drive.people.principals())

    @pytest.fixture
    def expire_cursors(self) -> Callable[[], None] | None:
        """Makes the drive forget the cursors it gave; None if nobody can."""
        return None


def written(drive: Drive, path: Path, source: Iterable[bytes], **how: Any) -> Entry:
    """Write, and ask for what the answer to the write did not tell."""
    entry = drive.write(path, source, **how)
    return drive.stat(path) if entry.etag is None else entry


def content_of(drive: Drive, path: Path, *, start: int = 0, piece: int = 1 << 16) -> bytes:
    """Everything from *start* on."""
    with drive.read(path, start=start) as reader:
        return drained(reader, piece)


def drained(reader: Reader, piece: int = 1 << 16) -> bytes:
    """Everything that *reader* still gives."""
    found = []
    while block := reader.read(piece):
        found.append(block)
    return b"".join(found)


def listed(
    drive: Drive, folder: Path = ROOT, *, tries: int = 5, ask: Callable[..., Page] | None = None
) -> list[Entry]:
    """All entries of *folder*; a listing whose cursor expires is begun again.  *ask* lists instead of `Drive.list`."""
    for _ in range(tries):
        try:
            return [entry for page in pages(drive, folder, ask) for entry in page]
        except CursorExpired:
            continue
    raise AssertionError(f"no listing of {folder} came to its end in {tries} tries")


def pages(drive: Drive, folder: Path = ROOT, ask: Callable[..., Page] | None = None) -> Iterator[list[Entry]]:
    """The pages of *folder*, as they come; an endless listing is a fault."""
    ask = ask or drive.list
    page = ask(folder)
    seen = set()
    yield page.entries
    while page.cursor is not None:
        assert page.cursor not in seen, "the listing goes round in circles"
        seen.add(page.cursor)
        page = ask(folder, cursor=page.cursor)
        yield page.entries


def paths(drive: Drive, folder: Path = ROOT) -> list[Path]:
    """What *folder* holds, in order."""
    return sorted(entry.path for entry in listed(drive, folder))


def walked(drive: Drive, folder: Path = ROOT, *, most: int = 300) -> list[Entry]:
    """Entries below *folder*, breadth first, about *most* of them."""
    found: list[Entry] = []
    waiting = [folder]
    while waiting and len(found) < most:
        entries = listed(drive, waiting.pop(0))
        found.extend(entries)
        waiting.extend(entry.path for entry in entries if entry.is_folder)
    return found


def together(*calls: Callable[[], object]) -> list[object]:
    """What the *calls* returned, or the drive errors they raised, when made at the same time."""

    def outcome(call: Callable[[], object]) -> object:
        try:
            return call()
        except DriveError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))


@contextmanager
def refused(path: Path, *kinds: type[DriveError]) -> Iterator[None]:
    """Demand one of the errors *kinds*, about *path*."""
    with pytest.raises(kinds) as caught:
        yield
    assert shown(path) == caught.value.subject


def reads(drive: Drive) -> Batch:
    """The batch of *drive*, if it gives contents."""
    if drive.batch is None or not drive.profile.batch_content:
        pytest.skip("the drive gives no contents in batches")
    return drive.batch
