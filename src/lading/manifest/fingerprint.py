"""
A manifest in one line: Merkle tree hashes over its entries, and over each of its tables.

The tree is that of RFC 6962, section 2.1 (Certificate Transparency), with
SHA-256: a leaf is hashed behind the byte 0x00, an inner node behind 0x01, and
the tree of n leaves splits at the largest power of two below n.  What the
leaves are is said byte for byte in `docs/formats/manifest.md`.  Times, ids,
etags and problems are not part of the fingerprint of entries; that of a table covers all its columns.

Entries stream through in order; memory grows with the logarithm of their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

import pyarrow as pa

from lading.manifest.engine import compute, duckdb
from lading.manifest.tables import TABLES, quoted, stated

ALGORITHM = "rfc6962-sha256"
BATCH = 10_000

WIDTH = 32
"""Bytes of a hash."""
_ROWS = r"""
select
    space,
    unhex(sha256(concat(
        chr(0), path, chr(0), kind, chr(0), size::varchar, chr(0), lower(coalesce(hex(sha256), ''))
    ))) as leaf,
    size,
    kind <> 'file' or sha256 is not null as content
from entries
order by space, path
"""


class SpacePrint(NamedTuple):
    """One space: objects and bytes (*size*) in it, its fingerprint, and whether that covers content."""

    space: str
    objects: int
    size: int
    fingerprint: bytes
    content: bool


class Tree:
    """The Merkle tree hash of leaves that come one batch after the other."""

    def __init__(self) -> None:
        # At each height at most one node waits for its right-hand neighbour.
        self._waiting: list[bytes] = []
        self.leaves = 0

    def add(self, hashes: bytes) -> None:
        """Append leaf hashes, 32 bytes each, one behind the other."""
        self.leaves += len(hashes) // WIDTH
        height = 0
        while hashes:
            if height == len(self._waiting):
                self._waiting.append(b"")
            hashes = self._waiting[height] + hashes
            whole = len(hashes) // (2 * WIDTH) * 2 * WIDTH
            self._waiting[height] = hashes[whole:]
            hashes = b"".join(
                [sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, whole, 2 * WIDTH)]
            )
            height += 1

    def root(self) -> bytes:
        """The hash of the tree so far; that of no leaves is the SHA-256 of nothing."""
        node = b""
        for waiting in filter(None, self._waiting):
            node = sha256(b"\x01" + waiting + node).digest() if node else waiting
        return node or sha256().digest()


def leaf(path: str, kind: str, size: int, content: bytes | None) -> bytes:
    """The leaf hash of one entry; *path* is encoded, *content* its SHA-256 if it is known."""
    return sha256(f"\0{path}\0{kind}\0{size}\0{content.hex() if content else ''}".encode()).digest()


def space_leaf(space: SpacePrint) -> bytes:
    """The leaf hash of a whole space in the tree over all spaces."""
    return sha256(b"\x00" + space.space.encode() + b"\x00" + space.fingerprint).digest()


def fingerprints(connection: duckdb.DuckDBPyConnection) -> Iterator[SpacePrint]:
    """
    The spaces of the view `entries` in the byte order of their names, each with its fingerprint.

    DuckDB sorts (out of core) and hashes the leaves; the inner nodes are hashed here.
    """
    growing: _Growing | None = None
    for batch in connection.sql(_ROWS).to_arrow_reader(BATCH):
        for space, start, count in _runs(batch.column("space")):
            if growing is not None and growing.space != space:
                yield growing.print()
                growing = None
            growing = growing or _Growing(space)
            growing.add(batch.slice(start, count))
    if growing is not None:
        yield growing.print()


def table_print(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """The fingerprint of the view *name* that holds a table of that name, in hex: a tree over its sorted leaf hashes."""
    fields = ", ".join(map(_column_text, TABLES[name]))
    leaves = f"select unhex(sha256(concat(chr(0), {fields}))) as leaf from {name} order by leaf"
    tree = Tree()
    for batch in connection.sql(leaves).to_arrow_reader(BATCH):
        tree.add(_hashes(batch.column("leaf")))
    return tree.root().hex()


def _column_text(field: pa.Field) -> str:
    """SQL: the value of *field* as text behind its length in bytes; `-` where there is none."""
    value = quoted(field.name)
    if pa.types.is_fixed_size_binary(field.type):
        value = f"lower(hex({value}))"
    elif pa.types.is_list(field.type):
        parts = f"list_transform({value}, lambda part: {stated('part')})"
        value = f"coalesce(array_to_string({parts}, ''), '')"
    else:
        value = f"{value}::varchar"
    return stated(value)


def _hashes(leaves: pa.Array) -> bytes:
    """Leaf hashes, one behind the other."""
    leaves = leaves.cast(pa.binary(WIDTH))
    start = leaves.offset * WIDTH
    return bytes(leaves.buffers()[1][start : start + len(leaves) * WIDTH])


class _Growing:
    """A space whose entries are coming in."""

    def __init__(self, space: str) -> None:
        self.space = space
        self._tree = Tree()
        self._bytes = 0
        self._content = True

    def add(self, rows: pa.RecordBatch) -> None:
        self._tree.add(_hashes(rows.column("leaf")))
        self._bytes += compute.sum(rows.column("size")).as_py()
        self._content = self._content and compute.all(rows.column("content")).as_py()

    def print(self) -> SpacePrint:
        return SpacePrint(self.space, self._tree.leaves, self._bytes, self._tree.root(), self._content)


def _runs(spaces: pa.Array) -> Iterator[tuple[str, int, int]]:
    """Each stretch of equal values: the value, where it starts and how long it is."""
    runs = compute.run_end_encode(spaces)
    start = 0
    for value, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield value, start, end - start
        start = end
