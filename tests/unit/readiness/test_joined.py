"""Losses, branches, needs and reach: good and bad facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from lading.manifest.circles import Circles
from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.identity import Key
from lading.model.text import Text
from lading.stages.readiness.duration import estimate
from lading.stages.readiness.facts.fidelity import FidelityFacts, Gap, LossCount
from lading.stages.readiness.facts.network import Measurement, Need, NetworkProbe, Rates, Resolution, Target
from lading.stages.readiness.facts.plan import Branches, PlanFacts, WavePlan
from lading.stages.readiness.findings import Hit, Severity
from lading.stages.readiness.gather.reach import Reach, _departments
from lading.stages.readiness.gather.waves import Load, unprobed, with_needs
from lading.stages.readiness.judging import judge
from lading.stages.readiness.making import Count

LOSS = LossCount(
    "comment.lost",
    Text("comments", "评论"),
    Text("not carried {x}", "不迁移 {x}"),
    Text("", ""),
    3,
    False,
    True,
)
ROUND = Measurement(
    at=0, seconds=1, up=Rates(one_stream=4e6, several_streams=8e6), down=Rates(several_streams=80e6)
)
TARGET = Target(
    name="new", host="new", port=443, counterpart=True, resolution=Resolution(), measurements=(ROUND,)
)
PROBE = NetworkProbe(branch="Suzhou", started=0, ended=1, targets=(TARGET,))
PLAN = PlanFacts(
    date(2026, 11, 26),
    waves=(
        WavePlan("first", ("a",), datetime(2026, 12, 1, 20, tzinfo=UTC), 10.0, branches=("Suzhou", "Wuxi")),
        WavePlan("second"),
    ),
)


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (FidelityFacts(), []),
        (FidelityFacts((LOSS,)), [("content.lost", Severity.RISK, "comment.lost")]),
        (FidelityFacts((replace(LOSS, whole=False),)), [("content.lost", Severity.ADVICE, "comment.lost")]),
        (FidelityFacts((replace(LOSS, whole=False, rights=True),)), [("rights.lost", Severity.RISK, "comment.lost")]),
        (FidelityFacts((), (Gap(Text("a", "b"), "not_scanned", (Text("links", "链接"),), False),)), [("content.fidelity_unknown", Severity.RISK, "not_scanned")]),
        (FidelityFacts((), (Gap(Text("a", "b"), "not_told", (Text("links", "链接"),), True),)), [("content.fidelity_unknown", Severity.ADVICE, "not_told")]),
        (Branches(), []),
        (Branches((("first", "Wuxi"),)), [("network.unprobed", Severity.RISK, "Wuxi")]),
    ],
)  # fmt: skip
def test_losses_and_branches(fact: object, expected: list[tuple[str, Severity, str]]) -> None:
    """Each loss, gap and branch is one finding; braces in what a drive says break nothing."""
    assert expected == [(it.rule.code, it.severity, it.subject) for it in judge([fact])]


def test_a_wave_asks_of_its_branches_only() -> None:
    """The bytes of the wave within its window; whole files only where NEW takes them so; what was typed at the branch stays."""
    loads = {"first": Load(1_000_000, 700)}

    assert (Need(wave="first", bytes=1_000_000, window_hours=10.0),) == with_needs(
        PROBE, PLAN, loads, whole=False
    ).needs
    assert [700] == [it.largest_body for it in with_needs(PROBE, PLAN, loads, whole=True).needs]
    assert () == with_needs(replace(PROBE, branch="Beijing"), PLAN, loads, whole=False).needs
    typed = replace(PROBE, needs=(Need(wave="", bytes=1, window_hours=1),))
    assert typed == with_needs(typed, PLAN, loads, whole=False)
    assert Branches((("first", "Wuxi"),)) == unprobed(PLAN, [PROBE])


def test_the_measured_line_counts_for_its_bytes() -> None:
    """A megabyte up at a megabyte a second takes a second, whatever the rest of the drive holds."""
    probe = with_needs(PROBE, PLAN, {"first": Load(1_000_000, 1)}, whole=False)

    assert 1.0 == estimate(10**12, 1, probe.rates()).likely
    assert () == replace(probe, targets=(replace(TARGET, measurements=()),)).rates()


def test_people_are_counted_once_and_by_their_smallest_department() -> None:
    """Somebody in two spaces is one person; the department above does not take them."""
    department, person = PrincipalKind.DEPARTMENT, PrincipalKind.PERSON
    every = [Principal(department, "all", "Firm"), Principal(department, "law", "Legal")]
    every += [Principal(person, it) for it in "abc"]
    members = [Membership("all", it) for it in "abc"] + [Membership("law", "a")]
    departments = _departments(Circles(every, members))
    a, b, c = (Key(person, it) for it in "abc")
    reach = Reach({"x": frozenset((a, b)), "y": frozenset((b, c))}, departments, frozenset((a,)))

    assert (Hit(2, "Firm"), Hit(1, "Legal", critical=1)) == reach.of_spaces(["x", "y", "none"])


def test_one_is_not_many() -> None:
    """English numbers agree with their words."""
    said = "{count:,} {count:file is|files are}"

    assert ("1 file is", "1,200 files are") == (said.format(count=Count(1)), said.format(count=Count(1200)))
