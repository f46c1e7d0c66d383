"""
Carry out many small copies in few calls, where OLD gives or NEW takes many files at once, or NEW reads back whole contents.

What goes wrong for one file, or for the call as a whole, is left to
`Performer.perform`: it repeats, compares and reports, one file at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT
from lading.connectors.facets import Upload, Wanted
from lading.model.entry import Entry, Kind
from lading.model.errors import CallsUsedUp, DriveError
from lading.model.failpoints import failpoint
from lading.stages.transfer.content import Digests, chunks
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Outcome
from lading.stages.transfer.perform import Performer, Row

SMALL = 256 * 1024
"""Bytes of a file up to which a call of its own would cost more than its content, on most drives."""
MOST_FILES = 200
MOST_BYTES = 2 * 1024 * 1024
"""Bytes that are held in memory for one call, and sent again if it is cut off."""
LOCAL_BYTES = 512 * 1024
"""Bytes that are held where no call crosses a network: what lies side by side is read as quickly in smaller pieces."""
FEWEST_FILES = 8
"""Files that one call takes, whatever their size, where larger ones better go together, too."""


def gives_together(old: Drive) -> bool:
    """Whether *old* gives many small contents at once."""
    return old.batch is not None and old.profile.batch_content > 0


def go_together(old: Drive, new: Drive) -> bool:
    """Whether small files go from *old* to *new* in groups: one side takes or gives many at once, or each is in memory when it is stored."""
    return new.batch is not None or gives_together(old) or (new.read_back is not None and old.profile.local)


def hands_of(old: Drive, new: Drive, threads: int) -> int:
    """
    How many of *threads* do groups of files.

    A drive that has many requests under way for one group is kept busy by fewer, where NEW is on this machine: each more is as
    many connections more than the drive asked for, and the threads are in each other's way.
    """
    if not gives_together(old) or not new.profile.local:
        return threads
    return max(1, threads // old.profile.batch_at_once)


class Bounds(NamedTuple):
    """How much goes together: files of up to *largest* bytes, at most so many *files* and *most* bytes of them."""

    largest: int = SMALL
    files: int = MOST_FILES
    most: int = MOST_BYTES


_USUAL = Bounds()


def bounds_of(old: Drive, new: Drive, files: int = MOST_FILES) -> Bounds:
    """What suits *old* and *new*, where one of them gives or takes many at once; *files* at most."""
    if new.batch is not None:
        largest = new.profile.batch_small
        return Bounds(largest, MOST_FILES, max(MOST_BYTES, FEWEST_FILES * largest))
    # Read together, but written one by one.
    return Bounds(files=files, most=LOCAL_BYTES if old.profile.local else MOST_BYTES)


def groups(rows: Iterable[Row], alone: Collection[int] = (), bounds: Bounds = _USUAL) -> Iterator[list[Row]]:
    """*rows* in their order, new files that follow each other together within *bounds* but for those numbered *alone*."""
    largest, files, most = bounds
    group: list[Row] = []
    size = 0
    for row in rows:
        small = row.seq not in alone and _small(row, largest)
        if group and (not small or len(group) == files or size + row.size > most):
            yield group
            group, size = [], 0
        if small:
            group.append(row)
            size += row.size
        else:
            yield [row]
    if group:
        yield group


def perform_group(performer: Performer, rows: list[Row]) -> Iterator[Outcome]:
    """
    Do *rows*, which are one group, and say of each what became of it.

    Raises:
        DriveError: as `Performer.perform` does.
    """
    if len(rows) == 1:
        yield performer.perform(rows[0])
        return
    found, spent = _contents(performer, rows)
    done = _one_by_one if performer.new.batch is None else _in_one_call
    yield from done(performer, found)
    if spent is not None:
        # What was read until now cost calls: it is stored before we stop.
        raise spent


class _Found(NamedTuple):
    """
    A row as it is known when its *content* has come; None where it has to be looked at by itself.

    *sha256* is that of the content, where whoever gave it has computed it of this very object.
    """

    row: Row
    content: bytes | None
    sha256: str | None = None


class _Told:
    """What OLD says of contents while it gives them: entries by the numbers of their rows, and proven digests."""

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self._proven: dict[int, tuple[bytes, str]] = {}

    def proven(self, content: bytes, sha256: str) -> None:
        """*content* has this digest."""
        self._proven[id(content)] = content, sha256

    def sha256(self, content: bytes) -> str | None:
        """The digest of the very object *content*; None for any other, be it equal to one that was proven."""
        known = self._proven.pop(id(content), None)
        return known[1] if known is not None and known[0] is content else None


def _one_by_one(performer: Performer, found: list[_Found]) -> Iterator[Outcome]:
    for row, content, sha256 in found:
        yield performer.perform(row) if content is None else performer.perform_held(row, content, sha256)


def _in_one_call(performer: Performer, found: list[_Found]) -> Iterator[Outcome]:
    uploads, rows = [], []
    for row, content, sha256 in found:
        if content is None:
            yield performer.perform(row)
            continue
        performer.moved(len(content))
        uploads.append(Upload(row.new, content, ABSENT, row.modified))
        rows.append((row, Digests.of(content, sha256)))
    failpoint("batch.before_write")
    answers = answers_of(performer, uploads)
    failpoint("batch.after_write")
    for (row, digests), answer in zip(rows, answers, strict=True):
        yield _settled(performer, row, digests, answer)


def _contents(performer: Performer, rows: list[Row]) -> tuple[list[_Found], CallsUsedUp | None]:
    """
    *rows* with their contents.

    Those behind the call for which there was none left are missing; that error comes with them.
    """
    found: list[_Found] = []
    told = _Told()
    try:
        for row, answer in zip(rows, _given(performer, rows, told), strict=False):
            found.append(_found(performer, row, answer, told))
    except CallsUsedUp as error:
        return found, error
    except DriveError:
        pass
    return found + [_Found(row, None) for row in rows[len(found) :]], None


def _found(performer: Performer, row: Row, answer: bytes | Exception, told: _Told) -> _Found:
    if not isinstance(answer, bytes):
        return _Found(row, None)
    sha256 = told.sha256(answer)
    # Kept only as long as it was planned: so a group stays as small in memory as it was made.
    if len(answer) != row.size:
        return _Found(row, None)
    if performer.brief:
        entry = told.entries.pop(row.seq, None)
        if entry is None:
            return _Found(row, None)
        row = performer.known(row, entry)
    return _Found(row, answer, sha256)


def _given(performer: Performer, rows: list[Row], told: _Told) -> Iterator[bytes | Exception]:
    """
    What OLD answers for each of *rows*; what stops all of them is raised.

    What it says of them meanwhile is *told*.
    """
    old = performer.old
    if (
        old.batch is None
        or any(row.size > old.profile.batch_content for row in rows)
        or not gives_together(old)
    ):
        yield from (_read(old, row, told) for row in rows)
        return
    tell, proven = told.entries.__setitem__, told.proven
    # Entries are looked at where OLD told of no times before.
    wanted = [
        Wanted(row.old, None, row.etag, partial(tell, row.seq) if performer.brief else None, proven)
        for row in rows
    ]
    for answer in old.batch.read(wanted):
        if isinstance(answer, CallsUsedUp):
            raise answer
        yield answer


def _read(old: Drive, row: Row, told: _Told) -> bytes | Exception:
    try:
        with old.read(row.old, expect=row.etag) as reader:
            told.entries[row.seq] = reader.entry
            return b"".join(chunks(reader))
    except CallsUsedUp:
        raise
    except DriveError as error:
        return error


def answers_of(performer: Performer, uploads: list[Upload]) -> list[Entry | Exception]:
    """One answer for each; where the call broke off, its error stands for those that were not answered."""
    answers: list[Entry | Exception] = []
    assert performer.new.batch is not None
    try:
        for answer in performer.new.batch.write(uploads):
            answers.append(answer)  # noqa: PERF402 — what came before an error counts
    except DriveError as error:
        answers += [error] * (len(uploads) - len(answers))
    return answers


def _settled(performer: Performer, row: Row, digests: Digests, answer: Entry | Exception) -> Outcome:
    if not isinstance(answer, Entry):
        return performer.perform(row)
    try:
        entry = performer.confirmed(row, answer, digests)
    except DriveError:
        return performer.perform(row)
    return performer.landed(row, "moved", entry, digests.sha256, sent=digests.size)


def _small(row: Row, largest: int) -> bool:
    return row.action is Action.COPY and row.kind is Kind.FILE and not row.new_found and row.size <= largest
