"""Checks of plan, backup, drill and freshness: good and bad facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lading.model.text import Text
from lading.stages.readiness.facts.plan import (
    Age,
    ApprovalPlan,
    DealPlan,
    DrillFacts,
    Looked,
    PlanFacts,
    ProviderPlan,
    RiskPlan,
    Safety,
    Scope,
    WavePlan,
)
from lading.stages.readiness.facts.rights import Some
from lading.stages.readiness.findings import Family, Owner, Severity
from lading.stages.readiness.judging import judge

TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WAVE = WavePlan("first", ("Deal",), datetime(2026, 12, 12, 20, tzinfo=UTC), 12.0, "Fang", 40, 38)
GOOD = PlanFacts(
    today=TODAY,
    goal="goal",
    scope="all",
    author="Anna",
    way_back="back",
    owners=tuple((role.value, "Bo") for role in Owner if role is not Owner.PROVIDER),
    approvals=(ApprovalPlan("Fang", TODAY),),
    waves=(WAVE,),
    deals=(DealPlan("Deal", ("Deal",), (date(2026, 12, 5), date(2026, 12, 14))),),
    risks=(RiskPlan("what", "answer"),),
    providers=(),
    backup=TODAY,
)


def found(*facts: object) -> list[tuple[str, str]]:
    return [(finding.rule.code, finding.wave) for finding in judge(facts)]


def test_a_good_plan_has_no_finding() -> None:
    """Everything is there: nothing to say."""
    assert [] == found(GOOD)


@pytest.mark.parametrize(
    ("bad", "code", "wave"),
    [
        ({"goal": " "}, "plan_incomplete", ""),
        ({"risks": (RiskPlan("what"),)}, "plan_incomplete", ""),
        ({"waves": ()}, "plan_incomplete", ""),
        ({"waves": (replace(WAVE, owner=""),)}, "plan_incomplete", "first"),
        ({"owners": GOOD.owners[1:]}, "owners", ""),
        ({"approvals": ()}, "approval", ""),
        ({"approvals": (ApprovalPlan(" ANNA "),)}, "approval", ""),
        ({"deals": None}, "deal_date", ""),
        ({"deals": (DealPlan("Deal", ("Deal",), (date(2026, 12, 13),)),)}, "deal_date", "first"),
        ({"waves": (replace(WAVE, trained=35),)}, "training", "first"),
        ({"waves": (replace(WAVE, trained=None),)}, "training", "first"),
        ({"waves": (replace(WAVE, starts=NOW - timedelta(days=9)),)}, "window_past", "first"),
        ({"providers": None}, "provider", ""),
        ({"providers": (ProviderPlan("Movers"),)}, "provider", ""),
        ({"providers": (ProviderPlan("Movers", TODAY),)}, "provider", ""),
        ({"backup": None}, "backup", ""),
        ({"backup": TODAY + timedelta(days=1)}, "backup", ""),
        ({"backup": TODAY - timedelta(days=8)}, "backup", ""),
    ],
)
def test_each_gap_of_a_plan_is_found(bad: dict[str, Any], code: str, wave: str) -> None:
    """One gap gives its finding and no other."""
    assert [(f"management.{code}", wave)] == found(replace(GOOD, **bad))


@pytest.mark.parametrize(
    ("drill", "codes"),
    [
        (DrillFacts(NOW), []),
        (None, [("management.drill", "")]),
        (DrillFacts(NOW, (Text("it failed", "未通过"),)), [("management.drill", "")]),
    ],
)
def test_only_a_fresh_passed_drill_counts(drill: DrillFacts | None, codes: list[tuple[str, str]]) -> None:
    """A drill that failed, is old or was never made is a blocker."""
    assert codes == found(Safety(TODAY, drill))


@pytest.mark.parametrize(
    ("scope", "codes"),
    [
        (Scope(Some(0), Some(0)), []),
        (Scope(Some(1, ("/Deal",)), Some(0)), [("management.space_unplanned", "")]),
        (Scope(Some(0), Some(1, ("/Dael",))), [("management.space_absent", "")]),
    ],
)
def test_waves_and_spaces_have_to_be_the_same(scope: Scope, codes: list[tuple[str, str]]) -> None:
    """A space in no wave, and a wave of a space that is not there, are told."""
    assert codes == found(scope)


def test_old_and_missing_facts_are_risks() -> None:
    """What is too old, dated in the future, or gathered by nobody is told; never as a blocker."""
    ages = (
        Age("fresh", "network", NOW),
        Age("old", "network", NOW - timedelta(days=31)),
        Age("old.manifest", "manifest", NOW - timedelta(days=15)),
        Age("tomorrow", "network", NOW + timedelta(days=3)),
    )
    findings = judge([Looked(NOW, ages, (Family.NETWORK,))])

    assert {"old", "old.manifest", "tomorrow", "network"} == {finding.subject for finding in findings}
    assert {Severity.RISK} == {finding.severity for finding in findings}


def test_the_last_day_of_the_calendar_is_a_day_too() -> None:
    """No date is too far for a judgement; a window that ends at midnight leaves the next day alone."""
    last = replace(WAVE, starts=datetime(9999, 12, 31, 23, tzinfo=UTC), hours=900.0)
    till_midnight = replace(WAVE, starts=datetime(2026, 12, 4, 20, tzinfo=UTC), hours=4.0)
    deals = (DealPlan("Deal", ("Deal",), (date(9999, 12, 31), date(2026, 12, 5))),)

    assert [("management.deal_date", "first")] == found(replace(GOOD, waves=(last,), deals=deals))
    assert [] == found(replace(GOOD, waves=(till_midnight,), deals=deals))


def test_names_of_deals_stay_unsaid() -> None:
    """A deal may be walled: its date in a window is told, its name is not."""
    clash = (DealPlan("Secret", ("Deal",), (date(2026, 12, 13),)),)
    (finding,) = judge([replace(GOOD, deals=clash)])

    assert "2026-12-13" in finding.says.en
    assert "Secret" not in repr(finding)


def test_roles_are_told_in_words() -> None:
    """In both languages, as the report calls them; the keys of the plan stand in the evidence."""
    (it,) = judge([replace(GOOD, owners=GOOD.owners[2:])])

    assert "2 roles have no name: IT lead, Network team" == it.says.en
    assert "2 个角色未指定人员：IT 负责人、网络团队" == it.says.zh
    assert ["it_lead", "network_team"] == it.evidence["roles"]
