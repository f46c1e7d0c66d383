"""
One task of a scan: list folders depth first until a budget is used up.

It runs in a worker process, writes its own part file and answers with what is
left to do.  A folder's own row is written by the task that lists it, so that
the row can say that the listing failed.  Nothing here repeats a failed call;
the wrappers of the drive have done so already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.crew import drive_for, tell
from lading.connectors.wrap.policy import Policy
from lading.manifest.along import READ_ALONG, Along
from lading.manifest.earlier import Source
from lading.manifest.files import local_errors
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.parts import Note, Part, PartWriter, pack, unpack
from lading.manifest.schema import ROW_GROUP, Columns
from lading.manifest.taking import Taker
from lading.model.entry import Entry, Kind
from lading.model.errors import BadAnswer, CursorExpired, DriveError, TooDeep
from lading.model.paths import ROOT
from lading.model.progress import Progress

STAGE = "scan"
DEPTH = 256
"""Folders deeper than this are not entered: a drive that holds itself has no bottom."""
RESTARTS = 3
"""How often an expired listing is begun again."""
IDLE_PAGES = 1000
"""Pages in a row that may bring nothing new."""

_NO_NAMES = frozenset(("", ".", ".."))


class Budget(NamedTuple):
    """When a task stops to enter folders: after so many *entries* or *seconds*, or when so many *folders* are left for others (0: however many)."""

    entries: int
    seconds: float
    folders: int = 0


class WalkTask(NamedTuple):
    """What a worker gets."""

    address: Address
    policy: Policy
    part: str
    roots: list[list[Any]]
    budget: Budget
    threads: int
    brief: bool = False
    rights: str = ""
    """The file that raw rows of grants go to, where the drive tells those of a folder at once; they are asked later if that is empty."""
    earlier: Source | None = None
    """What may be taken over."""
    taker: Taker | None = None
    """What takes contents that are read as the walk goes; None: they are read later, if at all."""


class Walked(NamedTuple):
    """What a worker answers."""

    part: Part
    note: Note
    read: Progress
    """The contents that were read as the walk went."""


@dataclass(slots=True)
class _Listing:
    """A folder whose pages are being read."""

    folder: Entry
    cursor: str | None = None
    seen: set[str] | None = None
    restarts: int = 0
    idle: int = 0


def walk(task: WalkTask) -> Walked:
    """
    Do *task*.

    Raises:
        DriveError: the drive is not there any more, or its root cannot be listed.
    """
    drive = drive_for(task.address, task.policy)
    ask = drive.brief.list if task.brief and drive.brief is not None else drive.list
    along = Along(drive, task.rights, task.earlier, task.taker)
    with local_errors(task.part), along, PartWriter(task.part) as part:
        roots = [unpack(root) for root in reversed(task.roots)]
        walker = _Walker(drive, ask, part, along, task.budget, roots)
        walker.run(task.threads)
        left = [pack(folder) for folder in reversed(walker.stack)]
        # First: the part says that all of its task is done.
        along.finish()
        note = Note([root[0] for root in task.roots], left, walker.bytes, digested=along.digested)
        return Walked(part.finish(note), note, along.progress)


@dataclass(slots=True)
class _Walker:
    drive: Drive
    ask: Callable[..., Page]
    part: PartWriter
    along: Along
    budget: Budget
    stack: list[Entry]
    bytes: int = 0
    _entries: int = 0
    _answered: bool = False
    _columns: Columns = field(default_factory=Columns)
    _end: float = 0.0

    def run(self, threads: int) -> None:
        """Walk until the budget is used; `stack` holds what is left."""
        self._end = time.monotonic() + self.budget.seconds
        if threads > 1:
            self._with_threads(threads)
        else:
            self._alone()
        self._flush()

    def _alone(self) -> None:
        while self.stack and not self._spent():
            listing: _Listing | None = _Listing(self.stack.pop())
            while listing is not None:
                listing = self._received(listing, _asked(self.ask, listing))

    def _with_threads(self, threads: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            asked: dict[Future[Page | DriveError], _Listing] = {}
            while True:
                while self.stack and len(asked) < threads and not self._spent():
                    listing = _Listing(self.stack.pop())
                    asked[pool.submit(_asked, self.ask, listing)] = listing
                if not asked:
                    return
                for answered in wait(asked, return_when=FIRST_COMPLETED).done:
                    again = self._received(asked.pop(answered), answered.result())
                    if again is not None:
                        asked[pool.submit(_asked, self.ask, again)] = again

    def _spent(self) -> bool:
        entries, _, folders = self.budget
        full = self._entries >= entries or self.along.read >= READ_ALONG or 0 < folders <= len(self.stack)
        # Every task gets an answer, or the scan would have no end.
        return self._answered and (full or time.monotonic() > self._end)

    def _received(self, listing: _Listing, answer: Page | DriveError) -> _Listing | None:
        """Take one answer in; the listing to go on with, or None at its end."""
        self._answered = True
        try:
            page = _certain(listing, answer)
            new = _new(listing, page)
        except CursorExpired as error:
            if listing.restarts < RESTARTS:
                listing.restarts += 1
                listing.cursor = None
                return listing
            self._failed(listing.folder, error)
            return None
        except DriveError as error:
            self._failed(listing.folder, error)
            return None
        # In whatever order a drive lists: neighbours by name are read, stored and told side by side.
        self._took(listing.folder, sorted(new, key=_name))
        if page.cursor is None:
            self._row(listing.folder)
            return None
        listing.cursor = page.cursor
        return listing

    def _failed(self, folder: Entry, error: DriveError) -> None:
        if folder.path == ROOT or stands_in_the_way(self.drive, error):
            raise error
        self._row(folder._replace(problem=folder.problem or error.code))

    def _took(self, folder: Entry, new: list[Entry]) -> None:
        others = [entry for entry in new if entry.kind is not Kind.FOLDER]
        others, contents = self.along.took(folder.path, others)
        self._columns.add(folder.path, others, contents)
        self.bytes += sum(entry.size for entry in others)
        self._entries += len(new)
        if len(others) < len(new):
            self._enter(entry for entry in new if entry.kind is Kind.FOLDER)
        if len(self._columns) >= ROW_GROUP:
            self._flush()

    def _enter(self, folders: Iterable[Entry]) -> None:
        for folder in folders:
            if len(folder.path) > DEPTH:
                self._row(folder._replace(problem=TooDeep.code))
            else:
                self.stack.append(folder)

    def _row(self, folder: Entry) -> None:
        if folder.path != ROOT:
            self._columns.add(folder.path[:-1], [folder])
        self.along.folder(folder.path)

    def _flush(self) -> None:
        done = len(self._columns)
        self.part.add(self._columns)
        tell(Progress(STAGE, done, 0))


def _name(entry: Entry) -> str:
    return entry.path[-1]


def _asked(ask: Callable[..., Page], listing: _Listing) -> Page | DriveError:
    try:
        return ask(listing.folder.path, cursor=listing.cursor)
    except DriveError as error:
        return error


def _certain(listing: _Listing, answer: Page | DriveError) -> Page:
    """The page, if it is one and leads on."""
    if isinstance(answer, DriveError):
        raise answer
    if answer.cursor is not None and answer.cursor == listing.cursor:
        raise BadAnswer(listing.folder.path, "the listing does not go on")
    return answer


def _new(listing: _Listing, page: Page) -> list[Entry]:
    """The entries of *page* that have not been told before; each must lie in the folder itself."""
    folder = listing.folder.path
    names = [entry.path[-1] for entry in page.entries if entry.path[:-1] == folder and entry.path]
    if len(names) < len(page.entries) or not _NO_NAMES.isdisjoint(names):
        raise BadAnswer(folder, "the listing tells of entries elsewhere")
    if page.cursor is None and listing.seen is None and len(set(names)) == len(names):
        return page.entries
    seen = listing.seen = listing.seen if listing.seen is not None else set()
    new = []
    for name, entry in zip(names, page.entries, strict=True):
        if name not in seen:
            seen.add(name)
            new.append(entry)
    listing.idle = 0 if new else listing.idle + 1
    if listing.idle > IDLE_PAGES:
        raise BadAnswer(folder, "the listing does not end")
    return new
