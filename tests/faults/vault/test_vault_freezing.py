"""
A drive that is frozen for a backup is thawed in every case, and a freeze of somebody else stays.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lading.connectors.conditions import ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.model.errors import NotFound, StillFrozen, Unavailable
from lading.stages.backup.freezing import frozen


class Switch:
    """A freeze facet of spaces that are in *said*, with the message of each; *fails* are those that do not thaw."""

    def __init__(self, spaces: tuple[str, ...], fails: tuple[str, ...] = ()) -> None:
        self.said = dict.fromkeys(spaces, "")
        self.fails = fails

    def freeze(self, space: str, *, message: str) -> None:
        self.said[space] = message

    def thaw(self, space: str) -> None:
        if space in self.fails:
            raise Unavailable((space,))
        self.said[space] = ""

    def frozen(self, space: str) -> str:
        if space not in self.said:
            raise NotFound((space,))
        return self.said[space]


@pytest.fixture
def drive() -> Iterator[MemoryDrive]:
    drive = MemoryDrive()
    for name in ("deals", "人事"):
        drive.make_folder((name,))
    drive.write(("notes.txt",), [b"no space"], expect=ANYTHING)
    yield drive


def test_every_space_is_frozen_and_thawed(drive: MemoryDrive) -> None:
    """Above the spaces, each is frozen by itself; whoever may be killed was told before."""
    switch = drive.freeze = Switch(("deals", "人事"))
    warned: list[str] = []
    with frozen(drive, "0a1b", warned.append) as spaces:
        inside = dict(switch.said)

    assert ("/deals", "/人事") == spaces
    assert ["/deals", "/人事"] == warned
    assert all("0a1b" in said for said in inside.values())
    assert {"deals": "", "人事": ""} == switch.said


@pytest.mark.parametrize("problem", [KeyboardInterrupt, ValueError])
def test_what_goes_wrong_meanwhile_leaves_nothing_frozen(
    drive: MemoryDrive, problem: type[BaseException]
) -> None:
    """An interrupt or a failure thaws all the same."""
    switch = drive.freeze = Switch(("",))
    with pytest.raises(problem), frozen(drive, "0a1b", lambda _: None):
        raise problem

    assert {"": ""} == switch.said


def test_a_freeze_of_somebody_else_stays(drive: MemoryDrive) -> None:
    """What was frozen for a cutover is as good as frozen by us, and is not thawed."""
    switch = drive.freeze = Switch(("deals", "人事"))
    switch.freeze("deals", message="cutover")
    with frozen(drive, "0a1b", lambda _: None) as spaces:
        assert ("/deals", "/人事") == spaces

    assert {"deals": "cutover", "人事": ""} == switch.said


def test_a_freeze_that_was_set_meanwhile_stays(drive: MemoryDrive) -> None:
    """Somebody who freezes the drive for good while it is backed up finds it frozen afterwards; one who thaws it, thawed."""
    switch = drive.freeze = Switch(("deals", "人事"))
    with frozen(drive, "0a1b", lambda _: None):
        switch.freeze("deals", message="cutover")
        switch.thaw("人事")

    assert {"deals": "cutover", "人事": ""} == switch.said


def test_the_same_backup_ends_what_a_killed_one_left(drive: MemoryDrive) -> None:
    """Another backup of the drive leaves it alone; the same one, given again, thaws it."""
    switch = drive.freeze = Switch(("",))
    killed = frozen(drive, "0a1b", lambda _: None)
    killed.__enter__()
    left = switch.said[""]
    with frozen(drive, "ffff", lambda _: None):
        pass
    assert {"": left} == switch.said

    with frozen(drive, "0a1b", lambda _: None):
        pass
    assert {"": ""} == switch.said


def test_a_space_that_stays_frozen_is_told(drive: MemoryDrive) -> None:
    """The others are thawed, and the error names the one that is not."""
    switch = drive.freeze = Switch(("deals", "人事"), fails=("deals",))
    with pytest.raises(StillFrozen, match="deals") as told, frozen(drive, "0a1b", lambda _: None):
        pass

    assert "人事" not in str(told.value)
    assert "" == switch.said["人事"]


def test_a_drive_that_cannot_be_frozen_says_so(drive: MemoryDrive) -> None:
    """There is no error: the second look remains."""
    drive.freeze = None
    with frozen(drive, "0a1b", lambda _: None) as spaces:
        assert spaces is None
