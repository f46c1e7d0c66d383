"""
Any changes to a drive, pass after pass: NEW always comes to hold what OLD holds.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from lading.connectors.address import Address
from support.passes import Passes, inside  # noqa: F401 — a fixture

PASSES = 4
NAMES = ["a", "b", "c", "Ä", "ä", "文", "x y"]
FOLDERS = ["A", "B", "C", "夹", "d e"]


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("seed", range(12))
def test_new_follows_whatever_happens_to_old(seed: int, tmp_path: Path) -> None:
    """Edits, renames, swaps, moved and removed folders, kinds kept: after each pass both trees are equal."""
    dice = random.Random(seed)
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new_address = Address("folder", str(new), {"create": "yes", "role": "target"})
    passes = Passes(Address("folder", str(old)), new_address, tmp_path / "state")
    for number in range(PASSES):
        for _ in range(dice.randrange(4, 14)):
            happen(old, dice)
        account = passes.run(delete=True, delete_at_most=1.0)
        if account["failures"] or facts(old) != facts(new):
            # A name freed and taken anew within one pass may need a second one, and no more.
            account = passes.run(delete=True, delete_at_most=1.0)

        assert 0 == account["failures"], (number, passes.lines("failures"))
        assert facts(old) == facts(new), number


def happen(root: Path, dice: random.Random) -> None:
    """One thing that users do."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    folders = [root, *sorted(path for path in root.rglob("*") if path.is_dir())]
    what = dice.choice(
        ["create", "create", "create", "folder", "edit", "touch", "rename", "swap", "remove", "move", "drop"]
    )
    # A file in the place of a folder, or the reverse, is reported and not applied: it has tests of its own.
    place = dice.choice(folders) / dice.choice(FOLDERS if what in ("folder", "move") else NAMES)
    if what == "create" and not place.exists():
        place.write_bytes(dice.randbytes(dice.randrange(0, 40)))
    elif what == "folder" and not place.exists() and len(place.relative_to(root).parts) < 5:
        place.mkdir()
    elif what == "edit" and files:
        dice.choice(files).write_bytes(dice.randbytes(dice.randrange(0, 40)))
    elif what == "touch" and files:
        os.utime(dice.choice(files), ns=(0, dice.randrange(10**18)))
    elif what == "rename" and files and not place.exists():
        dice.choice(files).rename(place)
    elif what == "swap" and len(files) > 1:
        one, two = dice.sample(files, 2)
        one.rename(root / "swapped")
        two.rename(one)
        (root / "swapped").rename(two)
    elif what == "remove" and files:
        dice.choice(files).unlink()
    elif what == "move" and len(folders) > 1 and not place.exists():
        folder = dice.choice(folders[1:])
        if folder not in place.parents:
            folder.rename(place)
    elif what == "drop" and len(folders) > 2:
        shutil.rmtree(dice.choice(folders[1:]))


def facts(root: Path) -> dict[str, object]:
    """Content and time of each file below *root*; folders as such."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns)
        if path.is_file()
        else "folder"
        for path in root.rglob("*")
        if ".lading-parts" not in path.parts
    }
