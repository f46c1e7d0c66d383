"""
The scratch place of a drill is emptied between portions: never of what is not the drill's, and what stays behind is not forgotten.
"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lading.cli.drill_scratch import Scratch, clean_earlier, scratch_in
from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.memory import MemoryStore
from lading.connectors.registry import CONNECTORS
from lading.model.errors import BadRequest
from lading.model.paths import Path as DrivePath
from lading.vault.part import Part
from support import memory_drives

FIRST = [("Deal", "1.docx"), ("Deal", "in", "2.docx")]
REST = [("Deal", "in", "3.docx"), ("合同", "4.docx")]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """What lies on the scratch drive."""
    monkeypatch.setitem(CONNECTORS, "inside", memory_drives.__name__)
    monkeypatch.setitem(memory_drives.STORES, "scratch", MemoryStore())
    return memory_drives.STORES["scratch"]


@pytest.fixture
def scratch(store: MemoryStore, tmp_path: Path) -> Scratch:
    """That drive for one drill, which has claimed both portions."""
    work = tmp_path / "drills" / "run-0a1b"
    work.mkdir(parents=True)
    it = Scratch(Address("inside", "scratch"), str(work), made=False)
    it.claim(Part(FIRST + REST))
    return it


def make(*paths: DrivePath) -> None:
    """Files at *paths*, with the folders above them."""
    drive = memory_drives.open(Address("inside", "scratch"))
    for path in paths:
        for depth in range(1, len(path)):
            if path[:depth] not in there():
                drive.make_folder(path[:depth])
        drive.write(path, [b"content"], expect=ABSENT)


def there(folder: DrivePath = ()) -> set[DrivePath]:
    """All that lies on the drive."""
    drive = memory_drives.open(Address("inside", "scratch"))
    entries = list(drive.list(folder).entries)
    below = [there(it.path) for it in entries if it.is_folder]
    return {it.path for it in entries}.union(*below)


def test_a_portion_finds_the_place_empty(scratch: Scratch) -> None:
    """Also of the folders that it shares with the portion before it."""
    make(*FIRST)
    scratch.empty(REST)

    assert not there()


def test_what_others_put_there_stays_and_is_counted(scratch: Scratch) -> None:
    """A folder in which somebody's file lies cannot be removed: the drill goes on around it, and says so at its end."""
    make(*FIRST, ("Deal", "in", "mine.txt"))
    scratch.empty(REST)
    assert {("Deal",), ("Deal", "in"), ("Deal", "in", "mine.txt")} == there()

    make(*REST)
    assert 2 == scratch.clean()
    assert {("Deal",), ("Deal", "in"), ("Deal", "in", "mine.txt")} == there()


@pytest.mark.parametrize("made", [FIRST, REST])
def test_a_drill_that_was_killed_between_portions_is_cleaned_up(
    made: list[DrivePath], scratch: Scratch, tmp_path: Path
) -> None:
    """Whether the place had been emptied or not, the next drill knows what may lie there."""
    make(*FIRST)
    if made is REST:
        scratch.empty(REST)
        make(*REST)

    assert [("scratch", 0)] == clean_earlier(str(tmp_path / "drills"))
    assert not there()


@pytest.mark.parametrize("between", [False, True])
def test_the_folder_around_the_scratch_place_keeps_its_mode(between: bool, tmp_path: Path) -> None:
    """Whether the drill ends where its own folder is there or, between two portions, is not; and whatever rights were restored."""
    place, work = tmp_path / "shared", tmp_path / "drills" / "run-0a1b"
    for folder in (place, work):
        folder.mkdir(parents=True)
    place.chmod(0o775)
    it = scratch_in(Address("folder", str(place)), str(work))
    it.claim(Part(FIRST + REST))
    shut = Path(it.target.place) / "Deal"
    shut.mkdir(parents=True)
    (shut / "1.docx").write_bytes(b"content")
    shut.chmod(0o500)
    if between:
        it.empty(REST)

    assert 0 == it.clean()
    assert (0o775, []) == (stat.S_IMODE(place.stat().st_mode), list(place.iterdir()))


def test_nothing_is_claimed_that_was_there(scratch: Scratch) -> None:
    """Whatever portion it belongs to, and before anything is made."""
    make(("合同", "theirs.docx"))

    with pytest.raises(BadRequest, match="合同"):
        scratch.claim(Part(FIRST + REST))
