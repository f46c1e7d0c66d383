"""
Two people who changed the same are told, each once, however often the way back was cut off.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path as LocalPath

import pytest

from lading.cli.rollback_work import write_messages
from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.crew import close_drives
from lading.connectors.memory import MemoryStore
from lading.connectors.registry import CONNECTORS, open_drive
from lading.stages.cutover import performing
from lading.stages.cutover.running import run
from lading.stages.cutover.state import lines_of
from support.memory_drives import STORES
from support.passes import InlineCrew
from support.rollbacks import Switched, files, put, switch


@pytest.fixture
def conflicts(tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch) -> Switched:
    """A file edited on both sides, one made on both, one renamed on both and edited in NEW, a folder where OLD has a file."""
    monkeypatch.setitem(CONNECTORS, "memory", "support.memory_drives")
    STORES.update(old=MemoryStore(), new=MemoryStore())
    old, new = Address("memory", "old"), Address("memory", "new")
    with open_drive(old) as ours, open_drive(new) as theirs:
        for name in ("edited", "renamed"):
            for drive in (ours, theirs):
                put(drive, ("d", name), name.encode())
    it = switch(old, new, tmp_path / "job")
    with open_drive(old) as ours, open_drive(new) as theirs:
        for drive, side in ((ours, b"OLD"), (theirs, b"NEW")):
            put(drive, ("d", "edited"), side)
            put(drive, ("d", "made"), b"made in " + side)
            assert drive.moves is not None
            drive.moves.move(("d", "renamed"), ("d", f"renamed in {side.decode()}"), expect=ABSENT)
        put(theirs, ("d", "renamed in NEW"), b"renamed and edited")
        put(ours, ("d", "place"), b"a file")
        put(theirs, ("d", "place", "inside"), b"in a folder")
    it.journal()
    return it


def cut(name: str) -> None:
    """Nothing goes on behind what was written, and behind what was noted."""
    if name in ("rollback.after_write", "rollback.noted"):
        raise KeyboardInterrupt(name)


def test_each_is_told_once(conflicts: Switched, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Cut off again and again, behind what is written and behind what is noted, the run that comes to its end tells both
    authors of each conflict, once; a further run tells nobody.
    """
    cuts = 0
    while cuts < 50:
        with monkeypatch.context() as patch:
            patch.setattr(performing, "failpoint", cut)
            try:
                run(conflicts.mark, InlineCrew())  # type: ignore[arg-type]
                break
            except KeyboardInterrupt:
                cuts += 1
            finally:
                close_drives()
    write_messages(conflicts.mark)
    told = [*lines_of(conflicts.mark.home.messages)]
    conflicts.back()
    write_messages(conflicts.mark)

    assert 2 < cuts < 50
    assert {
        ("/d/edited", "edited_on_both_sides"): 2,
        ("/d/made", "name_taken_in_old"): 2,
        ("/d/place", "name_taken_in_old"): 2,
        ("/d/renamed in NEW", "renamed_on_both_sides"): 2,
    } == Counter((it["path"], it["about"]) for it in told)
    assert {"old": 4, "new": 4} == Counter(it["side"] for it in told)
    assert told == [*lines_of(conflicts.mark.home.messages)]
    with open_drive(conflicts.mark.old) as old:
        assert {b"OLD", b"NEW", b"renamed and edited", b"in a folder"} <= set(files(old).values())
