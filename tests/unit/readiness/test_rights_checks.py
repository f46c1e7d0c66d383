"""Checks of rights: good and bad facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lading.stages.readiness.checks.rights_people import CHECK, MANY_BREAKS
from lading.stages.readiness.facts.rights import RightsFacts, Some
from lading.stages.readiness.findings import Severity

NONE = Some(0)
CLEAN = RightsFacts(
    "old", NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, Some(3), Some(500), 2000, NONE
)


def codes(facts: RightsFacts) -> list[str]:
    return [finding.rule.code for finding in CHECK.judge(facts)]


def test_good_rights_have_no_finding() -> None:
    """A few breaks, a few grants to single people: nothing to say."""
    assert [] == codes(CLEAN)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"unmapped": Some(1, ("Bo",))}, "rights.unmapped"),
        ({"uncertain": Some(1)}, "rights.uncertain"),
        ({"wider": Some(1)}, "rights.wider"),
        ({"gains": Some(2)}, "rights.gains"),
        ({"crossing": Some(1)}, "rights.wall"),
        ({"ownerless": Some(1)}, "rights.ownerless"),
        ({"open_links": Some(1)}, "rights.open_links"),
        ({"endless_links": Some(1)}, "rights.endless_links"),
        ({"everybody": Some(1)}, "rights.everybody"),
        ({"ownerless_guests": Some(1)}, "rights.ownerless_guests"),
        ({"endless_guests": Some(1)}, "rights.endless_guests"),
        ({"breaks": Some(MANY_BREAKS + 1)}, "rights.breaks"),
        ({"single": Some(1001)}, "rights.single_people"),
    ],
)
def test_each_bad_fact_is_found(bad: dict[str, Some], code: str) -> None:
    """One bad fact gives its finding and no other."""
    assert [code] == codes(replace(CLEAN, **bad))


def test_what_was_not_scanned_is_a_risk() -> None:
    """A manifest without people and rights is not taken for a clean one."""
    found = list(CHECK.judge(RightsFacts("old")))

    assert 10 == len(found)
    assert {Severity.RISK, Severity.ADVICE} == {finding.severity for finding in found}
    assert all(finding.says.en.startswith("Unknown") for finding in found)
