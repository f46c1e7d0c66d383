"""
Look at what is on a drive in the places of canaries: values, without a judgement.

Nothing is changed.  What cannot be asked is told as the code of its error, and no other canary suffers from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from lading.connectors.api import Drive
from lading.connectors.facets import Reader
from lading.model.access import Grant, Link, Version
from lading.model.entry import Entry
from lading.model.errors import Advice, DriveError, NotFound
from lading.model.paths import Path
from lading.model.text import Language, Text

from .kit import Kit
from .table import Canary, File, place

T = TypeVar("T")
Places = Callable[[Path], Path]
"""From the path of a canary in OLD to that on the drive that is looked at."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What was found of one canary; every path is that which it has in OLD.

    A file that is missing has no entry; *digests* are of the newest contents, in hex.  *versions* are told with a SHA-256 each.  Where the drive has no
    such facet, *versions*, *grants*, *links* or *locked* are None.  *left* tells whether something is left where a moved folder was.
    *problems* are the errors of what could not be asked.
    """

    entries: Mapping[Path, Entry] = field(default_factory=dict)
    digests: Mapping[Path, str] = field(default_factory=dict)
    versions: Mapping[Path, tuple[Version, ...]] | None = None
    grants: Mapping[Path, tuple[Grant, ...]] | None = None
    links: Mapping[Path, tuple[Link, ...]] | None = None
    locked: bool | None = None
    left: bool = False
    problems: tuple[DriveError, ...] = ()


def look(drive: Drive, canary: Canary, kit: Kit, places: Places) -> Seen:
    """
    What is there of *canary*.

    Raises:
        DriveError: the drive as a whole does not answer.
    """
    return _Look(drive, canary, kit, places).all()


def found_at(drive: Drive, path: Path) -> Entry | None:
    """The entry at *path*, None if nothing is there."""
    try:
        return drive.stat(path)
    except NotFound:
        return None


def digest_of(drive: Drive, entry: Entry) -> str:
    """The SHA-256 of what *entry* holds, read now: what a drive says of its content proves nothing."""
    return _digest(drive.read(entry.path))


def passes(problem: DriveError) -> bool:
    """Whether work can go on with the next canary after *problem*."""
    return problem.advice in (Advice.SKIP_ITEM, Advice.ASK)


def message_of(problem: DriveError) -> Text:
    """*problem* in both languages."""
    return Text(problem.message(Language.EN), problem.message(Language.ZH))


def digested(drive: Drive, path: Path, version: Version) -> str:
    """The SHA-256 of what *version* of *path* holds, told by the drive or read."""
    assert drive.versions is not None
    return dict(version.digests).get("sha256") or _digest(drive.versions.read(path, version.id))


def _digest(opened: AbstractContextManager[Reader]) -> str:
    found = hashlib.sha256()
    with opened as reader:
        while piece := reader.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


class _Look:
    """One look at one canary."""

    def __init__(self, drive: Drive, canary: Canary, kit: Kit, places: Places) -> None:
        self._drive = drive
        self._code = canary.code
        self._parts = canary.parts(kit)
        self._kit = kit
        self._places = places
        self._problems: list[DriveError] = []

    def all(self) -> Seen:
        """Everything the canary consists of."""
        parts = self._parts
        entries = {file.path: entry for file in parts.files if (entry := self._entry(file.path))}
        grants, links = self._drive.grants, self._drive.links
        return Seen(
            entries=entries,
            digests={path: it for path, entry in entries.items() if (it := self._content(entry)) is not None},
            versions=self._versions(entries),
            grants=None if grants is None else self._marks([it.path for it in parts.grants], grants.list),
            links=None if links is None else self._marks([it.path for it in parts.links], links.list),
            locked=self._locked(),
            left=parts.move is not None and self._entry(parts.move.source) is not None,
            problems=tuple(self._problems),
        )

    def _at(self, path: Path) -> Path:
        return self._places(place(self._kit, self._code, path))

    def _entry(self, path: Path) -> Entry | None:
        return self._asked(lambda: found_at(self._drive, self._at(path)))

    def _content(self, entry: Entry) -> str | None:
        return self._asked(lambda: digest_of(self._drive, entry)) if entry.is_file else None

    def _versions(self, entries: Mapping[Path, Entry]) -> Mapping[Path, tuple[Version, ...]] | None:
        if self._drive.versions is None:
            return None
        wanted = [file for file in self._parts.files if file.versions > 1 and file.path in entries]
        told = ((file.path, self._asked(partial(self._history, file))) for file in wanted)
        return {path: versions for path, versions in told if versions is not None}

    def _history(self, file: File) -> tuple[Version, ...]:
        assert self._drive.versions is not None
        path = self._at(file.path)
        return tuple(
            Version(
                it.id, it.saved, it.size, it.author,
                (("sha256", digested(self._drive, path, it)),), it.modified, it.label,
            )
            for it in self._drive.versions.list(path)
        )  # fmt: skip

    def _marks(self, paths: list[Path], ask: Callable[[Path], tuple[T, ...]]) -> dict[Path, tuple[T, ...]]:
        told = ((path, self._asked(partial(ask, self._at(path)))) for path in paths)
        return {path: marks for path, marks in told if marks is not None}

    def _locked(self) -> bool | None:
        locks, path = self._drive.locks, self._parts.locked
        if locks is None or path is None:
            return None
        at = self._at(path)
        return self._asked(lambda: any(lock.path == at for lock in locks.all()))

    def _asked(self, ask: Callable[[], T]) -> T | None:
        """What *ask* tells; None where it fails for this object alone or the object is gone."""
        try:
            return ask()
        except NotFound:
            return None
        except DriveError as problem:
            if not passes(problem):
                raise
            self._problems.append(problem)
            return None
