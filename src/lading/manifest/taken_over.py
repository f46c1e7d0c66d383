"""
The manifest of a drive that is written down already: taken over instead of walked.

It has the rows that a walk would leave, and says in its header where they come from.  What hangs on
files is taken over table by table; what no table tells as the drive does is asked for as ever.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import chain, count, islice
from typing import Any, NamedTuple

import pyarrow as pa

from lading.connectors.address import Address
from lading.connectors.crew import drive_for, tell
from lading.connectors.facets import Table, WrittenDown
from lading.connectors.wrap.policy import Policy
from lading.manifest import few, tables
from lading.manifest.files import UNFINISHED, local_errors, publish_file, sha256_of
from lading.manifest.parts import FOLDER, Part, PartWriter
from lading.manifest.schema import ROW_GROUP
from lading.manifest.tables import TABLES_OF, Feature
from lading.manifest.tabling import table_file
from lading.manifest.walk import STAGE
from lading.model.errors import BadManifest
from lading.model.failpoints import failpoint
from lading.model.progress import Progress

FAILPOINTS = ("scan.taken_over",)
PART_GROUPS = 5
"""Row groups in one part file at most."""


class TakeTask(NamedTuple):
    """Take over what the drive at *address* has written down, into *directory*; it is the *attempt* of that scan."""

    address: Address
    policy: Policy
    directory: str
    attempt: int
    features: tuple[Feature, ...]


class TakenOver(NamedTuple):
    """The *parts* with all entries, what is said about each of the *tables*, which *features* they tell, and the *source* of it all."""

    parts: list[Part]
    tables: dict[str, dict[str, Any]]
    features: tuple[Feature, ...]
    source: dict[str, str]


def take_over(task: TakeTask) -> TakenOver:
    """
    Do *task*, in a worker; what an earlier attempt left may be replaced.

    Raises:
        DriveError: the drive is not there any more.
        BadManifest: a table is not the one that was written down.
        NoSpace, ReadOnly, Forbidden: the manifest cannot be written.
    """
    written = drive_for(task.address, task.policy).written
    assert written is not None
    told = written.all()
    features = tuple(it for it in task.features if set(TABLES_OF[it]) <= told.tables.keys())
    with local_errors(task.directory):
        made = {
            name: _table(told.tables[name], task.directory, name)
            for feature in features
            for name in TABLES_OF[feature]
        }
        parts = list(_parts(told, task))
    failpoint("scan.taken_over")
    return TakenOver(parts, made, features, dict(told.source))


class Counted(NamedTuple):
    """What was counted, and the *source* that it is from: another process may have opened the drive at another moment."""

    tally: few.Tally
    source: dict[str, str]


def tally_written(task: TakeTask) -> Counted:
    """
    Count what the drive of *task* has written down, in a worker, while another takes it over.

    Raises:
        DriveError: the drive is not there any more.
    """
    written = drive_for(task.address, task.policy).written
    assert written is not None
    told = written.all(few.TALLIED)
    return Counted(few.tallied(told.entries), dict(told.source))


def _parts(told: WrittenDown, task: TakeTask) -> Iterator[Part]:
    folder = os.path.join(task.directory, FOLDER)
    os.makedirs(folder, exist_ok=True)
    groups = _groups(told.entries)
    for number in count(1):
        some = list(islice(groups, 1))
        # Also of a drive without entries there is one part.
        if not some and number > 1:
            return
        with PartWriter(os.path.join(folder, f"part-{task.attempt:03}-{number:06}.parquet")) as part:
            for group in chain(some, islice(groups, PART_GROUPS - 1)):
                _add(part, group)
            yield part.finish()


def _add(part: PartWriter, group: pa.Table) -> None:
    part.add_table(group)
    tell(Progress(STAGE, len(group), 0))


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows of *batches* in row groups: small batches of many parts become one."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if held and rows + len(batch) > ROW_GROUP:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
        held.append(batch)
        rows += len(batch)
    if held:
        yield pa.Table.from_batches(held)


def _table(table: Table, directory: str, name: str) -> dict[str, Any]:
    """The copy of *table*, held against the digest that stands in its facts; what is said about it."""
    final = table_file(directory, name)
    unfinished = final + UNFINISHED
    os.makedirs(os.path.join(directory, tables.FOLDER), exist_ok=True)
    shutil.copyfile(table.file, unfinished)
    if sha256_of(unfinished) != table.facts["sha256"]:
        raise BadManifest(directory, f"{name} is damaged")
    publish_file(unfinished, final)
    return dict(table.facts)
