"""
Keep rules: what they may never give up, and that deciding often is deciding once.
"""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from lading.drive.versions.keep import DAY, Rule, Why, keep

NOW = 20_000 * DAY


class Old(NamedTuple):
    number: int
    saved: int
    label: str = ""


@st.composite
def histories(draw: st.DrawFn) -> list[Old]:
    ages = sorted(draw(st.lists(st.integers(0, 900 * 24), max_size=40)), reverse=True)
    labels = draw(st.lists(st.sampled_from(["", "", "", "signed"]), min_size=len(ages), max_size=len(ages)))
    return [
        Old(number, NOW - age * DAY // 24, label)
        for number, (age, label) in enumerate(zip(ages, labels, strict=True), start=1)
    ]


RULES = st.builds(
    Rule,
    st.none() | st.integers(1, 10),
    st.none() | st.integers(1, 400),
    st.booleans(),
)


def kept(versions: list[Old], rule: Rule, *, held: bool = False, now: int = NOW) -> list[int]:
    return sorted(version.number for version, stays, _ in keep(versions, rule, held=held, now=now) if stays)


def days(*ages: int) -> list[Old]:
    return [Old(number, NOW - age * DAY) for number, age in enumerate(ages, start=1)]


@given(histories(), RULES)
def test_the_newest_and_labelled_versions_always_stay(versions: list[Old], rule: Rule) -> None:
    """
    No rule gives up the newest version or a labelled one.
    """
    must = {version.number for version in versions if version.label} | {v.number for v in versions[-1:]}
    assert must <= set(kept(versions, rule))


@given(histories(), RULES)
def test_a_hold_beats_every_rule(versions: list[Old], rule: Rule) -> None:
    """
    Under a legal hold every version stays, and that is the reason given.
    """
    decided = keep(versions, rule, held=True, now=NOW)
    assert [(True, Why.HELD)] * len(versions) == [(stays, why) for _, stays, why in decided]


@given(histories(), RULES, st.integers(0, 500))
def test_deciding_often_comes_to_the_same_as_deciding_once(
    versions: list[Old], rule: Rule, later: int
) -> None:
    """
    What is left after one decision and another later on is what the later one alone leaves.
    """
    then = NOW + later * DAY
    first = set(kept(versions, rule))
    left = [version for version in versions if version.number in first]
    once = kept(versions, rule, now=then)

    assert set(once) <= first
    assert set(once) <= set(kept(left, rule, now=then))
    assert kept(left, rule) == sorted(first)


@given(histories(), RULES)
def test_without_thinning_no_more_is_kept(versions: list[Old], rule: Rule) -> None:
    """
    Thinning keeps what the numbers of a rule keep, and perhaps more.
    """
    strict, thinned = Rule(rule.count, rule.days), Rule(rule.count, rule.days, thin=True)
    if strict != Rule():
        assert set(kept(versions, strict)) <= set(kept(versions, thinned))


def test_no_rule_keeps_everything() -> None:
    """
    A space without a rule gives up nothing.
    """
    assert [1, 2, 3] == kept(days(5000, 4000, 3000), Rule())


def test_count_and_days_each_keep() -> None:
    """
    A version stays if it is among the newest or young enough.
    """
    versions = days(100, 50, 20, 10, 0)

    assert [4, 5] == kept(versions, Rule(count=2))
    assert [3, 4, 5] == kept(versions, Rule(days=30))
    assert [3, 4, 5] == kept(versions, Rule(count=2, days=30))


def test_thinning_leaves_the_last_of_each_span() -> None:
    """
    All of the last day, then one a day, one a week, one in four weeks.
    """
    hour = DAY // 24
    today = [Old(number, NOW - number_of * hour) for number, number_of in ((6, 3), (7, 2), (8, 1))]
    ten_days_ago = [Old(number, NOW - 10 * DAY + number * hour) for number in (4, 5)]
    years_ago = [Old(number, NOW - NOW % (28 * DAY) - 28 * 20 * DAY + number * DAY) for number in (1, 2, 3)]

    decided = keep([*years_ago, *ten_days_ago, *today], Rule(thin=True), held=False, now=NOW)
    assert [
        (8, Why.NEWEST),
        (7, Why.YOUNG),
        (6, Why.YOUNG),
        (5, Why.LAST_OF_DAY),
        (4, Why.BEYOND),
        (3, Why.LAST_OF_FOUR_WEEKS),
        (2, Why.BEYOND),
        (1, Why.BEYOND),
    ] == [(version.number, why) for version, _, why in decided]
