"""
What a pass leaves alone because it cannot be certain, and what it says about it.
"""

from __future__ import annotations

import json
from pathlib import Path as LocalPath

import pytest

from lading.cli.copy import tell
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.connectors.wrap.faults import Fault, Harm
from lading.model.paths import Path
from lading.stages.transfer.order import Finished
from support.passes import Passes, buckets, inside, memory_passes, put, tree

__all__ = ["inside"]
pytestmark = pytest.mark.usefixtures("inside")
UNLISTED = Fault(harm=Harm.TRUNCATED, call="list", path=("locked",))


@pytest.fixture
def old() -> MemoryDrive:
    """OLD."""
    drive = MemoryDrive()
    put(drive, {"a/f": b"1111", "a/g": b"2222", "locked/h": b"3333"})
    return drive


@pytest.fixture
def new() -> MemoryDrive:
    """NEW."""
    return MemoryDrive()


@pytest.fixture
def job(tmp_path: LocalPath, old: MemoryDrive, new: MemoryDrive) -> Passes:
    """The copy between them; one pass is done."""
    passes = memory_passes(tmp_path, old.store, new.store)
    passes.run()
    return passes


def said(job: Passes, account: dict, capsys: pytest.CaptureFixture[str], as_json: bool = False) -> str:
    """What the command tells about *account*."""
    tell(Finished(job.job.passes()[-1], account, False), job.job, as_json)
    return capsys.readouterr().out


def test_nothing_is_deleted_while_a_folder_of_old_cannot_be_listed(
    job: Passes, old: MemoryDrive, new: MemoryDrive, capsys: pytest.CaptureFixture[str]
) -> None:
    """What seems gone may have moved there; it goes once all can be listed, or the folder is excluded."""
    assert old.moves is not None
    old.moves.move(("a", "f"), ("locked", "f"), expect=ABSENT)
    held = job.run(old=(UNLISTED,), delete=True, delete_at_most=1)
    kept = ("a", "f") in tree(new)
    text = said(job, held, capsys)
    old.remove(("a", "g"), expect=ANYTHING)
    excluded = job.run(old=(UNLISTED,), delete=True, delete_at_most=1, exclude=("/locked",))

    assert kept
    assert ({"objects": 0, "bytes": 0}, 1) == (held["extra"]["deleted"], held["held_back"])
    assert "1" in text.split("held back")[1]
    assert (2, 0) == (excluded["extra"]["deleted"]["objects"], excluded["held_back"])


@pytest.mark.parametrize(
    ("call", "path", "action"), [("remove", ("a", "f"), "delete"), ("make_folder", ("a",), "time")]
)
def test_what_fails_beside_the_account_is_listed(
    call: str, path: Path, action: str, job: Passes, old: MemoryDrive, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deletion or a folder's time that failed is told, and is no object of OLD."""
    old.remove(("a", "f"), expect=ANYTHING)
    fault = Fault(harm=Harm.TRUNCATED, call=call, path=path)
    account = job.run(new=(fault,), delete=True, delete_at_most=1)
    [row] = job.lines("failures")

    assert {"same": 4} == buckets(account)
    assert (0, 1) == (account["failures"], account["beside_failures"])
    assert ("/" + "/".join(path), action, True, "truncated") == (
        row["path"], row["action"], row["beside"], row["code"],
    )  # fmt: skip
    assert row["message"]["zh"]
    assert "failures.jsonl" in said(job, account, capsys)
    assert 1 == json.loads(said(job, account, capsys, as_json=True))["account"]["beside_failures"]
