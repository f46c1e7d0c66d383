"""Verdict, waivers, changes and duration: pure decisions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lading.model.errors import BadRequest, LadingError, NotWaivable
from lading.model.text import Text
from lading.stages.readiness.assessment import changes
from lading.stages.readiness.duration import estimate
from lading.stages.readiness.facts.rates import RateFacts
from lading.stages.readiness.findings import Finding, Owner, Rule, Severity
from lading.stages.readiness.verdict import Level, verdict
from lading.stages.readiness.waivers import Waiver, checked, from_facts, to_facts

TODAY = date(2026, 11, 26)
T = Text("x", "某")


def rule(code: str, severity: Severity, *, waivable: bool = True) -> Rule:
    return Rule(code, severity, Owner.IT_LEAD, T, T, T, T, waivable)


BLOCKER, RISK, ADVICE = (
    rule(f"content.{it.name.lower()}", it) for it in (Severity.BLOCKER, Severity.RISK, Severity.ADVICE)
)
HARD = rule("rights.hard", Severity.BLOCKER, waivable=False)


def one(of: Rule, wave: str = "", subject: str = "") -> Finding:
    return Finding(of, of.severity, subject, 1, T, wave=wave)


def waiver(code: str, until: date = TODAY, subject: str = "") -> Waiver:
    return Waiver(code, ("Anna", "Bo"), "because", until, subject)


@pytest.mark.parametrize(
    ("findings", "waivers", "level"),
    [
        ((), (), Level.READY),
        ((one(ADVICE),), (), Level.READY),
        ((one(RISK), one(ADVICE)), (), Level.RISKS),
        ((one(BLOCKER), one(RISK)), (), Level.NOT_READY),
        ((one(BLOCKER), one(RISK)), (waiver(BLOCKER.code),), Level.RISKS),
        ((one(BLOCKER),), (waiver(BLOCKER.code, TODAY - timedelta(days=1)),), Level.NOT_READY),
        (
            (one(BLOCKER, subject="a"), one(BLOCKER, subject="b")),
            (waiver(BLOCKER.code, subject="a"),),
            Level.NOT_READY,
        ),
        ((one(HARD),), (waiver(HARD.code),), Level.NOT_READY),
    ],
)
def test_the_worst_that_stands_decides(
    findings: tuple[Finding, ...], waivers: tuple[Waiver, ...], level: Level
) -> None:
    """Waivers count through their last day, for their subject, and never where the rule forbids it."""
    assert level is verdict(findings, waivers, (), TODAY).overall.level


def test_a_wave_answers_for_itself_and_for_all() -> None:
    """A finding of one wave leaves the others alone; one of no wave concerns each."""
    found = verdict((one(BLOCKER, "first"), one(RISK)), (), ("first", "second"), TODAY)

    assert {"first": Level.NOT_READY, "second": Level.RISKS} == {
        name: it.level for name, it in found.waves.items()
    }
    assert Level.NOT_READY is found.overall.level
    assert [BLOCKER.code] == [it.rule.code for it in found.overall.reasons]


def test_an_ended_waiver_is_told_where_it_would_cover_something() -> None:
    """Nobody has to wonder why a waived finding is back."""
    ended = waiver(BLOCKER.code, TODAY - timedelta(days=1))

    assert (ended,) == verdict(
        (one(BLOCKER),), (ended, waiver("content.other", TODAY - timedelta(days=1))), (), TODAY
    ).expired
    assert () == verdict((one(BLOCKER),), (ended, waiver(BLOCKER.code)), (), TODAY).expired


@pytest.mark.parametrize(
    ("what", "by", "reason", "until", "error"),
    [
        ("content.risk", ("Anna",), "why", TODAY, BadRequest),
        ("content.risk", ("Anna", " anna "), "why", TODAY, BadRequest),
        ("content.risk", ("Anna", "Bo", "Chen"), "why", TODAY, BadRequest),
        ("content.risk", ("Anna", "Bo"), " ", TODAY, BadRequest),
        ("content.risk", ("Anna", "Bo"), "why", TODAY - timedelta(days=1), BadRequest),
        ("content.risk", ("Anna", "Bo"), "why", None, BadRequest),
        ("content.none", ("Anna", "Bo"), "why", TODAY, BadRequest),
        ("rights.hard", ("Anna", "Bo"), "why", TODAY, NotWaivable),
    ],
)
def test_a_waiver_that_is_not_whole_is_refused(
    what: str, by: tuple[str, ...], reason: str, until: date | None, error: type[LadingError]
) -> None:
    """Two people, a reason, an end that is not past, a rule that allows it: or none."""
    rules = {it.code: it for it in (RISK, HARD)}

    with pytest.raises(error):
        checked([what], by, reason, until, rules, TODAY)


def test_a_waiver_survives_its_record() -> None:
    """What the ledger holds of it is the same waiver; a subject may hold colons."""
    (made,) = checked(["content.risk:https://x"], ("Anna", "Bo"), "why", TODAY, {RISK.code: RISK}, TODAY)

    assert "https://x" == made.subject
    assert made == from_facts(to_facts(made))


def test_changes_name_what_is_new_and_gone() -> None:
    """By key: code, wave and subject."""
    before = {"at": "2026-11-01T00:00:00", "findings": [{"key": one(RISK).key}, {"key": one(ADVICE).key}]}
    told = changes((one(RISK), one(BLOCKER)), before)

    assert ((one(BLOCKER).key,), (one(ADVICE).key,), 1) == (told.new, told.gone, told.same)
    assert changes((), None).since is None


def test_the_slowest_rate_binds() -> None:
    """The range is that of the slowest; objects may bind where bytes do not; nothing measured is said."""
    line, server = RateFacts("line", 10.0, 5.0, 20.0), RateFacts("server", 100.0, objects=0.5)
    told = estimate(1000, 10, (line, server))

    assert (50.0, 100.0, 200.0, "line") == (told.least, told.likely, told.most, told.binds)
    assert (2000.0, "server") == ((slow := estimate(1000, 1000, (line, server))).likely, slow.binds)
    assert estimate(1000, 10, ()).missing is not None
    assert estimate(None, None, (line,)).missing is not None
