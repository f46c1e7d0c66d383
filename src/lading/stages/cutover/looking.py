"""
OLD as it is now, asked object by object: what changed in NEW is little, and only that is looked at.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping

from lading.connectors.crew import Crew, drive_for
from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.manifest.scan import scan
from lading.model.errors import NotFound, WrongKind
from lading.model.paths import Path, decode
from lading.stages.cutover.contents import digest_of
from lading.stages.cutover.journaling import facts_of
from lading.stages.cutover.marking import READING
from lading.stages.cutover.planning import Old
from lading.stages.cutover.state import Facts, Mark


class Looking:
    """Answers what a planner asks about OLD; every answer is kept."""

    def __init__(self, mark: Mark, crew: Crew) -> None:
        self._mark, self._crew = mark, crew
        self._drive = drive_for(mark.old, READING)
        self._at: dict[Path, Facts | None] = {}
        self._digests: dict[Path, str] = {}
        self._scanned: Manifest | None = None

    def old(self, guards: Callable[[Path], bool], ours: Mapping[Path, Collection[str]]) -> Old:
        """
        The questions, with the facts of the drive.

        *guards* says which new objects nobody may see too early, *ours* what was put upon which file.
        """
        drive = self._drive
        moves = drive.moves is not None
        return Old(self.at, self.holds, self.place, drive.profile.names, moves, guards, ours)

    def at(self, path: Path) -> Facts | None:
        """What stands at *path*."""
        if path not in self._at:
            try:
                self._at[path] = facts_of(self._drive.stat(path))
            except (NotFound, WrongKind):
                self._at[path] = None
        return self._at[path]

    def holds(self, path: Path) -> str:
        """The SHA-256 of the file at *path*, read now."""
        if path not in self._digests:
            self._digests[path] = digest_of(self._drive.read(path))
        return self._digests[path]

    def place(self, facts: Facts) -> Path | None:
        """Where the entry with these *facts* is now, by its id."""
        if facts.id is None or not self._drive.profile.stable_ids:
            return None
        with duckdb.connect(":memory:") as db:
            self._manifest().relation(db).create_view("o")
            query = "SELECT path, size, modified FROM o WHERE id = ? AND kind = ?"
            found = db.execute(query, [facts.id, facts.kind]).fetchall()
        # A number of a local folder is given again to another file once its own is gone.
        sure = not self._drive.profile.local
        fits = [row[0] for row in found if sure or row[1:] == (facts.size, facts.modified)]
        return decode(fits[0]) if len(fits) == 1 else None

    def _manifest(self) -> Manifest:
        if self._scanned is None:
            folder = self._mark.home.folder / "look"
            shutil.rmtree(folder, ignore_errors=True)
            self._scanned = scan(self._mark.old, READING, folder, crew=self._crew)
        return self._scanned
