"""
The profile of a folder: what is known of file systems, and what trying out corrects.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.folder import mounts, probe
from lading.connectors.folder import open as open_folder
from lading.connectors.folder.facts import SECOND, Facts, facts_of
from lading.connectors.names import problems
from lading.connectors.profile import Case, Form, NameRules, NameUnit, Profile

TABLE = rb"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /mnt/deals\040of\0402024 rw - nfs4 server:/x rw
31 22 0:27 /a /mnt/usb rw shared:3 master:1 - vfat /dev/sdb1 rw
broken line
32 30 0:28 / /mnt/deals\040of\0402024/\351\241\271 rw - tmpfs tmpfs rw
"""


def test_mounts_are_read_as_the_kernel_writes_them() -> None:
    """Device, type and place come out, with what is escaped in them; broken lines are passed over."""
    found = list(mounts.mounts_in(TABLE))

    assert ["ext4", "nfs4", "vfat", "tmpfs"] == [mount.type for mount in found]
    assert [os.makedev(254, 0), os.makedev(0, 26), os.makedev(0, 27), os.makedev(0, 28)] == [
        m.device for m in found
    ]
    assert b"/mnt/deals of 2024/\xe9\xa1\xb9" == found[3].place


def test_mounts_below_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is mounted below counts, not beside, above or at the folder itself."""
    monkeypatch.setattr(mounts, "_mounts", lambda: mounts.mounts_in(TABLE))
    monkeypatch.setattr(mounts, "_place", lambda folder: b"/mnt/deals of 2024")
    assert [("项",)] == mounts.mounts_below(-1)

    monkeypatch.setattr(mounts, "_place", lambda folder: b"/mnt")
    assert [("deals of 2024",), ("deals of 2024", "项"), ("usb",)] == mounts.mounts_below(-1)
    monkeypatch.setattr(mounts, "_place", lambda folder: b"/mnt/usb")
    assert [] == mounts.mounts_below(-1)


def test_rules_of_windows() -> None:
    """FAT and SMB shares refuse what Windows refuses, and count in UTF-16."""
    for kind in ("vfat", "exfat", "ntfs3", "cifs"):
        facts = facts_of(kind, 1530)

        assert (Case.FOLDED, NameUnit.UTF16, 255) == (facts.names.case, facts.names.unit, facts.names.length)
        for name in ("a:b", "what?", "dot.", "space ", "CON", "nul.txt", "line\nbreak", "\udcff"):
            assert problems(name, facts.names), name
        assert () == problems("融" * 255, facts.names)
        assert not facts.stable_ids


def test_rules_of_linux() -> None:
    """Linux file systems hold every name of up to 255 bytes but our own."""
    facts = facts_of("ext4", 255)
    for name in ("a:b", "what?", "dot.", "space ", "CON", "line\nbreak", "\udcff", "a" * 255):
        assert () == problems(name, facts.names), name

    assert problems(".lading-parts", facts.names)
    assert problems("融" * 86, facts.names)
    assert facts.stable_ids


@pytest.mark.parametrize("believed", ["ext4", "vfat", "cifs", "hfsplus", "unheard of"])
def test_trying_out_overrules_belief(tmp_path: Path, believed: str) -> None:
    """Whatever was believed of the type, trying out shows what this file system does, and leaves nothing."""
    folder = os.open(tmp_path, os.O_RDONLY)
    facts = probe.tried(facts_of(believed, 255), folder, b"stem")
    os.close(folder)

    assert (1, Case.SENSITIVE, Form.EXACT) == (facts.grain, facts.names.case, facts.names.form)
    assert not facts.names.utf8_only
    assert facts.names.controls
    assert (frozenset("/\0"), frozenset()) == (facts.names.characters, facts.names.endings)
    assert facts.range is None or facts.range[0] <= -(1 << 31) * SECOND < (1 << 31) * SECOND <= facts.range[1]
    assert [] == os.listdir(tmp_path)


class Clock:
    """A clock as some file system has it."""

    def __init__(
        self, grain: int = 1, first: int | None = None, last: int | None = None, *, wraps: bool = False
    ) -> None:
        self.grain, self.first, self.last, self.wraps = grain, first, last, wraps

    def kept(self, descriptor: int, asked: int) -> int:
        """What the clock makes of *asked*."""
        kept = asked - asked % self.grain
        if self.first is None or self.last is None:
            return kept
        if self.wraps:
            return self.first + (kept - self.first) % (self.last - self.first + self.grain)
        return min(max(kept, self.first), self.last)


@pytest.mark.parametrize("grain", [1, 100, 1000, 10_000_000, SECOND, 2 * SECOND])
def test_grain_is_found(monkeypatch: pytest.MonkeyPatch, grain: int) -> None:
    """The step of the clock is found by what it drops."""
    monkeypatch.setattr(probe, "_kept", Clock(grain).kept)

    assert grain == probe._grain(-1)


def test_range_is_found_where_the_kernel_holds_times_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where times beyond the end are held at the end, the end is found; without an end there is none."""
    believed = (-5 * SECOND, 5 * SECOND)
    monkeypatch.setattr(probe, "_kept", Clock().kept)
    assert probe._range(-1, believed) is None

    first, last = -(1 << 31) * SECOND, ((1 << 31) - 1) * SECOND
    monkeypatch.setattr(probe, "_kept", Clock(1, first, last).kept)
    assert (first, last) == probe._range(-1, believed)


def test_clock_that_wraps_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where times beyond the end come back as others, what is known of the type stands."""
    believed = (0, ((1 << 32) - 1) * SECOND)
    monkeypatch.setattr(probe, "_kept", Clock(SECOND, 0, ((1 << 32) - 1) * SECOND, wraps=True).kept)

    assert believed == probe._range(-1, believed)


def test_profile_of_a_target_agrees_with_that_of_a_source(tmp_path: Path) -> None:
    """On a file system of known type trying out finds nothing new, and tidies up after itself."""
    with open_folder(Address("folder", str(tmp_path))) as source:
        with open_folder(Address("folder", str(tmp_path), {"role": "target"})) as target:
            expected, found = source.profile, target.profile

    assert expected.names == found.names
    assert (expected.clock_grain, expected.stable_ids) == (found.clock_grain, found.stable_ids)
    assert [] == os.listdir(tmp_path)


def test_times_are_held_inside_the_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time beyond the range is kept as the end of the range, one between two ticks as the earlier."""
    with open_folder(Address("folder", str(tmp_path))) as drive:
        profile: Profile = replace(drive.profile, clock_grain=2 * SECOND, modified_range=(0, 100 * SECOND))
        monkeypatch.setattr(drive, "_profile", profile)

        assert 0 == drive.make_folder(("a",), modified=-1).modified
        assert 98 * SECOND == drive.make_folder(("a",), modified=99 * SECOND + 1).modified
        assert 100 * SECOND == drive.make_folder(("a",), modified=10**30).modified


def test_unknown_type_is_treated_with_care() -> None:
    """Of a file system nobody knows, inode numbers are not trusted; its names are tried by writing them."""
    facts = facts_of("", 143)

    assert Facts(names=NameRules(utf8_only=False, reserved=frozenset({".lading-parts"}), length=143)) == facts
