"""The journal of a partition: what a sitting noted is there for the next one, whatever was torn or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.stages.transfer.journal import Journal, Outcome

DONE = Outcome(7, "moved", "ab" * 32, 3, 5, "etag", sent=3)


def written(path: Path) -> None:
    """A journal with lines of each kind."""
    with Journal(path) as journal:
        journal.done(DONE, 3)
    with Journal(path) as journal:
        for digest in ("one", "two", "three"):
            journal.block("token", digest)
        journal.restart("token", 2)
        journal.stage("token", "cd" * 32)


def test_what_was_noted_is_known_at_once_and_later(tmp_path: Path) -> None:
    """A journal knows what it was told in the same sitting as in the next."""
    with Journal(tmp_path / "j") as journal:
        journal.block("token", "one")
        journal.stage("token", "cd" * 32)
        same_sitting = dict(journal.blocks), dict(journal.staged)
    with Journal(tmp_path / "j") as journal:
        next_sitting = journal.blocks, journal.staged

    assert ({"token": ["one"]}, {"token": "cd" * 32}) == same_sitting == next_sitting


def test_a_restart_forgets_blocks_and_stage(tmp_path: Path) -> None:
    """Blocks that are no longer good, and the stage that was built on them, are not believed later."""
    written(tmp_path / "j")
    with Journal(tmp_path / "j") as journal:
        known = list(journal.blocks["token"]), dict(journal.staged)
        journal.restart("token", 1)
        after = journal.blocks["token"], journal.staged

    assert (["one", "two"], {"token": "cd" * 32}) == known
    assert (["one"], {}) == after


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_torn_end_is_cut_off(cut: int, tmp_path: Path) -> None:
    """After a kill in the middle of a line the lines before it hold, and a new line is not glued to the rest."""
    written(tmp_path / "j")
    (tmp_path / "j").write_bytes((tmp_path / "j").read_bytes()[:-cut])
    with Journal(tmp_path / "j") as journal:
        journal.done(DONE._replace(seq=8), 3)
    with Journal(tmp_path / "j") as journal:
        known = journal.outcomes, journal.staged

    assert ({7: DONE, 8: DONE._replace(seq=8)}, {}) == known


GARBAGE = [
    b"\0\0\0\n",
    b"{}\n",
    b"[]\n",
    b"7\n",
    b'["done", 7]\n',
    b'["block", []]\n',
    b'["restart", 1]\n',
    b"\xff\n",
    b"\n",
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_what_follows_garbage_is_not_believed(garbage: bytes, tmp_path: Path) -> None:
    """A line that no journal writes ends what is believed; work goes on from there without an error."""
    written(tmp_path / "j")
    lines = (tmp_path / "j").read_bytes().splitlines(keepends=True)
    (tmp_path / "j").write_bytes(b"".join([*lines[:2], garbage, *lines[2:]]))
    with Journal(tmp_path / "j") as journal:
        known = dict(journal.outcomes), {token: list(it) for token, it in journal.blocks.items()}
        journal.block("token", "new two")
    with Journal(tmp_path / "j") as journal:
        later = journal.blocks

    assert ({7: DONE}, {"token": ["one"]}) == known
    assert {"token": ["one", "new two"]} == later


@given(st.binary(max_size=200))
def test_no_bytes_are_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever stands in the file, the journal opens and takes new lines."""
    path = tmp_path_factory.mktemp("journal") / "j"
    path.write_bytes(data)
    with Journal(path) as journal:
        journal.done(DONE, 3)
    with Journal(path) as journal:
        known = journal.outcomes

    assert DONE == known[7]
