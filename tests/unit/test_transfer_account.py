"""A whole pass between drives in memory: the account closes, and names that NEW cannot hold come back exactly."""

from __future__ import annotations

from pathlib import Path as LocalPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.connectors.conditions import ABSENT
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.names import folded, problems
from lading.connectors.profile import Case, Form, NameRules, NameUnit
from support.passes import buckets, inside, memory_passes, put, tree

__all__ = ["inside"]
pytestmark = pytest.mark.usefixtures("inside")
WINDOWS = NameRules(
    case=Case.FOLDED,
    form=Form.FOLDED,
    characters=frozenset('/\0\\:*?"<>|'),
    controls=False,
    endings=frozenset(" ."),
    reserved_stems=frozenset({"con", "aux", "nul"}),
    unit=NameUnit.UTF16,
)
FREE = NameRules(utf8_only=False)
NAMES = [
    "a",
    "A",
    "con",
    "CON.txt",
    "dot.",
    "dot",
    "dot ",
    "a:b",
    "a*b",
    "é",
    "e\u0301",
    "line\nbreak",
    "合同?",
    "n" * 250,
]
_names = st.sampled_from(NAMES)
_files = st.dictionaries(
    st.lists(_names, min_size=1, max_size=3).map("/".join), st.binary(max_size=3), min_size=1, max_size=10
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=_files)
def test_mapped_names_can_be_undone(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    """On a target with rules like Windows all contents arrive, no two meet, and the list of names leads back."""
    # A file cannot hold others.
    files = {name: data for name, data in files.items() if not any(it.startswith(name + "/") for it in files)}
    old, new = MemoryStore(names=FREE), MemoryStore(names=WINDOWS)
    put(MemoryDrive(old), files)
    passes = memory_passes(tmp_path_factory.mktemp("mapped"), old, new)
    first, second = passes.run(), passes.run()
    here, there = tree(MemoryDrive(old)), tree(MemoryDrive(new))
    back = {row["new"]: row["old"] for row in passes.lines("mapped")}

    assert {"moved": len(here)} == buckets(first)
    assert {"same": len(here)} == buckets(second)
    assert len(here) == len(there) == len({tuple(folded(name, WINDOWS) for name in path) for path in there})
    assert not [name for path in there for name in path if problems(name, WINDOWS)]
    assert len(back) == len(passes.lines("mapped"))
    assert sorted(filter(None, here.values())) == sorted(filter(None, there.values()))


def test_every_bucket_at_once(tmp_path: LocalPath) -> None:
    """Objects that were moved, stayed the same, were renamed, excluded and failed add up, in each space."""
    old, new = MemoryStore(), MemoryStore()
    drive = MemoryDrive(old)
    put(drive, {"x/same": b"1", "x/old-name": b"22", "y/edited": b"333", "y/left": b"4444"})
    passes = memory_passes(tmp_path, old, new)
    passes.run(exclude=("/y/left",))
    put(drive, {"y/edited": b"333333", "z/theirs": b"55555", "loose": b"7"})
    put(MemoryDrive(new), {"z/theirs": b"another"})
    assert drive.moves is not None
    drive.moves.move(("x", "old-name"), ("x", "name"), expect=ABSENT)
    account = passes.run(exclude=("/y/left",))

    assert {"moved": 2, "same": 4, "renamed": 1, "excluded": 1, "failed": 1} == buckets(account)
    assert {"", "x", "y", "z"} == {space["space"] for space in account["spaces"]}
    assert {"objects": 9, "bytes": 19} == account["found"]
