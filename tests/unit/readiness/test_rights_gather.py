"""What is odd in the rights of a manifest is counted, and what was not scanned stays unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lading.connectors.memory import MemoryDrive
from lading.manifest.tables import Feature
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Role
from lading.model.identity import IdentityMap, Match, Outcome
from lading.stages.readiness.gather.content import Looking
from lading.stages.readiness.gather.rights import rights_facts
from support.scanning import scan_of

PERSON, GUEST, GROUP = PrincipalKind.PERSON, PrincipalKind.GUEST, PrincipalKind.GROUP
ANNA, LEFT = Principal(PERSON, "1", "Anna"), Principal(PERSON, "2", "Left", active=False)
OWNED, LOOSE = (
    Principal(GUEST, "g1", "Counsel", owner="1", until=2**62),
    Principal(GUEST, "g2", "Stray", owner="2"),
)
TEAM, ALL = Principal(GROUP, "t", "Team"), Principal(PrincipalKind.EVERYBODY, "everybody")
LOOKING = Looking(1)


def grant(path: tuple[str, ...], whom: Principal, role: Role, effect: Effect = Effect.ALLOW) -> Grant:
    return Grant(path, whom, frozenset(), role=role, effect=effect)


def drive() -> MemoryDrive:
    it = MemoryDrive()
    it.store.know(ANNA, LEFT, OWNED, LOOSE, TEAM, ALL)
    for path in (("Kept",), ("Orphan",), ("Kept", "Sub")):
        it.make_folder(path)
    it.store.hang(
        grant(("Kept",), ANNA, Role.MANAGE),
        grant(("Kept",), ALL, Role.DOWNLOAD),
        grant(("Kept", "Sub"), ANYBODY, Role.NONE, Effect.BREAK),
        grant(("Orphan",), LEFT, Role.MANAGE),
        Link(("Kept",), "open", frozenset(), role=Role.DOWNLOAD),
        Link(("Kept",), "ended", frozenset(), role=Role.DOWNLOAD, expires=9),
        Link(("Kept",), "inside", frozenset(), role=Role.DOWNLOAD, inside=True),
        Link(("Orphan",), "locked", frozenset(), role=Role.DOWNLOAD, has_password=True),
    )
    return it


def test_each_oddity_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its name, unless that lies below a hidden path; people are counted by what became of them."""
    manifest = scan_of(monkeypatch, drive(), tmp_path / "m", features=tuple(Feature))
    people = IdentityMap(
        [
            Match(ANNA, Outcome.MISSING),
            Match(LEFT, Outcome.LEFT),
            Match(OWNED, Outcome.AMBIGUOUS),
            Match(TEAM, Outcome.MAPPED, new=TEAM, wider=3),
        ]
    )
    facts = rights_facts(manifest, LOOKING, people=people)
    veiled = rights_facts(manifest, replace(LOOKING, hidden=("Kept",)), people=people)

    counted = {
        name: (some.count, some.examples)
        for name in (
            "everybody",
            "ownerless",
            "open_links",
            "breaks",
            "ownerless_guests",
            "endless_guests",
            "unmapped",
            "uncertain",
            "wider",
        )
        if (some := getattr(facts, name)) is not None
    }
    assert {
        "everybody": (1, ("/Kept",)),
        "ownerless": (1, ("/Orphan",)),
        "open_links": (1, ("/Kept",)),
        "breaks": (1, ("/Kept/Sub",)),
        "ownerless_guests": (1, ("Stray",)),
        "endless_guests": (1, ("Stray",)),
        "unmapped": (1, ("Anna",)),
        "uncertain": (1, ("Counsel",)),
        "wider": (1, ("Team",)),
    } == counted
    assert veiled.open_links is not None
    assert (1, (), 1) == (veiled.open_links.count, veiled.open_links.examples, veiled.open_links.hidden)


def test_what_was_not_scanned_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No table, no count: not even nought."""
    facts = rights_facts(scan_of(monkeypatch, drive(), tmp_path / "m"), LOOKING)

    assert (None,) * 6 == (
        facts.everybody, facts.ownerless, facts.open_links, facts.endless_guests, facts.unmapped, facts.grants,
    )  # fmt: skip
