"""
How files come into being on a folder drive, by each of the ways a file system may allow.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING, Absent, Anything, Unchanged
from lading.connectors.folder import FolderDrive, draft, moving, system, tree
from lading.connectors.folder import open as open_folder
from lading.model.errors import (
    AlreadyExists,
    BadAddress,
    DriveError,
    NoSpace,
    NotFound,
    TooLarge,
    Truncated,
    WrongKind,
)

FILE = ("file",)


def opened(root: Path, **options: str) -> FolderDrive:
    """The drive in *root*."""
    return open_folder(Address("folder", str(root), options))


@pytest.fixture(params=["nameless", "through /proc", "renameat2", "link", "reserve"])
def drive(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FolderDrive]:
    """A drive whose file system offers ever less."""
    way = request.param

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "not on this file system")

    if way in ("link", "reserve"):
        monkeypatch.setattr(draft, "rename_new", refuse)
        monkeypatch.setattr(moving, "rename_new", refuse)
    if way == "reserve":
        monkeypatch.setattr(os, "link", refuse)
    if way == "through /proc":
        monkeypatch.setattr(system._Switch, "linkat", _only_for_the_privileged)
    with opened(tmp_path) as drive:
        drive._parts.nameless = way in ("nameless", "through /proc")
        yield drive


def _only_for_the_privileged(*_args: object) -> int:
    ctypes.set_errno(errno.ENOENT)
    return -1


def test_a_folder_that_is_gone_is_no_missing_right(tmp_path: Path) -> None:
    """A file is not linked into a folder that was removed, and the direct way stays open for the next one."""
    (tmp_path / "gone").mkdir()
    there, folder = (os.open(place, os.O_RDONLY | os.O_DIRECTORY) for place in (tmp_path, tmp_path / "gone"))
    unnamed = os.open(tmp_path, os.O_TMPFILE | os.O_RDWR)
    (tmp_path / "gone").rmdir()
    before = system._Switch.linkat
    try:
        with pytest.raises(FileNotFoundError):
            system.link_open(unnamed, folder, b"file")
        system.link_open(unnamed, there, b"file")
    finally:
        for descriptor in (unnamed, folder, there):
            os.close(descriptor)

    assert before is system._Switch.linkat
    assert (tmp_path / "file").exists()


def test_each_way_of_writing(drive: FolderDrive, tmp_path: Path) -> None:
    """New files, files replaced and files refused come out the same by every way; nothing is left over."""
    drive.make_folder(("folder",))
    path = ("folder", "file")
    drive.write(path, [b"one"], expect=ABSENT, modified=10**18)
    with pytest.raises(AlreadyExists):
        drive.write(path, [b"two"], expect=ABSENT)
    with pytest.raises(AlreadyExists):
        drive.write(("folder",), [b"two"], expect=ABSENT)
    with pytest.raises(WrongKind):
        drive.write(("folder",), [b"two"], expect=ANYTHING)
    assert b"one" == (tmp_path / "folder" / "file").read_bytes()
    assert 10**18 == os.stat(tmp_path / "folder" / "file").st_mtime_ns

    etag = drive.write(path, [b"three"], expect=ANYTHING).etag
    assert etag is not None
    drive.write(path, [b"four"], expect=Unchanged(etag))
    drive.partials.append("token", [b"fi", b"ve"], start=0)
    drive.partials.finish("token", ("five",), expect=ABSENT, modified=1)
    drive.moves.move(("five",), ("folder", "five"), expect=ABSENT)
    drive.moves.move(("folder",), ("moved",), expect=ABSENT)
    drive.close()

    assert b"four" == (tmp_path / "moved" / "file").read_bytes()
    assert (b"five", 1) == (
        (tmp_path / "moved" / "five").read_bytes(),
        os.stat(tmp_path / "moved" / "five").st_mtime_ns,
    )
    assert ["moved"] == os.listdir(tmp_path)


def test_each_way_of_reading_back(drive: FolderDrive, tmp_path: Path) -> None:
    """Only a file that has no name yet is read back by its descriptor; else nothing is stored, and nothing taken."""
    source = iter([b"one", b"two"])
    told = drive.read_back.write(FILE, source, expect=ABSENT, size=6)

    if drive._parts.nameless:
        assert told == drive.stat(FILE)
        assert b"onetwo" == (tmp_path / "file").read_bytes()
        assert 1 == drive.read_back.append("token", [b"x"], start=0)
    else:
        assert told is None is drive.read_back.append("token", source, start=0)
        assert [b"one", b"two"] == list(source)
        assert not (tmp_path / "file").exists()


def test_a_partial_is_not_read_back_where_files_need_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is tried before the first one: nobody has written anything yet."""
    opens = os.open

    def refuse(path: bytes, flags: int, *more: Any, **where: Any) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not on this file system")
        return opens(path, flags, *more, **where)

    with opened(tmp_path) as drive:
        monkeypatch.setattr(os, "open", refuse)
        assert drive.read_back.append("token", [b"x"], start=0) is None
        assert drive.read_back.write(FILE, [b"x"], expect=ABSENT) is None
        monkeypatch.undo()

    assert [] == os.listdir(tmp_path)


