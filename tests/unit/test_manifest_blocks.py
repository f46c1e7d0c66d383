"""Columns that are looked into as blocks of memory tell what Arrow tells of them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from lading.manifest.digest_column import DigestColumn
from lading.manifest.fingerprint import WIDTH
from lading.manifest.path_index import PathIndex
from lading.model.paths import encode

names = st.text(min_size=1, max_size=8).filter(lambda it: it not in (".", ".."))
paths = st.lists(names, min_size=1, max_size=3).map(lambda it: encode(tuple(it)))
digests = st.none() | st.binary(min_size=WIDTH, max_size=WIDTH)


@given(told=st.lists(paths, unique=True, max_size=60), absent=paths, data=st.data())
def test_each_path_is_found_in_its_row_and_no_other(told: list[str], absent: str, data: Any) -> None:
    """Whatever the names, also in a slice of a column; what is not in it, or not among the rows that count, is not found."""
    start = data.draw(st.integers(0, len(told)))
    column, kept = pa.array(told, pa.string()).slice(start), told[start:]
    rows = data.draw(st.sets(st.sampled_from(range(len(kept))))) if kept else set()

    whole, some = PathIndex(column), PathIndex(column, sorted(rows))

    assert list(range(len(kept))) == [whole.find(path) for path in kept]
    assert kept == [whole.path(row) for row in range(len(kept))]
    assert [row if row in rows else None for row in range(len(kept))] == [some.find(path) for path in kept]
    assert kept.count(absent) == (whole.find(absent) is not None)
    assert not whole.twice


@given(told=st.lists(paths, min_size=1, max_size=20), data=st.data())
def test_a_path_that_is_there_twice_is_told(told: list[str], data: Any) -> None:
    """It is found in one of its rows all the same."""
    again = data.draw(st.sampled_from(told))
    column = [*told, again]

    index = PathIndex(pa.array(column, pa.string()))

    found = index.find(again)
    assert index.twice
    assert found is not None
    assert again == column[found]


@given(told=st.lists(digests, max_size=40), data=st.data())
def test_digests_are_those_of_the_column(told: list[bytes | None], data: Any) -> None:
    """With and without gaps, all of them missing, and in any slice."""
    start = data.draw(st.integers(0, len(told)))
    length = data.draw(st.integers(0, len(told) - start))
    kept = told[start : start + length]

    column = DigestColumn(pa.array(told, pa.binary(WIDTH)).slice(start, length))

    assert kept == [column[row] for row in range(length)]
    assert [None if it is None else it.hex() for it in kept] == column.hexes()


def test_a_column_without_any_memory_for_its_values() -> None:
    """As Arrow makes one that it was told nothing of."""
    assert [None, None] == DigestColumn(pa.nulls(2, pa.binary(WIDTH))).hexes()
    assert [] == DigestColumn(pa.nulls(0, pa.binary(WIDTH))).hexes()
    assert PathIndex(pa.nulls(0, pa.string())).find("any") is None
