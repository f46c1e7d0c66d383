"""
OLD that tells the times of its files only when they are read, and gives parts of a large one at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path as LocalPath
from typing import Any

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Span, Wanted
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.wrap.backoff import Means, Schedule
from lading.connectors.wrap.faults import Fault, FaultyDrive, Harm
from lading.connectors.wrap.retry import RetryingDrive
from lading.model.entry import Entry
from lading.model.paths import Path
from lading.stages.transfer import ahead, perform, sitting
from lading.stages.transfer.ahead import LANES
from lading.stages.transfer.content import BLOCK
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Journal, Outcome
from lading.stages.transfer.perform import Performer, Row
from lading.stages.transfer.together import perform_group

TIME = 1_500_000_000_123_456_789
FILE: Path = ("file",)
LARGE = hashlib.shake_128(b"large").digest(2 * BLOCK + 5)
PART = BLOCK // 4
PARTS = [(at, min(at + PART, len(LARGE))) for at in range(0, len(LARGE), PART)]
STORED = hashlib.sha256(LARGE).hexdigest()


class Seen:
    """The ranges of *drive*, with what was asked of them; *between* is done before each part but the first."""

    def __init__(self, drive: MemoryDrive, between: Any = lambda: None) -> None:
        assert drive.ranges is not None
        self._ranges, self._between = drive.ranges, between
        self.spans: list[Span] = []
        self.at_once = 0

    def read(self, path: Path, spans: Iterable[Span], *, expect: str, at_once: int) -> Iterator[bytes]:
        self.at_once = at_once
        for span in spans:
            if self.spans:
                self._between()
            self.spans.append(span)
            yield from self._ranges.read(path, [span], expect=expect, at_once=at_once)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are smaller, and any line is slow once two of them have come."""
    for module in (ahead, sitting, perform):
        monkeypatch.setattr(module, "BLOCK", PART)
    monkeypatch.setattr(ahead, "TRIED", 1)
    monkeypatch.setattr(ahead, "SLOW", 0)


def held(content: bytes) -> MemoryDrive:
    drive = MemoryDrive(MemoryStore(batch_content=1 << 20))
    drive.write(FILE, [content], expect=ABSENT, modified=TIME)
    return drive


def listed(drive: MemoryDrive) -> Row:
    """The row of the one file in *drive*, as a brief listing tells it."""
    assert drive.brief is not None
    (it,) = drive.brief.list(()).entries
    return Row(
        0,
        Action.COPY,
        it.path,
        it.path,
        it.kind,
        it.size,
        it.modified,
        it.etag,
        None,
        False,
        None,
        None,
        False,
    )


def moved(old: Any, new: MemoryDrive, row: Row, state: LocalPath, *, lanes: int = LANES) -> Outcome:
    with Journal(state / "part.jsonl") as journal:
        performer = Performer(old, new, journal, lambda _: None)
        performer.lanes = lanes
        (outcome,) = perform_group(performer, [row])
    return outcome


@pytest.mark.parametrize(
    ("size", "stands"),
    [(0, False), (9, False), (300_000, False), (len(LARGE), False), (9, True), (300_000, True)],
)
def test_the_time_that_reading_tells_is_kept_and_noted(tmp_path: LocalPath, size: int, stands: bool) -> None:
    """However large the file, and where it *stands* already: the time that OLD tells with the content is NEW's, and the record's."""
    old, new = held(LARGE[:size]), MemoryDrive()
    row = listed(old)
    if stands:
        new.write(FILE, [LARGE[:size]], expect=ABSENT, modified=TIME)
    outcome = moved(old, new, row, tmp_path)

    assert row.modified is None
    assert ("moved", TIME) == (outcome.bucket, outcome.old_modified)
    assert (size, TIME) == (new.stat(FILE).size, new.stat(FILE).modified)


@pytest.mark.parametrize("takes_batches", [True, False])
def test_times_of_files_that_go_together(tmp_path: LocalPath, takes_batches: bool) -> None:
    """Each of many small files gets its own time, whether NEW takes them together or not."""
    old, new = (
        MemoryDrive(MemoryStore(batch_content=1 << 20)),
        MemoryDrive(MemoryStore(batch_content=1 << 20)),
    )
    if not takes_batches:
        new.batch = None
    rows = []
    for seq in range(5):
        entry = old.write((str(seq),), [b"x" * seq], expect=ABSENT, modified=TIME + seq)
        rows.append(
            Row(
                seq,
                Action.COPY,
                entry.path,
                entry.path,
                entry.kind,
                seq,
                None,
                entry.etag,
                None,
                False,
                None,
                None,
                False,
            )
        )
    with Journal(tmp_path / "part.jsonl") as journal:
        outcomes = list(perform_group(Performer(old, new, journal, lambda _: None), rows))

    assert [TIME + seq for seq in range(5)] == [it.old_modified for it in sorted(outcomes)]
    assert [TIME + seq for seq in range(5)] == [new.stat((str(seq),)).modified for seq in range(5)]


