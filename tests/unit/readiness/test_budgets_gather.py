"""Calls, earlier versions and messages, counted from manifests of both drives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.connectors.profile import Features, Profile
from lading.manifest.read import Manifest
from lading.manifest.tables import Feature
from lading.model.access import Grant, Principal, PrincipalKind, Role, Version
from lading.stages.readiness.findings import Severity
from lading.stages.readiness.gather.budgets import loads_of
from lading.stages.readiness.gather.messages import message_facts
from lading.stages.readiness.judging import judge
from support.scanning import scan_of

WEDRIVE = Profile(kind="wedrive", address="wedrive:corp", features=Features(roles=frozenset({Role.DOWNLOAD})))


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """Two spaces: one with a file of three versions that is shared with two people, one with a single file; a file beside them of two versions."""
    drive = MemoryDrive()
    assert drive.versions is not None
    for path, contents in ((("A", "a.txt"), 3), (("B", "b.txt"), 1), (("c.txt",), 2)):
        if len(path) > 1:
            drive.make_folder(path[:1])
        for number in range(contents):
            version = Version("", number, 4)
            drive.versions.add(path, [b"abcd"], version, expect=ANYTHING if number else ABSENT)
    for name in ("anna", "lin"):
        person = Principal(PrincipalKind.PERSON, name)
        drive.store.hang(Grant(("A",), person, frozenset(), role=Role.DOWNLOAD))
    return scan_of(monkeypatch, drive, tmp_path / "manifest", features=tuple(Feature))


def test_who_would_get_messages_is_counted(manifest: Manifest) -> None:
    """Uploads into WeDrive push no card, but for those in one call; our own drive sends nothing at all."""
    muted = message_facts(manifest, replace(WEDRIVE, features=Features()))
    asked = message_facts(manifest, replace(WEDRIVE, features=Features()), oneshot=True)
    ours = message_facts(
        manifest, Profile(kind="lading", address="x", features=WEDRIVE.features), oneshot=True
    )

    assert (0, 0, True) == (muted.cards, muted.mails, muted.muted)
    assert (manifest.counts["file"]["objects"], None) == (asked.cards, asked.muted)
    assert (0, 0, True) == (ours.cards, ours.mails, ours.muted)
    assert () == judge([muted, ours])
    assert ["budgets.messages"] == [it.rule.code for it in judge([asked])]


def test_grants_may_tell_people(manifest: Manifest) -> None:
    """Where nobody documents whether people are told, it is a risk with the count of those who would be, and no more than that."""
    found = message_facts(manifest, WEDRIVE)

    assert (2, 2, None) == (found.cards, found.people, found.muted)
    assert [Severity.RISK] == [it.severity for it in judge([found])]


def test_earlier_versions_are_counted_by_space(manifest: Manifest) -> None:
    """The current one is no earlier one; files beside the spaces count as one space."""
    assert {"/A": 2, "/B": 0, "/": 1} == {it.name: it.versions for it in loads_of(manifest)}
