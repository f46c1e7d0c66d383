"""
Prove that OLD is whole: everything it held at the switch is still there, and every later content of NEW.

OLD is read to the last byte and held against digests; nothing that the run noted about itself is believed.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lading.connectors.api import Drive
from lading.connectors.crew import Crew, drive_for
from lading.manifest.engine import duckdb, engine
from lading.manifest.files import local_errors
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.read import Manifest, literal
from lading.manifest.scan import scan
from lading.model.errors import DriveError
from lading.model.failpoints import failpoint
from lading.model.paths import Path, decode, encode, shown
from lading.model.progress import Publish, nobody_listens
from lading.stages.cutover.base import Base
from lading.stages.cutover.contents import digest_of
from lading.stages.cutover.estimating import Work, note
from lading.stages.cutover.journaling import told
from lading.stages.cutover.marking import READING
from lading.stages.cutover.state import Mark, lines_of

SWITCH = ("same", "elsewhere", "version", "by_others", "unread", "lost")
"""Where a file of OLD at the switch is now: at its place, under another name, as a version; changed or removed by
others in OLD; never read; or lost."""
LATER = ("current", "version", "not_carried", "lost")
"""Where a later content of NEW is in OLD."""


class Proof(NamedTuple):
    """Every file of OLD at the switch, and every later content of NEW, each in one bucket."""

    switch: dict[str, int]
    later: dict[str, int]
    lost: list[str]
    """What is lost, as shown."""
    by_others: list[str]

    @property
    def holds(self) -> bool:
        """Whether nothing is lost."""
        return not self.switch["lost"] and not self.later["lost"]

    def to_json(self) -> dict[str, Any]:
        """As the state folder and the ledger hold it."""
        return {
            "holds": self.holds,
            "switch": {"found": sum(self.switch.values()), "buckets": self.switch},
            "later": {"found": sum(self.later.values()), "buckets": self.later},
            "lost": self.lost[:100],
            "changed_by_others": self.by_others[:100],
        }


def prove(
    mark: Mark, crew: Crew, *, not_carried: Iterable[Path] = (), publish: Publish = nobody_listens
) -> Proof:
    """
    Read OLD whole; *not_carried* are objects of NEW that a run told it could not carry.

    Raises:
        DriveError: OLD is not there any more.
    """
    folder = mark.home.folder / "proof"
    with local_errors(str(folder)):
        shutil.rmtree(folder, ignore_errors=True)
    begun = time.monotonic()
    now = scan(mark.old, READING, folder, crew=crew, digest=True, publish=publish)
    note(mark.home, Work.READ, now.objects, now.bytes, time.monotonic() - begun)
    failpoint("rollback.proving")
    looking = _Looking(mark, now, Base(mark.home.base, lines_of(mark.home.carried)))
    switch, others, lost = looking.switch()
    later, missing = looking.later({encode(path) for path in not_carried})
    return Proof(switch, later, lost + missing, others)


class _Looking:
    def __init__(self, mark: Mark, now: Manifest, base: Base) -> None:
        self._mark, self._now, self._base = mark, now, base
        self._drive: Drive = drive_for(mark.old, READING)
        self._versions: dict[Path, set[str]] = {}
        self._everywhere: set[str] | None = None
        # What we wrote upon, or were about to, is answered for; what only others touched or removed is theirs.
        self._ours = base.touched()

    def switch(self) -> tuple[dict[str, int], list[str], list[str]]:
        """Buckets of the files of OLD at the switch, those changed by others, and those lost."""
        buckets = dict.fromkeys(SWITCH, 0)
        others, lost = [], []
        with engine(str(self._mark.home.folder)) as db:
            self._load(db)
            buckets["same"], buckets["elsewhere"], buckets["unread"] = db.execute(_COUNTS).fetchone() or (
                0,
                0,
                0,
            )
            for text, sha256 in db.execute(_LEFT).fetchall():
                place = decode(text)
                if sha256 in self._held(self._follow(place)):
                    buckets["version"] += 1
                elif self._follow(place) in self._ours:
                    buckets["lost"] += 1
                    lost.append(shown(place))
                else:
                    buckets["by_others"] += 1
                    others.append(shown(place))
        return buckets, others, lost

    def later(self, not_carried: set[str]) -> tuple[dict[str, int], list[str]]:
        """Buckets of the contents that the journal tells, and those lost."""
        buckets, lost = dict.fromkeys(LATER, 0), []
        with engine(str(self._mark.home.folder)) as db:
            self._load(db)
            rows = list(self._later())
            db.execute("CREATE TEMP TABLE later (path VARCHAR, sha256 VARCHAR)")
            for start in range(0, len(rows), 5_000):
                db.executemany("INSERT INTO later VALUES (?, ?)", rows[start : start + 5_000])
            found = set(db.execute(_PRESENT).fetchall()) if rows else set()
            places = self._base.rows({decode(path) for path, _ in rows if (path, _) not in found})
            for path, sha256 in rows:
                row = places.get(decode(path))
                if (path, sha256) in found:
                    buckets["current"] += 1
                elif (
                    row is not None and row.old_path is not None and sha256 in self._held(row.old_path)
                ) or sha256 in self._upon():
                    buckets["version"] += 1
                elif path in not_carried:
                    buckets["not_carried"] += 1
                else:
                    buckets["lost"] += 1
                    lost.append(shown(decode(path)))
        return buckets, lost

    def _later(self) -> Iterator[tuple[str, str]]:
        """Each later content once, with the path under which its object is known now."""
        seen = set()
        moved: dict[str, str] = {}
        rows = []
        for _, line in told(self._mark.home):
            if "from" in line:
                moved = {was: line["path"] if is_ == line["from"] else is_ for was, is_ in moved.items()}
                moved[line["from"]] = line["path"]
            rows += [(line["path"], content["sha256"]) for content in line.get("contents", ())]
        for path, sha256 in rows:
            it = (moved.get(path, path), sha256)
            if it not in seen:
                seen.add(it)
                yield it

    def _load(self, db: duckdb.DuckDBPyConnection) -> None:
        db.read_parquet(literal(os.fspath(self._mark.home.switch / "digests.parquet"))).create_view("d")
        self._now.relation(db).create_view("every")
        db.execute(
            "CREATE TEMP TABLE now AS SELECT path, lower(hex(sha256)) AS sha256 FROM every WHERE kind = 'file'"
        )
        db.execute("CREATE TEMP TABLE held AS SELECT DISTINCT sha256 FROM now WHERE sha256 IS NOT NULL")

    def _held(self, path: Path) -> set[str]:
        """Digests of all versions of the file at *path*; what the drive does not tell is read."""
        if path not in self._versions:
            self._versions[path] = self._listed(path)
        return self._versions[path]

    def _listed(self, path: Path) -> set[str]:
        versions = self._drive.versions
        if versions is None:
            return set()
        try:
            listed = list(versions.list(path))
            return {dict(it.digests).get("sha256") or digest_of(versions.read(path, it.id)) for it in listed}
        except DriveError as error:
            if stands_in_the_way(self._drive, error):
                raise
            return set()

    def _upon(self) -> set[str]:
        """Digests of all versions of every file that was written to: its name may have changed on the way."""
        if self._everywhere is None:
            rows = (line["row"] for line in lines_of(self._mark.home.carried) if line.get("row"))
            places = {decode(row["old_path"]) for row in rows if row["old_path"] is not None}
            held = (self._held(self._follow(place)) | self._held(place) for place in places)
            self._everywhere = set().union(*held)
        return self._everywhere

    def _follow(self, path: Path) -> Path:
        for line in lines_of(self._mark.home.carried):
            if moved := line.get("moved"):
                source, target = decode(moved[0]), decode(moved[1])
                if path[: len(source)] == source:
                    path = target + path[len(source) :]
        return path


_COUNTS = """
    SELECT count(*) FILTER (now.path IS NOT NULL),
           count(*) FILTER (now.path IS NULL AND held.sha256 IS NOT NULL),
           count(*) FILTER (d.sha256 IS NULL)
    FROM d LEFT JOIN now ON now.path = d.path AND now.sha256 = d.sha256 LEFT JOIN held ON held.sha256 = d.sha256
"""
_LEFT = """
    SELECT d.path, d.sha256 FROM d LEFT JOIN held USING (sha256)
    WHERE d.sha256 IS NOT NULL AND held.sha256 IS NULL
"""
_PRESENT = "SELECT path, sha256 FROM later SEMI JOIN held USING (sha256)"
