"""
Small copies that go out together come to the same end as one by one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path as LocalPath

import pytest

from lading.connectors.conditions import ABSENT
from lading.connectors.facets import Upload
from lading.connectors.memory import MemoryDrive
from lading.model.entry import Entry, Kind
from lading.model.errors import Unavailable
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Journal, Outcome
from lading.stages.transfer.perform import Performer, Row
from lading.stages.transfer.together import MOST_BYTES, MOST_FILES, SMALL, groups, perform_group


def row(
    seq: int, size: int = 1, *, action: Action = Action.COPY, etag: str | None = None, **facts: object
) -> Row:
    path = (f"file {seq}",)
    made = Row(seq, action, path, path, Kind.FILE, size, None, etag, None, False, None, None, False)
    return made._replace(**facts)  # type: ignore[arg-type]


def filled(old: MemoryDrive, sizes: Iterable[int]) -> list[Row]:
    entries = [
        old.write((f"file {seq}",), [bytes([seq]) * size], expect=ABSENT) for seq, size in enumerate(sizes)
    ]
    return [row(seq, entry.size, etag=entry.etag) for seq, entry in enumerate(entries)]


def done(old: MemoryDrive, new: MemoryDrive, rows: list[Row], tmp_path: LocalPath) -> list[Outcome]:
    with Journal(tmp_path / "part.jsonl") as journal:
        return list(perform_group(Performer(old, new, journal, lambda count: None), rows))


class Breaking:
    """A batch whose connection breaks after *most* files."""

    def __init__(self, drive: MemoryDrive, most: int) -> None:
        self._batch, self._most = drive.batch, most

    def write(self, uploads: Iterable[Upload]) -> Iterator[Entry | Exception]:
        for number, answer in enumerate(self._batch.write(uploads)):  # type: ignore[union-attr]
            if number == self._most:
                raise Unavailable("", "cut off")
            yield answer


def test_only_small_new_files_go_together() -> None:
    """Order is kept; large files, replacements and other actions go alone."""
    rows = [
        row(0),
        row(1),
        row(2, SMALL + 1),
        row(3),
        row(4, action=Action.FOLDER),
        row(5, new_found=True),
        row(6),
    ]

    assert [[0, 1], [2], [3], [4], [5], [6]] == [[it.seq for it in group] for group in groups(rows)]


def test_a_drive_may_want_larger_ones_together() -> None:
    """Where it says so larger files go together, too, eight of the largest at most."""
    many = list(groups((row(seq, 2 << 20) for seq in range(17)), largest=2 << 20))

    assert [8, 8, 1] == list(map(len, many))
    assert [[0], [1]] == [[it.seq for it in group] for group in groups([row(0, 2 << 20), row(1, 2 << 20)])]


def test_groups_are_bounded() -> None:
    """A group has neither too many files nor too many bytes."""
    many = list(groups(row(seq) for seq in range(2 * MOST_FILES + 1)))
    large = list(groups(row(seq, SMALL) for seq in range(20)))

    assert [MOST_FILES, MOST_FILES, 1] == list(map(len, many))
    assert all(sum(it.size for it in group) <= MOST_BYTES for group in large)
    assert 20 == sum(map(len, large))


@pytest.mark.parametrize("most", [None, 0, 2], ids=["whole", "cut off at once", "cut off after two"])
def test_all_arrive(tmp_path: LocalPath, most: int | None) -> None:
    """Each file lands with its digest, also when the call breaks off in the middle."""
    old, new = MemoryDrive(), MemoryDrive()
    rows = filled(old, [0, 1, 70_000, 5])
    if most is not None:
        new.batch = Breaking(new, most)  # type: ignore[assignment]
    outcomes = sorted(done(old, new, rows, tmp_path))

    assert [(seq, "moved") for seq in range(4)] == [outcome[:2] for outcome in outcomes]
    for it, outcome in zip(rows, outcomes, strict=True):
        content = bytes([it.seq]) * it.size
        with new.read(it.new) as reader:
            assert content == reader.read(1 << 20)
        assert hashlib.sha256(content).hexdigest() == outcome.sha256


def test_what_stands_in_the_way_is_kept(tmp_path: LocalPath) -> None:
    """An equal file counts as moved, another one fails and stays, a missing source fails alone."""
    old, new = MemoryDrive(), MemoryDrive()
    rows = [*filled(old, [3, 3, 3]), row(3, 1)]
    new.write(("file 0",), [b"\0" * 3], expect=ABSENT)
    new.write(("file 1",), [b"xyz"], expect=ABSENT)
    outcomes = sorted(done(old, new, rows, tmp_path))

    assert ["moved", "failed", "moved", "failed"] == [outcome.bucket for outcome in outcomes]
    assert ["already_exists", "not_found"] == [outcome.code for outcome in outcomes if outcome.code]
    with new.read(("file 1",)) as reader:
        assert b"xyz" == reader.read(9)
