"""What a compatibility check makes of good and bad facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from lading.stages.readiness.assessment import finding_facts
from lading.stages.readiness.checks import compatibility_clients, compatibility_integrations
from lading.stages.readiness.factfile import read_facts, write_facts
from lading.stages.readiness.facts.compatibility import ClientFacts, Integration, Ruling, Used, Users
from lading.stages.readiness.findings import Severity
from lading.stages.readiness.judging import all_rules, judge
from lading.stages.readiness.report import words

TODAY = date(2026, 11, 26)
STAFF = (Users(7, "Finance", "北京", 2), Users(3, "Legal", "上海"))
GOOD = ClientFacts(
    system="new",
    today=TODAY,
    lines=1000,
    broken=3,
    first=date(2026, 10, 1),
    last=date(2026, 11, 25),
    people=10,
    unplaced=0,
    used=(
        Used("rclone", "sync", "log", 900, {"1.75.0": 10}, STAFF),
        Used("Chrome", "browser", "log", 90, {"120.0": 10}, STAFF),
        Used("Windows", "system", "log", 990, {"11": 8, "10 or 11": 2}, STAFF),
    ),
    rulings=(
        Ruling("rclone", "tried", minimum="1.60"),
        Ruling("Windows", "tried", "10", ends=date(2025, 10, 14)),
    ),
)


def _codes(facts: ClientFacts) -> list[tuple[str, Severity, int]]:
    return [(it.rule.code.partition(".")[2], it.severity, it.count) for it in judge([facts])]


def test_a_clean_estate_has_no_finding() -> None:
    """Clients that were tried, of today, in logs of two months: nothing is said."""
    assert [] == _codes(GOOD)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"rulings": (Ruling("rclone", "no"),)}, ("unsupported", Severity.BLOCKER, 10)),
        ({"rulings": (Ruling("rclone", "tried", minimum="1.80"),)}, ("too_old", Severity.BLOCKER, 10)),
        ({"rulings": (Ruling("rclone", "untried"),)}, ("untried", Severity.RISK, 10)),
        ({"rulings": ()}, ("untried", Severity.RISK, 10)),
        (
            {"rulings": (*GOOD.rulings, Ruling("Chrome", "tried", ends=date(2026, 1, 1)))},
            ("ended", Severity.RISK, 10),
        ),
        (
            {"rulings": (*GOOD.rulings, Ruling("Chrome", "tried", ends=date(2027, 1, 1)))},
            ("ended", Severity.ADVICE, 10),
        ),
        (
            {"rulings": (*GOOD.rulings, Ruling("Windows", "tried", "11", ends=date(2020, 1, 1)))},
            ("ended", Severity.RISK, 8),
        ),
        ({"rulings": (*GOOD.rulings, Ruling("Windows", "no", "11"))}, ("unsupported", Severity.BLOCKER, 8)),
        ({"lines": 0}, ("blind", Severity.RISK, 0)),
        ({"first": date(2026, 11, 20)}, ("blind", Severity.RISK, 6)),
        ({"broken": 100}, ("blind", Severity.RISK, 100)),
        ({"unnamed": 50}, ("blind", Severity.RISK, 50)),
        ({"unplaced": None}, ("blind", Severity.RISK, 10)),
        ({"unplaced": 4}, ("blind", Severity.RISK, 4)),
        ({"forgotten": 5}, ("blind", Severity.RISK, 5)),
        (
            {"integrations": (Integration("svc", "curl", 30, ("script",), {"GET webdav": 30}),)},
            ("integration", Severity.ADVICE, 30),
        ),
        (
            {
                "integrations": (
                    Integration(
                        "svc", "curl", 30, (), {"GET webdav": 10, "REPORT webdav": 20}, ("REPORT webdav",)
                    ),
                )
            },
            ("integration_calls", Severity.RISK, 20),
        ),
    ],
)
def test_one_bad_fact_is_one_finding(changed: dict[str, object], expected: tuple[str, Severity, int]) -> None:
    """Each bad fact alone is found, with its weight and count."""
    assert [expected] == _codes(replace(GOOD, **changed))  # type: ignore[arg-type]


def test_what_the_logs_cannot_tell_has_words() -> None:
    """What a finding is about is told in words of both languages, not in the key under which it is waived."""
    bad = (
        {"lines": 0},
        {"first": date(2026, 11, 20), "broken": 100, "unnamed": 50, "unplaced": 4, "forgotten": 5},
    )
    found = [
        it for one in bad for it in judge([replace(GOOD, **one)]) if it.rule.code == "compatibility.blind"
    ]

    assert 6 == len(found)
    for it in found:
        said = words.subject(finding_facts(it))
        assert it.subject not in (said.en, said.zh)
    assert "/a{b}" == words.subject({"code": "x", "subject": "/a{b}"}).zh


def test_the_people_hit_are_named_by_department() -> None:
    """A finding says how many people of which department and branch it hits, and which of them a wave needs."""
    (found,) = judge([replace(GOOD, rulings=(Ruling("rclone", "no"),))])

    assert [("Finance", "北京", 7, 2), ("Legal", "上海", 3, 0)] == [
        (it.department, it.branch, it.people, it.critical) for it in found.hits
    ]


def test_a_version_that_is_not_told_is_not_called_old() -> None:
    """An agent without a version raises no false alarm; 1.9 is older than 1.10, and 1.60.0 is not older than 1.60."""
    used = replace(GOOD.used[0], versions={"": 1, "1.9": 2, "1.10.0": 3})

    (found,) = judge([replace(GOOD, used=(used,), rulings=(Ruling("rclone", "tried", minimum="1.10"),))])

    assert 2 == found.count


def test_facts_come_back_from_their_file(tmp_path: Path) -> None:
    """What was gathered is read again as it was."""
    file = str(tmp_path / "facts.json")
    from datetime import UTC, datetime

    facts = replace(GOOD, integrations=(Integration("svc", "curl", 30, ("script",), {"GET webdav": 30}),))
    write_facts(file, facts, datetime(2026, 11, 26, tzinfo=UTC))

    assert facts == read_facts(file).fact


def test_every_rule_is_taught_by_something() -> None:
    """Rules of this family have a reason, a remedy and a source in both languages."""
    rules = {*compatibility_clients.CHECK.rules, *compatibility_integrations.CHECK.rules}

    assert rules <= set(all_rules())
    for rule in rules:
        for text in (rule.title, rule.reason, rule.remedy, rule.taught):
            assert all(text)
