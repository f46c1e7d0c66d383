"""
Partitions of a plan: rows bounded in number and bytes, in stages.

A stage begins when the one before it has ended; the partitions of one stage
may run at the same time, unless the stage is marked as in order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lading.manifest.parts import read_table
from lading.model.entry import Kind
from lading.model.paths import decode
from lading.stages.transfer.decide import Action
from lading.stages.transfer.perform import Row

FILES, MOST_FILES = 500, 2_000
"""Rows of a partition: what a worker does between two checkpoints of the flow.  A large plan has larger ones, up to the second."""
_MANY = 16
"""Partitions that share the work well; with more of them the rows of each are more."""
BYTES = 256 * 1024 * 1024
"""Bytes of a partition; a larger file is a partition of its own."""

SCHEMA = pa.schema(
    [
        ("seq", pa.int64()),
        ("action", pa.string()),
        ("reason", pa.string()),
        ("old", pa.string()),
        ("new", pa.string()),
        ("kind", pa.string()),
        ("size", pa.int64()),
        ("modified", pa.int64()),
        ("etag", pa.string()),
        ("id", pa.string()),
        ("new_etag", pa.string()),
        ("new_found", pa.bool_()),
        ("renamed_from", pa.string()),
        ("sha256", pa.string()),
        ("new_size", pa.int64()),
        ("new_modified", pa.int64()),
    ]
)


Write = Callable[[LocalPath, pa.Table], None]
_WRITERS = 2


@dataclass(slots=True)
class Stage:
    """Partitions that may run at the same time."""

    name: str
    parts: list[str] = field(default_factory=list)


class PartWriter:
    """Cuts the rows of the stages into partition files under *folder*, each by *write*; there are *total* rows, more or less."""

    def __init__(self, folder: LocalPath, total: int = 0, write: Write | None = None) -> None:
        self._folder = folder
        self._write = write or write_table
        # A checkpoint takes as long as some dozen small files.
        self._most = max(FILES, min(MOST_FILES, total // _MANY))
        self.stages: list[Stage] = []
        self._held: list[pa.RecordBatch] = []
        self._rows = self._bytes = self._parts = 0

    def stage(self, name: str, batches: Iterable[pa.RecordBatch], *, whole: bool = False) -> None:
        """
        Add a stage of the rows in *batches* (columns as in `SCHEMA`); none if there are no rows.

        With *whole* it is one partition: its rows must be done in their order.
        """
        self.stages.append(Stage(name))
        for batch in batches:
            start = 0
            for end in [] if whole else self._cuts(batch):
                self._hold(batch.slice(start, end - start))
                self._flush()
                start = end
            self._hold(batch.slice(start))
        self._flush()
        if not self.stages[-1].parts:
            self.stages.pop()

    def _cuts(self, batch: pa.RecordBatch) -> Iterator[int]:
        """The rows of *batch* before which a partition ends, given what is held already."""
        rows, size = self._rows, self._bytes
        for number, more in enumerate(batch.column(_SIZE).to_pylist()):
            if rows and (rows >= self._most or size + more > BYTES):
                yield number
                rows = size = 0
            rows += 1
            size += more
        self._bytes = size

    def _hold(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._held.append(batch)
            self._rows += batch.num_rows

    def _flush(self) -> None:
        if self._held:
            key = f"part-{self._parts:05d}"
            self._parts += 1
            table = pa.Table.from_batches(self._held)
            # To cast loads all compute functions of Arrow, even where there is nothing to do.
            self._write(
                self._folder / f"{key}.parquet", table if table.schema == SCHEMA else table.cast(SCHEMA)
            )
            self.stages[-1].parts.append(key)
        self._held, self._rows = [], 0


_SIZE = SCHEMA.get_field_index("size")


def table_of(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """*rows* as a table of *schema*."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.table(
        [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema
    )


_REPEATED = ["action", "reason", "kind", "bucket", "code", "effect", "reach", "outcome", "why"]
"""Columns of a few words each.  To look for words that come again in all the others takes half of the time of writing."""


_AT_ONCE = 5_000
"""Rows of a row group: so many are held in memory as they are and as they are written."""


def write_table(path: LocalPath, table: pa.Table) -> None:
    """Write *table* at *path*, whole or not at all."""
    draft = path.with_name(path.name + ".part")
    # Nobody asks for a range of them, either: to note the smallest and largest values takes a seventh of the time.
    pq.write_table(
        table,
        draft,
        row_group_size=_AT_ONCE,
        compression="lz4",
        use_dictionary=_REPEATED,
        write_statistics=False,
    )
    os.replace(draft, path)


@contextmanager
def written_beside() -> Iterator[Write]:
    """
    Gives what writes tables as `write_table` does, beside whoever goes on: Arrow leaves Python alone meanwhile.

    At the end of the block all are written, or the first error is raised.
    """
    with ThreadPoolExecutor(_WRITERS, thread_name_prefix="write") as pool:
        begun: list[Future[None]] = []
        yield lambda path, table: begun.append(pool.submit(write_table, path, table))
        for one in begun:
            one.result()


# To ask the classes takes several times as long, and is done for each row.
_ACTIONS = {action.value: action for action in Action}
_KINDS = {kind.value: kind for kind in Kind}
_READ = [name for name in SCHEMA.names if name not in ("reason", "id")]


def read_rows(path: LocalPath, *, overwrite: bool) -> Iterator[Row]:
    """The rows of the partition at *path*."""
    table = read_table(path, columns=_READ)
    columns = [table.column(name).to_pylist() for name in _READ]
    for (
        seq,
        action,
        old,
        new,
        kind,
        size,
        modified,
        etag,
        new_etag,
        new_found,
        source,
        sha256,
        *scanned,
    ) in zip(*columns, strict=True):
        yield Row(
            seq, _ACTIONS[action], (place := decode(old)), place if new == old else decode(new), _KINDS[kind], size, modified, etag,
            new_etag, new_found, None if source is None else decode(source), sha256, overwrite, *scanned,
        )  # fmt: skip
