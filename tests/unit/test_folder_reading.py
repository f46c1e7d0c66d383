"""
What a folder drive tells about files, and what it notices while it reads them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ANYTHING
from lading.connectors.folder import FolderDrive, entries
from lading.connectors.folder import open as open_folder
from lading.model.errors import Changed, CursorExpired, Truncated
from lading.model.paths import name_from

FILE = ("file",)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[FolderDrive]:
    """A folder with one file of 10,000 bytes."""
    (tmp_path / "file").write_bytes(b"0123456789" * 1000)
    with open_folder(Address("folder", str(tmp_path))) as drive:
        yield drive


def grow(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"more")


def shrink(file: Path) -> None:
    os.truncate(file, 5000)


def rewrite(file: Path) -> None:
    times = os.stat(file)
    with file.open("r+b") as stream:
        stream.write(b"other")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def replace(file: Path) -> None:
    file.with_name("new").write_bytes(b"x" * 10000)
    os.replace(file.with_name("new"), file)


@pytest.mark.parametrize("change", [grow, shrink, rewrite, replace])
def test_changes_while_reading(drive: FolderDrive, tmp_path: Path, change: Callable[[Path], None]) -> None:
    """A file that is changed while it is read does not pass for whole, even with its time put back."""
    os.utime(tmp_path / "file", ns=(0, 0))
    with pytest.raises(Changed), drive.read(FILE) as reader:
        reader.read(1000)
        change(tmp_path / "file")
        while reader.read(1000):
            pass


@pytest.mark.parametrize("change", [grow, shrink, rewrite, replace])
def test_changes_change_the_etag(drive: FolderDrive, tmp_path: Path, change: Callable[[Path], None]) -> None:
    """Whatever is done to the content, the etag tells, even with the old time put back."""
    os.utime(tmp_path / "file", ns=(0, 0))
    before = drive.stat(FILE).etag
    change(tmp_path / "file")

    assert before != drive.stat(FILE).etag
    with pytest.raises(Changed):
        drive.read(FILE, expect=before)


def test_content_longer_than_announced(drive: FolderDrive) -> None:
    """Content that goes on after its size (files of the kernel do) is not cut off silently."""
    with open_folder(Address("folder", "/proc/self")) as kernel:
        with pytest.raises(Truncated), kernel.read(("status",)) as reader:
            while reader.read(100):
                pass


def test_reading_leaves_the_access_time(drive: FolderDrive, tmp_path: Path) -> None:
    """The owner's files keep the time of their last access: reading a source leaves no trace."""
    os.utime(tmp_path / "file", ns=(1, 2))
    with drive.read(FILE) as reader:
        while reader.read(1 << 20):
            pass
    drive.list(())

    assert 1 == os.stat(tmp_path / "file").st_atime_ns


def test_reading_writes_nothing(drive: FolderDrive, tmp_path: Path) -> None:
    """A drive that is only read stays as it is: profile, listing and reading make nothing."""
    before = os.stat(tmp_path).st_mtime_ns
    assert drive.profile == drive.profile
    drive.list(())
    drive.partials.offset("token")
    drive.partials.sweep(())
    drive.close()

    assert ["file"] == os.listdir(tmp_path)
    assert before == os.stat(tmp_path).st_mtime_ns


def test_large_folders_come_in_pages(
    drive: FolderDrive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are full but for the last, and hold each entry once."""
    monkeypatch.setattr(entries, "PAGE", 10)
    for number in range(39):
        (tmp_path / f"{number}").touch()
    found, cursor, sizes = set(), None, []
    while True:
        page = drive.list((), cursor=cursor)
        found |= {entry.path for entry in page.entries}
        sizes.append(len(page.entries))
        cursor = page.cursor
        if cursor is None:
            break

    assert [10, 10, 10, 10, 0] == sizes
    assert 40 == len(found)


def test_forgotten_listings_give_way(
    drive: FolderDrive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listings that nobody finishes do not use up descriptors; the oldest cursors expire."""
    monkeypatch.setattr(entries, "PAGE", 1)
    (tmp_path / "another").touch()
    before = len(os.listdir("/proc/self/fd"))
    cursors = [drive.list(()).cursor for _ in range(300)]

    assert len(os.listdir("/proc/self/fd")) - before < 200
    with pytest.raises(CursorExpired):
        drive.list((), cursor=cursors[0])
    assert 1 == len(drive.list((), cursor=cursors[-1]).entries)


def test_cursor_of_another_folder(
    drive: FolderDrive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cursor continues the listing it came from, and no other."""
    monkeypatch.setattr(entries, "PAGE", 1)
    (tmp_path / "folder").mkdir()
    with pytest.raises(CursorExpired):
        drive.list(("folder",), cursor=drive.list(()).cursor)


NAMES_IN_ANY_LOCALE = """
import os, sys
from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.folder import open
from lading.model.paths import name_bytes
assert sys.getfilesystemencoding() != "utf-8", sys.getfilesystemencoding()
drive = open(Address("folder", sys.argv[1]))
drive.write(("\\u8d37\\u6b3e.pdf",), [b"x"], expect=ABSENT)
print(sorted(name_bytes(entry.path[0]).hex() for entry in drive.list(()).entries))
"""


def test_names_in_any_locale(tmp_path: Path) -> None:
    """Names are the bytes on the disk, whatever encoding the locale of the process says."""
    gbk = "合同".encode("gbk")
    os.close(os.open(os.fsencode(tmp_path) + b"/" + gbk, os.O_CREAT | os.O_WRONLY))
    environment = {
        "LC_ALL": "POSIX",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONPATH": ":".join(sys.path),
    }
    told = subprocess.run(
        [sys.executable, "-c", NAMES_IN_ANY_LOCALE, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
    )

    assert (0, "") == (told.returncode, told.stderr)
    assert f"{sorted([gbk.hex(), '贷款.pdf'.encode().hex()])}" == told.stdout.strip()
    with open_folder(Address("folder", str(tmp_path))) as drive:
        assert drive.stat((name_from(gbk),)).is_file
        drive.remove((name_from(gbk),), expect=ANYTHING)


def test_ids_stay_through_renames(drive: FolderDrive, tmp_path: Path) -> None:
    """An entry keeps its id when it is renamed, and two entries never share one."""
    before = drive.stat(FILE)
    os.rename(tmp_path / "file", tmp_path / "renamed")
    (tmp_path / "file").touch()

    assert before.id == drive.stat(("renamed",)).id
    assert before.id != drive.stat(FILE).id