@pytest.mark.parametrize("harm", [lambda it: it[:-1], lambda it: it + b"x", lambda it: it[:-1] + b"\xff"])
@pytest.mark.parametrize("content", [[b"small"], [b"begin", b"x" * 300_000], [bytes(100_000)]])
def test_what_is_given_back_wrongly_gets_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: list[bytes], harm: Callable[[bytes], bytes]
) -> None:
    """A byte too few, too many, or another: the file never appears, nor does it replace one that is there."""
    (tmp_path / "file").write_bytes(b"earlier")
    with opened(tmp_path) as drive:
        etag = drive.stat(FILE).etag
        assert etag is not None
        honest = os.pread

        def lies(descriptor: int, size: int, at: int) -> bytes:
            held = honest(descriptor, size, at)
            return held if len(held) == size else harm(held)

        monkeypatch.setattr(os, "pread", lies)
        with pytest.raises(Truncated):
            drive.read_back.write(("new",), content, expect=ABSENT)
        with pytest.raises(Truncated):
            drive.read_back.write(FILE, content, expect=Unchanged(etag))
        with pytest.raises(Truncated):
            drive.read_back.append("token", content, start=0)
        drive.partials.sweep(())

    assert ["file"] == os.listdir(tmp_path)
    assert b"earlier" == (tmp_path / "file").read_bytes()


def test_what_goes_wrong_in_trying_is_told_like_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is told as one, also by the look whether files need names."""
    opens = os.open

    def full(path: bytes, flags: int, *more: Any, **where: Any) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.ENOSPC, "full")
        return opens(path, flags, *more, **where)

    with opened(tmp_path) as drive:
        monkeypatch.setattr(os, "open", full)
        with pytest.raises(NoSpace):
            drive.read_back.append("token", [b"x"], start=0)
        monkeypatch.undo()


def test_a_copy_of_what_was_read_back_is_read_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file cannot be given its name by its descriptor, the copy that gets it is held against it."""
    writes = draft.write_at

    def refuse(*_args: object) -> None:
        raise OSError(errno.EACCES, "refused")

    monkeypatch.setattr(draft, "link_open", refuse)
    monkeypatch.setattr(draft, "write_at", lambda it, block, at: writes(it, bytes(len(block)), at))
    with opened(tmp_path) as drive, pytest.raises(DriveError):
        drive.read_back.write(FILE, [b"content"], expect=ABSENT)
    assert [] == os.listdir(tmp_path)
    monkeypatch.setattr(draft, "write_at", writes)
    with opened(tmp_path) as drive:
        assert drive.read_back.write(FILE, [b"content"], expect=ABSENT) == drive.stat(FILE)
    assert b"content" == (tmp_path / "file").read_bytes()


