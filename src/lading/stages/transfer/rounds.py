"""
Carry the versions of many small files in few calls: in each round the next version of every file.

So each version is put on top of the one that was answered before it, and nobody's save between them is passed over.
What goes wrong for one file is left to `Carrier.perform`, which looks, repeats and reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lading.connectors.facets import Upload
from lading.connectors.facets import Wanted as Content
from lading.model.entry import Entry, Kind
from lading.model.errors import DriveError
from lading.model.failpoints import failpoint
from lading.stages.transfer.cargo import Cargo
from lading.stages.transfer.carrier import Carrier, Course, check_content
from lading.stages.transfer.content import Digests
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Outcome
from lading.stages.transfer.perform import Row
from lading.stages.transfer.succession import Wanted
from lading.stages.transfer.together import MOST_BYTES, MOST_FILES, SMALL, answers_of


def rounds_of(rows: Sequence[Row], cargo: Cargo) -> Iterator[list[Row]]:
    """Those of *rows* whose versions go together, in groups; the others are left out."""
    group: list[Row] = []
    size = 0
    for row in rows:
        largest = _largest(row, cargo)
        if largest is None:
            continue
        if group and (len(group) == MOST_FILES or size + largest > MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(row)
        size += largest
    if group:
        yield group


def _largest(row: Row, cargo: Cargo) -> int | None:
    """Bytes of the largest version of *row*; None if it goes by itself."""
    fresh = row.action is Action.COPY and row.kind is Kind.FILE and not row.new_found
    if not fresh or row.seq not in cargo.histories or row.seq in cargo.guards:
        return None
    largest = max(one.version.size for one in cargo.histories[row.seq])
    return largest if largest <= SMALL else None


def perform_rounds(carrier: Carrier, rows: Sequence[Row]) -> Iterator[Outcome]:
    """
    Do *rows*, which are one group, and say of each what became of it.

    Raises:
        DriveError: as `Performer.perform` does.
    """
    active = []
    for row in rows:
        if carrier.is_open(row):
            yield carrier.perform(row)
        else:
            active.append(carrier.begun(row))
    while active:
        going = []
        for course, went_well in _round(carrier, active):
            if not went_well:
                yield carrier.perform(course.row)
            elif course.next is None:
                yield carrier.arrived(course)
            else:
                going.append(course)
        active = going


def _round(carrier: Carrier, active: Sequence[Course]) -> Iterator[tuple[Course, bool]]:
    """Bring in the next version of each of *active*, and say of each whether it went well."""
    uploads, sent = [], []
    for course, content in zip(active, _contents(carrier, active), strict=True):
        wanted = course.next
        assert wanted is not None
        digests = _checked(course, wanted, content)
        if digests is None or not isinstance(content, bytes):
            yield course, False
            continue
        version = wanted.version
        uploads.append(Upload(course.row.new, content, course.expect, version.modified, version))
        sent.append((course, digests))
        carrier.moved(len(content))
    failpoint("rounds.before_write")
    answers = answers_of(carrier, uploads)
    failpoint("rounds.after_write")
    for (course, digests), answer in zip(sent, answers, strict=True):
        yield course, _took(carrier, course, digests, answer)


def _contents(carrier: Carrier, active: Sequence[Course]) -> Iterator[bytes | Exception]:
    """The next content of each of *active*; where the call breaks off, its error stands for those not answered."""
    assert carrier.old.batch is not None
    asked = [Content(it.row.old, it.next.id) for it in active if it.next is not None]
    told = 0
    try:
        for content in carrier.old.batch.read(asked):
            told += 1
            yield content
    except DriveError as error:
        for _ in range(len(asked) - told):
            yield error


def _checked(course: Course, wanted: Wanted, content: bytes | Exception) -> Digests | None:
    if not isinstance(content, bytes):
        return None
    digests = Digests.of(content)
    try:
        check_content(course.row.old, wanted, digests)
    except DriveError:
        return None
    return digests


def _took(carrier: Carrier, course: Course, digests: Digests, answer: Entry | Exception) -> bool:
    if not isinstance(answer, Entry):
        return False
    try:
        carrier.took(course, answer, digests)
    except DriveError:
        return False
    return True