def test_a_content_without_its_time_is_read_by_itself(tmp_path: LocalPath) -> None:
    """A drive that gives contents together and keeps the times to itself is asked once more, and nothing is lost."""
    old, new = held(b"content"), MemoryDrive()
    rows = [listed(old), listed(old)._replace(seq=1, new=("copy",))]
    assert old.batch is not None
    inner = old.batch.read

    def read(wanted: Iterable[Wanted]) -> Iterator[bytes | Exception]:
        return inner([it._replace(tell=None) for it in wanted])

    old.batch.read = read  # type: ignore[method-assign]
    with Journal(tmp_path / "part.jsonl") as journal:
        outcomes = list(perform_group(Performer(old, new, journal, lambda _: None), rows))

    assert [TIME, TIME] == [it.old_modified for it in outcomes]
    assert [TIME, TIME] == [new.stat(path).modified for path in (FILE, ("copy",))]


@pytest.mark.usefixtures("slow")
def test_parts_of_a_large_file_come_at_once(tmp_path: LocalPath) -> None:
    """Over a slow line a large file is read in parts that follow each other without a gap; what lands is the whole."""
    old, new = held(LARGE), MemoryDrive()
    old.ranges = seen = Seen(old)  # type: ignore[assignment]
    outcome = moved(old, new, listed(old), tmp_path)

    # The second block may be asked for before we have worked on the first one.
    assert seen.spans in (PARTS[1:], PARTS[2:])
    assert LANES == seen.at_once
    assert STORED == outcome.sha256
    assert STORED == dict(new.stat(FILE).digests).get("sha256", STORED)


def test_a_line_that_is_fast_enough_gives_a_large_file_in_one_piece(tmp_path: LocalPath) -> None:
    """Several connections cost the server and us more than one does."""
    old, new = held(LARGE), MemoryDrive()
    old.ranges = seen = Seen(old)  # type: ignore[assignment]
    outcome = moved(old, new, listed(old), tmp_path)

    assert [] == seen.spans
    assert STORED == outcome.sha256


@pytest.mark.usefixtures("slow")
def test_files_that_share_the_line_are_read_in_one_piece(tmp_path: LocalPath) -> None:
    """Where the threads have files enough, none of them takes more than one connection."""
    old, new = held(LARGE), MemoryDrive()
    old.ranges = seen = Seen(old)  # type: ignore[assignment]
    outcome = moved(old, new, listed(old), tmp_path, lanes=1)

    assert [] == seen.spans
    assert STORED == outcome.sha256


@pytest.mark.usefixtures("slow")
def test_a_file_replaced_between_its_parts_does_not_land(tmp_path: LocalPath) -> None:
    """Parts of two contents are never put together: the file fails, and NEW has nothing of it."""
    old, new = held(LARGE), MemoryDrive()
    old.ranges = Seen(old, lambda: old.write(FILE, [LARGE[::-1]], expect=ANYTHING))  # type: ignore[assignment]
    outcome = moved(old, new, listed(old), tmp_path)

    assert ("failed", "changed") == (outcome.bucket, outcome.code)
    assert [] == new.list(()).entries


@pytest.mark.usefixtures("slow")
def test_what_was_cut_off_goes_on_behind_its_last_block(tmp_path: LocalPath) -> None:
    """A sitting that broke off after a block is taken up behind it, in parts again."""
    old, new = held(LARGE), MemoryDrive()
    row = listed(old)

    def cut_off() -> None:
        raise KeyboardInterrupt

    old.ranges = Seen(old, cut_off)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        moved(old, new, row, tmp_path)
    again = MemoryDrive(old.store)
    again.ranges = seen = Seen(again)  # type: ignore[assignment]
    outcome = moved(again, new, row, tmp_path)

    # Blocks of the first sitting had been stored, and one or two more came over one connection, as in the first.
    assert any(PARTS[begin:] == seen.spans for begin in (3, 4, 5))
    assert (STORED, TIME) == (outcome.sha256, new.stat(FILE).modified)


def test_parts_are_asked_for_again_where_the_connection_broke() -> None:
    """A passing failure costs no part that has come, and each comes once, in its place."""
    old = held(LARGE)
    faulty = FaultyDrive(
        old, [Fault(harm=Harm.UNAVAILABLE, call="ranges.read", at=at, nth=(at,)) for at in (2, 5)]
    )
    drive = RetryingDrive(
        faulty, Schedule(), means=Means(lambda _: None, lambda: 0.0, lambda: 0.0, lambda _: None)
    )
    cuts = [(at, min(at + 3_000_000, len(LARGE))) for at in range(0, len(LARGE), 3_000_000)]
    etag = old.stat(FILE).etag or ""
    found = list(drive.ranges.read(FILE, iter(cuts), expect=etag, at_once=3))

    assert [LARGE[start:end] for start, end in cuts] == found


def test_a_part_that_lies_is_a_lie_of_the_planned_byte() -> None:
    """A planned fault in a content is met in its parts at the same byte."""
    old = held(LARGE)
    drive = FaultyDrive(old, [Fault(harm=Harm.FLIP, call="ranges.read", at=BLOCK + 7)])
    etag = old.stat(FILE).etag or ""
    found = b"".join(drive.ranges.read(FILE, [(0, BLOCK), (BLOCK, BLOCK + 100)], expect=etag, at_once=2))

    assert [BLOCK + 7] == [at for at in range(BLOCK, BLOCK + 100) if found[at] != LARGE[at]]
    assert LARGE[:BLOCK] == found[:BLOCK]


def test_told(tmp_path: LocalPath) -> None:
    """What a batch tells of an entry is about the content that it gives."""
    old = held(b"content")
    found: list[Entry] = []
    assert old.batch is not None

    assert [b"content"] == list(old.batch.read([Wanted(FILE, tell=found.append)]))
    assert [old.stat(FILE)] == found
