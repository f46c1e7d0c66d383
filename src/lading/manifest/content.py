"""
Read the contents of a scanned drive and record their SHA-256.

A part of the manifest is read in slices of bounded bytes and files; each
slice leaves a small file of its own, and a part whose slices are all there is
written anew with its digests, under the same name.  So a kill loses at most
the slices in flight, and a large file is a slice by itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa

from lading.connectors.address import Address
from lading.connectors.crew import drive_for
from lading.connectors.wrap.policy import Policy
from lading.manifest.files import local_errors
from lading.manifest.parts import FOLDER, Note, Part, PartWriter, note_of, read_table
from lading.manifest.schema import ENTRIES
from lading.manifest.share import Job, Means, share
from lading.manifest.taking import STAGE, File, Hashing, Meter, Taker, digested
from lading.model.errors import Internal
from lading.model.paths import decode
from lading.model.progress import Progress

CONTENTS = "contents"
SLICE_BYTES = 64 << 20
SLICE_FILES = 1_000

_FOUND = pa.schema(
    [pa.field("row", pa.int32()), pa.field("sha256", pa.binary(32)), pa.field("problem", pa.string())]
)


class Slice(NamedTuple):
    """Rows *first* to *last* (not included) of the part at *part*, and what its files hold together."""

    part: str
    first: int
    last: int
    files: int
    bytes: int

    def result(self, directory: str) -> str:
        """The file its digests go to."""
        name = os.path.basename(self.part).removesuffix(".parquet")
        return os.path.join(directory, CONTENTS, f"{name}-{self.first:08}-{self.last:08}.parquet")


class ReadTask(NamedTuple):
    """What a worker gets."""

    address: Address
    policy: Policy
    slice: Slice
    result: str
    threads: int
    taker: Taker


class JoinTask(NamedTuple):
    """A part whose slices have all been read."""

    part: str
    results: list[str]


def read_contents(means: Means, parts: list[Part], taker: Taker | None, before: Progress) -> list[Part]:
    """
    Read the files of all *parts* that have no digest yet, have *taker* take them, and return the parts as they are then.  *before* is what was read already.

    Raises:
        DriveError: the drive is not there any more; the slices that were read are kept.
    """
    os.makedirs(os.path.join(means.directory, CONTENTS), exist_ok=True)
    reading = _Reading(means, parts, taker or Hashing(), before)
    share(means.crew, reading.next_job, reading.took)
    shutil.rmtree(os.path.join(means.directory, CONTENTS))
    return list(reading.parts.values())


class _Reading:
    """The parent's view: slices in flight, and parts that wait for theirs."""

    def __init__(self, means: Means, parts: list[Part], taker: Taker, before: Progress) -> None:
        self._taker = taker
        self.parts = {part.name: part for part in parts}
        self._means = means
        self._missing: dict[str, int] = {}
        self._results: dict[str, list[str]] = {}
        self._whole: list[str] = []
        self._tasks = self._plan()
        self._files, self._bytes = before.objects, before.bytes

    def next_job(self) -> Job | None:
        """Join a part that is complete, or read the next slice."""
        if not self._whole and (task := next(self._tasks, None)) is not None:
            return read_slice, task
        if not self._whole:
            return None
        part = self._whole.pop()
        return join_part, JoinTask(part, self._results.pop(part))

    def took(self, done: Slice | Part) -> None:
        """Take a result in."""
        if isinstance(done, Part):
            self.parts[done.name] = done
            return
        self._files += done.files
        self._bytes += done.bytes
        self._means.publish(Progress(STAGE, self._files, self._bytes))
        self._missing[done.part] -= 1
        if not self._missing[done.part]:
            self._whole.append(done.part)

    def _plan(self) -> Iterator[ReadTask]:
        """Slices that are still to be read, part after part."""
        for name in list(self.parts):
            path = os.path.join(self._means.directory, FOLDER, name)
            note = note_of(path)
            if note is None or note.digested:
                continue
            slices = slices_of(path)
            open_slices = [
                piece for piece in slices if not os.path.exists(piece.result(self._means.directory))
            ]
            self._results[path] = [piece.result(self._means.directory) for piece in slices]
            self._missing[path] = len(open_slices)
            if not open_slices:
                self._whole.append(path)
            for piece in open_slices:
                yield self._task(piece)

    def _task(self, piece: Slice) -> ReadTask:
        means = self._means
        return ReadTask(
            means.address, means.policy, piece, piece.result(means.directory), means.threads, self._taker
        )


