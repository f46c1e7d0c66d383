"""
Copies in which both sides changed between two passes.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
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


def test_a_dry_run_of_a_later_pass_plans_what_the_pass_would_do(old: Path, new: Path) -> None:
    """It knows what has landed: nothing is read anew, renames are followed, deletions are counted."""
    copy(old, new)
    (old / "A" / "y").unlink()
    (old / "A" / "x").rename(old / "A" / "z")
    actions = copy(old, new, "--dry-run", "--delete", "--delete-at-most", "50").json["actions"]

    assert {
        "delete": {"objects": 1, "bytes": 2},
        "rename": {"objects": 1, "bytes": 4},
        "same": {"objects": 1, "bytes": 0},
    } == actions


def test_a_folder_whose_name_is_not_utf8_is_copied(old: Path, new: Path, tmp_path: Path) -> None:
    """The name of the drive itself may hold any byte."""
    odd = os.fsencode(tmp_path) + b"/b\xffd"
    os.rename(old, odd)
    answer = copy(Path(os.fsdecode(odd)), new)

    assert 0 == answer.code
    assert {"moved": 3} == buckets(answer)


def test_workers_are_forked_on_a_terminal_too(old: Path, new: Path, tmp_path: Path) -> None:
    """They hold the lock of the job with the command only if they are forked, before the bar makes its thread."""
    noted = tmp_path / "method"
    code = (
        "import sys; from lading.connectors import crew; from lading.cli.main import main; made = crew._context\n"
        "def noting():\n"
        "    context = made()\n"
        f"    open({str(noted)!r}, 'w').write(context.get_start_method())\n"
        "    return context\n"
        "crew._context = noting\n"
        f"sys.argv = ['lading', 'copy', {str(old)!r}, {str(new)!r}, '--state', {str(tmp_path / 'state')!r}]\n"
        "main()\n"
    )
    ended = _on_a_terminal([sys.executable, "-c", code])

    assert 0 == ended
    assert "fork" == noted.read_text()


def _on_a_terminal(command: list[str]) -> int:
    """The exit code of *command*, run with a terminal for all it says."""
    ours, theirs = pty.openpty()
    run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    # The end of what a terminal says is an error, not an empty read.
    with suppress(OSError):
        while os.read(ours, 4096):
            pass
    os.close(ours)
    return run.wait(timeout=60)


def test_a_plan_that_is_lost_is_not_made_anew_over_what_was_done_by_another(old: Path, new: Path) -> None:
    """Its rows would have other numbers, and what was done would be told of other objects; another pass is right."""
    copy(old, new)
    (passed,) = (new.parent / "state").glob("*/passes/0001")
    for name in ("plan.json", "account.json", "ended.json"):
        (passed / name).unlink()
    taken_up, anew = copy(old, new, "--exclude", "/A/x"), copy(old, new, "--exclude", "/A/x", "--new-pass")

    assert (43, "bad_state") == (taken_up.code, taken_up.json["error"]["code"])
    assert {"same": 2, "excluded": 1} == buckets(anew)
