"""What a pass spent on its stages is told by what they move."""

from __future__ import annotations

from lading.stages.transfer.spent import apart


def test_stages_are_told_by_what_they_move() -> None:
    """Folders level by level and their times together; what moves several things is told of none."""
    spent = {"moves": 9.0, "folders-0": 1.0, "folders-1": 2.0, "files": 4.0, "times": 0.5, "grants": 1.0}

    assert {"folder": 3.5, "file": 4.0, "row": 1.0} == apart(spent)
    assert {"folder": 0.0, "file": 0.0, "row": 2.0} == apart({"links": 2.0})
