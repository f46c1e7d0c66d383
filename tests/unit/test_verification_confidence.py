"""
The bound that a sample gives is exact, and said as it is.
"""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lading.stages.verification.confidence import Sample, chance, most_bad, stated
from lading.stages.verification.order import Extent


def exactly(files: int, wrong: int, drawn: int, bad: int) -> float:
    return sum(comb(wrong, it) * comb(files - wrong, drawn - it) for it in range(bad + 1)) / comb(
        files, drawn
    )


@given(some.data())
def test_chance_is_hypergeometric(data: some.DataObject) -> None:
    """
    The chance equals the ratio of numbers of choices.
    """
    files = data.draw(some.integers(1, 60))
    drawn = data.draw(some.integers(1, files))
    wrong = data.draw(some.integers(0, files))
    bad = data.draw(some.integers(0, drawn))

    assert exactly(files, wrong, drawn, bad) == pytest.approx(chance(files, wrong, drawn, bad), abs=1e-9)


@given(some.data())
def test_bound_is_the_largest_that_cannot_be_ruled_out(data: some.DataObject) -> None:
    """
    One bad file more than the bound would have shown itself with the stated confidence.
    """
    files = data.draw(some.integers(1, 60))
    drawn = data.draw(some.integers(1, files))
    bad = data.draw(some.integers(0, drawn))

    bound = most_bad(files, drawn, bad)

    assert bad <= bound <= files - drawn + bad
    for wrong in range(bound + 1, files - drawn + bad + 1):
        assert exactly(files, wrong, drawn, bad) <= 0.05 + 1e-9


def test_rule_of_three() -> None:
    """
    None bad among 300 of very many files: at most about one in a hundred is.
    """
    assert 0.0100 == pytest.approx(most_bad(10_000_000, 300, 0) / 10_000_000, rel=0.01)


@pytest.mark.parametrize(
    "files, drawn, bad, bound", [(100, 100, 0, 0), (100, 100, 3, 3), (1, 1, 0, 0), (20, 19, 0, 0)]
)
def test_all_or_nearly_all(files: int, drawn: int, bad: int, bound: int) -> None:
    """
    Who has read everything knows everything; the one unread file of twenty is bad with 1 in 20 at most.
    """
    assert bound == most_bad(files, drawn, bad)


def test_bound_covers_what_it_promises() -> None:
    """
    Over all samples of a small drive, the bound is wrong in at most one of twenty.
    """
    files, wrong, drawn = 50, 5, 10
    weights = [
        exactly(files, wrong, drawn, bad) - (exactly(files, wrong, drawn, bad - 1) if bad else 0)
        for bad in range(6)
    ]

    missed = sum(weight for bad, weight in enumerate(weights) if most_bad(files, drawn, bad) < wrong)

    assert missed <= 0.05


def test_statement_never_promises_less_than_was_seen() -> None:
    """
    Bad files among those chosen besides count, though they were not drawn.
    """
    facts = stated(Sample(files=1000, drawn=999, bad=0, read=1000, read_bad=1))

    assert 1 == facts["most"]
    assert {"en", "zh"} == set(facts["statement"])  # type: ignore[call-overload]


def test_statement_says_the_figures() -> None:
    """
    The sentence names what was read, of how many, and the bound, rounded up.
    """
    statement = stated(Sample(files=20_000, drawn=300, bad=0, read=330, read_bad=0))["statement"]

    assert isinstance(statement, dict)
    for text in statement.values():
        for figure in ("330", "20,000", "300", "95", "0.985", "197"):
            assert figure in text


@pytest.mark.parametrize(
    "extent, files, drawn",
    [
        (Extent(files=10), 5, 5),
        (Extent(files=10), 500, 10),
        (Extent(share=0.1), 55, 6),
        (Extent(share=0.0001), 55, 1),
        (Extent(share=1.0), 55, 55),
    ],
)
def test_extent(extent: Extent, files: int, drawn: int) -> None:
    """
    A share is rounded up, never to nothing and never beyond all.
    """
    assert drawn == extent.of(files)
