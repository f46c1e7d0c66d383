"""
Take digests over from an earlier manifest of the same drive, for files that have not changed since.

A file counts as unchanged if its path, size, time, etag and identity are those
of then, and the drive tells a time or an etag at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lading.manifest.engine import MEMORY, THREADS, duckdb, engine, enough_for, insist
from lading.manifest.files import local_errors
from lading.manifest.parts import FOLDER, Part, PartWriter, note_of
from lading.manifest.read import Manifest, entries_of, literal
from lading.manifest.schema import ENTRIES
from lading.manifest.share import Job, Means, share
from lading.model.errors import Internal

_FOUND = """
create or replace table found as
select new.filename as part, new.file_row_number as row, old.sha256 as sha256
from new join old using (path)
where new.kind = 'file' and old.kind = 'file' and new.sha256 is null and old.sha256 is not null
    and old.problem is null and new.problem is null and new.size = old.size
    and new.modified is not distinct from old.modified
    and new.etag is not distinct from old.etag and new.id is not distinct from old.id
    and coalesce(new.etag, new.modified::varchar) is not null
"""


class InheritTask(NamedTuple):
    """Rows of the part at *path* and the digests that they get."""

    path: str
    found: list[tuple[int, bytes]]


def inherit(means: Means, parts: Sequence[Part], earlier: Manifest) -> list[Part]:
    """
    Write the digests that *earlier* has into those of *parts* that were not read yet; the parts as they are then.

    The same *earlier* gives the same parts, so it can be done again after a kill.
    """
    paths = {part.name: os.path.join(means.directory, FOLDER, part.name) for part in parts}
    unread = [path for path in paths.values() if not (note := note_of(path)) or not note.digested]
    if not unread:
        return list(parts)
    changed = {part.name: part for part in parts}
    limits = enough_for(earlier.objects + sum(part.rows for part in parts)), MEMORY, "2GB"
    with engine(means.directory, threads=THREADS) as connection:
        new = connection.read_parquet([literal(path) for path in unread], filename=True, file_row_number=True)
        new.create_view("new")
        entries_of(connection, earlier.files).create_view("old")
        insist(connection, lambda: connection.execute(_FOUND), *limits)
        tasks = (
            InheritTask(path, [(row, digest) for _, row, digest in found])
            for path, found in groupby(_rows(connection), key=lambda row: row[0])
        )

        def next_job() -> Job | None:
            task = next(tasks, None)
            return None if task is None else (write_found, task)

        def took(part: Part) -> None:
            changed[part.name] = part

        share(means.crew, next_job, took)
    return list(changed.values())


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, int, bytes]]:
    cursor = connection.cursor()
    cursor.execute("select part, row, sha256 from found order by part, row")
    while rows := cursor.fetchmany(10_000):
        yield from rows


def write_found(task: InheritTask) -> Part:
    """
    Write a part anew with what was found, in a worker; one that lacks no digest any more counts as read.
    """
    path = task.path
    note = note_of(path)
    if note is None:
        raise Internal(path, "a part of the manifest was damaged meanwhile")
    table = pq.read_table(path, schema=ENTRIES)
    digests: list[bytes | None] = table.column("sha256").to_pylist()
    for row, digest in task.found:
        digests[row] = digest
    kinds = table.column("kind").to_pylist()
    left = any(kind == "file" and digest is None for kind, digest in zip(kinds, digests, strict=True))
    at = ENTRIES.get_field_index("sha256")
    table = table.set_column(at, ENTRIES.field("sha256"), pa.array(digests, pa.binary(32)))
    with local_errors(path), PartWriter(path) as part:
        part.add_table(table)
        return part.finish(note._replace(digested=not left))
