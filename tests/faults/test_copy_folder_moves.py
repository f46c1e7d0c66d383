"""
When a folder of NEW is moved after its namesake in OLD, and when it is not.
"""

from __future__ import annotations

from pathlib import Path as LocalPath

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.connectors.wrap.faults import Fault, Harm
from support.passes import Passes, buckets, inside, memory_passes, put, tree

__all__ = ["inside"]
pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def old() -> MemoryDrive:
    """OLD."""
    drive = MemoryDrive()
    put(drive, {"a/f": b"1111", "a/deep/g": b"2222", "z": b"3"})
    drive.make_folder(("empty",))
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


def move(drive: MemoryDrive, source: str, target: str) -> None:
    """Rename in OLD."""
    assert drive.moves is not None
    drive.moves.move((source,), (target,), expect=ABSENT)


def remove(drive: MemoryDrive, *names: str) -> None:
    """Remove from OLD, in this order."""
    for name in names:
        drive.remove(tuple(name.split("/")), expect=ANYTHING)


def give_again(drive: MemoryDrive, taken: str, name: str) -> None:
    """Let the folder *name* have the number that the removed folder *taken* had."""
    drive.store.find((name,))[1].id = taken


def number(drive: MemoryDrive, name: str) -> str:
    """The id of the folder *name*."""
    return drive.store.find((name,))[1].id


def test_a_number_given_again_moves_no_folder(job: Passes, old: MemoryDrive, new: MemoryDrive) -> None:
    """A new folder that got the number of a removed one is made; the old one stays in NEW where it is."""
    taken = number(old, "a")
    remove(old, "a/f", "a/deep/g", "a/deep", "a")
    put(old, {"other/x": b"x"})
    give_again(old, taken, "other")
    account = job.run()

    assert {"moved": 2, "same": 2} == buckets(account)
    assert tree(new).keys() >= {("a",), ("a", "f"), ("a", "deep", "g"), ("other", "x")}


def test_a_folder_is_moved_for_what_came_along_in_it(job: Passes, old: MemoryDrive, new: MemoryDrive) -> None:
    """One file of it that is still in it, however deep, is proof enough; an empty folder is made anew."""
    move(old, "a", "b")
    remove(old, "b/f")
    move(old, "empty", "void")
    account = job.run()

    assert {"moved": 1, "renamed": 3, "same": 1} == buckets(account)
    assert tree(new).keys() >= {("b", "deep", "g"), ("b", "f"), ("void",), ("empty",)}
    assert ("a",) not in tree(new)


@pytest.mark.parametrize("pattern", ["/b", "/b/deep"])
def test_what_is_excluded_is_not_moved(pattern: str, job: Passes, old: MemoryDrive, new: MemoryDrive) -> None:
    """A folder that is left out now stays in NEW where it was, and what is in it is not touched."""
    move(old, "a", "b")
    account = job.run(exclude=(pattern,))
    there = tree(new)

    assert "excluded" in buckets(account)
    assert (("a", "f") in there) == (pattern == "/b")
    assert not any(path[:1] == ("b",) for path in there) or pattern != "/b"


def test_an_excluded_file_is_not_renamed(job: Passes, old: MemoryDrive, new: MemoryDrive) -> None:
    """It stays in NEW under its old name."""
    move(old, "z", "y")
    account = job.run(exclude=("/y",))

    assert 1 == buckets(account)["excluded"]
    assert {("z",)} == tree(new).keys() & {("z",), ("y",)}


@pytest.mark.parametrize("into", ["b/new", "b/z"])
def test_a_folder_that_could_not_be_moved_is_not_made(
    into: str, job: Passes, old: MemoryDrive, new: MemoryDrive
) -> None:
    """Its place in NEW stays free, whatever else was to go there, so that the next pass can move it."""
    move(old, "a", "b")
    assert old.moves is not None
    if into == "b/new":
        put(old, {"b/new": b"new"})
    else:
        old.moves.move(("z",), ("b", "z"), expect=ABSENT)
    failed = job.run(new=(Fault(harm=Harm.TRUNCATED, call="moves.move", path=("a",)),))
    there = tree(new)
    rows = [(row["path"], row["code"]) for row in job.lines("failures") if row.get("beside")]
    after = job.run()

    assert 5 == buckets(failed)["failed"]
    assert ("b",) not in there
    assert [("/b", "not_found")] == rows
    assert 4 <= buckets(after)["renamed"]
    assert tree(old).keys() <= tree(new).keys()


def test_a_folder_is_not_moved_into_one_that_could_not_be_moved(
    job: Passes, old: MemoryDrive, new: MemoryDrive
) -> None:
    """Its place in NEW stays free here too."""
    put(old, {"c/h": b"5555"})
    job.run()
    move(old, "a", "b")
    assert old.moves is not None
    old.moves.move(("c",), ("b", "c"), expect=ABSENT)
    failed = job.run(new=(Fault(harm=Harm.TRUNCATED, call="moves.move", path=("a",)),))
    there = tree(new)
    after = job.run()

    assert 6 == buckets(failed)["failed"]
    assert ("b",) not in there
    assert {"renamed": 6, "same": 2} == buckets(after)
