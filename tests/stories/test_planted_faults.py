"""
Twenty faults and more, planted one at a time into a faithful move of the firm: the right check catches each, by its name.

Nothing is reported of the faithful move.  What a check says of a fault is stated whole: one that has nothing to do with
it stays silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lading.connectors.memory import MemoryDrive
from lading.manifest.tables import Feature
from lading.model.access import Role
from lading.model.errors import DIFFERENT, GAINED
from support.checks import Given, asked, found
from support.command import Answer, inside
from support.moved_firm import FALCON, HAWK, MODEL, TWINS, moved, old_drive
from support.planted import FAULTS, MORE, NAMES, Fault, Hiding, given
from support.scanning import scan_of

DAY_AFTER = "2026-01-02T00:00:00+00:00"

Asked = Callable[..., dict[str, Answer]]


@pytest.fixture(scope="module")
def old() -> MemoryDrive:
    """The firm before the move; nobody changes it."""
    return old_drive()


@pytest.fixture(scope="module")
def ask(old: MemoryDrive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Scan a new drive and ask every check about it, with the map that was made after a faithful move."""
    folder = tmp_path_factory.mktemp("moved")
    people_gave = Given(folder / "map.csv", folder / "walls", DAY_AFTER)
    people_gave.walls.write_text(f"{FALCON.folder} ⟂ {HAWK.folder}\n", encoding="utf-8")

    def scanned(drive: MemoryDrive, *, singly: bool = False) -> Path:
        place = tmp_path_factory.mktemp("scanned") / "manifest"
        with pytest.MonkeyPatch.context() as patch:
            scan_of(patch, drive, place, features=tuple(Feature), singly=singly)
        return place

    before = scanned(old)
    inside("identity", before, scanned(moved(old)), "--write", people_gave.map)
    yield lambda new, **how: asked(before, scanned(new, **how), people_gave)


def test_nothing_is_reported_of_a_faithful_move(old: MemoryDrive, ask: Asked) -> None:
    """Other ids of people, versions and links, other passwords, another day: no check finds anything, and each ends with 0."""
    answers = ask(moved(old))

    assert {} == found(answers)
    assert {0} == {answer.code for answer in answers.values()}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.code)
def test_each_fault_is_caught(old: MemoryDrive, ask: Asked, fault: Fault) -> None:
    """Every check that the fault concerns names it and fails; all others end with 0 and find nothing."""
    new = moved(old)
    fault.done(new)
    answers = ask(new)

    assert fault.finds == found(answers)
    concerned = {"access" if name == "walls" else name for name in fault.finds}
    assert concerned == {name for name, answer in answers.items() if answer.code != 0}
    assert _ending(fault) == answers["access"].code


def test_a_grant_that_listings_hide_is_found_entry_by_entry(old: MemoryDrive, ask: Asked) -> None:
    """What a drive leaves out of its listings no check sees in them; a scan with --singly asks each entry, and all is found."""
    new = moved(old)
    given(MODEL, TWINS[1], Role.DOWNLOAD)(new)
    new.grants = Hiding(new.store, MODEL)
    in_one_go, singly = ask(new), ask(new, singly=True)

    assert {} == found(in_one_go)
    assert {"access": {"gain grant", NAMES}, "compare": {"grants extra"}} == found(singly)
    assert GAINED == singly["access"].code


def test_nothing_is_reported_of_a_faithful_move_entry_by_entry(old: MemoryDrive, ask: Asked) -> None:
    """Listings that hide nothing say what each entry says: a scan with --singly is the same manifest."""
    assert {} == found(ask(moved(old), singly=True))


def test_there_are_more_than_twenty() -> None:
    """No fault stands there twice, and each is caught by at least one check."""
    assert 20 < len({fault.code for fault in FAULTS}) == len(FAULTS)
    assert all(fault.finds for fault in FAULTS)


def _ending(fault: Fault) -> int:
    """How the check of access ends: whoever gained has an exit code of their own."""
    words = " ".join(fault.finds.get("access", ()))
    if "gain " in words or MORE in words:
        return GAINED
    return DIFFERENT if words else 0
