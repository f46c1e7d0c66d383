"""
Carry out many small copies in one call, where NEW takes many files at once.

What goes wrong for one file, or for the call as a whole, is left to
`Performer.perform`: it repeats, compares and reports, one file at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from lading.connectors.conditions import ABSENT
from lading.connectors.facets import Upload
from lading.model.entry import Entry, Kind
from lading.model.errors import CallsUsedUp, DriveError
from lading.model.failpoints import failpoint
from lading.stages.transfer.content import Content
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Outcome
from lading.stages.transfer.perform import Performer, Row

SMALL = 256 * 1024
"""Bytes of a file up to which a call of its own would cost more than its content, on most drives."""
MOST_FILES = 200
MOST_BYTES = 2 * 1024 * 1024
"""Bytes that are held in memory for one call, and sent again if it is cut off."""
FEWEST_FILES = 8
"""Files that one call takes, whatever their size, where larger ones better go together, too."""


def groups(rows: Iterable[Row], alone: Collection[int] = (), largest: int = SMALL) -> Iterator[list[Row]]:
    """
    *rows* in their order, new files that follow each other together but for those numbered *alone*.

    *largest*: bytes of a file up to which it goes with others.
    """
    most = max(MOST_BYTES, FEWEST_FILES * largest)
    group: list[Row] = []
    size = 0
    for row in rows:
        small = row.seq not in alone and _small(row, largest)
        if group and (not small or len(group) == MOST_FILES or size + row.size > most):
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
    if len(rows) == 1 or performer.new.batch is None:
        yield from map(performer.perform, rows)
        return
    uploads, contents = [], []
    spent: CallsUsedUp | None = None
    for row in rows:
        content = Content(performer.old, row.old, row.etag, performer.moved)
        try:
            data = b"".join(content)
        except CallsUsedUp as error:
            # What was read until now cost calls: it is stored before we stop.
            spent = error
            break
        except DriveError:
            yield performer.perform(row)
            continue
        if len(data) != row.size:
            yield performer.perform(row)
            continue
        uploads.append(Upload(row.new, data, ABSENT, row.modified))
        contents.append((row, content))
    failpoint("batch.before_write")
    answers = answers_of(performer, uploads)
    failpoint("batch.after_write")
    for (row, content), answer in zip(contents, answers, strict=True):
        yield _settled(performer, row, content, answer)
    if spent is not None:
        raise spent


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


def _settled(performer: Performer, row: Row, content: Content, answer: Entry | Exception) -> Outcome:
    if not isinstance(answer, Entry):
        return performer.perform(row)
    try:
        entry = performer.confirmed(row, answer, content.digests)
    except DriveError:
        return performer.perform(row)
    return performer.landed(row, "moved", entry, content.digests.sha256, sent=content.digests.size)


def _small(row: Row, largest: int) -> bool:
    return row.action is Action.COPY and row.kind is Kind.FILE and not row.new_found and row.size <= largest
