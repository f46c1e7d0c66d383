"""
Manifests of few rows: put into order, compared and hashed in memory.

DuckDB does the same out of core for any number of rows (`tabling`, `finish`, `inherit`).  To start it
takes longer than to sort some ten thousand rows, and more memory; which way was gone cannot be told
from a manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

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
_LOOKS = ("size", "modified", "etag", "id")
_SORTED_BY = 4
_AT_ONCE = 2_000
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


def counted(files: Sequence[str]) -> dict[str, Any]:
    """Entries in the parts *files*: `counts` by kind, and how many have `problems`, are `digested` and `served`."""
    counts = {kind.value: {"objects": 0, "bytes": 0} for kind in Kind}
    problems = digested = served = 0
    for file in files:
        for kind, size, problem, digest, digests in _passing(
            file, ["kind", "size", "problem", "sha256", "digests"]
        ):
            problems += problem is not None
            digested += digest is not None
            served += bool(digests)
            count = counts[kind]
            count["objects"] += 1
            count["bytes"] += size
    return {"counts": counts, "problems": problems, "digested": digested, "served": served}


def space_prints(files: Sequence[str]) -> Iterator[SpacePrint]:
    """The spaces of the entries in the parts *files*, in the byte order of their names; see `fingerprint.fingerprints`."""
    spaces: dict[str, _Space] = {}
    for file in files:
        for space, path, kind, size, digest in _passing(file, ["space", "path", "kind", "size", "sha256"]):
            it = spaces.get(space)
            if it is None:
                it = spaces[space] = _Space()
            # A path has no NUL in it, so these are in order when the paths are.
            it.leaves.append(path.encode() + b"\0" + leaf(path, kind, size, digest))
            it.size += size
            it.content = it.content and (digest is not None or kind != Kind.FILE)
    for space in sorted(spaces):
        yield spaces.pop(space).print(space)


def contents_of(files: Sequence[str]) -> dict[str, bytes]:
    """
    By path, of files of the parts *files* whose content was read: their SHA-256, and behind it their `looks`; see `earlier`.

    In one value, since five take three times as much memory.
    """
    columns = ["path", "kind", *_LOOKS, "sha256", "problem"]
    return {
        path: digest + looks(*told)
        for file in files
        for path, kind, *told, digest, problem in _passing(file, columns)
        if kind == Kind.FILE.value and problem is None and digest is not None
    }


def looks(size: int, modified: int | None, etag: str | None, identity: str | None) -> bytes:
    """What a file looks like: the same for the same four values, and for no others."""
    return f"{size} {modified} {etag!r} {identity!r}".encode()


class Entries:
    """*columns* of the entries in the parts *files*, `path` among them, in the byte order of the paths."""

    def __init__(self, files: Sequence[str], columns: Sequence[str]) -> None:
        none = ENTRIES.empty_table().select(columns)
        self._table = pa.concat_tables([none, *(read_table(file, columns) for file in files)])
        paths = self._table.column("path").to_pylist()
        self._order = sorted(range(len(paths)), key=paths.__getitem__)
        self.paths: list[str] = self["path"]

    def __getitem__(self, column: str) -> list[Any]:
        """The values of *column*, made anew each time: to hold all of them would take several times as much memory."""
        values = self._table.column(column).to_pylist()
        return list(map(values.__getitem__, self._order))


@dataclass(slots=True)
class _Space:
    """Entries that come in in no order: of each its encoded path, NUL, and its leaf hash."""

    leaves: list[bytes] = field(default_factory=list)
    size: int = 0
    content: bool = True

    def print(self, space: str) -> SpacePrint:
        self.leaves.sort()
        tree = Tree()
        tree.add(b"".join([it[-WIDTH:] for it in self.leaves]))
        return SpacePrint(space, len(self.leaves), self.size, tree.root(), self.content)


def _passing(file: str, columns: list[str]) -> Iterator[Row]:
    """The rows of *file* as `_rows` gives them, of which few are held at a time."""
    for batch in pq.ParquetFile(file).iter_batches(_AT_ONCE, columns=columns):
        yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


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
