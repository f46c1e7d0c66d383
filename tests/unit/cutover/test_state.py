"""The folder of a rollback is held against its seals, and read with suspicion."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.model.access import Version
from lading.model.errors import BadMap, BadRollback, BadState
from lading.stages.cutover import journaling
from lading.stages.cutover.contents import Contents
from lading.stages.cutover.journaling import entries
from lading.stages.cutover.rights import COLUMNS, decided
from lading.stages.cutover.running import make_plan
from lading.stages.cutover.state import Facts, Home, Lines, last_of, lines_of, mark_in
from support.passes import InlineCrew
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


def test_a_damaged_line_in_the_midst_stops_everything(tmp_path: Path) -> None:
    """Only the last line can be torn: what stands behind a damaged one is neither passed over nor cut off."""
    file = tmp_path / "lines"
    for damaged in (b'{"b":', b"[]", b"\0\0"):
        file.write_bytes(b'{"a":1}\n' + damaged + b'\n{"c":3}\n')

        with pytest.raises(BadRollback, match="line 2"):
            list(lines_of(file))
        with pytest.raises(BadRollback):
            Lines(file)
        assert file.read_bytes().endswith(b'{"c":3}\n')


def test_what_was_changed_is_noticed(journaled: Switched, tmp_path: Path) -> None:
    """A damaged or missing table of the switch, or a seal that is gone before others, stops the run before it reaches OLD."""
    home = journaled.mark.home
    table = home.switch / "digests.parquet"
    whole = table.read_bytes()
    for damage in (whole[:-9] + b"x" * 9, None):
        table.unlink()
        if damage:
            table.write_bytes(damage)
        with pytest.raises(BadRollback, match="digests"):
            make_plan(journaled.mark, InlineCrew())  # type: ignore[arg-type]
    table.write_bytes(whole)
    for seal in (b"[]", None):
        (home.journal / "0001.json").unlink()
        if seal:
            (home.journal / "0001.json").write_bytes(seal)
        with pytest.raises(BadRollback, match="0001"):
            journaled.back()

    assert "a" == (tmp_path / "old" / "a").read_text()


@pytest.mark.parametrize(
    "damage", [b"", b"[]", b'{"format":1}', b'{"format":1,"old":{},"new":[],"marked":1}']
)
def test_marks_and_ends_that_cannot_be_read(damage: bytes, tmp_path: Path) -> None:
    """A mark, or the end of the last run, that is no such thing is an error with a name."""
    home = Home(tmp_path)
    home.mark.write_bytes(damage)
    home.last.write_bytes(damage)

    with pytest.raises(BadRollback, match="damaged"):
        mark_in(home)
    with pytest.raises(BadRollback):
        last_of(home)


def test_what_a_killed_journal_caught_is_not_lost(
    journaled: Switched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is saved again, deleted or made a folder after an entry was cut off is carried all the same."""
    new = tmp_path / "new"
    left = {"edited": "caught 1", "gone": "caught 2", "place": "caught 3"}
    for name, text in left.items():
        (new / name).write_text(text)

    def cut(name: str) -> None:
        if name == points[0]:
            points.pop(0)
            if not points[0].endswith("noted"):
                raise KeyboardInterrupt

    points = ["rollback.journal.noted"] * 3 + ["rollback.journal.before_seal", "rollback.journal.scanned", ""]
    with monkeypatch.context() as patch:
        patch.setattr(journaling, "failpoint", cut)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                journaled.journal()
    (new / "edited").write_text("edited again")
    (new / "gone").unlink()
    (new / "place").unlink()
    (new / "place").mkdir()
    _, proof = journaled.back()
    found = {path.read_text() for path in (tmp_path / "old").iterdir() if path.is_file()}

    assert {*left.values(), "edited again", "a", "one", "three"} <= found
    assert proof.holds


def test_a_clock_that_lags_hides_no_version(tmp_path: Path) -> None:
    """Versions behind the one that the drive told before are later, whatever time the drive's clock gave them."""
    told = [Version(str(n), saved, 1, "", modified=saved) for n, saved in enumerate((10, 20, 30, 40))]
    was = Facts("file", 1, 20)

    assert told[2:] == journaling.since(told, was, 10.0**12)
    assert told[3:] == journaling.since(told, was._replace(modified=7), 10.0**12)
    assert told == journaling.since(told, None, 10.0**12)
