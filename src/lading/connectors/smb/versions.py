"""
Previous versions: what a file was in each snapshot that the server keeps of its share ([MS-SMB2] 2.2.32.2, 2.2.13.2.7).

A snapshot is of the whole share at a moment, so of a file that was saved twice in between only the later content is
there, and one that was made and removed in between is not told at all.  Snapshots are read; nothing is ever put into one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import NamedTuple, NoReturn

from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.connectors.smb import packets
from lading.connectors.smb.facts import entry_of, is_folder, nanoseconds, steps
from lading.connectors.smb.packets import Facts
from lading.connectors.smb.reading import reading
from lading.connectors.smb.trouble import error_of
from lading.connectors.smb.wire import Wire, check_not_ours
from lading.model.access import Version
from lading.model.errors import NotFound, Unable
from lading.model.paths import ROOT, Path
from lading.model.text import Text

PRESENT = "present"
"""The id of the content that is there now; earlier ones have the name of their snapshot."""
_LABEL = re.compile(r"@GMT-(\d{4})\.(\d\d)\.(\d\d)-(\d\d)\.(\d\d)\.(\d\d)")
_ROOM = 1 << 16
"""Bytes for the names of snapshots, 50 each; Windows keeps 512 of a volume."""
_SECOND = 1_000_000_000


class Snapshot(NamedTuple):
    """*label* as the server names it, and its *moment* in 100 ns since 1601."""

    label: str
    moment: int


class SmbVersions:
    """The files of *wire* in the *snapshots*, the oldest first."""

    def __init__(self, wire: Wire, snapshots: tuple[Snapshot, ...]) -> None:
        self._wire = wire
        self._snapshots = snapshots

    def list(self, path: Path) -> Iterator[Version]:
        """Every content that a snapshot holds, once, and the present one; a call for each snapshot."""
        check_not_ours(path)
        now = self._wire.look(path)
        if not entry_of(path, now).is_file:
            raise NotFound(path, Text("it is no file", "它不是文件"))
        found: list[tuple[str, Facts]] = []
        for snapshot in self._snapshots:
            facts = self._then(path, snapshot.moment)
            if facts is not None and not (found and _same(found[-1][1], facts)):
                found.append((snapshot.label, facts))
        if found and _same(found[-1][1], now):
            found.pop()
        return iter([_version(label, facts) for label, facts in (*found, (PRESENT, now))])

    def all(self) -> None:
        """Not in few calls: each file has to be looked for in each snapshot."""
        return

    def read(self, path: Path, version: str) -> AbstractContextManager[Reader]:
        """Read the content of one version."""
        check_not_ours(path)
        if version == PRESENT:
            return reading(self._wire, path, 0, None)
        moment = next((it.moment for it in self._snapshots if it.label == version), None)
        if moment is None:
            raise NotFound(path, Text(f"there is no snapshot {version}", f"没有快照 {version}"))
        return reading(self._wire, path, 0, None, moment=moment)

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> NoReturn:
        """Nothing can be put into a snapshot."""
        raise Unable(path, Text("snapshots are made by the server alone", "快照只能由服务器创建"))

    def _then(self, path: Path, moment: int) -> Facts | None:
        """The facts of the file at *moment*; None where there was none, or it may not be seen."""
        line = self._wire.line()
        opening = packets.create(self._wire.name(path, line), packets.READ_ATTRIBUTES, moment=moment)
        opened = self._wire.once(path, opening, line=line)[0]
        if not opened.ok:
            error = error_of(opened.status, path)
            if error.code in ("unavailable", "throttled"):
                raise error
            return None
        facts = packets.created(opened.body)[1]
        return None if is_folder(facts) else facts


def snapshots_of(wire: Wire) -> tuple[Snapshot, ...]:
    """The snapshots of the share, the oldest first; none where the server keeps or tells none."""
    line = wire.line()
    opening = packets.create(wire.name(ROOT, line), packets.READ_DATA | packets.READ_ATTRIBUTES)
    opened, told, _ = wire.once(ROOT, opening, packets.ask_snapshots(_ROOM), line=line)
    if not opened.ok or not told.ok:
        return ()
    found = (_snapshot(label) for label in packets.snapshots(told.body))
    return tuple(sorted((it for it in found if it is not None), key=lambda it: it.moment))


def _snapshot(label: str) -> Snapshot | None:
    numbers = _LABEL.fullmatch(label)
    if numbers is None:
        return None
    try:
        moment = datetime(*map(int, numbers.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    return Snapshot(label, steps(int(moment.timestamp()) * _SECOND))


def _same(one: Facts, other: Facts) -> bool:
    return (one.size, one.written) == (other.size, other.written)


def _version(label: str, facts: Facts) -> Version:
    written = nanoseconds(facts.written)
    return Version(label, written or 0, facts.size, modified=written)
