"""
Faults across all seven families, planted in a firm in order: each is found, with what it is about, a remedy and an owner.

Of the firm in order nothing is said that would hold anybody up; of one fault only what it truly causes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lading.stages.readiness.findings import Family, Owner
from support.estate import Estate, fingerprint, scanned
from support.estate_faults import FAULTS, Fault

CLEAN = {"content.damaged", "content.encrypted", "content.links_to_old"}
"""That nobody opened documents is said of the firm in order: advice, and nothing else."""
Findings = list[Mapping[str, Any]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Manifests of both drives in order."""
    place, it = tmp_path_factory.mktemp("estate"), Estate()
    return {side: scanned(drive, place / side, side) for side, drive in (("old", it.old), ("new", it.new))}


def test_nothing_holds_up_a_firm_in_order(kept: dict[str, Path], tmp_path: Path) -> None:
    """Ready: no blocker, no risk, and an estimate that rests on the measured line."""
    document = Estate().assess(tmp_path, kept=kept)

    assert ("ready", CLEAN) == (document["verdict"]["level"], {it["code"] for it in document["findings"]})
    assert document["estimate"]["binds"].startswith("Suzhou")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda it: it.name)
def test_a_fault_is_found_and_nothing_else(fault: Fault, kept: dict[str, Path], tmp_path: Path) -> None:
    """Alone in the firm it is told by its code, with subject, wave, reason, remedy and owner, in both languages."""
    estate = Estate()
    before = {side: fingerprint(drive) for side, drive in (("old", estate.old), ("new", estate.new))}
    fault.done(estate)
    after = {"old": fingerprint(estate.old), "new": fingerprint(estate.new)}
    # A scan costs more than all the judging: what nobody changed is not scanned again.
    reused = {side: place for side, place in kept.items() if before[side] == after[side]}
    findings = estate.assess(tmp_path, kept=reused)["findings"]

    assert {fault.code} <= {it["code"] for it in findings} - CLEAN <= {fault.code} | fault.also
    told(fault, findings)


def test_all_faults_at_once_are_all_found(tmp_path: Path) -> None:
    """None hides another; there are more than forty, of every family."""
    estate = Estate()
    together = [it for it in FAULTS if it.name not in APART]
    for fault in together:
        fault.done(estate)
    document = estate.assess(tmp_path)

    assert "not_ready" == document["verdict"]["level"]
    assert 40 <= len({it.code for it in together})
    assert set(Family) == {Family(it.code.partition(".")[0]) for it in together}
    for fault in together:
        told(fault, document["findings"])


APART = {"limit", "newcomer", "opened", "walled"}
"""Faults that take another one's ground: a second new drive, or names that a wall keeps back."""


def told(fault: Fault, findings: Findings) -> None:
    """The finding about *fault* says all that somebody needs to act."""
    found = [
        it
        for it in findings
        if (it["code"], it["wave"]) == (fault.code, fault.wave) and it["subject"].endswith(fault.subject)
    ]
    assert len(found) == 1, [(it["code"], it["subject"], it["wave"]) for it in findings]
    (it,) = found
    assert it["owner"] in set(Owner)
    assert all(
        it[name][language].strip()
        for name in ("says", "reason", "remedy", "taught")
        for language in ("en", "zh")
    )