def slices_of(path: str) -> list[Slice]:
    """What is still to be read of the part at *path*, in slices; the same part is always cut in the same way."""
    table = read_table(path, columns=["kind", "size", "sha256"])
    cuts, first, files, size = [], 0, 0, 0
    kinds, sizes, known = (table.column(name).to_pylist() for name in ("kind", "size", "sha256"))
    for row, (kind, length, told) in enumerate(zip(kinds, sizes, known, strict=True)):
        if kind != "file" or told is not None:
            continue
        if files and (size + length > SLICE_BYTES or files == SLICE_FILES):
            cuts.append(Slice(path, first, row, files, size))
            first, files, size = row, 0, 0
        files, size = files + 1, size + length
    if files:
        cuts.append(Slice(path, first, table.num_rows, files, size))
    return cuts


def read_slice(task: ReadTask) -> Slice:
    """
    Read the files of one slice, in a worker.

    Raises:
        DriveError: the drive is not there any more.
    """
    drive = drive_for(task.address, task.policy)
    waiting = list(_files(task.slice))
    files = [file for _, file in waiting]
    meter = Meter()
    with task.taker.begin() as take:
        read = partial(digested, drive, take, meter)
        if task.threads > 1:
            with ThreadPoolExecutor(task.threads) as pool:
                found = list(pool.map(read, files))
        else:
            found = [read(file) for file in files]
    meter.close()
    columns = [
        pa.array([row for row, _ in waiting], pa.int32()),
        pa.array([content for content, _ in found], pa.binary(32)),
        pa.array([problem for _, problem in found], pa.string()),
    ]
    with local_errors(task.result), PartWriter(task.result, _FOUND) as result:
        result.add_table(pa.Table.from_arrays(columns, schema=_FOUND))
        result.finish()
    return task.slice


def join_part(task: JoinTask) -> Part:
    """Write a part anew with the digests of all its slices, in a worker."""
    note = note_of(task.part)
    if note is None:
        raise Internal(task.part, "a part of the manifest was damaged meanwhile")
    table = read_table(task.part)
    contents: list[bytes | None] = table.column("sha256").to_pylist()
    problems: list[str | None] = table.column("problem").to_pylist()
    for path in task.results:
        for row, content, problem in zip(*_columns(path), strict=True):
            contents[row] = content
            problems[row] = problem or problems[row]
    table = _with(table, "sha256", contents)
    table = _with(table, "problem", problems)
    with local_errors(task.part), PartWriter(task.part) as part:
        part.add_table(table)
        return part.finish(Note(note.roots, note.left, note.bytes, digested=True))


def _columns(path: str) -> list[list[Any]]:
    return [column.to_pylist() for column in read_table(path).columns]


def _with(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    field = ENTRIES.field(name)
    return table.set_column(ENTRIES.get_field_index(name), field, pa.array(values, field.type))


def _files(piece: Slice) -> Iterator[tuple[int, File]]:
    wanted = ["path", "kind", "size", "etag", "problem", "sha256"]
    table = read_table(piece.part, columns=wanted).slice(piece.first, piece.last - piece.first)
    columns = [table.column(name).to_pylist() for name in wanted]
    for row, (path, kind, size, etag, problem, told) in enumerate(zip(*columns, strict=True), piece.first):
        if kind == "file" and problem is None and told is None:
            yield row, File(decode(path), size, etag)
