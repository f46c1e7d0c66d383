"""
Manifests of few rows: put into order, compared and hashed in memory.

DuckDB does the same out of core for any number of rows (`tabling`, `finish`, `inherit`).  To start it
takes longer than to sort some ten thousand rows, and more memory; which way was gone cannot be told
from a manifest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice, pairwise
from operator import gt, sub
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lading.manifest.fingerprint import WIDTH, SpacePrint, Tree, leaf
from lading.manifest.parts import read_table
from lading.manifest.schema import ENTRIES
from lading.manifest.tables import TABLES, Feature
from lading.model.access import Effect, PrincipalKind, Reach
from lading.model.entry import Kind

FEW = 100_000
"""Rows that are held in memory at most."""

Row = tuple[Any, ...]
_SORTED_BY = 4
_RUN = 20
"""Rows that follow each other from which on, on average, a slice takes less than to make them anew."""
_SINGLE = 8
"""Times as long to ask for one value as to have it among all those of a column."""
_HASHED = ("space", "path", "kind", "size", "sha256")
TALLIED = (*_HASHED, "problem", "digests")
"""Columns that `tallied` looks at."""
_FILE = Kind.FILE.value
AT_ONCE = 2_000
"""Rows that are looked at one by one, which takes more memory than their columns."""
_WIDE = frozenset((Reach.ALL.value, Reach.BELOW.value))
_CUTS = frozenset((Effect.BREAK.value, Effect.RESET.value))


def are_few(files: Iterable[str]) -> bool:
    """Whether the rows of the Parquet *files* are few together."""
    left = FEW
    for file in files:
        left -= pq.read_metadata(file).num_rows
        if left < 0:
            return False
    return True


def table_rows(name: str, files: Sequence[str]) -> list[Row]:
    """The rows of the table *name* out of raw *files*: each once, in order."""
    names = TABLES[name].names
    raw = [row for file in files for row in _rows(file, [*names, "problem"])]
    if name == Feature.GRANTS:
        heads = [row for file in files for row in _rows(file, ["path", "folder", "here", "later"])]
        told = _grants(raw, heads)
    else:
        told = {row[:-1] for row in raw if row[-1] is None}
    return in_order(told)


def problem_rows(files: Mapping[Feature, Sequence[str]]) -> list[Row]:
    """The rows of the table of problems, out of the raw *files* of each feature."""
    told = [
        (path, feature.value, problem)
        for feature, several in files.items()
        for file in several
        for path, problem in _rows(file, ["path", "problem"])
        if problem is not None
    ]
    return sorted(told)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """*rows* by their first columns, null last, as DuckDB has them."""
    return sorted(rows, key=lambda row: [(value is None, value) for value in row[:_SORTED_BY]])


def as_table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """*rows* as Arrow holds them."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def rows_print(rows: Iterable[Row]) -> str:
    """The fingerprint of a table with *rows*, in hex; see `fingerprint.table_print`."""
    leaves = sorted(sha256(("\0" + "".join(map(_stated, row))).encode()).digest() for row in rows)
    tree = Tree()
    tree.add(b"".join(leaves))
    return tree.root().hex()


class Tally(NamedTuple):
    """What one look at all entries gives: *counts*, as `manifest.json` has them, and the *spaces* in the byte order of their names."""

    counts: dict[str, Any]
    spaces: list[SpacePrint]

    @property
    def objects(self) -> int:
        """How many entries there are."""
        return sum(count["objects"] for count in self.counts["counts"].values())


def tallied(batches: Iterable[pa.RecordBatch]) -> Tally:
    """The entries in *batches*, which have the columns `TALLIED`: how many there are of what kind, and the fingerprints of their spaces."""
    counts = {kind.value: {"objects": 0, "bytes": 0} for kind in Kind}
    problems = digested = served = 0
    spaces: defaultdict[str, _Space] = defaultdict(_Space)
    for batch in batches:
        digests = batch.column("digests").offsets.to_pylist()
        served += sum(map(gt, digests[1:], digests))
        problems += len(batch) - batch.column("problem").null_count
        digested += len(batch) - batch.column("sha256").null_count
        columns = [_listed(batch.column(name)) for name in _HASHED]
        for space, path, kind, size, digest in zip(*columns, strict=True):
            spaces[space].add(path, kind, size, digest)
        _, _, kinds, sizes, _ = columns
        for kind in set(kinds):
            found = [size for it, size in zip(kinds, sizes, strict=True) if it == kind]
            counts[kind]["objects"] += len(found)
            counts[kind]["bytes"] += sum(found)
    told = {"counts": counts, "problems": problems, "digested": digested, "served": served}
    return Tally(told, [spaces.pop(space).print(space) for space in sorted(spaces)])


def columns_of(files: Sequence[str], names: Sequence[str]) -> list[pa.Array]:
    """The columns *names* of the entries in the parts *files*, each in one piece, with the same rows at the same places each time."""
    raw = _columns(files, names)
    return [
        pa.concat_arrays(it.chunks) if it.num_chunks else pa.nulls(0, it.type) for it in map(raw.pop, names)
    ]


class Entries:
    """*columns* of the entries in the parts *files*, `path` among them, in the byte order of the paths: a *table* and the *paths*."""

    def __init__(self, files: Sequence[str], columns: Sequence[str]) -> None:
        raw = _columns(files, columns)
        paths: list[str] = raw["path"].to_pylist()
        order = sorted(range(len(paths)), key=paths.__getitem__)
        take = taker(order)
        # One after the other: no more than one of them is there in both orders.
        self.table = pa.table({name: take(raw.pop(name)) for name in columns})
        self.paths = list(map(paths.__getitem__, order))

    def __getitem__(self, column: str) -> list[Any]:
        """The values of *column*, made anew each time: to hold all of them would take several times as much memory."""
        values: list[Any] = self.table.column(column).to_pylist()
        return values


