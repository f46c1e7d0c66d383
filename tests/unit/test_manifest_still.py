"""A look that writes nothing down: it says that a folder is as it was only when a whole scan would say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.crew import close_drives
from lading.connectors.wrap.policy import Policy
from lading.manifest.read import Manifest
from lading.manifest.scan import scan
from lading.manifest.still import is_still
from lading.manifest.tables import Feature
from support.scanning import Inline

FEATURES = (Feature.PEOPLE, Feature.GRANTS)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_drives()


def scanned(root: Path) -> Manifest:
    """The manifest of a folder with a few files, one of them with rights of its own."""
    tree = root / "drive"
    for folder in ("合同", "plans/2026", "empty"):
        (tree / folder).mkdir(parents=True)
    for name in ("a.txt", "合同/甲方.docx", "plans/2026/b.bin"):
        (tree / name).write_bytes(name.encode())
    (tree / "link").symlink_to("a.txt")
    (tree / "plans" / "2026").chmod(0o750)
    (tree / "合同" / "甲方.docx").chmod(0o600)
    return scan(
        Address("folder", str(tree)),
        Policy(),
        root / "manifest",
        crew=Inline(),
        digest=True,
        features=FEATURES,
    )


def look(root: Path, manifest: Manifest, shares: int = 2) -> bool:
    """What a look at the folder of `scanned` says, done in so many *shares*."""
    crew = Inline()
    crew.size = shares
    return is_still(Address("folder", str(root / "drive")), Policy(), manifest, crew)


def rewritten(tree: Path) -> None:
    """The same size and time of modification, another content."""
    file = tree / "a.txt"
    told = file.stat()
    file.write_bytes(b"A.txt")
    os.utime(file, ns=(told.st_atime_ns, told.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": rewritten,
    "new folder": lambda tree: (tree / "empty" / "d").mkdir(),
    "gone": lambda tree: (tree / "a.txt").unlink(),
    "rights of a file": lambda tree: (tree / "a.txt").chmod(0o604),
    "rights of a folder": lambda tree: (tree / "plans").chmod(0o700),
    "rights of the root": lambda tree: tree.chmod(0o711),
}


def test_what_did_not_change_is_still(tmp_path: Path) -> None:
    """Reading changes nothing; nor does a look."""
    manifest = scanned(tmp_path)
    (tmp_path / "drive" / "a.txt").read_bytes()

    assert look(tmp_path, manifest)
    assert all(look(tmp_path, manifest, shares) for shares in (1, 2, 7))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_shows(tmp_path: Path, change: Callable[[Path], object]) -> None:
    """Names, contents, times and rights, of files, folders and the root."""
    manifest = scanned(tmp_path)
    change(tmp_path / "drive")

    assert not look(tmp_path, manifest)


def test_a_drive_that_is_gone_is_not_still(tmp_path: Path) -> None:
    """It is left to a scan to say what is the matter."""
    manifest = scanned(tmp_path)
    shutil.rmtree(tmp_path / "drive")

    assert not look(tmp_path, manifest)
