"""
Is a drive still what a manifest says?  A look that writes nothing down.

Only for drives whose etags of files change with their rights too (see
`Profile.etag_covers_rights`): then a listing, the rights of folders, and the
people tell all that a whole scan could find.  Whatever is doubtful counts as changed; a
whole scan has the last word then.

Entries are counted into sums of keyed hashes with a key of this look alone: two equal sums are
two equal sets of rows, in whatever order they came, and memory does not grow with their number.
Only the folders are held.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.crew import drive_for
from lading.connectors.listing import list_all
from lading.connectors.wrap.policy import Policy
from lading.manifest.granted import marks_of
from lading.manifest.read import Manifest
from lading.manifest.schema import ROW_GROUP
from lading.manifest.tables import PROBLEMS, Feature
from lading.manifest.walk import DEPTH
from lading.model.access import Effect, Grant, PrincipalKind, Reach
from lading.model.entry import Entry, Kind
from lading.model.errors import DriveError
from lading.model.paths import ROOT, Path, encode

MOST_FOLDERS = 200_000
"""Folders that are held at most; a drive with more is scanned whole."""
_COLUMNS = ["path", "kind", "size", "modified", "id", "etag"]
_KNOWN = frozenset({"principals", "members", "grants", PROBLEMS})
"""Tables that can be looked at again; any other asks for a whole scan."""

Marks = tuple[bytes, bytes]
"""What the list of grants of an entry says here, and for what is made in it later."""


class StillTask(NamedTuple):
    """What a worker gets."""

    address: Address
    policy: Policy
    manifest: Manifest


class _Changed(Exception):
    """Something is not as it was, or cannot be told."""


class _Sum:
    """The sum of a set of rows."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.total = 0

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Count *rows* in."""
        key = self._key
        self.total += sum(
            int.from_bytes(
                blake2b(repr(row).encode("utf-8", "surrogatepass"), key=key, digest_size=32).digest()
            )
            for row in rows
        )


def is_still(task: StillTask) -> bool:
    """
    Whether the drive is as the manifest says, in a worker.

    False where that cannot be told so, also when the drive does not answer.
    """
    manifest = task.manifest
    if manifest.problems or set(manifest.tables) - _KNOWN or manifest.tables.get(PROBLEMS, {}).get("rows"):
        return False
    try:
        drive = drive_for(task.address, task.policy)
        return drive.profile.etag_covers_rights and _same(drive, manifest)
    except (DriveError, _Changed):
        return False


def _same(drive: Drive, manifest: Manifest) -> bool:
    key = os.urandom(32)
    look = _Look(drive, key, rights=manifest.has("grants"))
    look.walk()
    then = _Sum(key)
    for batch in manifest.batches(_COLUMNS):
        then.add(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return (
        then.total == look.entries.total
        and (not look.rights or look.grants == _grants_of(manifest, look.grants))
        and _same_people(drive, manifest, key)
    )


class _Look:
    """What a walk through *drive* sees: the sum of its entries, and the rows that the folders have in the table of grants."""

    def __init__(self, drive: Drive, key: bytes, *, rights: bool) -> None:
        self.entries = _Sum(key)
        self.rights = rights
        self.grants: dict[str, frozenset[tuple[Any, ...]]] = {}
        self._drive = drive

    def walk(self) -> None:
        """
        Raises:
            DriveError: a folder cannot be listed.
            _Changed: there is what no manifest without problems holds.
        """
        waiting: list[tuple[Path, Marks | None]] = [(ROOT, None)]
        while waiting:
            folder, above = waiting.pop()
            if len(folder) > DEPTH or len(self.grants) > MOST_FOLDERS:
                raise _Changed
            marks = self._rights(folder, above)
            found = list(list_all(self._drive, folder))
            self.entries.add(_rows(folder, found))
            waiting += [(it.path, marks) for it in found if it.kind is Kind.FOLDER]

    def _rights(self, folder: Path, above: Marks | None) -> Marks | None:
        where = encode(folder)
        if not self.rights:
            self.grants[where] = frozenset()
            return None
        if self._drive.grants is None:
            raise _Changed
        told = self._drive.grants.list(folder)
        marks = marks_of(told)
        own = above is None or marks != above
        self.grants[where] = frozenset(_grant_rows(where, told)) if own else frozenset()
        return marks


def _rows(folder: Path, entries: list[Entry]) -> Iterable[tuple[Any, ...]]:
    """*entries*, all in *folder*, as rows of a manifest."""
    if not entries:
        return
    place = encode(folder) + "/" if folder else ""
    # Names are encoded one by one, so a path of all names gives them all in one search.
    names = encode(tuple(entry.path[-1] for entry in entries)).split("/")
    for name, (path, kind, size, modified, number, etag, _, problem) in zip(names, entries, strict=True):
        if problem is not None or path[:-1] != folder or (kind is Kind.FILE and etag is None):
            raise _Changed
        yield place + name, kind.value, size, modified, number, etag


def _grant_rows(where: str, told: Iterable[Grant]) -> Iterable[tuple[Any, ...]]:
    """The rows that a table has of an entry with a list of its own, in the order of its columns; see `tabling`."""
    if where:
        yield (
            where,
            Effect.RESET.value,
            PrincipalKind.EVERYBODY.value,
            "",
            0,
            0,
            Reach.ALL.value,
            (),
            None,
            "",
        )
    for it in told:
        reach = Reach.ALL if it.reach is Reach.HERE else it.reach
        who = it.principal.kind.value, it.principal.id
        what = int(it.role), it.rank, reach.value, tuple(sorted(it.rights))
        yield where, it.effect.value, *who, *what, it.expires, it.source


def _grants_of(manifest: Manifest, folders: Iterable[str]) -> dict[str, frozenset[tuple[Any, ...]]]:
    """The rows that the table of grants has of each of *folders*."""
    found: dict[str, set[tuple[Any, ...]]] = {where: set() for where in folders}
    file = manifest.table("grants")
    assert file is not None
    for batch in pq.ParquetFile(file).iter_batches(ROW_GROUP):
        for row in batch.to_pylist():
            if (rows := found.get(row["path"])) is not None:
                rows.add(tuple(tuple(value) if isinstance(value, list) else value for value in row.values()))
    return {where: frozenset(rows) for where, rows in found.items()}


def _same_people(drive: Drive, manifest: Manifest, key: bytes) -> bool:
    if not manifest.has("principals"):
        return drive.people is None or Feature.PEOPLE not in manifest.features
    if drive.people is None:
        return False
    sums = [_Sum(key) for _ in range(2)]
    for values in (drive.people.principals(), drive.people.memberships()):
        sums[0].add((value,) for value in values)
    for table in ("principals", "members"):
        sums[1].add((value,) for value in manifest.values(table))
    return sums[0].total == sums[1].total
