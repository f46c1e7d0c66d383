"""
Is a drive still what a manifest says?  A look that writes nothing down.

Only for drives whose etags of files change with their rights too (see
`Profile.etag_covers_rights`): then a listing, the rights of folders, and the
people tell all that a whole scan could find.  Whatever is doubtful counts as changed; a
whole scan has the last word then.

Entries are counted into sums of hashes: two sets of rows that differ have the same sum once in 2^64 times,
in whatever order they come, and memory does not grow with their number.
Only the folders are held.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import BrokenExecutor
from typing import Any, NamedTuple
from zlib import crc32

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.crew import Crew, drive_for
from lading.connectors.listing import list_all
from lading.connectors.wrap.policy import Policy
from lading.manifest.granted import marks_of
from lading.manifest.parts import batches_of
from lading.manifest.read import Manifest
from lading.manifest.tables import PROBLEMS, Feature
from lading.manifest.walk import DEPTH
from lading.model.access import Effect, Grant, PrincipalKind, Reach
from lading.model.entry import Entry, Kind
from lading.model.errors import DriveError, WorkerLost
from lading.model.paths import ROOT, Path, encode
from lading.model.text import Text

MOST_FOLDERS = 200_000
"""Folders that are held at most; a drive with more is scanned whole."""
_LARGEST = (1 << 64) - 1
_AT_ONCE = 2_000
_COLUMNS = ["path", "kind", "size", "modified", "id", "etag"]
_KNOWN = frozenset({"principals", "members", "grants", PROBLEMS})
"""Tables that can be looked at again; any other asks for a whole scan."""

Marks = tuple[bytes, bytes]
"""What the list of grants of an entry says here, and for what is made in it later."""


class LookTask(NamedTuple):
    """What a worker gets: it counts what falls to number *share* of so many *shares*."""

    address: Address
    policy: Policy
    manifest: Manifest
    share: int = 0
    shares: int = 1


class Seen(NamedTuple):
    """The sum of the entries that fell to a share, and the rows that its folders have in the table of grants."""

    total: int
    grants: dict[str, frozenset[tuple[Any, ...]]]


class _Changed(Exception):
    """Something is not as it was, or cannot be told."""


class _Sum:
    """
    The sum of a set of rows, as Python hashes them: with a secret of this process and of those forked from it, for texts.

    Processes that were not forked have other secrets, and see a change; a whole scan has the last word then.
    """

    def __init__(self) -> None:
        self.total = 0

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Count *rows* in."""
        self.total = (self.total + sum(map(hash, rows))) & _LARGEST


def is_still(address: Address, policy: Policy, manifest: Manifest, crew: Crew) -> bool:
    """
    Whether the drive at *address* is as *manifest* says; its workers look, each at a share of the folders.

    False where that cannot be told so, also when the drive does not answer.

    Raises:
        WorkerLost: a worker died.
    """
    if manifest.problems or set(manifest.tables) - _KNOWN or manifest.tables.get(PROBLEMS, {}).get("rows"):
        return False
    task = LookTask(address, policy, manifest, shares=crew.size)
    looks = [crew.submit(look, task._replace(share=share)) for share in range(crew.size)]
    then = _Sum()
    for batch in manifest.batches(_COLUMNS, rows=_AT_ONCE):
        then.add(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    try:
        seen = [one.result() for one in looks]
    except BrokenExecutor:
        raise WorkerLost("", Text("while scanning", "扫描期间")) from None
    total, grants = 0, dict[str, frozenset[tuple[Any, ...]]]()
    for one in seen:
        if one is None:
            return False
        total = (total + one.total) & _LARGEST
        grants |= one.grants
    return then.total == total and (not manifest.has("grants") or grants == _grants_of(manifest, grants))


def look(task: LookTask) -> Seen | None:
    """What a share of the drive looks like, in a worker; None where a whole scan has to tell."""
    try:
        drive = drive_for(task.address, task.policy)
        if not drive.profile.etag_covers_rights:
            return None
        if task.share == 0 and not _same_people(drive, task.manifest):
            return None
        seen = _Look(drive, task)
        seen.walk()
    except (DriveError, _Changed):
        return None
    return Seen(seen.entries.total, seen.grants)


class _Look:
    """
    What a walk through the share of *drive* sees: the sum of its entries, and the rows that its folders have in the table of grants.

    Everybody lists the first two levels; what lies below falls to shares by the first two names of its path.
    """

    def __init__(self, drive: Drive, task: LookTask) -> None:
        self.entries = _Sum()
        self.grants: dict[str, frozenset[tuple[Any, ...]]] = {}
        self._rights_too = task.manifest.has("grants")
        self._share, self._shares = task.share, task.shares
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
            # Below, all of a folder falls to one share.
            ours = found if len(folder) > 1 else [it for it in found if self._is_ours(it.path)]
            self.entries.add(_rows(folder, ours))
            deeper = found if not folder else ours
            waiting += [(it.path, marks) for it in deeper if it.kind is Kind.FOLDER]

    def _is_ours(self, path: Path) -> bool:
        return crc32(encode(path[:2]).encode()) % self._shares == self._share

    def _rights(self, folder: Path, above: Marks | None) -> Marks | None:
        where = encode(folder)
        if not self._rights_too:
            self.grants[where] = frozenset()
            return None
        if self._drive.grants is None:
            raise _Changed
        told = self._drive.grants.list(folder)
        marks = marks_of(told)
        own = above is None or marks != above
        if self._is_ours(folder):
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
    for batch in batches_of(file):
        for row in batch.to_pylist():
            if (rows := found.get(row["path"])) is not None:
                rows.add(tuple(tuple(value) if isinstance(value, list) else value for value in row.values()))
    return {where: frozenset(rows) for where, rows in found.items()}


def _same_people(drive: Drive, manifest: Manifest) -> bool:
    if not manifest.has("principals"):
        return drive.people is None or Feature.PEOPLE not in manifest.features
    if drive.people is None:
        return False
    sums = [_Sum() for _ in range(2)]
    for values in (drive.people.principals(), drive.people.memberships()):
        sums[0].add((value,) for value in values)
    for table in ("principals", "members"):
        sums[1].add((value,) for value in manifest.values(table))
    return sums[0].total == sums[1].total
