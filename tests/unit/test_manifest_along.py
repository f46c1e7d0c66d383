"""What a scan of a local drive does while it walks, on a drive that changes meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path as LocalPath
from types import SimpleNamespace
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.crew import close_drives, drive_for
from lading.connectors.folder.acl import PosixGrants
from lading.connectors.memory import MemoryDrive
from lading.connectors.wrap.policy import Policy
from lading.manifest.parts import note_of
from lading.manifest.read import Manifest
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from lading.manifest.taking import File, Hashing, Meter, digested
from lading.model.access import Effect, Grant
from lading.model.errors import Changed
from lading.model.paths import Path
from support.scanning import Inline


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_drives()


@pytest.fixture
def tree(tmp_path: LocalPath) -> LocalPath:
    """A file beside a folder with a file, all with the same rights."""
    root = tmp_path / "drive"
    (root / "plans").mkdir(parents=True)
    for place in (root, root / "plans"):
        place.chmod(0o755)
        (place / "file").write_bytes(b"content")
        (place / "file").chmod(0o644)
    return root


def scanned(root: LocalPath, where: LocalPath, **options: Any) -> Manifest:
    """A scan of the folder *root*, with rights and contents."""
    wish = {"crew": Inline(), "digest": True, "features": (Feature.GRANTS,), **options}
    return scan(Address("folder", str(root)), Policy(), where, **wish)


def words(grants: Sequence[Grant]) -> set[tuple[str, str, int]]:
    """What *grants* say, but for where."""
    return {(it.principal.kind.value, it.principal.id, int(it.role)) for it in grants}


def said(manifest: Manifest, path: Path) -> set[tuple[str, str, int]]:
    """What *manifest* says of *path*: its own list, or that of the nearest folder above that has one."""
    grants: list[Grant] = list(manifest.values("grants"))
    while path and not any(it.path == path for it in grants):
        path = path[:-1]
    return words([it for it in grants if it.path == path and it.effect is not Effect.RESET])


def true_of(root: LocalPath, path: Path) -> set[tuple[str, str, int]]:
    """What is granted on *path* now."""
    grants = drive_for(Address("folder", str(root)), Policy()).grants
    assert grants is not None
    return words(grants.list(path))


def test_what_was_written_this_very_moment_is_read_later(
    tree: LocalPath, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A file that is written to twice within one tick of the clock shows the same time: it is not read between the two.
    """
    os.utime(tree / "plans" / "file", (1e9, 1e9))
    os.utime(tree / "file", (4e9, 4e9))
    along: list[Path] = []

    def noted(drive: Any, take: Any, meter: Any, file: File) -> Any:
        along.append(file.path)
        return digested(drive, take, meter, file)

    monkeypatch.setattr("lading.manifest.along.digested", noted)
    manifest = scanned(tree, tmp_path / "manifest")

    assert [("plans", "file")] == along
    assert manifest.covers_content


def test_a_file_that_never_ends_is_not_read_for_ever() -> None:
    """What has more bytes than were listed has changed: nobody waits for its end."""
    drive = MemoryDrive()
    endless = SimpleNamespace(read=lambda size: b"x" * size)
    drive.read = lambda path, **more: nullcontext(endless)  # type: ignore[method-assign, assignment]
    with Hashing().begin() as take:
        found = digested(drive, take, Meter(), File(("log",), 3_000_000, None))

    assert (None, Changed.code) == found


@pytest.mark.parametrize("singly", [False, True], ids=["along", "singly"])
@pytest.mark.parametrize("folder", [(), ("plans",)], ids=["root", "folder"])
def test_a_folder_that_changes_meanwhile_hands_no_wrong_rights_down(
    tree: LocalPath, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch, folder: Path, singly: bool
) -> None:
    """Rights of a folder change between the look at its files and its own: its files still have theirs in the manifest."""
    told: list[Path] = []

    def changed_behind(within: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: PosixGrants, where: Path, names: Sequence[str]) -> Any:
            answer = within(self, where, names)
            if where == folder:
                tree.joinpath(*folder).chmod(0o700)
                told.append(where)
            return answer

        return call

    monkeypatch.setattr(PosixGrants, "within", changed_behind(PosixGrants.within))
    manifest = scanned(tree, tmp_path / "manifest", singly=singly)

    assert [folder] == told
    assert true_of(tree, (*folder, "file")) == said(manifest, (*folder, "file"))


def test_a_wide_root_is_shared_out_before_anything_in_it_is_listed(tmp_path: LocalPath) -> None:
    """The first task lists the root alone, and leaves every folder in it."""
    names = [f"folder {number:02}" for number in range(40)]
    for name in reversed(names):
        (tmp_path / "drive" / name).mkdir(parents=True)
        (tmp_path / "drive" / name / "file").write_bytes(b"content")

    scanned(tmp_path / "drive", tmp_path / "manifest", features=())

    first = note_of(str(tmp_path / "manifest" / "entries" / "part-001-000001.parquet"))
    assert first is not None
    assert [""] == first.roots
    assert sorted(names) == sorted(path for path, *_ in first.left)


def test_a_folder_is_told_in_the_order_of_names(tmp_path: LocalPath) -> None:
    """In whatever order a drive lists it: what is neighbours by name is read and stored side by side."""
    names = [f"file {number:03}" for number in (7, 2, 9, 1, 30, 11, 4)]
    (tmp_path / "drive").mkdir()
    for name in names:
        (tmp_path / "drive" / name).write_bytes(b"content")

    manifest = scanned(tmp_path / "drive", tmp_path / "manifest", features=())

    assert sorted(names) == [entry.path[-1] for entry, _ in manifest.entries()]
