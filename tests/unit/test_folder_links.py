"""
The folder drive never follows a symlink and never leaves its root.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.folder import FolderDrive, system, tree
from lading.connectors.folder import open as open_folder
from lading.model.entry import Kind
from lading.model.errors import AlreadyExists, DriveError, NameRefused, NotFound, WrongKind

SECRET = b"outside"


@pytest.fixture(params=["openat2", "name by name"])
def drive(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FolderDrive]:
    """A folder beside one that must not be reached, with symlinks that lead there."""
    if request.param == "name by name":
        monkeypatch.setattr(system._Switch, "openat2", False)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(SECRET)
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "real" / "file").write_bytes(b"inside")
    (root / "folder-link").symlink_to(tmp_path / "outside")
    (root / "file-link").symlink_to(tmp_path / "outside" / "secret")
    (root / "inner-link").symlink_to("real")
    (root / "dangling").symlink_to("nothing")
    (root / "loop").symlink_to("loop")
    with open_folder(Address("folder", str(root))) as drive:
        yield drive


LINKS = ("folder-link", "file-link", "inner-link", "dangling", "loop")


def test_symlinks_are_told_as_such(drive: FolderDrive) -> None:
    """Every symlink is listed and looked at as itself, wherever it leads."""
    listed = {entry.path[0]: entry for entry in drive.list(()).entries}

    for name in LINKS:
        assert Kind.SYMLINK == listed[name].kind
        assert listed[name] == drive.stat((name,))
        assert 0 == listed[name].size


@pytest.mark.parametrize("name", LINKS)
def test_symlinks_are_not_read(drive: FolderDrive, name: str) -> None:
    """A symlink has neither content nor a listing, even if it leads inside of the root."""
    with pytest.raises(WrongKind):
        drive.read((name,))
    with pytest.raises(WrongKind):
        drive.list((name,))


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("below", [("secret",), ("file",), ("new",), ("x", "y")])
def test_nothing_lies_below_a_symlink(
    drive: FolderDrive, name: str, below: tuple[str, ...], tmp_path: Path
) -> None:
    """A symlink among the folders of a path ends the way, for looking and for changing."""
    path = (name, *below)
    with pytest.raises(NotFound):
        drive.stat(path)
    with pytest.raises(NotFound):
        drive.read(path)
    with pytest.raises(NotFound):
        drive.list(path)
    with pytest.raises(NotFound):
        drive.remove(path, expect=ANYTHING)
    for expect in (ABSENT, ANYTHING):
        with pytest.raises((NotFound, WrongKind)):
            drive.write(path, [b"x"], expect=expect)
    with pytest.raises((NotFound, WrongKind)):
        drive.make_folder(path, modified=0)
    with pytest.raises((NotFound, WrongKind)):
        drive.moves.move(("real",), path, expect=ABSENT)
    with pytest.raises((NotFound, WrongKind)):
        drive.moves.move(path, ("moved",), expect=ABSENT)

    assert ["secret"] == os.listdir(tmp_path / "outside")
    assert ["file"] == os.listdir(tmp_path / "root" / "real")


def test_symlink_is_replaced_not_followed(drive: FolderDrive, tmp_path: Path) -> None:
    """Writing over a symlink puts a file in its place; what it led to stays."""
    with pytest.raises(AlreadyExists):
        drive.write(("file-link",), [b"new"], expect=ABSENT)
    entry = drive.write(("file-link",), [b"new"], expect=ANYTHING, modified=0)

    assert (Kind.FILE, 3, 0) == (entry.kind, entry.size, entry.modified)
    assert SECRET == (tmp_path / "outside" / "secret").read_bytes()


def test_symlink_is_removed_not_followed(drive: FolderDrive, tmp_path: Path) -> None:
    """Removing a symlink removes it alone."""
    drive.remove(("folder-link",), expect=ANYTHING)

    assert SECRET == (tmp_path / "outside" / "secret").read_bytes()
    with pytest.raises(NotFound):
        drive.stat(("folder-link",))


def test_symlink_does_not_become_a_folder(drive: FolderDrive, tmp_path: Path) -> None:
    """`make_folder` on a symlink is refused, and its time is not set."""
    before = os.stat(tmp_path / "outside").st_mtime_ns
    with pytest.raises(WrongKind):
        drive.make_folder(("folder-link",), modified=0)

    assert before == os.stat(tmp_path / "outside").st_mtime_ns


def test_folder_of_unfinished_files_may_be_no_symlink(drive: FolderDrive, tmp_path: Path) -> None:
    """A symlink planted under our own name is refused, and nothing is written where it leads."""
    (tmp_path / "root" / tree.PARTS).symlink_to(tmp_path / "outside")
    with pytest.raises(DriveError):
        drive.partials.append("token", [b"x"], start=0)

    assert ["secret"] == os.listdir(tmp_path / "outside")


def test_folders_swapped_for_symlinks_meanwhile(drive: FolderDrive, tmp_path: Path) -> None:
    """While somebody exchanges a folder and a symlink to the outside all the time, nothing gets out."""
    root = tmp_path / "root"
    (root / "trap").symlink_to(tmp_path / "outside")
    (root / "victim").mkdir()
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            os.rename(root / "victim", root / "aside")
            os.rename(root / "trap", root / "victim")
            os.rename(root / "victim", root / "trap")
            os.rename(root / "aside", root / "victim")

    swapper = threading.Thread(target=swap)
    swapper.start()
    written = 0
    try:
        for number in range(400):
            try:
                drive.write(("victim", f"{number}"), [b"x"], expect=ANYTHING)
                written += 1
            except (NotFound, WrongKind):
                pass
            with pytest.raises((NotFound, WrongKind)):
                drive.read(("victim", "secret"))
    finally:
        stop.set()
        swapper.join()

    assert ["secret"] == os.listdir(tmp_path / "outside")
    assert written == len(os.listdir(root / "victim"))


def test_special_files(drive: FolderDrive, tmp_path: Path) -> None:
    """Pipes and sockets are listed as special, and reading one neither waits nor works."""
    os.mkfifo(tmp_path / "root" / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        descriptor = os.open(tmp_path / "root", os.O_PATH)
        server.bind(f"/proc/self/fd/{descriptor}/socket")
        os.close(descriptor)

        for name in ("pipe", "socket"):
            assert Kind.SPECIAL == drive.stat((name,)).kind
            with pytest.raises(WrongKind):
                drive.read((name,))
        assert {"pipe", "socket"} <= {e.path[0] for e in drive.list(()).entries if e.kind is Kind.SPECIAL}


def test_our_own_folder_is_out_of_reach(drive: FolderDrive) -> None:
    """The folder of unfinished files is neither listed nor found nor written to."""
    drive.partials.append("token", [b"half"], start=0)

    assert tree.PARTS not in {entry.path[0] for entry in drive.list(()).entries}
    with pytest.raises(NotFound):
        drive.stat((tree.PARTS,))
    with pytest.raises(NotFound):
        drive.list((tree.PARTS,))
    with pytest.raises(NameRefused):
        drive.write((tree.PARTS, "x"), [b"x"], expect=ABSENT)
    with pytest.raises(NameRefused):
        drive.make_folder((tree.PARTS,))
    with pytest.raises(NameRefused):
        drive.remove((tree.PARTS,), expect=ANYTHING)


def test_stray_file_of_our_name_is_told(drive: FolderDrive, tmp_path: Path) -> None:
    """A plain file that bears the name of our folder is the user's, and is listed and read."""
    (tmp_path / "root" / tree.PARTS).write_bytes(b"a user's")

    assert (tree.PARTS,) in {entry.path for entry in drive.list(()).entries}
    with drive.read((tree.PARTS,)) as reader:
        assert b"a user's" == reader.read(100)
