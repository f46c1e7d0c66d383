"""
What hangs on files, asked of a drive by worker processes.

A feature is asked for in one go where the drive can tell it so, else entry by
entry, over slices of the parts of the manifest.  Either way leaves files of raw
rows that appear whole or not at all: what is there is not asked for again.
An entry that cannot be asked is a row with its `problem`; `tabling` makes the
tables of all that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import cache, partial
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import pyarrow.parquet as pq

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.crew import drive_for, tell
from lading.connectors.wrap.policy import Policy
from lading.manifest.files import local_errors
from lading.manifest.granted import entries_granted, grants_asked
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.parts import PartWriter, read_table
from lading.manifest.rows import (
    Row,
    Rows,
    comment_row,
    grant_row,
    label_row,
    link_row,
    lock_row,
    member_row,
    principal_row,
    setting_row,
    version_rows,
)
from lading.manifest.schema import ROW_GROUP
from lading.manifest.tables import TABLES_OF, Feature, raw_schema
from lading.model.errors import DriveError
from lading.model.paths import ROOT, Path, decode, encode
from lading.model.progress import Progress

T = TypeVar("T")

FOLDER = "facets"
BY_ENTRY = frozenset({Feature.VERSIONS, Feature.GRANTS, Feature.LINKS, Feature.SETTINGS})
"""Features that can be asked for entry by entry."""
SLICE = 2_000
"""Entries that one task asks for."""
_TELL_EVERY = 200


class Offer(StrEnum):
    """How a drive tells a feature."""

    NOTHING = "nothing"
    WHOLE = "whole"
    """All of it in few calls."""
    ENTRIES = "entries"
    """Entry by entry."""


class WholeTask(NamedTuple):
    """Ask for all of *feature*; raw rows go to *folder*.  *singly*: rather entry by entry, where that can be done."""

    address: Address
    policy: Policy
    feature: Feature
    folder: str
    singly: bool = False


class Told(NamedTuple):
    """How the drive tells *feature*, and how many rows it told."""

    feature: Feature
    offer: Offer
    rows: int = 0


class Slice(NamedTuple):
    """Rows *first* to *last* (not included) of the entries at *part*; the root of the drive where that is empty."""

    part: str
    first: int = 0
    last: int = 0

    def result(self, folder: str, feature: Feature) -> str:
        """The file that its raw rows go to."""
        name = os.path.basename(self.part).removesuffix(".parquet") or "root"
        return os.path.join(folder, f"{feature}-{name}-{self.first:08}.parquet")


class SliceTask(NamedTuple):
    """Ask each entry of *slice* for *feature*."""

    address: Address
    policy: Policy
    feature: Feature
    slice: Slice
    result: str
    threads: int


class Asked(NamedTuple):
    """So many entries were asked for *feature*."""

    feature: Feature
    result: str
    entries: int


class _Entry(NamedTuple):
    path: Path
    folder: bool


def ask_whole(task: WholeTask) -> Told:
    """
    Ask for all of a feature, in a worker.

    Raises:
        DriveError: the drive does not tell it, in spite of its facet.
    """
    drive = drive_for(task.address, task.policy)
    if getattr(drive, task.feature) is None:
        return Told(task.feature, Offer.NOTHING)
    if task.singly and task.feature in BY_ENTRY:
        return Told(task.feature, Offer.ENTRIES)
    count = 0
    for name, rows in _whole(drive, task.feature).items():
        if rows is None:
            return Told(task.feature, Offer.ENTRIES)
        count += _write(whole_file(task.folder, name), name, _counted(rows, task.feature))
    return Told(task.feature, Offer.WHOLE, count)


def whole_file(folder: str, name: str) -> str:
    """The file that the raw rows of table *name* go to where a drive tells them in one go."""
    return os.path.join(folder, f"{name}.parquet")


def was_told(folder: str, feature: Feature) -> bool:
    """Whether all of *feature* has been asked for already, in one go."""
    return all(os.path.exists(whole_file(folder, name)) for name in TABLES_OF[feature])


def slices_of(part: str) -> Iterator[Slice]:
    """The entries at *part* in slices; the same part is always cut in the same way."""
    rows = pq.read_metadata(part).num_rows
    return (Slice(part, first, min(first + SLICE, rows)) for first in range(0, rows, SLICE))


def ask_slice(task: SliceTask) -> Asked:
    """
    Ask each entry of a slice, in a worker.

    Raises:
        DriveError: the drive is not there any more.
    """
    drive = drive_for(task.address, task.policy)
    entries = _entries(task.slice, task.feature)
    ask = partial(_asked, drive, task.feature)
    if task.threads > 1:
        with ThreadPoolExecutor(task.threads) as pool:
            # What has been answered waits until it is written; a slice is small.
            answers = pool.map(ask, entries)
            _write(task.result, task.feature, chain.from_iterable(_counted(answers, task.feature)))
    else:
        one_by_one = entries_granted(drive, entries) if task.feature is Feature.GRANTS else map(ask, entries)
        _write(task.result, task.feature, chain.from_iterable(_counted(one_by_one, task.feature)))
    return Asked(task.feature, task.result, len(entries))


def _write(path: str, name: str, rows: Iterable[Row]) -> int:
    schema = raw_schema(name)
    gathered = Rows(schema)
    with local_errors(path), PartWriter(path, schema, repeated=True) as part:
        for row in rows:
            gathered.add(row)
            if len(gathered) == ROW_GROUP:
                part.add(gathered)
        part.add(gathered)
        return part.finish().rows


def _counted(rows: Iterable[T], feature: Feature) -> Iterator[T]:
    count = 0
    for count, row in enumerate(rows, 1):
        yield row
        if not count % _TELL_EVERY:
            tell(Progress(feature, _TELL_EVERY, 0))
    tell(Progress(feature, count % _TELL_EVERY, 0))


def _whole(drive: Drive, feature: Feature) -> dict[str, Iterable[Row] | None]:
    """The rows of each table of *feature*; None if the drive has to be asked entry by entry."""
    facet = getattr(drive, feature)
    if feature is Feature.PEOPLE:
        people = {"principals": map(principal_row, facet.principals())}
        return {**people, "members": map(member_row, facet.memberships())}
    values = facet.all()
    if values is None:
        return {feature: None}
    if feature is Feature.VERSIONS:
        return {feature: (row for path, versions in values for row in version_rows(path, versions))}
    return {feature: map(_ROW_OF[feature], values)}


_ROW_OF: dict[Feature, Callable[[Any], Row]] = {
    Feature.GRANTS: grant_row,
    Feature.LINKS: link_row,
    Feature.LOCKS: lock_row,
    Feature.LABELS: label_row,
    Feature.COMMENTS: comment_row,
    Feature.SETTINGS: setting_row,
}


def _entries(piece: Slice, feature: Feature) -> list[_Entry]:
    """What is to be asked: files for versions, files and folders for all else."""
    if not piece.part:
        return [] if feature is Feature.VERSIONS else [_Entry(ROOT, True)]
    table = read_table(piece.part, columns=["path", "kind"]).slice(piece.first, piece.last - piece.first)
    kinds = ("file",) if feature is Feature.VERSIONS else ("file", "folder")
    rows = zip(table.column("path").to_pylist(), table.column("kind").to_pylist(), strict=True)
    return [_Entry(decode(path), kind == "folder") for path, kind in rows if kind in kinds]


def _asked(drive: Drive, feature: Feature, entry: _Entry) -> list[Row]:
    """The raw rows of one entry; they are about that entry, whatever path the drive puts into them."""
    where = encode(entry.path)
    try:
        if feature is Feature.VERSIONS:
            return list(version_rows(entry.path, tuple(_facet(drive.versions).list(entry.path))))
        if feature is Feature.LINKS:
            return [(where, *link_row(link)[1:]) for link in _facet(drive.links).list(entry.path)]
        if feature is Feature.SETTINGS:
            return [(where, *setting_row(one)[1:]) for one in _facet(drive.settings).list(entry.path)]
        return grants_asked(drive, entry.path, folder=entry.folder)
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        return [_row(feature, path=where, problem=error.code)]


def _row(feature: Feature, **facts: object) -> Row:
    return tuple(map(facts.get, _names(feature)))


@cache
def _names(feature: Feature) -> tuple[str, ...]:
    return tuple(raw_schema(feature).names)


def _facet(facet: T | None) -> T:
    """*facet*, of which the drive has told before that it is there."""
    assert facet is not None
    return facet
