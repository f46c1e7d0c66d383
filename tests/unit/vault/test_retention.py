"""Which snapshots stay, and why: a table of plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.vault.retention import Policy, Seen, decide

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def ns(at: datetime) -> int:
    return int(at.timestamp()) * 10**9


def at(days: float, **facts: object) -> Seen:
    """A snapshot of so many days ago, named after them."""
    return Seen(name=f"{days:g}", taken=ns(NOW - timedelta(days=days)), **facts)  # type: ignore[arg-type]


def stays(seen: list[Seen], policy: Policy, **more: object) -> list[str]:
    return [it.snapshot.name for it in decide(seen, policy, now=ns(NOW), **more) if it.stays]  # type: ignore[arg-type]


DAYS = [at(n) for n in range(800)]


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (Policy(last=3), ["0", "1", "2"]),
        (Policy(daily=2), ["0", "1"]),
        (Policy(weekly=3), ["0", "4", "11"]),  # 26 November 2026 is a Thursday; weeks end on Sunday
        (Policy(monthly=3), ["0", "26", "57"]),
        (Policy(yearly=5), ["0", "330", "695"]),
        (Policy(within=2), ["0", "1"]),
        (Policy(last=1, monthly=2), ["0", "26"]),
        (Policy(), ["0"]),
    ],
)
def test_each_rule_keeps_what_it_says(policy: Policy, kept: list[str]) -> None:
    """
    Of one snapshot a day over two years.
    """
    assert kept == stays(DAYS, policy)


def test_the_last_of_a_day_stands_for_it() -> None:
    """
    Not the first.
    """
    assert ["0.1", "1"] == stays([at(0.1), at(0.2), at(1), at(1.2)], Policy(daily=2))


def test_a_day_begins_where_the_firm_is() -> None:
    """
    Two snapshots of one UTC day are of two days in China.
    """
    evening, late = (
        at(0.8),
        at(0.7),
    )  # 16:48 and 19:12 UTC on the 25th are the 26th in China; 0.9 is the 25th there too
    early = at(1.1)

    assert ["0.7", "1.1"] == stays([evening, late, early], Policy(daily=5), zone=timezone(timedelta(hours=8)))
    assert ["0.7"] == stays([evening, late, at(0.9)], Policy(daily=5))


def test_tags_and_campaigns_hold_what_no_rule_keeps() -> None:
    """
    A campaign holds always, a tag where the rule names it.
    """
    seen = [at(0), at(1, tags=frozenset({"audit"})), at(2, campaigns=frozenset({"move"})), at(3)]

    assert ["0", "1", "2"] == stays(seen, Policy(last=1, tags=frozenset({"audit"})))
    assert ["0", "2"] == stays(seen, Policy(last=1))


def test_an_incomplete_snapshot_takes_nobodys_place() -> None:
    """
    It stays only while nothing whole came after it.
    """
    seen = [at(0, complete=False), at(1), at(2, complete=False), at(3)]

    assert ["0", "1"] == stays(seen, Policy(last=1))
    assert ["0"] == stays([seen[0]], Policy(last=1))


def test_a_clock_that_jumped_ahead_costs_nothing() -> None:
    """
    A snapshot of the future stays and takes nobody's place, and nothing is too old because of it.
    """
    future = at(-30_000)

    assert [future.name, "0", "1"] == stays([future, at(0), at(1), at(9)], Policy(last=2))
    assert [future.name, "0", "1"] == stays([future, at(0), at(1), at(9)], Policy(within=5))


@given(
    st.lists(st.integers(-100, 2000), unique=True, min_size=1, max_size=30),
    st.builds(
        Policy,
        last=st.integers(0, 3),
        daily=st.integers(0, 3),
        weekly=st.integers(0, 3),
        monthly=st.integers(0, 3),
        yearly=st.integers(0, 3),
        within=st.integers(0, 30),
    ),
)
def test_every_snapshot_has_one_verdict_and_something_whole_stays(days: list[int], policy: Policy) -> None:
    """
    Whatever the rule: nobody is forgotten or told twice, what stays says why, and the newest stays.
    """
    found = decide([at(day) for day in days], policy, now=ns(NOW))

    assert sorted(f"{day:g}" for day in days) == sorted(it.snapshot.name for it in found)
    assert all(bool(it.reasons) == it.stays for it in found)
    assert found[0].stays
