"""
Earlier contents of files into the vault.

What a manifest says of a version may lack its digest; which content each
version had is therefore written down in a table of its own beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from typing import NamedTuple

import pyarrow as pa

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.crew import drive_for, tell
from lading.connectors.wrap.policy import Policy
from lading.manifest.engine import duckdb, engine
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.parts import PartWriter
from lading.manifest.read import Manifest, literal
from lading.manifest.share import Job, Means, share
from lading.manifest.taking import STAGE, Take
from lading.model.errors import Changed, DriveError, Unable
from lading.model.paths import decode
from lading.model.progress import Progress
from lading.stages.backup.keeping import Keeping
from lading.vault.vault import Vault
from lading.vault.words import HISTORY

_SLICE_FILES, _SLICE_BYTES = 1_000, 64 << 20
_BLOCK = 1 << 20
ROWS = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("sha256", pa.binary(32)),
        pa.field("problem", pa.string()),
    ]
)
_OLDER = """
select v.path, v.id, v.size, v.sha256 as told, e.sha256 as kept
from versions v left join kept_before e on v.path = e.path and v.id = e.id and v.size = e.size
where not v.current order by v.path, v.ordinal
"""

Row = tuple[str, str, int, bytes | None, str | None]
"""A row of the table: path (encoded), id, size, SHA-256, problem."""


class Old(NamedTuple):
    """One earlier version, the digest that the drive tells of it, and the one it was *kept* under at an earlier time."""

    path: str
    id: str
    size: int
    told: bytes | None
    kept: bytes | None


class Task(NamedTuple):
    """Some versions to be kept."""

    address: Address
    policy: Policy
    keeping: Keeping
    versions: tuple[Old, ...]


def keep_history(means: Means, keeping: Keeping, manifest: Manifest, earlier: str | None) -> int:
    """
    Keep every earlier version that *manifest* names, and write down what each was; how many could not be read.

    What the table *earlier* (a local file) says was kept is not read again.

    Raises:
        DriveError: the drive is not there any more.
    """
    problems = 0
    with (
        # Most drives tell no versions: nothing is to be searched then.
        engine(means.directory) if manifest.has("versions") else nullcontext() as connection,
        PartWriter(os.path.join(means.directory, HISTORY), ROWS) as file,
    ):

        def took(rows: list[Row]) -> None:
            nonlocal problems
            problems += sum(row[-1] is not None for row in rows)
            columns = [
                pa.array(column, field.type)
                for column, field in zip(zip(*rows, strict=True), ROWS, strict=True)
            ]
            file.add_table(pa.Table.from_arrays(columns, schema=ROWS))

        tasks = _tasks(Task(means.address, means.policy, keeping, ()), _olds(connection, manifest, earlier))
        share(means.crew, lambda: _job(next(tasks, None)), took)
        file.finish()
    return problems


def keep_versions(task: Task) -> list[Row]:
    """
    Keep the versions of *task*, in a worker.

    Raises:
        DriveError: a drive is not there any more.
    """
    drive = drive_for(task.address, task.policy)
    vault = task.keeping.vault()
    with task.keeping.begin() as take:
        return [_kept(drive, vault, take, old) for old in task.versions]


def _kept(drive: Drive, vault: Vault, take: Take, old: Old) -> Row:
    for digest in (old.kept, old.told):
        if digest is not None and vault.holds(digest):
            return old.path, old.id, old.size, digest, None
    try:
        return old.path, old.id, old.size, take(_blocks(drive, old)), None
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        return old.path, old.id, old.size, None, error.code


def _blocks(drive: Drive, old: Old) -> Iterator[bytes]:
    if drive.versions is None:
        raise Unable(decode(old.path))
    done = 0
    with drive.versions.read(decode(old.path), old.id) as reader:
        while block := reader.read(_BLOCK):
            done += len(block)
            yield block
    if done != old.size:
        raise Changed(decode(old.path), f"{done} bytes, {old.size} when it was listed")
    tell(Progress(STAGE, 1, done))


def _job(task: Task | None) -> Job | None:
    return None if task is None else (keep_versions, task)


def _tasks(empty: Task, olds: Iterator[Old]) -> Iterator[Task]:
    held: list[Old] = []
    for old in olds:
        held.append(old)
        if len(held) == _SLICE_FILES or sum(it.size for it in held) > _SLICE_BYTES:
            yield empty._replace(versions=tuple(held))
            held = []
    if held:
        yield empty._replace(versions=tuple(held))


def _olds(
    connection: duckdb.DuckDBPyConnection | None, manifest: Manifest, earlier: str | None
) -> Iterator[Old]:
    if connection is None:
        return
    manifest.rows(connection, "versions").create_view("versions")
    if earlier is None:
        connection.execute("create table kept_before (path varchar, id varchar, size bigint, sha256 blob)")
    else:
        connection.read_parquet(literal(earlier)).create_view("kept_before")
    cursor = connection.cursor()
    cursor.execute(_OLDER)
    while rows := cursor.fetchmany(_SLICE_FILES):
        yield from (Old(*row) for row in rows)
