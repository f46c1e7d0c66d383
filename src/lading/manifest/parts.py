"""
Part files: the rows of a manifest, in pieces that one task wrote.

A part says in its own footer which folders it took and which it left over, so
that the state of a scan is the set of its finished parts and nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from lading.manifest.files import UNFINISHED, publish_file, sha256_of
from lading.manifest.schema import COMPRESSION, ENTRIES, ROW_GROUP
from lading.model.entry import Entry, Kind
from lading.model.paths import decode, encode

FOLDER = "entries"
_NOTE = "lading.walk"


class Part(NamedTuple):
    """A finished part file, as `manifest.json` lists it."""

    name: str
    rows: int
    bytes: int
    sha256: str


class Note(NamedTuple):
    """What the footer of a part says beside its rows."""

    roots: list[str]
    """Encoded paths of the folders that the task took; "" is the drive's root."""
    left: list[list[Any]]
    """Packed folders that it saw and did not list."""
    bytes: int
    """Bytes of all files in it."""
    digested: bool
    """Whether the contents of its files have been read."""


def read_table(path: str | os.PathLike[str], columns: Sequence[str] | None = None) -> pa.Table:
    """
    The Parquet file at *path*, or *columns* of it, in that order.

    Arrow's own function of this name loads its engine for data sets, which takes longer than to read a small file;
    so does to start threads for it.
    """
    with _opened(path) as file:
        return file.read(columns=columns, use_threads=False)


def batches_of(
    path: str | os.PathLike[str], columns: Sequence[str] | None = None, *, rows: int = ROW_GROUP
) -> Iterator[pa.RecordBatch]:
    """The Parquet file at *path*, or *columns* of it, in batches of *rows* at most; without threads, as `read_table`."""
    with _opened(path) as file:
        yield from file.iter_batches(rows, columns=columns, use_threads=False)


def _opened(path: str | os.PathLike[str]) -> pq.ParquetFile:
    # To fetch what will be read ahead is for what lies behind a network.
    return pq.ParquetFile(path, pre_buffer=False)


class Gathered(Protocol):
    """Rows that wait until they are written."""

    def __len__(self) -> int: ...

    def batch(self) -> pa.RecordBatch:
        """They as Arrow columns."""

    def clear(self) -> None:
        """Forget them."""


class PartWriter:
    """
    Writes one part; it appears under its name by `finish`, or never.

    *repeated*: values of every column come again and again, not only those of a few.
    """

    def __init__(self, path: str, schema: pa.Schema = ENTRIES, *, repeated: bool = False) -> None:
        self._path = path
        self._writer = pq.ParquetWriter(
            path + UNFINISHED,
            schema,
            compression=COMPRESSION,
            compression_level=1,
            use_dictionary=repeated or _REPEATED,
        )
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer.is_open:
            self._writer.close()
        if os.path.exists(self._path + UNFINISHED):
            os.unlink(self._path + UNFINISHED)

    def add(self, columns: Gathered) -> None:
        """Write the rows of *columns* and clear it."""
        if columns:
            self.add_table(pa.Table.from_batches([columns.batch()]))
            columns.clear()

    def add_table(self, table: pa.Table) -> None:
        """Write the rows of *table*."""
        self._writer.write_table(table, row_group_size=ROW_GROUP)
        self.rows += table.num_rows

    def finish(self, note: Note | None = None) -> Part:
        """Close the file, make it lasting and give it its name."""
        if note is not None:
            self._writer.add_key_value_metadata({_NOTE: json.dumps(note._asdict())})
        self._writer.close()
        unfinished = self._path + UNFINISHED
        facts = Part(
            os.path.basename(self._path), self.rows, os.path.getsize(unfinished), sha256_of(unfinished)
        )
        publish_file(unfinished, self._path)
        return facts


_REPEATED = ["space", "kind", "problem"]


def facts_of(path: str) -> Part:
    """The facts of a part that is there already."""
    rows = pq.read_metadata(path).num_rows
    return Part(os.path.basename(path), rows, os.path.getsize(path), sha256_of(path))


def note_of(path: str) -> Note | None:
    """What the footer of the part at *path* says; None if the file is damaged."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
        return Note(**json.loads(metadata[_NOTE.encode()]))
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None


def pack(folder: Entry) -> list[Any]:
    """*folder* as values that JSON can hold."""
    return [
        encode(folder.path),
        folder.modified,
        folder.id,
        folder.etag,
        [list(pair) for pair in folder.digests],
        folder.problem,
    ]


def unpack(packed: Sequence[Any]) -> Entry:
    """The folder that `pack` made *packed* from."""
    path, modified, identity, etag, digests, problem = packed
    pairs = tuple((name, value) for name, value in digests)
    return Entry(decode(path), Kind.FOLDER, 0, modified, identity, etag, pairs, problem)
