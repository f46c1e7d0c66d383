"""What `drive-check` says of room and settings, by what the drive tells."""

from __future__ import annotations

from lading.connectors.conditions import ABSENT
from lading.connectors.facets import Room
from lading.connectors.memory import MemoryDrive
from lading.connectors.trial.asking import Seen, ask
from lading.connectors.trial.judging import Known, Line, Verdict, judged
from lading.model.access import Setting
from lading.model.errors import Unavailable
from lading.model.paths import ROOT


def line(thing: str, drive: MemoryDrive, seen: Seen | None = None) -> Line | None:
    lines = judged(Known(drive.profile, drive.server, drive.notes), seen or ask(drive))
    return next((it for it in lines if it.thing == thing), None)


def test_room_is_told_as_far_as_it_is_known() -> None:
    """What is left, or the total alone; a full drive and a refusal are a no; without a word there is no line."""
    drive = MemoryDrive(quota_bytes=1000)
    drive.write(("x",), [bytes(400)], expect=ABSENT)
    full, silent = MemoryDrive(quota_bytes=0), MemoryDrive()

    told = line("room", drive)
    assert told is not None and (Verdict.YES, "600 / 1,000 bytes left") == (told.verdict, told.said.en)
    nothing = line("room", full)
    assert nothing is not None and Verdict.NO is nothing.verdict
    assert line("room", silent) is None
    total = line("room", drive, Seen(listed=1, room=Room(1 << 40)))
    assert total is not None and "not told" in total.said.en and "不得而知" in total.said.zh
    refused = line("room", drive, Seen(listed=1, room=Unavailable("", "x")))
    assert refused is not None and (Verdict.NO, "unavailable") == (refused.verdict, refused.code)


def test_settings_of_the_top_are_counted() -> None:
    """A drive without such a facet has no line."""
    drive = MemoryDrive()
    drive.store.hang(Setting(ROOT, "enable_watermark", "true"))

    told = line("settings", drive)
    assert told is not None and "1" in told.said.en
    assert line("settings", MemoryDrive(offers={"moves"})) is None
