"""Checks of content: a count gives its finding, nothing gives none, and what nobody looked at is told."""

from __future__ import annotations

import pytest

from lading.model.text import Text
from lading.stages.readiness.checks import (
    content_documents,
    content_names,
    content_reading,
    content_sensitive,
    content_value,
)
from lading.stages.readiness.facts.content import ContentFacts, Tally
from lading.stages.readiness.findings import Finding, Severity
from lading.stages.readiness.judging import all_rules

CHECKS = (content_documents, content_names, content_reading, content_sensitive, content_value)
CLEAN = ContentFacts("old", 10, 2, 1000)
BLOCKING = {"no_place", "too_large", "unreadable", "critical_lost"}
WHATS = (
    "no_place", "name", "clash", "twins_by_case", "twins_by_form", "too_large", "long_path", "wide", "no_file",
    "unreadable", "locked", "changing", "empty", "unfinished", "file_database", "time",
    "encrypted", "damaged", "links_to_old", "stale", "equal", "huge",
    "keys", "passwords", "identity_papers", "mail_archives", "critical_lost", "critical_hit",
)  # fmt: skip


def judged(facts: ContentFacts) -> list[Finding]:
    return [finding for module in CHECKS for finding in module.CHECK.judge(facts)]


def test_a_clean_drive_has_no_finding() -> None:
    """Without a count there is nothing to say."""
    assert [] == judged(CLEAN)


@pytest.mark.parametrize("what", WHATS)
def test_each_count_is_one_finding(what: str) -> None:
    """What was counted is told once, with its figures, by the rule of that name."""
    tally = Tally(3, 2048, ("/a/b",), most=7, hidden=1)
    (finding,) = judged(ContentFacts("old", 10, 2, 1000, {what: {"first": tally}}, rate=100.0))

    assert (f"content.{what}", "first", 3) == (finding.rule.code, finding.wave, finding.count)
    assert (["/a/b"], 1) == (finding.evidence["examples"], finding.evidence["hidden"])
    assert all("{" not in text for text in finding.says)
    assert (what in BLOCKING) is (finding.severity is Severity.BLOCKER)


@pytest.mark.parametrize(
    ("why", "severity"),
    [("no_new", Severity.RISK), ("not_told", Severity.ADVICE), ("of_tomorrow", Severity.RISK)],
)
def test_what_nobody_looked_at_is_told(why: str, severity: Severity) -> None:
    """Silence is no good news, and no blocker either."""
    (finding,) = judged(ContentFacts("old", 1, 1, 1, unknown={"too_large": why}))

    assert ("content.too_large", severity) == (finding.rule.code, finding.severity)
    assert finding.says.en.startswith("Unknown: ")
    assert finding.says.zh.startswith("情况不明：")


def test_every_rule_is_whole_in_both_languages() -> None:
    """Codes are unique; each text is there in English and in Chinese, without places."""
    rules = all_rules()
    texts: list[Text] = [text for it in rules for text in (it.title, it.reason, it.remedy, it.taught)]

    assert len(rules) == len({rule.code for rule in rules})
    assert all(text.en.strip() and text.zh.strip() for text in texts)
    assert all("{" not in text.en + text.zh for text in texts)
    assert all(any("\u4e00" <= it <= "\u9fff" for it in rule.title.zh) for rule in rules)
