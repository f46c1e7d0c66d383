"""A scan that reads and asks while it walks, killed whenever a file appears, and gone on with in another way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path as LocalPath
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.crew import close_drives
from lading.connectors.wrap.policy import Policy
from lading.manifest import files, frontier, parts
from lading.manifest.read import Manifest, header_of
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from support.scanning import Inline

WHOLE: dict[str, Any] = {"digest": True, "features": (Feature.PEOPLE, Feature.GRANTS)}
FIRST: dict[str, tuple[dict[str, Any], bool]] = {
    "alike": (WHOLE, True),
    "names alone": ({}, False),
    "contents alone": ({"digest": True}, True),
    "rights alone": ({"features": (Feature.GRANTS,)}, False),
}
"""What the first attempt asks for, and whether the second one has an earlier manifest."""


class Killed(BaseException):
    """What nobody catches."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A part for each folder, so that there are many moments."""
    monkeypatch.setattr(frontier, "FIRST_BUDGET", 1)
    monkeypatch.setattr(frontier, "FULL_BUDGET", 1)
    monkeypatch.setattr(frontier, "LEAST_ROOTS", 1)
    yield
    close_drives()


@pytest.fixture
def tree(tmp_path: LocalPath) -> LocalPath:
    """Folders and files, some with rights of their own, one written this moment, one that is read apart."""
    root = tmp_path / "drive"
    for number, name in enumerate(("top", "合同/a", "合同/b", "part-001-000001.parquet.tmp/y/z")):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * number)
        os.utime(file, (1e9, 1e9))
    os.utime(root / "合同" / "a", (4e9, 4e9))
    (root / "合同").chmod(0o750)
    (root / "part-001-000001.parquet.tmp" / "y" / "z").chmod(0o604)
    return root


def killing(after: int, publish: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """*publish*, which dies as soon as so many files have appeared."""
    left = after

    def call(unfinished: str, final: str) -> None:
        nonlocal left
        publish(unfinished, final)
        left -= 1
        if left == 0:
            raise Killed

    return call


def facts(manifest: Manifest) -> Any:
    """All that a manifest says, but for what its files weigh."""
    tables = {name: (it["rows"], it["fingerprint"]) for name, it in manifest.tables.items()}
    return manifest.counts, manifest.problems, manifest.fingerprint, manifest.covers_content, tables


@pytest.mark.parametrize(("first", "earlier"), FIRST.values(), ids=FIRST)
def test_whatever_a_kill_leaves_is_taken_up_rightly(
    tree: LocalPath, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch, first: Any, earlier: bool
) -> None:
    """The first attempt may have asked for less, and without an earlier manifest: the end is that of a scan never killed."""

    def scanned(name: object, **options: Any) -> Manifest:
        return scan(Address("folder", str(tree)), Policy(), tmp_path / str(name), crew=Inline(), **options)

    whole = scanned("whole", **WHOLE)
    taken = {"earlier": whole} if earlier else {}
    moments = 0
    for moment in range(1, 100):
        with monkeypatch.context() as patch, suppress(Killed):
            for module in (files, parts):
                patch.setattr(module, "publish_file", killing(moment, files.publish_file))
            scanned(moment, **first)
        if "finished" in (header_of(str(tmp_path / str(moment))) or {}):
            break
        assert facts(whole) == facts(scanned(moment, **WHOLE, **taken))
        moments += 1

    assert moments > 5