def test_many_writers_one_winner(drive: FolderDrive, tmp_path: Path) -> None:
    """Of many who write the same new name at once exactly one wins, and its content is whole."""
    for round_number in range(10):
        path = (f"{round_number}",)
        outcomes: list[bool] = []
        barrier = threading.Barrier(6)

        def compete(
            letter: bytes,
            path: tuple[str, ...] = path,
            outcomes: list[bool] = outcomes,
            barrier: threading.Barrier = barrier,
        ) -> None:
            barrier.wait()
            try:
                drive.write(path, [letter * 1000] * 3, expect=ABSENT)
                outcomes.append(True)
            except AlreadyExists:
                outcomes.append(False)

        threads = [threading.Thread(target=compete, args=(bytes([65 + n]),)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        content = (tmp_path / path[0]).read_bytes()

        assert [False] * 5 + [True] == sorted(outcomes)
        assert content[:1] * 3000 == content


def test_unchanged_among_writers(tmp_path: Path) -> None:
    """Of many drives that replace the same known state at once exactly one wins."""
    with opened(tmp_path) as first:
        etag = first.write(FILE, [b"start"], expect=ABSENT).etag
        assert etag is not None
        outcomes: list[bool] = []

        def compete() -> None:
            with opened(tmp_path) as drive:
                try:
                    drive.write(FILE, [b"mine"], expect=Unchanged(etag or ""))
                    outcomes.append(True)
                except Exception:
                    outcomes.append(False)

        threads = [threading.Thread(target=compete) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [False] * 7 + [True] == sorted(outcomes)
    assert ["file"] == os.listdir(tmp_path)


@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_modes_follow_the_umask(tmp_path: Path, nameless: bool, mask: int) -> None:
    """Files and folders get the rights any program would give them there."""
    before = os.umask(mask)
    try:
        with opened(tmp_path) as drive:
            drive._parts.nameless = nameless
            drive.write(FILE, [b"x"], expect=ABSENT)
            drive.write(FILE, [b"y"], expect=ANYTHING)
            drive.make_folder(("folder",))
    finally:
        os.umask(before)

    assert 0o666 & ~mask == os.stat(tmp_path / "file").st_mode & 0o7777
    assert 0o777 & ~mask == os.stat(tmp_path / "folder").st_mode & 0o7777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder to any group")
@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("expect", [ABSENT, ANYTHING])
def test_group_comes_from_the_folder(tmp_path: Path, nameless: bool, expect: Absent | Anything) -> None:
    """In the shared folder of a department (setgid) files belong to the department, elsewhere to the account."""
    (tmp_path / "department").mkdir()
    os.chown(tmp_path / "department", -1, 4321)
    os.chmod(tmp_path / "department", 0o2775)
    with opened(tmp_path) as drive:
        drive._parts.nameless = nameless
        for folder in ((), ("department",)):
            drive.write((*folder, "file"), [b"x"], expect=expect)
            drive.partials.append("token", [b"x"], start=0)
            drive.partials.finish("token", (*folder, "large"), expect=expect)

    for name in ("file", "large"):
        assert os.getegid() == os.stat(tmp_path / name).st_gid
        assert 4321 == os.stat(tmp_path / "department" / name).st_gid


def test_holes_stay_holes(tmp_path: Path) -> None:
    """Long runs of zeros take no room on the disk, and are read back as zeros."""
    zeros = bytes(1 << 20)
    with opened(tmp_path) as drive:
        entry = drive.write(
            FILE, [b"head", *[zeros] * 50, b"tail", zeros], expect=ABSENT, size=(51 << 20) + 8
        )
        drive.partials.append("token", [zeros] * 20, start=0)
        assert 20 << 20 == drive.partials.offset("token")
        drive.partials.finish("token", ("large",), expect=ABSENT)

    assert (51 << 20) + 8 == entry.size
    assert b"head" + bytes(50 << 20) + b"tail" + zeros == (tmp_path / "file").read_bytes()
    assert os.stat(tmp_path / "file").st_blocks * 512 < 1 << 20
    assert (20 << 20, 0) == (os.stat(tmp_path / "large").st_size, os.stat(tmp_path / "large").st_blocks)


KILLED = """
import os, signal, sys
from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.folder import open
drive = open(Address("folder", sys.argv[1]))
drive._parts.nameless = sys.argv[2] == "True"
def source():
    yield b"x" * 1000000
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "partial":
    drive.partials.append("token", source(), start=0)
else:
    drive.write(("file",), source(), expect=ABSENT)
"""


@pytest.mark.parametrize("nameless", [True, False])
def test_killed_writer(tmp_path: Path, nameless: bool) -> None:
    """A killed write leaves nothing under its name and nothing that a sweep does not remove."""
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(nameless), "write"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": ":".join(sys.path)})
    with opened(tmp_path) as drive:
        assert -signal.SIGKILL == done.returncode
        assert [] == drive.list(()).entries
        assert (0 if nameless else 1) == drive.partials.sweep(())

    assert [] == os.listdir(tmp_path)


def test_killed_sitting(tmp_path: Path) -> None:
    """What a killed sitting had written counts for the next one."""
    command = [sys.executable, "-c", KILLED, str(tmp_path), "True", "partial"]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": ":".join(sys.path)})
    with opened(tmp_path) as drive:
        assert 1_000_000 == drive.partials.offset("token")
        assert 1_000_001 == drive.partials.append("token", [b"y"], start=1_000_000)


def test_sweep_spares_those_at_work(tmp_path: Path) -> None:
    """A sweep leaves alone what other drives of the same owner are writing at this moment."""
    with opened(tmp_path) as drive, opened(tmp_path) as other:
        other._parts.nameless = False

        def source() -> Iterator[bytes]:
            yield b"first"
            assert 0 == drive.partials.sweep(())
            yield b"second"

        assert 11 == other.write(FILE, source(), expect=ABSENT).size


def test_owners_do_not_touch_each_other(tmp_path: Path) -> None:
    """The partials of one owner are neither seen nor swept by another."""
    with open_folder(Address("folder", str(tmp_path), owner="one")) as one:
        with open_folder(Address("folder", str(tmp_path), owner="two")) as two:
            one.partials.append("token", [b"x"], start=0)

            assert 0 == two.partials.offset("token")
            assert 0 == two.partials.sweep(())
        assert 1 == one.partials.offset("token")


def test_folder_tidied_up_by_another(tmp_path: Path) -> None:
    """A drive goes on when another of its owner has removed the empty folder of unfinished files."""
    with opened(tmp_path) as first, opened(tmp_path) as second:
        for drive in (first, second, first):
            drive.partials.append("token", [b"x"], start=0)
            drive.partials.finish("token", FILE, expect=ANYTHING)
            (tmp_path / tree.PARTS / "lading").rmdir()
            (tmp_path / tree.PARTS).rmdir()


def test_root_that_is_removed(tmp_path: Path) -> None:
    """A root that somebody removes meanwhile is missing; nothing waits for it to come back."""
    (tmp_path / "root").mkdir()
    with opened(tmp_path / "root") as drive:
        (tmp_path / "root").rmdir()
        for call in (
            lambda: drive.write(FILE, [b"x"], expect=ABSENT),
            lambda: drive.partials.append("token", [b"x"], start=0),
            lambda: drive.make_folder(("folder",)),
            lambda: drive.read(FILE),
        ):
            with pytest.raises(NotFound):
                call()


@pytest.mark.parametrize("nameless", [True, False])
def test_file_beyond_the_limit_of_the_process(tmp_path: Path, nameless: bool) -> None:
    """A file larger than the limit is `TooLarge`, and nothing of it stays."""
    code = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT
from lading.connectors.folder import open
from lading.model.errors import TooLarge
drive = open(Address("folder", sys.argv[1]))
drive._parts.nameless = sys.argv[2] == "True"
try:
    drive.write(("file",), [b"x" * 60000] * 2, expect=ABSENT)
except TooLarge:
    drive.close()
    sys.exit(36)
"""
    command = [sys.executable, "-c", code, str(tmp_path), str(nameless)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": ":".join(sys.path)})

    assert TooLarge.exit_code == done.returncode
    assert [] == os.listdir(tmp_path)


def test_hard_links_of_one_file_are_moved(tmp_path: Path) -> None:
    """Moving one hard link of a file over another leaves one name, as for any two files."""
    (tmp_path / "a").write_bytes(b"x")
    os.link(tmp_path / "a", tmp_path / "b")
    with opened(tmp_path) as drive:
        known = drive.stat(("b",)).etag
        assert known is not None
        drive.moves.move(("a",), ("b",), expect=Unchanged(known))

    assert ["b"] == os.listdir(tmp_path)


def test_opening(tmp_path: Path) -> None:
    """A root must be a folder that is there, or be asked to be made; options must be known."""
    (tmp_path / "file").touch()
    for place in (f"{tmp_path}/none", "/a\0b", "/\ud800"):
        with pytest.raises(NotFound):
            open_folder(Address("folder", place))
    for options in ({}, {"create": "yes"}):
        with pytest.raises(WrongKind):
            opened(tmp_path / "file", **options)
        with pytest.raises((WrongKind, NotFound)):
            opened(tmp_path / "file" / "below", **options)
    for options in ({"create": "maybe"}, {"colour": "blue"}, {"fsync": "yes"}):
        with pytest.raises(BadAddress):
            opened(tmp_path, **options)
    for owner in ("", "..", "a/b"):
        with pytest.raises(BadAddress):
            open_folder(Address("folder", str(tmp_path), owner=owner))

    with opened(tmp_path / "new" / "deep", create="yes") as drive:
        assert drive.stat(()).is_folder
    assert [] == os.listdir(tmp_path / "new" / "deep")


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    """However calls end, no descriptor stays open after the drive is closed."""
    before = sorted(os.listdir("/proc/self/fd"))
    with opened(tmp_path, role="target") as drive:
        assert drive.profile.local
        drive.make_folder(("folder",))
        for number in range(3):
            drive.write(("folder", f"{number}"), [b"x"], expect=ABSENT)
            with pytest.raises(AlreadyExists):
                drive.write(("folder", f"{number}"), [b"x"], expect=ABSENT)
            with pytest.raises(WrongKind):
                drive.read(("folder",))
            drive.grants.list(("folder",))
            drive.moves.move(("folder", f"{number}"), (f"{number}",), expect=ABSENT)
        drive.settle.settle()

    assert before == sorted(os.listdir("/proc/self/fd"))


def test_kernel_call_that_is_missing() -> None:
    """Where `renameat2` is missing, the error says that this way is closed, not that something is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(system._Switch, "renameat2", None)
        with pytest.raises(OSError) as caught:
            system.rename_new(-1, b"a", -1, b"b")

    assert caught.value.errno in system.UNSUPPORTED
