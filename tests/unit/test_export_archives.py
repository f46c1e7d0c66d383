"""
Archives that strangers made: what is hostile, damaged or odd in them is told, and never followed or lost.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path as LocalPath
from typing import Any

import pytest

from lading.connectors.address import parse
from lading.connectors.export import ExportDrive
from lading.connectors.export import open as open_export
from lading.model.entry import Entry, Kind
from lading.model.errors import Changed, DriveError, NotFound, Unreadable

SECOND = 1_000_000_000


@pytest.fixture
def opened(tmp_path: LocalPath) -> Callable[..., ExportDrive]:
    """Opens a file of *tmp_path* as an export."""
    return lambda name, **options: open_export(parse(f"export:{tmp_path / name}", options))


def zipped(place: LocalPath, *members: tuple[str | zipfile.ZipInfo, bytes], **how: Any) -> None:
    with zipfile.ZipFile(place, "w", **how) as archive:
        for name, content in members:
            archive.writestr(name, content)


def tarred(place: LocalPath, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> None:
    with tarfile.open(place, mode) as archive:  # type: ignore[call-overload]
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def tree(drive: ExportDrive) -> dict[tuple[str, ...], Entry]:
    """Every entry by its path."""
    found: dict[tuple[str, ...], Entry] = {}
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        folder, cursor = waiting.pop(), None
        while True:
            page = drive.list(folder, cursor=cursor)
            found |= {entry.path: entry for entry in page.entries}
            waiting += [entry.path for entry in page.entries if entry.is_folder]
            if (cursor := page.cursor) is None:
                break
    return found


def content(drive: ExportDrive, *path: str, start: int = 0) -> bytes:
    found = b""
    with drive.read(path, start=start) as reader:
        while block := reader.read(1000):
            found += block
    return found


def test_names_that_lead_out_stay_visible_and_harmless(
    tmp_path: LocalPath, opened: Callable[..., ExportDrive]
) -> None:
    """`../`, absolute paths and drive letters are entries below the root that cannot be read."""
    zipped(
        tmp_path / "a.zip", ("../../etc/passwd", b"x"), ("/etc/shadow", b"y"), ("C:/boot.ini", b"z"), ("ok/./a.txt", b"a")
    )  # fmt: skip
    drive = opened("a.zip")
    found = tree(drive)

    assert {("ok",), ("ok", "a.txt")} == {path for path, entry in found.items() if not entry.problem}
    assert ["name_refused"] * 3 == [entry.problem for entry in found.values() if entry.problem]
    assert all(".." not in path and len(path) == 1 for path, entry in found.items() if entry.problem)
    with pytest.raises(DriveError, match="leads out"):
        content(drive, *next(path for path, entry in found.items() if entry.problem))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicates_are_told(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """Of members with one path the last counts; the others are there with a problem, and a folder wins over a file."""
    zipped(
        tmp_path / "a.zip", ("a.txt", b"1"), ("a.txt", b"22"), ("a.txt", b"333"), ("d", b"file"), ("d/x", b"inside"), ("d", b"again")
    )  # fmt: skip
    drive = opened("a.zip")

    assert b"333" == content(drive, "a.txt")
    assert b"inside" == content(drive, "d", "x")
    assert {1: 1, 2: 1, 4: 1, 5: 1} == {
        entry.size: 1 for entry in tree(drive).values() if entry.problem == "already_exists"
    }


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("gb18030", "gb18030"), ("latin-1", "cp437")]
)
def test_names_without_a_mark(
    tmp_path: LocalPath, opened: Callable[..., ExportDrive], encoding: str, told: str
) -> None:
    """Chinese Windows writes GBK without saying so: names are recognised, and the choice is told."""
    name = "ü" if encoding == "latin-1" else "合同/第一号.docx"
    _unmarked(tmp_path / "a.zip", name.encode(encoding))
    drive = opened("a.zip")

    assert told in drive.notes[0].en
    if encoding != "latin-1":
        assert b"content" == content(drive, "合同", "第一号.docx")


def test_the_choice_of_names_can_be_made(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """Two bytes that would be UTF-8 can be said to be GB18030."""
    _unmarked(tmp_path / "a.zip", "é".encode())

    assert {("é",)} == set(tree(opened("a.zip")))
    assert {("茅",)} == set(tree(opened("a.zip", names="gb18030")))


def _unmarked(place: LocalPath, raw: bytes) -> None:
    """A zip with one member whose name is *raw*, without the mark of UTF-8."""
    stand_in = "x" * len(raw)
    zipped(place, (stand_in, b"content"))
    place.write_bytes(place.read_bytes().replace(stand_in.encode(), raw))


def test_backslashes_of_old_windows_tools(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """A zip made on Windows whose names have backslashes has folders all the same."""
    info = zipfile.ZipInfo("合同\\a.txt")
    info.create_system = 0
    zipped(tmp_path / "a.zip", (info, b"a"))

    assert b"a" == content(opened("a.zip"), "合同", "a.txt")


def test_times_of_a_zip(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """A DOS time is local and in steps of two seconds; the time of Unix or NTFS beside it counts more, and the grain says so."""
    dos = zipfile.ZipInfo("dos", (2024, 3, 5, 14, 30, 2))
    unix = zipfile.ZipInfo("unix", (2024, 3, 5, 14, 30, 2))
    unix.extra = struct.pack("<HHBi", 0x5455, 5, 1, 1_709_649_003)
    ntfs = zipfile.ZipInfo("ntfs", (2024, 3, 5, 14, 30, 2))
    ntfs.extra = struct.pack(
        "<HHIHHQQQ", 10, 32, 0, 1, 24, (1_709_649_003 + 11_644_473_600) * 10**7 + 5, 0, 0
    )
    zipped(tmp_path / "a.zip", (dos, b""), (unix, b""), (ntfs, b""))
    zipped(tmp_path / "b.zip", (unix, b""), (ntfs, b""))
    found = tree(opened("a.zip", zone="+08:00"))

    assert (1_709_649_002 - 8 * 3600) * SECOND == found[("dos",)].modified
    assert 1_709_649_003 * SECOND == found[("unix",)].modified
    assert 1_709_649_003 * SECOND + 500 == found[("ntfs",)].modified
    assert (2 * SECOND, SECOND) == (opened("a.zip").profile.clock_grain, opened("b.zip").profile.clock_grain)


def test_a_damaged_member_is_found_at_its_end(
    tmp_path: LocalPath, opened: Callable[..., ExportDrive]
) -> None:
    """A check sum that fails makes the file unreadable, from wherever reading began; others are read."""
    zipped(tmp_path / "a.zip", ("bad", b"A" * 5000), ("good", b"good"))
    raw = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(raw.replace(b"A" * 5000, b"A" * 10 + b"B" + b"A" * 4989))
    drive = opened("a.zip")

    for start in (0, 4000):
        with pytest.raises(Unreadable, match="CRC"):
            content(drive, "bad", start=start)
    assert b"good" == content(drive, "good")


def test_encrypted_and_unknown_members(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """What is encrypted, or packed by a method that nobody here knows, is listed with its problem."""
    zipped(tmp_path / "a.zip", ("secret", b"x" * 10), ("strange", b"y" * 10))
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    first = raw.index(b"PK\x01\x02")
    second = raw.index(b"PK\x01\x02", first + 1)
    raw[first + 8] |= 1
    raw[second + 10] = 9
    (tmp_path / "a.zip").write_bytes(raw)
    drive = opened("a.zip")

    assert ["unreadable", "unreadable"] == [entry.problem for entry in tree(drive).values()]
    with pytest.raises(Unreadable, match="encrypted"):
        content(drive, "secret")
    with pytest.raises(Unreadable, match="method 9"):
        content(drive, "strange")


def test_zip64(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """Members with 64-bit sizes are read."""
    with (
        zipfile.ZipFile(tmp_path / "a.zip", "w") as archive,
        archive.open("big", "w", force_zip64=True) as out,
    ):
        out.write(b"x" * 3000)

    assert b"x" * 1000 == content(opened("a.zip"), "big", start=2000)


def test_what_is_no_file_is_told(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """Symlinks and devices keep their kind and are not followed, in a zip, a tar and a folder."""
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    zipped(tmp_path / "a.zip", (link, b"/etc/passwd"))
    pointing, pipe = tarfile.TarInfo("link"), tarfile.TarInfo("pipe")
    pointing.type, pointing.linkname, pipe.type = tarfile.SYMTYPE, "/etc/passwd", tarfile.FIFOTYPE
    tarred(tmp_path / "a.tar", (pointing, b""), (pipe, b""))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/link").symlink_to("/etc")
    os.mkfifo(tmp_path / "folder/pipe")

    for name in ("a.zip", "a.tar", "folder"):
        drive = opened(name)
        found = {path[-1]: entry.kind for path, entry in tree(drive).items()}
        assert Kind.SYMLINK is found.pop("link")
        assert set(found.values()) <= {Kind.SPECIAL}
        with pytest.raises(DriveError):
            content(drive, "link")


def test_hard_links_sparse_files_and_chinese_names(
    tmp_path: LocalPath, opened: Callable[..., ExportDrive]
) -> None:
    """A hard link has the content it names, one that names nothing says so; names in GBK are recognised."""
    link, lost = tarfile.TarInfo("again"), tarfile.TarInfo("lost")
    link.type = lost.type = tarfile.LNKTYPE
    link.linkname, lost.linkname = "first", "nowhere"
    tarred(tmp_path / "a.tar", (tarfile.TarInfo("first"), b"12345"), (link, b""), (lost, b""))
    drive = opened("a.tar")
    with tarfile.open(tmp_path / "b.tar", "w", encoding="gb18030", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("合同.docx"))

    assert b"2345" == content(drive, "again", start=1)
    with pytest.raises(NotFound, match="nowhere"):
        content(drive, "lost")
    assert {("合同.docx",)} == set(tree(opened("b.tar")))


def test_sparse_files_have_their_holes(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """A file with holes, as GNU tar packs it, is read whole and from within a hole."""
    with (tmp_path / "holes").open("wb") as stream:
        stream.write(b"begin")
        stream.seek(300_000)
        stream.write(b"middle")
        stream.truncate(400_000)
    if os.system(f"tar -C {tmp_path} -S -cf {tmp_path}/a.tar holes"):
        pytest.skip("no GNU tar here")
    wanted = (tmp_path / "holes").read_bytes()
    drive = opened("a.tar")

    assert 400_000 == drive.stat(("holes",)).size
    for start in (0, 3, 200_000, 300_003, 399_999):
        assert wanted[start:] == content(drive, "holes", start=start)


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_damage_of_a_compressed_tar_is_told_at_once(
    tmp_path: LocalPath, opened: Callable[..., ExportDrive], mode: str
) -> None:
    """A compressed archive that ends early is refused when it is opened: members would be missing."""
    tarred(tmp_path / "a.tar", (tarfile.TarInfo("a"), os.urandom(50_000)), mode=mode)
    assert 50_000 == len(content(opened("a.tar"), "a"))
    raw = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(raw[: len(raw) // 2])

    with pytest.raises(Unreadable):
        opened("a.tar")


def test_a_damaged_header_is_no_end(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """A tar whose second header is broken is refused, where the library would take it for the end."""
    tarred(tmp_path / "a.tar", (tarfile.TarInfo("a"), b"1"), (tarfile.TarInfo("b"), b"2"))
    raw = bytearray((tmp_path / "a.tar").read_bytes())
    raw[1024:1100] = b"\xff" * 76
    (tmp_path / "a.tar").write_bytes(raw)

    with pytest.raises(Unreadable, match="1,024"):
        opened("a.tar")


def test_a_tar_that_ends_within_a_file(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """The file whose content is cut off has a problem; those before it are read."""
    tarred(tmp_path / "a.tar", (tarfile.TarInfo("a"), b"first"), (tarfile.TarInfo("b"), b"x" * 5000))
    with (tmp_path / "a.tar").open("r+b") as stream:
        stream.truncate(2048)
    try:
        drive = opened("a.tar")
    except Unreadable:
        return
    assert b"first" == content(drive, "a")
    assert "unreadable" == drive.stat(("b",)).problem


def test_an_archive_replaced_while_it_is_read(
    tmp_path: LocalPath, opened: Callable[..., ExportDrive]
) -> None:
    """Content of an archive that is another by the end of reading is not trusted."""
    zipped(tmp_path / "a.zip", ("a", b"x" * 100))
    drive = opened("a.zip")
    with drive.read(("a",)) as reader:
        assert 100 == len(reader.read(100))
        zipped(tmp_path / "b.zip", ("a", b"y" * 101))
        os.replace(tmp_path / "b.zip", tmp_path / "a.zip")
        with pytest.raises(Changed):
            reader.read(1)


def test_no_archive_at_all(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """A missing file and one that is no archive are errors of a drive."""
    (tmp_path / "notes.txt").write_text("nothing packed here, " * 100)
    with pytest.raises(NotFound):
        opened("none.zip")
    with pytest.raises(Unreadable):
        opened("notes.txt")


def test_large_folders_come_in_pages(tmp_path: LocalPath, opened: Callable[..., ExportDrive]) -> None:
    """A folder of some thousand members comes whole."""
    zipped(tmp_path / "a.zip", *((f"f/{number}", b"") for number in range(2_500)))
    drive = opened("a.zip")

    assert drive.list(("f",)).cursor is not None
    assert 2_501 == len(tree(drive))
