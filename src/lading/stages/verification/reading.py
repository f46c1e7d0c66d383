"""
Read files on both sides in step and compare them byte by byte.

Runs in worker processes.  Each opens both drives anew and asks them for nothing
but content.  The SHA-256 of OLD's content is computed on the way; as long as
the bytes are equal it is NEW's as well.  Equal means: both contents were read
to their ends and every byte was the same.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lading.connectors.api import Drive
from lading.connectors.crew import drive_for, tell
from lading.connectors.facets import Reader
from lading.manifest.files import local_errors
from lading.manifest.obstacle import stands_in_the_way
from lading.model.errors import Changed, DriveError
from lading.model.paths import decode
from lading.model.progress import Progress
from lading.stages.verification.order import Side

if TYPE_CHECKING:
    from hashlib import _Hash

STAGE = "verify"
BLOCK = 1 << 18
TELL_EVERY = 0.25
"""Seconds between two words about progress: telling of every small file would cost more than reading it."""

DIGESTS = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("new_path", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("sha256", pa.binary(32), nullable=False),
    ]
)


class File(NamedTuple):
    """A file that is on both sides, under encoded paths; *recorded* is the SHA-256 in hex that it landed with."""

    path: str
    new_path: str
    size: int
    drawn: bool
    recorded: str | None


class Task(NamedTuple):
    """What a worker gets; the digests of equal files go to *digests*, if it names a file."""

    old: Side
    new: Side
    files: list[File]
    threads: int
    hashing: bool
    digests: str | None


class Outcome(NamedTuple):
    """
    What reading one file told.

    *at* is the first byte that differs, None if none does; *sha256* that of OLD, None if it
    was not computed.  *code* is the error that kept *side* ("old", "new") from being read.
    """

    at: int | None = None
    sha256: bytes | None = None
    side: str | None = None
    code: str | None = None


class Done(NamedTuple):
    """What a worker answers: how much was read, and the files that are not as they should be."""

    files: int
    bytes: int
    bad: list[tuple[File, Outcome]]


class _Trouble(Exception):
    """*side* could not be read."""

    def __init__(self, side: str, error: DriveError) -> None:
        super().__init__(side)
        self.side, self.error = side, error


def read_files(task: Task) -> Done:
    """
    Read and compare the files of *task*.

    Raises:
        DriveError: one of the drives is not there any more, or the digests cannot be written.
    """
    old = drive_for(task.old.address, task.old.policy)
    new = drive_for(task.new.address, task.new.policy)
    look = partial(outcome_of, old, new, hashing=task.hashing)
    if task.threads > 1:
        with ThreadPoolExecutor(task.threads) as pool:
            outcomes = list(pool.map(look, task.files))
    else:
        outcomes = [look(file) for file in task.files]
    _TELLER.flush()
    if task.digests is not None:
        _write_digests(task.digests, task.files, outcomes)
    bad = [pair for pair in zip(task.files, outcomes, strict=True) if not good(*pair)]
    unread = sum(outcome.code is not None for _, outcome in bad)
    size = sum(file.size for file, outcome in zip(task.files, outcomes, strict=True) if outcome.code is None)
    return Done(len(task.files) - unread, size, bad)


def good(file: File, outcome: Outcome) -> bool:
    """Whether both sides are equal, and what was recorded when the file landed."""
    if outcome.code is not None or outcome.at is not None:
        return False
    if file.recorded is None:
        return True
    return outcome.sha256 is not None and outcome.sha256.hex() == file.recorded


def outcome_of(old: Drive, new: Drive, file: File, *, hashing: bool) -> Outcome:
    """
    Read *file* on both sides.

    Raises:
        DriveError: one of the drives is not there any more.
    """
    try:
        outcome = _compared(old, new, file, sha256() if hashing or file.recorded else None)
    except _Trouble as trouble:
        error = trouble.error
        if stands_in_the_way(old if trouble.side == "old" else new, error):
            raise error from None
        outcome = Outcome(side=trouble.side, code=error.code)
    return outcome


def _compared(old: Drive, new: Drive, file: File, digest: _Hash | None) -> Outcome:
    side = "old"
    try:
        with old.read(decode(file.path)) as a:
            side = "new"
            with new.read(decode(file.new_path)) as b:
                left, right = _Stream("old", a, digest), _Stream("new", b, None)
                at = first_difference(left, right)
                if at is not None and digest is not None:
                    left.drain()
                _TELLER.add(1, 0)
                if at is None and left.length != file.size:
                    return Outcome(side="old", code=Changed.code)
                return Outcome(at, digest.digest() if digest is not None else None)
    except DriveError as error:
        raise _Trouble(side, error) from None


class _Teller:
    """Gathers what the threads of this process have done, and tells it now and then."""

    def __init__(self) -> None:
        self._files = self._bytes = 0
        self._next = 0.0
        self._guard = Lock()

    def add(self, files: int, size: int) -> None:
        with self._guard:
            self._files += files
            self._bytes += size
        if time.monotonic() > self._next:
            self.flush()

    def flush(self) -> None:
        with self._guard:
            done, self._files, self._bytes = Progress(STAGE, self._files, self._bytes), 0, 0
            self._next = time.monotonic() + TELL_EVERY
        if done.objects or done.bytes:
            tell(done)


_TELLER = _Teller()


class _Stream:
    """Content of one side; its errors say which side it is."""

    __slots__ = ("_digest", "_reader", "length", "side")

    def __init__(self, side: str, reader: Reader, digest: _Hash | None) -> None:
        self.side = side
        self.length = 0
        self._reader = reader
        self._digest = digest

    def read(self) -> bytes:
        try:
            block = self._reader.read(BLOCK)
        except DriveError as error:
            raise _Trouble(self.side, error) from None
        if self._digest is not None:
            self._digest.update(block)
        self.length += len(block)
        if self.side == "old":
            _TELLER.add(0, len(block))
        return block

    def drain(self) -> None:
        while self.read():
            pass


def first_difference(left: _Stream, right: _Stream) -> int | None:
    """The first byte at which the two contents differ, or at which only one ends; None if they are equal."""
    at, a, b = 0, left.read(), right.read()
    while True:
        if a == b:
            if not a:
                return None
            at += len(a)
            # Each block is given back only when the next one is there: freed together, their
            # memory would go back to the kernel and come again as empty pages, block after block.
            a = left.read()
            b = right.read()
            continue
        # Blocks of two drives need not have the same length.
        common = min(len(a), len(b))
        if not common or a[:common] != b[:common]:
            return at + _differs_at(a[:common], b[:common])
        at += common
        a = a[common:] or left.read()
        b = b[common:] or right.read()


def _differs_at(a: bytes, b: bytes) -> int:
    """The first place at which *a* and *b*, equally long, differ; their length if nowhere."""
    low, high = 0, len(a)
    while low < high:
        middle = (low + high) // 2
        if a[low : middle + 1] == b[low : middle + 1]:
            low = middle + 1
        else:
            high = middle
    return low


def _write_digests(path: str, files: list[File], outcomes: list[Outcome]) -> None:
    rows = [
        (file.path, file.new_path, file.size, outcome.sha256)
        for file, outcome in zip(files, outcomes, strict=True)
        if outcome.at is None and outcome.sha256 is not None
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    arrays = [pa.array(values, field.type) for values, field in zip(columns, DIGESTS, strict=True)]
    with local_errors(path):
        pq.write_table(
            pa.Table.from_arrays(arrays, schema=DIGESTS),
            path + ".part",
            compression="zstd",
            compression_level=1,
        )
        os.replace(path + ".part", path)
