"""
Whatever people do on both sides after the switch: going back loses nothing of either.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path as LocalPath

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from lading.connectors.address import Address
from lading.connectors.memory import MemoryStore
from lading.connectors.registry import CONNECTORS, open_drive
from lading.stages.cutover.deeds import Because
from support.memory_drives import STORES
from support.rollbacks import Switched, every_content, files, happen, put, switch

PLACES = st.tuples(st.sampled_from(["A", "B", "夹"]), st.sampled_from(["f0", "f1", "é.txt"]))
THINGS = st.lists(
    st.tuples(
        st.sampled_from(
            ["write", "write", "rename", "rename folder", "folder", "remove", "journal", "journal"]
        ),
        PLACES,
        PLACES,
        st.binary(min_size=1, max_size=6),
    ),
    max_size=7,
)


@pytest.fixture(params=["folder", "memory"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Drives without versions, and drives with versions and lasting ids."""
    monkeypatch.setitem(CONNECTORS, "memory", "support.memory_drives")
    return str(request.param)


def two(kind: str, place: LocalPath) -> tuple[Address, Address]:
    if kind == "folder":
        for name in ("old", "new"):
            (place / name).mkdir()
        return Address("folder", str(place / "old")), Address("folder", str(place / "new"))
    STORES.update(old=MemoryStore(), new=MemoryStore())
    return Address("memory", "old"), Address("memory", "new")


def began(kind: str, place: LocalPath) -> Switched:
    """Both hold the same six files."""
    old, new = two(kind, place)
    with open_drive(old) as ours, open_drive(new) as theirs:
        for folder in ("A", "B", "夹"):
            for name in ("f0", "f1"):
                for drive in (ours, theirs):
                    put(drive, (folder, name), f"{folder}{name}".encode())
    return switch(old, new, place / "job")


EDITED = [("write", ("A", "f0"), ("A", "f0"), b"%d" % number) for number in range(3)]
"""What NEW is given of a file that OLD's own people remove meanwhile."""


@example(theirs=EDITED, ours=[("remove", ("A", "f0"), ("A", "f0"), b"")])
@settings(max_examples=5, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(theirs=THINGS, ours=THINGS)
def check(kind: str, theirs: list, ours: list) -> None:  # type: ignore[type-arg]
    place = LocalPath(tempfile.mkdtemp(prefix="lading-rollback-"))
    try:
        it = began(kind, place)
        journaled: set[bytes] = set()
        with open_drive(it.mark.old) as old, open_drive(it.mark.new) as new:
            at_the_switch = set(files(new).values())
            for thing in theirs:
                if thing[0] == "journal":
                    it.journal()
                    journaled |= set(files(new).values())
                else:
                    happen(new, *thing)
            for thing in ours:
                happen(old, *thing)
            before, held, later = files(old), every_content(old), files(new)
            done, proof = it.back()
            after, holds = files(old), every_content(old)

            assert not done.failed
            assert held <= holds
            assert len(before) <= len(after)
            assert (journaled | set(later.values())) - at_the_switch <= holds
            assert proof.holds
            taken = {it.deed.path for it in done.done if it.deed.because is Because.NAME_TAKEN}
            if not ours:
                told = {path for path in later if any(path[:depth] in taken for depth in range(1, 4))}
                assert all(after.get(path) == later[path] for path in later.keys() - told)
            again, proof = it.back()

            assert (0, after) == (again.changed, files(old))
            assert proof.holds
    finally:
        shutil.rmtree(place)


def test_nothing_of_either_side_is_lost(kind: str) -> None:
    """
    Random edits, renames and deletions on both sides: every content of OLD and each later one of NEW is in OLD
    afterwards, what only NEW changed stands in OLD as in NEW, and the second run changes nothing.
    """
    check(kind)
