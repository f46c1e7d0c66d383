"""What a worker notes, and when."""

from __future__ import annotations

from pathlib import Path as LocalPath

from lading.model.entry import Kind
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Journal, Outcome
from lading.stages.transfer.perform import Row
from lading.stages.transfer.worker import _do, _Meter


class Looking:
    """Reads, at each row, how many rows the journal on disk says are done."""

    def __init__(self, journal: LocalPath) -> None:
        self._journal = journal
        self.seen: list[int] = []

    def perform(self, row: Row) -> Outcome:
        """Look, and do nothing."""
        self.seen.append(len(self._journal.read_bytes().splitlines()))
        return Outcome(row.seq, "renamed")


def test_rows_in_order_are_noted_one_by_one(tmp_path: LocalPath) -> None:
    """A move is on record before the next one begins, which may fill the place that it has freed."""
    path = tmp_path / "part.jsonl"
    rows = [
        Row(
            seq,
            Action.RENAME,
            (str(seq),),
            ("b",),
            Kind.FOLDER,
            0,
            None,
            None,
            None,
            False,
            ("a",),
            None,
            False,
        )
        for seq in range(3)
    ]
    looking = Looking(path)
    with Journal(path) as journal:
        _do(rows, looking, journal, _Meter(), 0)  # type: ignore[arg-type]

    assert [0, 1, 2] == looking.seen
