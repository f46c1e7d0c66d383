"""
Run one partition inside a worker process.

A partition can be cut off at any point and run again: its journal says what
is done, the drives say the rest.  It ends with one result file, written whole
or not at all.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path as LocalPath

import pyarrow as pa

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.crew import drive_for, retries, tell
from lading.connectors.wrap.policy import Policy
from lading.manifest.parts import read_table
from lading.model.failpoints import failpoint
from lading.model.progress import Progress
from lading.stages.transfer.ahead import LANES
from lading.stages.transfer.cargo import Cargo, read_cargo
from lading.stages.transfer.carrier import Carrier
from lading.stages.transfer.journal import TOGETHER, Journal, Outcome
from lading.stages.transfer.parts import read_rows, table_of, write_table
from lading.stages.transfer.perform import Performer, Row
from lading.stages.transfer.rounds import perform_rounds, rounds_of
from lading.stages.transfer.together import (
    MOST_FILES,
    bounds_of,
    gives_together,
    go_together,
    groups,
    hands_of,
    perform_group,
)

TELL_EVERY = 0.2
"""Seconds between two messages about progress."""

SCHEMA = pa.schema(
    [
        ("seq", pa.int64()),
        ("bucket", pa.string()),
        ("sha256", pa.string()),
        ("size", pa.int64()),
        ("modified", pa.int64()),
        ("etag", pa.string()),
        ("code", pa.string()),
        ("detail", pa.list_(pa.string())),
        ("sent", pa.int64()),
        ("missed", pa.list_(pa.int32())),
        ("old_modified", pa.int64()),
        ("lost", pa.list_(pa.int32())),
    ]
)


@dataclass(frozen=True, slots=True)
class Task:
    """One partition, and all that a worker needs to know about the pass."""

    key: str
    folder: LocalPath
    old: Address
    old_policy: Policy
    new: Address
    new_policy: Policy
    overwrite: bool
    threads: int
    in_order: bool = False
    archive: str | None = None
    """The folder that takes versions which NEW does not."""


def run_partition(task: Task) -> dict[str, int]:
    """
    Do all rows of *task* and return the number of objects in each bucket.

    Raises:
        DriveError: with advice `stop_drive`; the journal keeps what was done.
    """
    result = task.folder / "result" / f"{task.key}.parquet"
    if result.exists():
        return counted(read_table(result, columns=["bucket"]).column(0).to_pylist())
    rows = list(read_rows(task.folder / "plan" / f"{task.key}.parquet", overwrite=task.overwrite))
    journal_path = task.folder / "work" / f"{task.key}.jsonl"
    meter = _Meter()
    before = retries()
    cargo = read_cargo(task.folder, task.key)
    with Journal(journal_path) as journal:
        old, new = drive_for(task.old, task.old_policy), drive_for(task.new, task.new_policy)
        performer = _performer(old, new, journal, meter, cargo)
        _do(rows, performer, journal, meter, 0 if task.in_order else task.threads)
        outcomes = [journal.outcomes[row.seq] for row in rows]
    failpoint("partition.before_result")
    schema = SCHEMA.with_metadata({"retries": str(retries() - before + performer.repeated)})
    write_table(result, table_of([tuple(outcome) for outcome in outcomes], schema))
    os.unlink(journal_path)
    failpoint("partition.after_result")
    meter.close()
    return counted([outcome.bucket for outcome in outcomes])


def _performer(old: Drive, new: Drive, journal: Journal, meter: _Meter, cargo: Cargo) -> Performer:
    if any(cargo):
        return Carrier(old, new, journal, meter.bytes, cargo)
    return Performer(old, new, journal, meter.bytes)


def _do(rows: list[Row], performer: Performer, journal: Journal, meter: _Meter, threads: int) -> None:
    """
    Do what is left of *rows* on so many *threads*; with none of them one after the other, in order.

    In order, each row is noted before the next begins: a later move may fill the place that an
    earlier one has freed, and then the drive could not tell that the earlier one is done.
    """

    sizes = {row.seq: row.size for row in rows}

    def one(group: list[Row]) -> None:
        for outcome in _performed(performer, group):
            failpoint("copy.before_journal")
            journal.done(outcome, sizes[outcome.seq] if threads else TOGETHER)
            failpoint("copy.after_journal")
            meter.object()

    left = [row for row in rows if row.seq not in journal.outcomes]
    meter.skipped(len(rows) - len(left))
    performer.lanes = max(1, min(LANES, threads // max(1, len(left))))
    if threads <= 1:
        for group in _grouped(performer, left, 1) if threads else [[row] for row in left]:
            one(group)
        return
    hands = hands_of(performer.old, performer.new, threads)
    _at_once(one, _grouped(performer, left, hands), threads, hands)


def _grouped(performer: Performer, rows: list[Row], threads: int) -> list[list[Row]]:
    """*rows* in groups that are done together, each row in one."""
    if not go_together(performer.old, performer.new):
        return [[row] for row in rows]
    # Where they are written one by one each thread has its share of that.
    bounds = bounds_of(performer.old, performer.new, min(MOST_FILES, -(-len(rows) // threads)))
    if not isinstance(performer, Carrier):
        return list(groups(rows, bounds=bounds))
    both = performer.new.batch is not None and gives_together(performer.old)
    together = list(rounds_of(rows, performer.cargo)) if both else []
    done = {row.seq for group in together for row in group}
    left = [row for row in rows if row.seq not in done]
    # Each row that must not be put where it would be seen is refused by itself.
    alone = {*performer.cargo.alone, *(row.seq for row in left if performer.is_open(row))}
    return together + list(groups(left, alone, bounds))


def _performed(performer: Performer, group: list[Row]) -> Iterator[Outcome]:
    if isinstance(performer, Carrier) and len(group) > 1 and group[0].seq in performer.cargo.histories:
        return perform_rounds(performer, group)
    return perform_group(performer, group)


def _at_once(one: Callable[[list[Row]], None], work: list[list[Row]], threads: int, hands: int) -> None:
    """Do *work* on several *threads*, so many *hands* of which take groups of several rows; after the first exception none is begun."""
    several, single = deque(it for it in work if len(it) > 1), deque(it for it in work if len(it) == 1)
    stop = threading.Event()

    def thread(*waiting: deque[list[Row]]) -> None:
        while not stop.is_set() and (group := _first_of(waiting)):
            try:
                one(group)
            except BaseException:
                stop.set()
                raise

    with ThreadPoolExecutor(threads, thread_name_prefix="transfer") as pool:
        begun = [
            pool.submit(thread, *((several, single) if number < hands else (single,)))
            for number in range(min(threads, len(work)))
        ]
        for future in begun:
            future.result()


def _first_of(waiting: Iterable[deque[list[Row]]]) -> list[Row] | None:
    """What waits longest in the first of them in which anything does; threads may ask at the same time."""
    for them in waiting:
        with suppress(IndexError):
            return them.popleft()
    return None


class _Meter:
    """Counts what this worker did and tells the parent now and then."""

    def __init__(self) -> None:
        self._objects = self._bytes = 0
        self._next = time.monotonic() + TELL_EVERY
        self._guard = threading.Lock()

    def object(self) -> None:
        """One more object is done."""
        self._add(1, 0)

    def bytes(self, count: int) -> None:
        """*count* more bytes were read."""
        self._add(0, count)

    def skipped(self, objects: int) -> None:
        """An earlier sitting did these."""
        self._add(objects, 0)

    def close(self) -> None:
        """Tell what was not told yet."""
        with self._guard:
            self._tell()

    def _add(self, objects: int, size: int) -> None:
        with self._guard:
            self._objects += objects
            self._bytes += size
            if time.monotonic() >= self._next:
                self._tell()

    def _tell(self) -> None:
        self._next = time.monotonic() + TELL_EVERY
        if self._objects or self._bytes:
            tell(Progress("copy", self._objects, self._bytes))
            self._objects = self._bytes = 0


def counted(buckets: list[str]) -> dict[str, int]:
    """How many there are of each."""
    return {bucket: buckets.count(bucket) for bucket in sorted(set(buckets))}


__all__ = ["SCHEMA", "Outcome", "Task", "run_partition"]