def _columns(files: Sequence[str], names: Sequence[str]) -> dict[str, pa.ChunkedArray]:
    """The columns *names* of the parts *files*, each by itself: who lets go of one frees its memory."""
    tables = [read_table(file, names) for file in files]
    return {
        name: pa.chunked_array(
            [chunk for table in tables for chunk in table.column(name).chunks], ENTRIES.field(name).type
        )
        for name in names
    }


def taken(table: pa.Table, rows: Sequence[int]) -> pa.Table:
    """The *rows* of *table*, in that order."""
    return pa.Table.from_arrays(list(map(taker(rows), table.columns)), schema=table.schema)


def taker(rows: Sequence[int]) -> Callable[[pa.ChunkedArray], pa.ChunkedArray]:
    """
    A function that gives the *rows* of a column, in that order.

    Arrow's own way loads all its functions, which takes longer than this does for some ten thousand rows.
    """
    starts = [0, *(at for at, step in enumerate(map(sub, islice(rows, 1, None), rows), 1) if step != 1)]

    def sliced(column: pa.ChunkedArray) -> pa.ChunkedArray:
        runs = ((rows[at], end - at) for at, end in pairwise((*starts, len(rows))))
        chunks = [chunk for start, length in runs for chunk in column.slice(start, length).chunks]
        # In one piece: each more is written by itself, whatever comes of it.
        return pa.chunked_array([pa.concat_arrays(chunks)] if chunks else [], column.type)

    def made_anew(column: pa.ChunkedArray) -> pa.ChunkedArray:
        if column.null_count == len(column):
            return pa.chunked_array([pa.nulls(len(rows), column.type)])
        if len(rows) * _SINGLE < len(column):
            return pa.chunked_array([pa.array([column[row].as_py() for row in rows], column.type)])
        values = column.to_pylist()
        return pa.chunked_array([pa.array(list(map(values.__getitem__, rows)), column.type)])

    return sliced if len(starts) * _RUN <= len(rows) else made_anew


def _listed(column: pa.Array) -> list[Any]:
    """The values of *column*; that there is none of them is told at once."""
    values: list[Any] = column.to_pylist() if column.null_count < len(column) else [None] * len(column)
    return values


@dataclass(slots=True)
class _Space:
    """Entries that come in in no order: of each its encoded path, NUL, and its leaf hash."""

    leaves: list[bytes] = field(default_factory=list)
    size: int = 0
    content: bool = True

    def add(self, path: str, kind: str, size: int, digest: bytes | None) -> None:
        # A path has no NUL in it, so these are in order when the paths are.
        self.leaves.append(path.encode() + b"\0" + leaf(path, kind, size, digest))
        self.size += size
        if digest is None and kind == _FILE:
            self.content = False

    def print(self, space: str) -> SpacePrint:
        self.leaves.sort()
        tree = Tree()
        tree.add(b"".join([it[-WIDTH:] for it in self.leaves]))
        return SpacePrint(space, len(self.leaves), self.size, tree.root(), self.content)


def _rows(file: str, columns: list[str]) -> Iterator[Row]:
    table = read_table(file, columns=columns)
    return zip(*(_values(table.column(name)) for name in columns), strict=True)


def _values(column: pa.ChunkedArray) -> list[Any]:
    values = column.to_pylist()
    return [None if it is None else tuple(it) for it in values] if pa.types.is_list(column.type) else values


def _grants(raw: Sequence[Row], heads: Iterable[Row]) -> set[Row]:
    """The rows of the table of grants; see `tabling` for when and how whole lists become few rows."""
    names = TABLES[Feature.GRANTS].names
    effect, reach = names.index("effect"), names.index("reach")
    told = [row[:-1] for row in raw if row[effect] is not None]
    marks = {path: (folder, here, later) for path, folder, here, later in heads if here is not None}
    if not marks or any(row[reach] in _WIDE or row[effect] in _CUTS for row in told):
        return set(told)
    own = {path for path, (folder, *lists) in marks.items() if _differs(lists, marks.get(folder))}
    kept = {
        _with(row, reach, Reach.ALL.value) if row[reach] == Reach.HERE.value else row
        for row in told
        if row[0] in own
    }
    return kept | {_reset(path, names) for path in own if path}


def _differs(lists: Sequence[bytes | None], above: Row | None) -> bool:
    """Whether an entry with *lists* (here, for later) says something else than its folder, of which nothing may be known."""
    if above is None:
        return True
    here, later = lists
    return here != above[1] or (None not in (later, above[2]) and later != above[2])


def _with(row: Row, at: int, value: object) -> Row:
    return (*row[:at], value, *row[at + 1 :])


def _reset(path: str, names: Sequence[str]) -> Row:
    facts = {
        "path": path,
        "effect": Effect.RESET.value,
        "principal_kind": PrincipalKind.EVERYBODY.value,
        "principal": "",
        "role": 0,
        "rank": 0,
        "reach": Reach.ALL.value,
        "rights": (),
        "source": "",
    }
    return tuple(map(facts.get, names))


def _stated(value: object) -> str:
    """*value* as text behind its length in bytes; `-` where there is none."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, bytes):
        text = value.hex()
    elif isinstance(value, tuple):
        text = "".join(map(_stated, value))
    else:
        text = str(value)
    return f"{len(text.encode())}:{text}"
