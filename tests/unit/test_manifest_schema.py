"""Rows of a manifest: entries go in and come out the same."""

from __future__ import annotations

from pathlib import Path as LocalPath

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.manifest.parts import Note, PartWriter, facts_of, note_of, pack, unpack
from lading.manifest.read import entries_of, entry_of
from lading.manifest.schema import Columns
from lading.model.entry import Entry, Kind
from lading.model.paths import encode, name_from, normal, space_of

NAMES = st.binary(min_size=1, max_size=40).map(name_from) | st.text(min_size=1, max_size=40)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(tuple)
HOSTILE = [
    "a\u0301",
    "\u00e1",
    "A. ",
    "a",
    "\x01",
    "a\x00b",
    "x/y",
    "\U0001f600",
    "名" * 127,
    name_from(b"\xff"),
    "a\nb",
]


@given(st.lists(PATHS, max_size=6), PATHS)
def test_columns_hold_any_name_exactly(paths: list[tuple[str, ...]], folder: tuple[str, ...]) -> None:
    """
    Whatever the names, path, normal form and space are those of the model.
    """
    paths = [(*folder, path[0]) for path in paths]
    columns = Columns()
    columns.add(folder, [Entry(path, Kind.FILE, 1) for path in paths])
    rows = columns.batch().to_pylist()

    assert [encode(path) for path in paths] == [row["path"] for row in rows]
    assert [encode(normal(path)) for path in paths] == [row["normal"] for row in rows]
    assert [encode((space_of(path),)) for path in paths] == [row["space"] for row in rows]
    assert paths == [entry_of(row).path for row in rows]


def test_entries_survive_a_part_file(tmp_path: LocalPath) -> None:
    """
    Hostile names, odd times and text that is not Unicode go through a part file and DuckDB unharmed.
    """
    entries = [
        Entry((name,), Kind.FILE, 5 << 30, -1, f"id{number}", '"e"', (("md5", "00"), ("sha1", "11")), None)
        for number, name in enumerate(HOSTILE)
    ]
    columns = Columns()
    columns.add((), entries)
    file = tmp_path / "pa[r]t.parquet"
    with PartWriter(str(file)) as part:
        part.add(columns)
        facts = part.finish(Note([""], [], 7, digested=False))
    connection = duckdb.connect()
    relation = entries_of(connection, [str(file)])
    rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    assert entries == [entry_of(row) for row in rows]
    assert facts == facts_of(str(file))
    assert Note([""], [], 7, digested=False) == note_of(str(file))
    assert [file] == list(tmp_path.iterdir())


def test_values_beyond_the_columns_are_held_inside(tmp_path: LocalPath) -> None:
    """
    A time after the year 2262 becomes the latest one, and an etag that is not Unicode stays comparable.
    """
    columns = Columns()
    columns.add((), [Entry(("a",), Kind.FILE, 0, 2**70, None, "\udcff")])
    row = columns.batch().to_pylist()[0]

    assert 2**63 - 1 == row["modified"]
    assert "\\udcff" == row["etag"]


def test_unfinished_part_leaves_nothing(tmp_path: LocalPath) -> None:
    """
    A part whose writer fails half way leaves no file at all.
    """
    with pytest.raises(KeyError), PartWriter(str(tmp_path / "part.parquet")):
        raise KeyError

    assert [] == list(tmp_path.iterdir())


def test_damaged_part_has_no_note(tmp_path: LocalPath) -> None:
    """
    A file that is no part, or a cut one, tells nothing.
    """
    (tmp_path / "cut").write_bytes(b"PAR1 and no more")

    assert note_of(str(tmp_path / "cut")) is None
    assert note_of(str(tmp_path / "absent")) is None


@given(PATHS, st.integers(-(2**63), 2**63 - 1) | st.none(), st.text() | st.none())
def test_packed_folders_come_back(path: tuple[str, ...], modified: int | None, etag: str | None) -> None:
    """
    A folder that was left over is the same for the task that takes it.
    """
    folder = Entry(path, Kind.FOLDER, 0, modified, "id", etag, (("md5", "ab"),), "forbidden")

    assert folder == unpack(pack(folder))
