"""
The drive is asked: a few calls, each answer kept, each error too.

Nothing is changed unless a folder for it is named; then everything happens in a new folder in there, which goes again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, TypeVar

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Room
from lading.connectors.listing import list_all
from lading.model.entry import Entry
from lading.model.errors import DriveError
from lading.model.paths import ROOT, Path

T = TypeVar("T")
Answer: TypeAlias = T | DriveError | None
"""What was answered, the error instead, or None: it was not asked, or there is no such thing."""

MOST_FOLDERS, MOST_ENTRIES, MOST_BYTES, MOST_PEOPLE = 50, 10_000, 1 << 20, 100_000
CONTENT = b"Lading tries out what this account may do here; this file goes again.\n"
_FILE, _RENAMED = "lading-check.txt", "lading-check-renamed.txt"


@dataclass(frozen=True, kw_only=True)
class Written:
    """
    What was tried in a folder of its own: each step that was taken, with its error if it failed.

    *difference* is the drive's clock less ours in nanoseconds; *left* is what could not be removed again.
    """

    steps: tuple[tuple[str, DriveError | None], ...]
    kept_time: bool | None = None
    difference: int | None = None
    left: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All answers of one drive."""

    listed: Answer[int]
    file: Entry | None = None
    read: Answer[int] = None
    versions: Answer[int] = None
    grants: Answer[int] = None
    links: Answer[int] = None
    people: Answer[int] = None
    settings: Answer[int] = None
    room: Answer[Room] = None
    written: Written | None = None


def ask(
    drive: Drive, *, write: Path | None = None, name: str = "", clock: Callable[[], int] = time.time_ns
) -> Seen:
    """
    Ask *drive*; with *write* a folder *name* is made in that folder, used and removed.

    *clock* gives nanoseconds since 1970 UTC.
    """
    listed = _answered(lambda: len(list(islice(list_all(drive, ROOT), MOST_ENTRIES))))
    file = None if isinstance(listed, DriveError) else _file_in(drive)
    versions, grants, links, people = drive.versions, drive.grants, drive.links, drive.people
    path = ROOT if file is None else file.path
    settings, capacity = drive.settings, drive.capacity
    return Seen(
        listed=listed,
        file=file,
        read=None if file is None else _answered(lambda: _bytes_of(drive, path)),
        versions=None if file is None or versions is None else _counted(lambda: versions.list(path)),
        grants=None if grants is None else _counted(lambda: grants.list(path)),
        links=None if links is None else _counted(lambda: links.list(path)),
        people=None if people is None else _counted(people.principals),
        settings=None if settings is None else _counted(lambda: settings.list(ROOT)),
        room=None if capacity is None else _answered(capacity.room),
        written=None if write is None else try_writing(drive, write, name, clock),
    )


def try_writing(drive: Drive, folder: Path, name: str, clock: Callable[[], int]) -> Written:
    """Make, write, write over, rename and remove in a new folder *name* in *folder*; leave nothing there."""
    place = (*folder, name)
    steps: list[tuple[str, DriveError | None]] = []
    done = _Steps(drive, place, clock, steps)
    if done.take("make folder", lambda: drive.make_folder(place)):
        try:
            done.files()
        finally:
            done.take("remove folder", lambda: drive.remove(place, expect=ANYTHING))
    left = place if any(what == "remove folder" and error for what, error in steps) else None
    return Written(steps=tuple(steps), kept_time=done.kept, difference=done.difference, left=left)


class _Steps:
    def __init__(
        self,
        drive: Drive,
        place: Path,
        clock: Callable[[], int],
        steps: list[tuple[str, DriveError | None]],
    ) -> None:
        self._drive = drive
        self._place = place
        self._clock = clock
        self._steps = steps
        self.kept: bool | None = None
        self.difference: int | None = None

    def take(self, what: str, call: Callable[[], object]) -> bool:
        """Take one step; whether it went well."""
        answer = _answered(call)
        error = answer if isinstance(answer, DriveError) else None
        self._steps.append((what, error))
        return error is None

    def files(self) -> None:
        """What is done with a file; it is removed under whichever name it has, also when somebody interrupts."""
        file, renamed = (*self._place, _FILE), (*self._place, _RENAMED)
        try:
            self._use(file, renamed)
        finally:
            for path in (file, renamed):
                self._remove(path)

    def _use(self, file: Path, renamed: Path) -> None:
        drive, moves = self._drive, self._drive.moves
        if not self.take("write", lambda: drive.write(file, [CONTENT], expect=ABSENT, size=len(CONTENT))):
            return
        self._look_at_the_clock(file)
        self.take("write over", lambda: self._write_over(file))
        if moves is not None:
            self.take("rename", lambda: moves.move(file, renamed, expect=ABSENT))

    def _remove(self, path: Path) -> None:
        if not isinstance(_answered(lambda: self._drive.stat(path)), DriveError):
            self.take("remove", lambda: self._drive.remove(path, expect=ANYTHING))

    def _look_at_the_clock(self, file: Path) -> None:
        found = _answered(lambda: self._drive.stat(file))
        if isinstance(found, Entry) and found.modified is not None:
            self.difference = found.modified - self._clock()

    def _write_over(self, file: Path) -> None:
        """With a time of long ago, so that one can see whether it is kept."""
        drive = self._drive
        given = drive.profile.kept_time(1_500_000_000_000_000_000)
        drive.write(file, [CONTENT, CONTENT], expect=ANYTHING, size=2 * len(CONTENT), modified=given)
        self.kept = drive.stat(file).modified == given


def _answered(call: Callable[[], T]) -> T | DriveError:
    try:
        return call()
    except DriveError as error:
        return error


def _counted(call: Callable[[], Iterable[object]]) -> int | DriveError:
    return _answered(lambda: sum(1 for _ in islice(call(), MOST_PEOPLE)))


def _file_in(drive: Drive) -> Entry | None:
    """A file that can be read as far as the listing knows, not far from the root; an empty one only if there is no other."""
    waiting, empty = [ROOT], None
    for _ in range(MOST_FOLDERS):
        if not waiting:
            break
        found = _answered(lambda: list(islice(list_all(drive, waiting.pop(0)), MOST_ENTRIES)))
        for entry in () if isinstance(found, DriveError) else found:
            if entry.is_file and not entry.problem:
                if entry.size:
                    return entry
                empty = empty or entry
            elif entry.is_folder:
                waiting.append(entry.path)
    return empty


def _bytes_of(drive: Drive, path: Path) -> int:
    """How many bytes of the content came, `MOST_BYTES` at most."""
    with drive.read(path) as reader:
        count = 0
        while count < MOST_BYTES and (block := reader.read(MOST_BYTES - count)):
            count += len(block)
    return count
