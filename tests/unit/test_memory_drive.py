"""
What the drive in memory does beyond the contract: limits, owners, cursors, the order of settling.
"""

from __future__ import annotations

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.profile import Case, NameRules
from lading.model.errors import CursorExpired, NoSpace, TooLarge
from lading.model.paths import ROOT
from lading.testkit.contract.support import content_of, paths
from lading.testkit.sources import endless


def test_quota_holds():
    """
    A store that is full takes nothing more, leaves nothing half, and takes again after a removal.
    """
    drive = MemoryDrive(quota_bytes=100)
    drive.write(("a",), [b"x" * 60], expect=ABSENT)
    with pytest.raises(NoSpace):
        drive.write(("b",), [b"x" * 41], expect=ABSENT)
    with pytest.raises(NoSpace):
        drive.write(("c",), endless(), expect=ABSENT)
    with pytest.raises(NoSpace):
        drive.partials.append("token", [b"x" * 30, b"x" * 30], start=0)

    assert [("a",)] == paths(drive)
    assert 30 == drive.partials.offset("token")
    assert 1 == drive.partials.sweep(())
    drive.remove(("a",), expect=ANYTHING)
    drive.write(("b",), [b"x" * 100], expect=ABSENT)


def test_size_limit_holds():
    """
    A file larger than the limit is refused as soon as that is known, a partial too.
    """
    drive = MemoryDrive(size_limit=10)
    with pytest.raises(TooLarge):
        drive.write(("a",), endless(), expect=ABSENT)
    with pytest.raises(TooLarge):
        drive.partials.append("token", endless(), start=0)
    drive.write(("a",), [b"x" * 10], expect=ABSENT)

    assert 10 == drive.stat(("a",)).size


def test_owners_do_not_see_each_other():
    """
    One run never touches the unfinished files of another.
    """
    store = MemoryStore()
    mine, yours = MemoryDrive(store, owner="mine"), MemoryDrive(store, owner="yours")
    mine.partials.append("token", [b"mine"], start=0)
    yours.partials.append("token", [b"yours!"], start=0)

    assert 1 == yours.partials.sweep(())
    assert (4, 0) == (mine.partials.offset("token"), yours.partials.offset("token"))


def test_cursors_live_as_long_as_said():
    """
    A cursor outlives the stated number of listing calls and no more.
    """
    drive = MemoryDrive(page_size=1, cursor_lifetime=2)
    for name in "abc":
        drive.make_folder((name,))
    cursor = drive.list(ROOT).cursor
    drive.list(ROOT)
    assert ("b",) == drive.list(ROOT, cursor=cursor).entries[0].path

    with pytest.raises(CursorExpired):
        drive.list(ROOT, cursor=cursor)
    with pytest.raises(CursorExpired):
        drive.list(ROOT, cursor="nonsense")


def test_names_that_fold_are_one_entry():
    """
    Where case is folded an entry is found in any spelling, keeps its own, and can be respelled.
    """
    drive = MemoryDrive(names=NameRules(case=Case.FOLDED))
    drive.make_folder(("Folder",))
    drive.write(("FOLDER", "File"), [b"1"], expect=ABSENT)
    drive.write(("folder", "FILE"), [b"2"], expect=ANYTHING)

    assert ("Folder", "File") == drive.stat(("fOLDER", "fILE")).path
    assert b"2" == content_of(drive, ("folder", "file"))
    assert ("Folder", "file") == drive.moves.move(("Folder", "File"), ("Folder", "file"), expect=ABSENT).path
    assert [("Folder", "file")] == paths(drive, ("Folder",))


def test_settling_is_written_down():
    """
    The store knows whether everything was settled after the last change.
    """
    drive = MemoryDrive()
    drive.write(("a",), [b"1"], expect=ABSENT)
    assert drive.store.settled < drive.store.changes

    drive.settle.settle()
    assert drive.store.settled == drive.store.changes


def test_time_comes_from_outside():
    """
    Without a time of its own an entry gets that of the store's clock, on its grain.
    """
    drive = MemoryDrive(clock=lambda: 1_234_567_890, clock_grain=1_000_000_000)

    assert 1_000_000_000 == drive.write(("a",), [], expect=ABSENT).modified


def test_settings_belong_to_the_store():
    """
    A client cannot change the facts of a store that is there.
    """
    with pytest.raises(TypeError):
        MemoryDrive(MemoryStore(), page_size=3)
    with pytest.raises(TypeError):
        MemoryDrive(pagesize=3)
