"""
Plan a rollback, and carry it out: the way in for everybody who calls this stage.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lading.connectors.api import Drive
from lading.connectors.crew import Crew, drive_for
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.read import Manifest, open_manifest
from lading.model.access import Link
from lading.model.errors import BadManifest, DriveError
from lading.model.failpoints import failpoint
from lading.model.paths import Path, decode
from lading.model.progress import Publish, nobody_listens
from lading.stages.cutover import linking, rights
from lading.stages.cutover.base import Base, Row
from lading.stages.cutover.deeds import WRITING as DOES
from lading.stages.cutover.deeds import Deed, Do
from lading.stages.cutover.estimating import Estimate, Work, estimate, measuring
from lading.stages.cutover.guarding import Guard, guards
from lading.stages.cutover.journaling import told
from lading.stages.cutover.linking import Sharing
from lading.stages.cutover.looking import Looking
from lading.stages.cutover.performing import WRITING, Done, Performing
from lading.stages.cutover.planning import Old, Planner
from lading.stages.cutover.rights import Ask, Point
from lading.stages.cutover.settling import settle_renames
from lading.stages.cutover.state import Lines, Mark, check_switch, lines_of
from lading.stages.cutover.tracing import Traced, trace

RIGHTS = "rights.jsonl"


@dataclass
class Plan:
    """What a rollback will do."""

    deeds: list[Deed]
    points: list[Point]
    made: Mapping[str, str]
    """Decisions that people made, by the id of the change."""
    ask: Ask
    done_rights: Mapping[str, str] = field(default_factory=dict)
    moved: list[Row] = field(default_factory=list)
    """Folders that people renamed in OLD, with their place there now."""
    held_back: Mapping[str, str] = field(default_factory=dict)
    """The code why OLD cannot be given it, by the id of the change."""

    @property
    def writes(self) -> list[Deed]:
        """What changes OLD."""
        return [deed for deed in self.deeds if deed.do in DOES]

    @property
    def client_conflicts(self) -> int:
        """Files that a sync client of OLD may find changed under it."""
        return sum(deed.do in (Do.VERSION, Do.RENAME, Do.COPY) for deed in self.deeds)

    def open(self) -> list[Point]:
        """Changes of rights that nobody has decided yet."""
        return [it for it in self.points if not rights.wanted(it, self.ask, self.made)]

    def to_carry(self) -> list[Point]:
        """Changes of rights to be carried that were not."""
        return [
            it
            for it in self.points
            if rights.wanted(it, self.ask, self.made) == rights.CARRY and self.done_rights.get(it.id) != ""
        ]

    def _held_back(self) -> list[dict[str, str]]:
        return [
            it.to_json(code)
            for it in self.points
            if (code := self.held_back.get(it.id)) and rights.wanted(it, self.ask, self.made) != rights.KEEP
        ]

    def to_json(self) -> dict[str, Any]:
        """Counts and bytes by action and reason."""
        objects: Counter[tuple[str, str]] = Counter()
        size: Counter[tuple[str, str]] = Counter()
        for deed in self.deeds:
            objects[deed.do.value, deed.because.value] += 1
            size[deed.do.value, deed.because.value] += deed.bytes
        return {
            "actions": [
                {"action": do, "reason": because, "objects": count, "bytes": size[do, because]}
                for (do, because), count in sorted(objects.items())
            ],
            "writes": len(self.writes),
            "bytes": sum(deed.bytes for deed in self.deeds),
            "rights": {
                "changed": len(self.points),
                "to_carry": len(self.to_carry()),
                "open": len(self.open()),
                "held_back": self._held_back(),
            },
            "client_conflicts": self.client_conflicts,
        }


def make_plan(mark: Mark, crew: Crew, *, ask: Ask = Ask.FILE, write: bool = True) -> Plan:
    """
    What is to be done, by the journal as it is and OLD as it is now; with *write* open decisions are written down.

    Raises:
        DriveError: OLD is not there.
        BadMap: the file of decisions cannot be understood.
        BadRollback: the journal or the switch was changed.
    """
    home = mark.home
    check_switch(mark)
    base = Base(home.base, lines_of(home.carried))
    objects = traced(mark, base)
    looking = Looking(mark, crew)
    now = _now(mark)
    may = guards(drive_for(mark.old, WRITING), rights.restricted(now))
    old = looking.old(may, base.put_upon())
    folders = _folders(base, objects, old)
    planner = Planner(old, {path: row.old_path for path, row in folders.items() if row.old_path})
    deeds = planner.plan(objects)
    points = _points(mark, base, objects, now)
    made = rights.decided(home.decisions)
    done_rights = {str(it.get("id")): it.get("code") or "" for it in lines_of(home.folder / RIGHTS)}
    known = base.rows(folders)
    moved = [row for path, row in folders.items() if row.old_path != known[path].old_path]
    held_back = {it.id: code for it in points if (code := _foreseen(drive_for(mark.old, WRITING), it))}
    plan = Plan(deeds, points, made, ask, done_rights, moved, held_back)
    if write and points and ask is Ask.FILE:
        rights.write_decisions(home.decisions, points, made)
    return plan


def _foreseen(drive: Drive, point: Point) -> str:
    if isinstance(point.it, Link):
        return linking.foreseen(drive, point, now=time.time_ns())
    return rights.foreseen(drive, point)


def estimates(mark: Mark, plan: Plan) -> tuple[Estimate, Estimate]:
    """How long it takes to carry out *plan*, and to read OLD whole afterwards."""
    found, size = mark.facts["found"]["old"], sum(deed.bytes for deed in plan.writes)
    return (
        estimate(mark.home, Work.WRITE, len(plan.writes), size),
        estimate(mark.home, Work.READ, found["objects"], found["bytes"] + size),
    )


def traced(mark: Mark, base: Base) -> list[Traced]:
    """What the journal tells that was not carried."""
    lines = list(told(mark.home))
    paths = {decode(line[name]) for _, line in lines for name in ("path", "from") if name in line}
    return trace(lines, base.rows(paths), base.settled)


def _folders(base: Base, objects: list[Traced], old: Old) -> dict[Path, Row]:
    """The folders that hold the *objects* and did not change themselves, with where in OLD they are now."""
    above = {it.path[:depth] for it in objects for depth in range(1, len(it.path))}
    changed = {it.path for it in objects}
    return {
        path: _placed(row, old)
        for path, row in base.rows(above - changed).items()
        if row.old_path is not None and row.old is not None and row.old.kind == "folder"
    }


def _placed(row: Row, old: Old) -> Row:
    assert row.old_path is not None and row.old is not None
    found = old.at(row.old_path)
    if found is not None and found.kind == "folder":
        return row
    place = old.place(row.old)
    return row if place is None else row._replace(old_path=place, old=old.at(place))


def _now(mark: Mark) -> Manifest | None:
    """NEW as the last whole scan found it."""
    try:
        return open_manifest(mark.home.folder / "now")
    except BadManifest:
        return None


def _points(mark: Mark, base: Base, objects: list[Traced], now: Manifest | None) -> list[Point]:
    if now is None:
        return []
    then = open_manifest(mark.home.switch / "new", check=False)
    moved = {it.row.new_path: it.path for it in objects if it.row is not None and it.now is not None}

    def place(path: Path) -> Path | None:
        row = base.rows([path]).get(path)
        back = next((was for was, is_ in moved.items() if is_ == path), None)
        row = row or (base.rows([back]).get(back) if back is not None else None)
        return None if row is None else row.old_path

    return rights.changes(then, now, place, mark.people, moved)


class Run(NamedTuple):
    """What a run did."""

    plan: Plan
    done: list[Done]
    rights: dict[str, str]
    """The code why not, by the id of a change of rights; empty: it was carried."""

    @property
    def failed(self) -> list[Done]:
        """What was not done."""
        return [it for it in self.done if it.code]

    @property
    def changed(self) -> int:
        """How many actions changed OLD."""
        return sum(it.deed.do in DOES and not it.code for it in self.done)


def run(
    mark: Mark,
    crew: Crew,
    *,
    ask: Ask = Ask.FILE,
    publish: Publish = nobody_listens,
) -> Run:
    """
    Carry later work of NEW into OLD, by the journal as it is; running again goes on, or changes nothing.

    Raises:
        LadingError: a drive or a disk stands in the way; both sides are readable as they are.
    """
    drive = drive_for(mark.old, WRITING)
    settle_renames(drive, mark.home)
    plan = make_plan(mark, crew, ask=ask)
    failpoint("rollback.planned")
    _note_moved(mark, plan)
    now = _now(mark)
    grants = now.values("grants") if now is not None and now.has("grants") else ()
    guard = Guard(drive, grants, mark.people)
    changes = _Rights(mark, plan)
    changes.narrow()
    with measuring(mark.home, Work.WRITE, publish) as watch:
        done = Performing(drive, mark.home, mark.people, publish=watch, guard=guard).run(plan.deeds)
    carried = changes.rest()
    if drive.partials is not None:
        drive.partials.sweep(())
    if drive.settle is not None:
        drive.settle.settle()
    return Run(plan, done, carried)


def _note_moved(mark: Mark, plan: Plan) -> None:
    """Note where folders are by now: what is put into them may make them hard to find again."""
    notes = Lines(mark.home.carried)
    notes.add(*({"row": row.to_json()} for row in plan.moved))
    notes.close()


class _Rights:
    """Carries changes of rights into OLD, and notes each."""

    def __init__(self, mark: Mark, plan: Plan) -> None:
        self._mark, self._plan = mark, plan
        self._drive = drive_for(mark.old, WRITING)
        self.outcome: dict[str, str] = {}

    def narrow(self) -> None:
        """
        What takes access away, where OLD has the object already: before anything more is put into it.

        What cannot be done yet is tried again with the rest.
        """
        self._all([it for it in self._plan.to_carry() if not it.widens], early=True)

    def rest(self) -> dict[str, str]:
        """All others; codes by their ids."""
        self._all([it for it in self._plan.to_carry() if self.outcome.get(it.id) != ""], early=False)
        return self.outcome

    def _all(self, points: list[Point], *, early: bool) -> None:
        home = self._mark.home
        base = Base(home.base, lines_of(home.carried))
        notes = Lines(home.folder / RIGHTS)
        try:
            for point in points:
                row = base.rows([point.it.path]).get(point.it.path)
                placed = point if row is None else point._replace(place=row.old_path)
                code = self._one(placed)
                if code and early:
                    continue
                failpoint("rollback.right_set")
                self.outcome[point.id] = code
                notes.add({"id": point.id, "code": code})
        finally:
            notes.close()

    def _one(self, point: Point) -> str:
        if not isinstance(point.it, Link):
            return rights.carry(self._drive, point)
        if point.place is None:
            return "no_entry"
        then = open_manifest(self._mark.home.switch / "old", check=False)
        sharing = Sharing(self._drive, self._mark.home, then, self._mark.people, now=time.time_ns())
        try:
            return sharing.carry(point, point.place)
        except DriveError as error:
            if stands_in_the_way(self._drive, error):
                raise
            return error.code
