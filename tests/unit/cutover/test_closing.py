"""The point of no return: a day, or two people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lading.model.errors import BadRequest, PointPassed
from lading.stages.cutover.closing import check_open, day_of, two_people
from lading.stages.cutover.state import Home, Mark

NOW = datetime(2026, 11, 26, 23, 59, tzinfo=UTC)
FACTS = {"by": "li.na", "new": {"kind": "folder", "place": "/new", "options": {}}}


def mark(**facts: object) -> Mark:
    return Mark(Home(Path("job") / "rollback"), {**FACTS, **facts})


@pytest.mark.parametrize("typed", ["2026-11-25", "tomorrow", "26.11.2026", ""])
def test_a_day_that_is_none_or_over_is_refused(typed: str) -> None:
    """Only a day that is not over can be the last one."""
    with pytest.raises(BadRequest):
        day_of(typed, NOW)
    assert "2026-11-26" == day_of("2026-11-26", NOW)


@pytest.mark.parametrize("other", ["", "  ", "LI.NA ", "li.na"])
def test_one_person_is_not_two(other: str) -> None:
    """The second person is another one, however they are written."""
    with pytest.raises(BadRequest):
        two_people("li.na", other)
    two_people("li.na", "wang.wei")


def test_the_last_day_counts_whole() -> None:
    """On the last day one can still go back, on the next one cannot; the refusal names who set it."""
    check_open(mark(until="2026-11-26"), NOW)
    check_open(mark(), NOW)

    with pytest.raises(PointPassed, match=r"li\.na"):
        check_open(mark(until="2026-11-25"), NOW)
    with pytest.raises(PointPassed, match="anna"):
        check_open(mark(closed={"by": ["li.na", "anna"], "at": 1_790_000_000.0}), NOW)
