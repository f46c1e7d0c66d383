"""
Copies in which both sides changed between two passes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command import Answer, lading


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A drive with one folder and two files."""
    root = tmp_path / "old"
    (root / "A").mkdir(parents=True)
    (root / "A" / "x").write_text("aaaa")
    (root / "A" / "y").write_text("yy")
    return root


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Where it goes; not there yet."""
    return tmp_path / "new"


def copy(old: Path, new: Path, *words: str) -> Answer:
    """One pass from *old* to *new*."""
    return lading("copy", old, new, "--state", new.parent / "state", "--json", *words)


def buckets(answer: Answer) -> dict[str, int]:
    """Objects in each bucket that is not empty."""
    return {name: it["objects"] for name, it in answer.json["account"]["buckets"].items() if it["objects"]}


def test_what_was_edited_in_new_is_not_called_renamed(old: Path, new: Path) -> None:
    """A file that came along with a renamed folder, but was edited in NEW to the same size, is a conflict for good."""
    copy(old, new)
    (old / "A").rename(old / "B")
    (new / "A" / "x").write_text("bbbb")
    first, second = copy(old, new), copy(old, new)

    assert (11, 11) == (first.code, second.code)
    assert {"renamed": 2, "failed": 1} == buckets(first)
    assert {"same": 2, "failed": 1} == buckets(second)


def test_what_is_deleted_below_a_renamed_folder_is_counted_once(old: Path, new: Path) -> None:
    """What went from a folder that was renamed is deleted, and is not missing from what is kept."""
    copy(old, new)
    (new / "A" / "theirs").write_text("not ours")
    (old / "A").rename(old / "B")
    (old / "B" / "y").unlink()
    extra = copy(old, new, "--delete", "--delete-at-most", "50").json["account"]["extra"]

    assert {"objects": 1, "bytes": 8} == extra["kept"]
    assert {"objects": 1, "bytes": 2} == extra["deleted"]
    assert (new / "B" / "theirs").exists()
