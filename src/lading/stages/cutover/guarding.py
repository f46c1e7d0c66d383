"""
Restrict what is new in OLD as it is restricted in NEW, before anything of it can be seen there.

A folder is restricted while it is empty.  A file is first put into a folder of ours that is restricted the same way, gets
its own restrictions there, and only then its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.manifest.obstacle import stands_in_the_way
from lading.model.access import Effect, Grant
from lading.model.entry import Entry
from lading.model.errors import DriveError, NotFound, Unguarded
from lading.model.failpoints import failpoint
from lading.model.paths import Path, encode
from lading.stages.cutover import rights
from lading.stages.cutover.rights import Point

ASIDE = "lading-rollback-"
"""How the names of the folders begin in which files are restricted; they say nothing of the file."""


class Guard:
    """What keeps people out of objects of NEW, to be set on *drive*; *people* are ids of OLD by their ids in NEW."""

    def __init__(self, drive: Drive, grants: Iterable[Grant], people: Mapping[str, str]) -> None:
        self._drive, self._people = drive, people
        self._hard: dict[Path, list[Grant]] = {}
        for grant in grants:
            if grant.effect is not Effect.ALLOW:
                self._hard.setdefault(grant.path, []).append(grant)

    def needs(self, path: Path) -> bool:
        """Whether *path* of NEW has restrictions of its own."""
        return path in self._hard

    def restrict(self, path: Path, place: Path) -> None:
        """
        Set the restrictions of *path* of NEW at *place* in OLD.

        Raises:
            Unguarded: OLD does not take one of them.
        """
        for grant in self._hard.get(path, ()):
            who = rights.who_in_old(grant.principal, self._people)
            if code := rights.carry(self._drive, Point("", rights.Change.GIVEN, place, who, None, grant)):
                raise Unguarded(place, code)

    def put(self, path: Path, target: Path, fill: Callable[[Path, str | None], object]) -> None:
        """
        Make the file *target* of OLD, restricted as *path* of NEW is; *fill* writes at the path it gets.

        *fill* also gets the etag of what a run that was cut off left there, or None.

        Raises:
            Unguarded: OLD cannot hide a file while it is restricted.
            AlreadyExists: something came to *target* meanwhile.
        """
        if self._drive.moves is None:
            raise Unguarded(target, "unable")
        aside = aside_of(target)
        self._drive.make_folder(aside)
        self.restrict(path, aside)
        inside = (*aside, target[-1])
        left = self._left(inside)
        fill(inside, None if left is None else left.etag)
        self.restrict(path, inside)
        failpoint("rollback.restricted")
        self._drive.moves.move(inside, target, expect=ABSENT)
        clear(self._drive, aside)

    def _left(self, inside: Path) -> Entry | None:
        with suppress(NotFound):
            return self._drive.stat(inside)
        return None


def aside_of(target: Path) -> Path:
    """The folder in which the file *target* is restricted."""
    return (*target[:-1], ASIDE + hashlib.sha256(encode(target).encode()).hexdigest()[:16])


def clear(drive: Drive, aside: Path) -> None:
    """Remove the folder *aside*, if it is empty."""
    try:
        drive.remove(aside, expect=ANYTHING)
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise


def guards(drive: Drive, restricted: Mapping[Path, tuple[bool, frozenset[Effect]]]) -> Callable[[Path], bool]:
    """
    Which new objects may be put into *drive*; *restricted* tells those of NEW with grants that keep people out.

    The drive has to take such grants; for a file it also has to rename.
    """
    able = drive.profile.features.effects if drive.grants is not None else frozenset()

    def may(path: Path) -> bool:
        is_folder, effects = restricted.get(path, (True, frozenset()))
        return effects <= able and (is_folder or drive.moves is not None)

    return may
