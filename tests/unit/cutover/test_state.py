"""The folder of a rollback is held against its seals, and read with suspicion."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.model.errors import BadMap, BadState
from lading.stages.cutover.contents import Contents
from lading.stages.cutover.journaling import entries
from lading.stages.cutover.rights import COLUMNS, decided
from lading.stages.cutover.state import Lines, lines_of
from support.rollbacks import Switched, switch


@pytest.fixture
def journaled(tmp_path: Path) -> Switched:
    """One file, edited after the switch and journaled twice."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("a")
    it = switch(*(Address("folder", str(tmp_path / name)) for name in ("old", "new")), tmp_path / "job")
    for text in ("one", "three"):
        (tmp_path / "new" / "a").write_text(text)
        it.journal()
    return it


def test_a_changed_entry_is_noticed(journaled: Switched, tmp_path: Path) -> None:
    """An entry, or its seal, that was changed after it was sealed stops everything that relies on it."""
    home = journaled.mark.home
    assert [1, 2] == [it.number for it in entries(home)]
    lines = home.journal / "0001.jsonl"
    lines.write_bytes(lines.read_bytes().replace(b'"size":3', b'"size":4'))

    with pytest.raises(BadState):
        journaled.back()
    assert "a" == (tmp_path / "old" / "a").read_text()


def test_a_damaged_content_is_never_written(journaled: Switched, tmp_path: Path) -> None:
    """A content of the state folder with a flipped bit stops the run before it reaches OLD; OLD keeps what it had."""
    for file in (path for path in journaled.mark.home.contents.rglob("*") if path.is_file()):
        file.write_bytes(b"X" + file.read_bytes()[1:])

    with pytest.raises(Exception, match="damaged"):
        journaled.back()
    assert {"a"} == {path.read_text() for path in (tmp_path / "old").iterdir() if path.is_file()}


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    """A line that a kill tore is not read, and the next one does not stick to it."""
    file = tmp_path / "lines"
    file.write_bytes(b'{"a":1}\n{"b":')
    lines = Lines(file)
    lines.add({"c": 3})
    lines.close()

    assert [{"a": 1}, {"c": 3}] == list(lines_of(file))


def test_a_missing_content_is_told(tmp_path: Path) -> None:
    """A content that is not there is an error with a name, no empty file."""
    with pytest.raises(BadState):
        list(Contents(tmp_path).read("0" * 64))


def test_a_decision_that_is_none_is_refused(tmp_path: Path) -> None:
    """A word that is no decision is refused with its line; nothing is guessed."""
    file = tmp_path / "decisions.csv"
    head = ",".join(COLUMNS)
    file.write_text(f"{head}\nabc{',' * (len(COLUMNS) - 1)}yes please\n", encoding="utf-8-sig")

    with pytest.raises(BadMap, match="lines 2"):
        decided(file)
