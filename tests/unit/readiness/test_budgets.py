"""Calls and messages as planned resources."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.stages.readiness.calls import Calls, calls_of, earliest, ways_out
from lading.stages.readiness.facts.budgets import Allowance, CallCosts, CallFacts, MessageFacts, SpaceLoad
from lading.stages.readiness.findings import Severity
from lading.stages.readiness.gather.budgets import INTO
from lading.stages.readiness.judging import judge

START = date(2026, 11, 16)
LOAD = SpaceLoad("/Deals", folders=9, small=900, large=100, blocks=1000)
COSTS = CallCosts(folder=2, small=3, large=3, block=1)
GOOD = CallFacts(
    "wedrive", "wedrive", START, COSTS, Allowance(month=100_000), (LOAD, SpaceLoad("/Old", 1, 10))
)


def test_calls_are_counted_by_kind_of_work() -> None:
    """A space of known shape costs what its parts cost."""
    assert Calls(scan=10, copy=18 + 2700 + 300 + 1000, versions=0, verify=10 + 1000) == calls_of(
        [LOAD], COSTS
    )


def test_a_copy_into_wedrive_costs_what_was_counted() -> None:
    """
    100 files of 4 KiB in two folders and two of 21 MiB took 444 calls (docs/manual/wedrive.md); the plan, which reads back
    everything and lists, is held against it without its verification.
    """
    needed = calls_of([SpaceLoad("/", 2, 100, 2, 22)], INTO["wedrive"])

    # Of the 444, 102 read back what was stored; what is left of the plan is scan and copy.
    assert 444 == pytest.approx(needed.scan + needed.copy + 102, rel=0.05)


@pytest.mark.parametrize(
    ("calls", "allowance", "day", "binds"),
    [
        (100, Allowance(), START, ""),
        (100, Allowance(month=100), START, ""),
        (101, Allowance(month=100), date(2026, 12, 1), "month"),
        (100, Allowance(month=100, used=1), date(2026, 12, 1), "month"),
        (301, Allowance(month=100, used=100), date(2027, 3, 1), "month"),
        (35, Allowance(day=10), date(2026, 11, 19), "day"),
        (86_401, Allowance(second=1.0), date(2026, 11, 17), "second"),
        (10**9, Allowance(month=1), None, "month"),
    ],
)
def test_the_earliest_day_follows_the_limits(
    calls: int, allowance: Allowance, day: date | None, binds: str
) -> None:
    """Limits by second, day and month give the day, and the one that binds is named."""
    found = earliest(calls, allowance, START)

    assert (day, binds) == (found.day, found.binds)


@given(st.integers(0, 5000), st.integers(1, 900), st.integers(0, 900))
def test_more_calls_are_never_done_earlier(calls: int, month: int, used: int) -> None:
    """One call more never ends earlier, and one more allowed never later."""
    now = earliest(calls, Allowance(month=month, used=used), START).day or date.max

    assert now <= (earliest(calls + 1, Allowance(month=month, used=used), START).day or date.max)
    assert now >= (earliest(calls, Allowance(month=month + 1, used=used), START).day or date.max)


def test_a_budget_that_suffices_has_no_finding() -> None:
    """Enough calls, and a drive without calls, are no finding."""
    assert [] == list(judge([GOOD]))
    assert [] == list(judge([replace(GOOD, allowance=Allowance(), local=True)]))


@pytest.mark.parametrize(
    ("changed", "severity"),
    [
        ({"allowance": Allowance(month=1000)}, Severity.RISK),
        ({"allowance": Allowance(month=1000), "due": date(2026, 12, 31)}, Severity.BLOCKER),
        ({"allowance": Allowance(month=1)}, Severity.BLOCKER),
        ({"allowance": Allowance()}, Severity.ADVICE),
    ],
)
def test_a_budget_that_does_not_suffice_is_found(changed: dict[str, object], severity: Severity) -> None:
    """Too late is a blocker, long a risk, unknown an advice."""
    assert [severity] == [it.severity for it in judge([replace(GOOD, **changed)])]  # type: ignore[arg-type]


def test_there_are_three_ways_out_with_their_effect() -> None:
    """What binds has at least three ways out, each of which saves calls or days, and the sentence tells them."""
    facts = replace(GOOD, allowance=Allowance(month=1000))
    now = earliest(calls_of(facts.spaces, COSTS).total, facts.allowance, START)

    ways = ways_out(facts)

    assert 3 <= len(ways)
    for way in ways:
        assert way.earliest.day is not None
        assert now.day is not None
        assert way.calls < calls_of(facts.spaces, COSTS).total or way.earliest.day < now.day
    (found,) = judge([facts])
    assert str(now.day) in found.says.en
    assert str(now.day) in found.says.zh


def test_messages_that_are_not_muted_are_found() -> None:
    """Messages are a finding unless they are muted; not to know is one too."""
    facts = MessageFacts("new", cards=5000, mails=10, people=40, muted=True)

    assert [] == list(judge([facts]))
    assert [] == list(judge([replace(facts, cards=0, mails=0, muted=None)]))
    for muted in (False, None):
        assert [(5010, Severity.RISK)] == [
            (it.count, it.severity) for it in judge([replace(facts, muted=muted)])
        ]
