"""
What only other accounts and other file systems show: run as root in a child with its own mounts.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged, unchanged
from lading.connectors.folder import FolderDrive
from lading.connectors.folder import open as open_folder
from lading.connectors.folder.facts import SECOND
from lading.connectors.profile import Case, Form
from lading.model.errors import AlreadyExists, DriveError, Forbidden, NoSpace, ReadOnly

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change accounts and mounts")

NOBODY = 65534
_NEW_MOUNTS = 0x00020000  # CLONE_NEWNS of sched.h
_PRIVATE = 0x40000 | 0x4000  # MS_PRIVATE and MS_REC of sys/mount.h
_libc = ctypes.CDLL(None, use_errno=True)


class CannotMount(Exception):
    """This machine does not let us mount."""


def in_child(work: Callable[[], None], *, account: int | None = None, mounts: bool = False) -> None:
    """Run *work* in a process of its own, as *account* or with private mounts, and hand on how it failed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told = ""
        try:
            if mounts and (_libc.unshare(_NEW_MOUNTS) or _libc.mount(b"none", b"/", None, _PRIVATE, None)):
                raise CannotMount("no mounts of our own")
            if account is not None:
                os.setgroups([])
                os.setgid(account)
                os.setuid(account)
            work()
        except CannotMount as problem:
            told = f"skip {problem}"
        except BaseException:
            told = traceback.format_exc()
        os.write(writing, told.encode()[:60000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8", errors="replace") as stream:
        told = stream.read()
    os.waitpid(child, 0)
    if told.startswith("skip "):
        pytest.skip(told)
    assert not told, told


def mount(kind: str, place: Path, *options: str, source: str = "none") -> None:
    """Mount a file system in the child."""
    place.mkdir(exist_ok=True)
    joined = ["-o", ",".join(options)] if options else []
    done = subprocess.run(["mount", "-t", kind, *joined, source, str(place)], capture_output=True, text=True)
    if done.returncode:
        raise CannotMount(done.stderr)


def opened(root: Path, **options: str) -> FolderDrive:
    """The drive in *root*."""
    return open_folder(Address("folder", str(root), options))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that every account can get to."""
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o055)
    if any(folder.stat().st_mode & 0o001 == 0 for folder in tmp_path.parents):
        pytest.skip("temporary folders lie where other accounts cannot get to; see --basetemp")
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def test_what_may_not_be_read(root: Path) -> None:
    """Files and folders that the account may not read are listed with the problem, and say so when read."""
    (root / "secret").write_bytes(b"x")
    (root / "secret").chmod(0o600)
    (root / "closed").mkdir(mode=0o700)
    (root / "open").write_bytes(b"x")
    (root / "blind").mkdir(mode=0o744)
    (root / "blind" / "unseen").write_bytes(b"x")
    (root / "blind").chmod(0o744)

    def look() -> None:
        drive = opened(root)
        entries = {entry.path[0]: entry for entry in drive.list(()).entries}
        problems = {name: entry.problem for name, entry in entries.items()}
        code = Forbidden.code

        assert {"secret": code, "closed": code, "blind": code, "open": None} == problems
        assert entries == {name: drive.stat((name,)) for name in entries}
        for call in (
            lambda: drive.read(("secret",)),
            lambda: drive.list(("closed",)),
            lambda: drive.stat(("closed", "x")),
            lambda: drive.read(("blind", "unseen")),
            lambda: drive.write(("new",), [b"x"], expect=ABSENT),
            lambda: drive.make_folder(("new",)),
            lambda: drive.remove(("open",), expect=ANYTHING),
            lambda: drive.partials.append("token", [b"x"], start=0),
            lambda: drive.moves.move(("open",), ("moved",), expect=ABSENT),
        ):
            with pytest.raises(Forbidden):
                call()
        [unseen] = drive.list(("blind",)).entries
        assert (("blind", "unseen"), code, True) == (unseen.path, unseen.problem, unseen.is_file)
        with drive.read(("open",)) as reader:
            assert b"x" == reader.read(10)

    in_child(look, account=NOBODY)


def test_target_that_may_not_be_written_has_a_profile(root: Path) -> None:
    """A target is described even if it cannot be tried out; that it cannot be written shows on writing."""

    def describe() -> None:
        drive = opened(root, role="target")
        assert drive.profile.local
        with pytest.raises(Forbidden):
            drive.write(("new",), [b"x"], expect=ABSENT)

    in_child(describe, account=NOBODY)


def test_account_that_may_write_to_one_folder_only(root: Path) -> None:
    """Files are written and replaced where the account may write, even if it may not write to the root."""
    (root / "own").mkdir()
    os.chown(root / "own", NOBODY, NOBODY)

    def write() -> None:
        drive = opened(root)
        first = drive.write(("own", "file"), [b"one"], expect=ABSENT)
        drive.write(("own", "file"), [b"two"], expect=Unchanged(first.etag or ""))
        drive.write(("own", "file"), [b"three"], expect=ANYTHING)
        drive.remove(("own", "file"), expect=unchanged(drive.stat(("own", "file"))))
        assert [] == os.listdir(root / "own")

    in_child(write, account=NOBODY)


def test_folder_of_unfinished_files_of_a_stranger(root: Path) -> None:
    """Unfinished files are not entrusted to a folder that somebody else owns."""
    (root / ".lading-parts").mkdir()
    os.chown(root / ".lading-parts", NOBODY, NOBODY)
    with opened(root) as drive, pytest.raises(Forbidden):
        drive.partials.append("token", [b"x"], start=0)


@pytest.mark.parametrize("nameless", [True, False])
def test_full_disk(tmp_path: Path, nameless: bool) -> None:
    """A full disk is `NoSpace`; nothing half-written stays, and what was there is whole."""

    def fill() -> None:
        mount("tmpfs", tmp_path / "m", "size=1m")
        drive = opened(tmp_path / "m")
        drive._parts.nameless = nameless
        drive.write(("old",), [b"old"], expect=ABSENT)
        for expect, name in ((ABSENT, "new"), (ANYTHING, "old")):
            with pytest.raises(NoSpace):
                drive.write((name,), [b"x" * 100_000] * 30, expect=expect)
        held = 0
        with pytest.raises(NoSpace):
            held = drive.partials.append("token", [b"x" * 100_000] * 30, start=0)
        assert held == 0 < drive.partials.offset("token")
        assert [("old",)] == [entry.path for entry in drive.list(()).entries]
        assert b"old" == (tmp_path / "m" / "old").read_bytes()
        assert 1 == drive.partials.sweep(())

    in_child(fill, mounts=True)


def test_read_only_file_system(tmp_path: Path) -> None:
    """A drive that takes no changes says so."""

    def attempt() -> None:
        mount("tmpfs", tmp_path / "m")
        (tmp_path / "m" / "file").write_bytes(b"x")
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "m")], check=True)
        drive = opened(tmp_path / "m", role="target")
        assert drive.profile.local
        for call in (
            lambda: drive.write(("new",), [b"x"], expect=ABSENT),
            lambda: drive.write(("file",), [b"x"], expect=ANYTHING),
            lambda: drive.make_folder(("new",)),
            lambda: drive.remove(("file",), expect=ANYTHING),
            lambda: drive.partials.append("token", [b"x"], start=0),
        ):
            with pytest.raises(ReadOnly):
                call()

    in_child(attempt, mounts=True)


@pytest.mark.parametrize("nameless", [True, False])
def test_file_systems_mounted_below(tmp_path: Path, nameless: bool) -> None:
    """Folders on other file systems are written like any other, and nothing is left beside the files."""

    def cross() -> None:
        (tmp_path / "root").mkdir()
        mount("tmpfs", tmp_path / "root" / "m")
        (tmp_path / "root" / "m" / "inner").mkdir()
        drive = opened(tmp_path / "root")
        drive._parts.nameless = nameless
        path = ("m", "inner", "file")
        drive.write(path, [b"one"], expect=ABSENT, modified=5)
        with pytest.raises(AlreadyExists):
            drive.write(path, [b"two"], expect=ABSENT)
        entry = drive.write(path, [b"three"], expect=ANYTHING, modified=6)
        assert entry == drive.stat(path)
        assert (6, 5) == (entry.modified, entry.size)
        drive.partials.append("token", [b"large"], start=0)
        with pytest.raises(AlreadyExists):
            drive.partials.finish("token", path, expect=ABSENT)
        assert 5 == drive.partials.offset("token")
        done = drive.partials.finish("token", ("m", "large"), expect=ABSENT, modified=7)
        assert (done, 0) == (drive.stat(("m", "large")), drive.partials.offset("token"))
        assert 7 == done.modified
        drive.write(("beside",), [b"x"], expect=ABSENT)
        with pytest.raises(DriveError):
            drive.moves.move(("beside",), ("m", "moved"), expect=ABSENT)
        drive.settle.settle()
        drive.close()
        assert ["beside", "m"] == sorted(os.listdir(tmp_path / "root"))
        assert ["inner", "large"] == sorted(os.listdir(tmp_path / "root" / "m"))
        assert ["file"] == os.listdir(tmp_path / "root" / "m" / "inner")

    in_child(cross, mounts=True)


def test_overlay(tmp_path: Path) -> None:
    """The file system of containers is written like any other; its inode numbers are not trusted."""

    def write() -> None:
        mount("tmpfs", tmp_path / "layers")
        for name in ("lower", "upper", "work"):
            (tmp_path / "layers" / name).mkdir()
        (tmp_path / "layers" / "lower" / "old").write_bytes(b"old")
        layers = [f"{name}dir={tmp_path}/layers/{name}" for name in ("lower", "upper", "work")]
        mount("overlay", tmp_path / "m", *layers)
        drive = opened(tmp_path / "m", role="target")
        assert not drive.profile.stable_ids
        drive.write(("new",), [b"new"], expect=ABSENT)
        drive.write(("old",), [b"newer"], expect=ANYTHING)
        with pytest.raises(AlreadyExists):
            drive.write(("new",), [b"x"], expect=ABSENT)
        drive.close()
        assert ["new", "old"] == sorted(os.listdir(tmp_path / "m"))

    in_child(write, mounts=True)


@pytest.mark.parametrize(("size", "last"), [("128", (1 << 31) - 1), ("256", 0x37FFFFFFF)])
def test_ends_of_time_on_ext4(tmp_path: Path, size: str, last: int) -> None:
    """Trying out tells an ext4 whose clock ends in 2038 from one that goes on to 2446."""

    def tell() -> None:
        image(tmp_path / "disk", "-I", size)
        mount("ext4", tmp_path / "m", "loop", source=str(tmp_path / "disk"))
        profile = opened(tmp_path / "m", role="target").profile
        assert (-(1 << 31) * SECOND, last * SECOND) == profile.modified_range
        assert (1 if size == "256" else SECOND) == profile.clock_grain

    in_child(tell, mounts=True)


def test_folded_case(tmp_path: Path) -> None:
    """Trying out finds that a file system folds case and Unicode forms and refuses stray bytes."""

    def tell() -> None:
        image(tmp_path / "disk", "-O", "casefold", "-E", "encoding=utf8,encoding_flags=strict")
        mount("ext4", tmp_path / "m", "loop", source=str(tmp_path / "disk"))
        root = tmp_path / "m" / "root"
        root.mkdir()
        if subprocess.run(["chattr", "+F", str(root)], capture_output=True).returncode:
            raise CannotMount("no chattr +F")
        drive = opened(root, role="target")
        names = drive.profile.names
        assert (Case.FOLDED, Form.FOLDED, True) == (names.case, names.form, names.utf8_only)
        drive.write(("Report",), [b"x"], expect=ABSENT)
        with pytest.raises(AlreadyExists):
            drive.write(("REPORT",), [b"x"], expect=ABSENT)
        drive.moves.move(("Report",), ("REPORT",), expect=ABSENT)
        assert [("REPORT",)] == [entry.path for entry in drive.list(()).entries]

    in_child(tell, mounts=True)


def image(file: Path, *options: str) -> None:
    """A small ext4 in *file*."""
    maker = shutil.which("mkfs.ext4", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if maker is None:
        raise CannotMount("mkfs.ext4 is missing")
    with file.open("wb") as stream:
        stream.truncate(16 << 20)
    done = subprocess.run([maker, "-q", *options, str(file)], capture_output=True, text=True)
    if done.returncode:
        raise CannotMount(done.stderr)
