"""
Somebody works on a drive between the scan of a pass and the moment at which an object is done.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as LocalPath

import pytest

from lading.connectors.conditions import ANYTHING
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.memory.store import Node
from lading.connectors.wrap.faults import Fault, Harm
from lading.model.entry import Entry
from lading.model.errors import NoSpace
from lading.model.paths import Path
from lading.stages.transfer import ahead, content, flow, perform
from lading.stages.transfer.work import run_task
from lading.stages.transfer.worker import Task
from support.passes import Passes, buckets, inside, memory_passes, put, tree

__all__ = ["inside"]
pytestmark = pytest.mark.usefixtures("inside")
BLOCK = 64 * 1024


class NamelessNode(Node):
    """A node whose content has no etag."""

    def entry(self, path: Path) -> Entry:
        """What the drive says, without an etag."""
        return Node.entry(self, path)._replace(etag=None)


class NamelessStore(MemoryStore):
    """A store without etags, as some WebDAV servers are."""

    def new_node(self, name: str, modified: int | None) -> Node:
        """A node of that kind."""
        return NamelessNode(name, self.number(), self.time(modified))


def edit(drive: MemoryDrive, name: str, data: bytes) -> None:
    """Write *data* over a file, now."""
    drive.write((name,), [data], expect=ANYTHING, modified=1_800_000_000_000_000_000)


@pytest.fixture(params=[MemoryStore, NamelessStore])
def new(request: pytest.FixtureRequest) -> MemoryDrive:
    """NEW, with etags and without."""
    return MemoryDrive(request.param())


@pytest.fixture
def old() -> MemoryDrive:
    """OLD with two files."""
    drive = MemoryDrive()
    put(drive, {"f": b"1111", "other": b"2222"})
    return drive


@pytest.fixture
def job(tmp_path: LocalPath, old: MemoryDrive, new: MemoryDrive) -> Passes:
    """The copy between them; one pass is done."""
    passes = memory_passes(tmp_path, old.store, new.store)
    passes.run()
    return passes


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Have something done once, after the scans and before the first partition."""

    def arrange(work: Callable[[], None]) -> None:
        waiting = [work]

        def disturbed(task: Task) -> object:
            while waiting:
                waiting.pop()()
            return run_task(task)

        monkeypatch.setattr(flow, "run_task", disturbed)

    return arrange


Meanwhile = Callable[[Callable[[], None]], None]


@pytest.mark.parametrize("theirs", [b"mine", b"mine, and longer"])
def test_a_replacement_spares_what_was_edited_since_the_scan(
    theirs: bytes, job: Passes, old: MemoryDrive, new: MemoryDrive, meanwhile: Meanwhile
) -> None:
    """An edit in NEW is not written over, whether NEW tells etags or only sizes and times."""
    edit(old, "f", b"99999")
    meanwhile(lambda: edit(new, "f", theirs))
    account = job.run()

    assert {"failed": 1, "same": 1} == buckets(account)
    assert theirs == tree(new)[("f",)]


def test_a_large_replacement_spares_what_was_edited_while_it_was_sent(
    job: Passes, old: MemoryDrive, new: MemoryDrive, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file gets its name only if NEW still has there what was scanned."""
    monkeypatch.setattr(perform, "BLOCK", BLOCK)
    edit(old, "f", bytes(3 * BLOCK))
    stage = perform.Journal.stage

    def staged(*given: str) -> None:
        edit(new, "f", b"mine")
        stage(*given)

    monkeypatch.setattr(perform.Journal, "stage", staged)
    account = job.run()

    assert {"failed": 1, "same": 1} == buckets(account)
    assert b"mine" == tree(new)[("f",)]


def test_a_deletion_spares_what_was_edited_since_the_scan(
    job: Passes, old: MemoryDrive, new: MemoryDrive, meanwhile: Meanwhile
) -> None:
    """What went from OLD and is being worked on in NEW stays."""
    old.remove(("f",), expect=ANYTHING)
    meanwhile(lambda: edit(new, "f", b"mine"))
    job.run(delete=True, delete_at_most=1)

    assert b"mine" == tree(new)[("f",)]


def test_a_replacement_that_was_cut_off_is_found_again(
    job: Passes, old: MemoryDrive, new: MemoryDrive, meanwhile: Meanwhile
) -> None:
    """What an earlier sitting had put in its place already is taken for what it is."""
    edit(old, "f", b"99999")
    meanwhile(lambda: edit(new, "f", b"99999"))

    assert {"moved": 1, "same": 1} == buckets(job.run())
    assert {"same": 2} == buckets(job.run())


def test_an_edit_in_new_is_not_adopted_when_old_was_only_touched(
    job: Passes, old: MemoryDrive, new: MemoryDrive, meanwhile: Meanwhile
) -> None:
    """What NEW has is compared if it is no longer what was scanned: another content is a conflict, never the same."""
    put(old, {"f": b"1111"})
    meanwhile(lambda: edit(new, "f", b"mine"))
    account = job.run()

    assert {"failed": 1, "same": 1} == buckets(account)
    assert {"failed": 1, "same": 1} == buckets(job.run())


def test_a_large_file_edited_between_two_sittings_is_no_mixture(
    tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where OLD gives no etags, an edit to the same size is seen by its time: the file fails, and arrives next time."""
    for module in (ahead, content, perform):
        monkeypatch.setattr(module, "BLOCK", BLOCK, raising=False)
    old, new = MemoryDrive(NamelessStore()), MemoryDrive()
    put(old, {"f": b"1" * 3 * BLOCK})
    job = memory_passes(tmp_path, old.store, new.store)
    with pytest.raises(NoSpace):
        job.run(new=(Fault(harm=Harm.NO_SPACE, call="partials.append", nth=(3,)),))
    edit(old, "f", b"2" * 3 * BLOCK)
    account = job.run()
    failures = job.lines("failures")

    assert ({"failed": 1}, 1) == (buckets(account), account["pass"])
    assert ["changed"] == [row["code"] for row in failures]
    assert {"moved": 1} == buckets(job.run())
    assert b"2" * 3 * BLOCK == tree(new)[("f",)]
