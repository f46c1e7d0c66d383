"""
Gather what an assessment is about: from both drives, from files of facts, from the plan.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from lading.cli.access_files import path_from, walls_in
from lading.cli.assess_joined import gains_of, joint_facts, planned_facts
from lading.cli.options import address
from lading.cli.output import progress_bar
from lading.cli.people_options import pair
from lading.cli.scan import Depth
from lading.cli.sides import Given, opened
from lading.connectors.registry import open_drive
from lading.connectors.wrap.policy import Policy, wrapped
from lading.manifest import tables
from lading.manifest.access.opened import resolved, tables_of
from lading.manifest.access.walls import Wall, check_walls
from lading.manifest.read import Manifest, open_manifest
from lading.model.errors import BadRequest
from lading.model.identity import IdentityMap, key_of
from lading.model.progress import Publish
from lading.model.text import Text
from lading.stages.backup.drill import Rules, fresh, read_result
from lading.stages.planning.contract import Side, side, weights_of
from lading.stages.readiness.duration import rates_of
from lading.stages.readiness.factfile import Gathered, read_facts
from lading.stages.readiness.facts.content import ContentFacts
from lading.stages.readiness.facts.plan import Age, DrillFacts, Looked, PlanFacts, Safety
from lading.stages.readiness.facts.rights import RightsFacts, Some
from lading.stages.readiness.gather.content import Looking, absent, content_facts
from lading.stages.readiness.gather.documents import with_documents, without_documents
from lading.stages.readiness.gather.reach import reach_of
from lading.stages.readiness.gather.rights import rights_facts
from lading.stages.readiness.judging import unlooked
from lading.stages.readiness.planfile import Critical, read_plan, waves_of


@dataclass(frozen=True, slots=True)
class Found:
    """All facts; the drives by kind and place; the waves; and what the estimate needs."""

    facts: tuple[Any, ...]
    old: tuple[str, str]
    new: tuple[str, str] | None
    looked: tuple[Age, ...]
    waves: tuple[str, ...]
    owners: Mapping[str, str]
    bytes: int
    objects: int


def gather(old: str, new: str | None, given: Mapping[str, Any], now: datetime, *, quiet: bool) -> Found:
    """
    What the options of `lading assess` ask for, as it is *now*.

    Raises:
        LadingError: a drive, a file of facts or the plan cannot be read.
    """
    today = now.astimezone().date()
    # What is typed wrong is told before a long scan begins.
    told = _told(given["facts_files"])
    plan, critical = read_plan(given["plan_file"], today) if given["plan_file"] else (None, Critical())
    safety = Safety(today, _drill(given["drill_file"], now) if given["drill_file"] else None)
    walls = walls_in(given["walls"]) if given["walls"] else []
    earlier = open_manifest(given["earlier"]) if given["earlier"] else None
    looking = _looking(given, now, plan, critical, walls)
    with tempfile.TemporaryDirectory(prefix="lading-assess-") as scratch:
        ours, theirs, people = _sides(old, new, scratch, given, quiet=quiet)
        _refuse_absent(ours.manifest, given["without"], walls)
        looking = replace(
            looking, reach=reach_of(ours.manifest, ours.circles, critical.people, directory=scratch)
        )
        with progress_bar(quiet=quiet) as publish:
            content = content_facts(
                ours.manifest,
                theirs.profile if theirs else None,
                looking,
                earlier=earlier,
                publish=publish,
                directory=scratch,
            )
            content = _documents(content, old, ours.manifest, given, looking, publish, scratch)
        joined = [*joint_facts(ours, theirs, people, looking, scratch)]
        rights = _rights(ours, theirs, people, walls, looking, scratch)
        planned = [*planned_facts(ours, theirs, plan, told, looking, today, scratch)]
    facts: list[Any] = [content, rights, *joined, *planned, *([plan] if plan else []), safety]
    rates = rates_of(facts)
    facts[0] = replace(content, rate=min((it.likely for it in rates), default=None))
    looked = _ages(ours.manifest, told)
    # That a drill was asked for is no plan.
    facts.append(Looked(now, looked, unlooked(it for it in facts if plan or not isinstance(it, Safety))))
    return Found(
        tuple(facts), _place(ours), _place(theirs) if theirs else None, looked,
        tuple(it.name for it in plan.waves) if plan else (), dict(plan.owners) if plan else {}, content.bytes, content.files,
    )  # fmt: skip


def _rights(
    ours: Side,
    theirs: Side | None,
    people: IdentityMap | None,
    walls: Sequence[Wall],
    looking: Looking,
    scratch: str,
) -> RightsFacts:
    return rights_facts(
        ours.manifest,
        looking,
        people=_concerned(ours.manifest, people, scratch) if people is not None else None,
        crossing=_crossing(ours.manifest, walls, looking, scratch),
        gains=gains_of(ours, theirs, people, looking, scratch),
        directory=scratch,
    )


def _told(files: Sequence[str]) -> list[Gathered]:
    """
    The facts in *files*.

    Raises:
        DriveError, BadFacts: one cannot be read.
        BadRequest: one holds what this command counts by itself.
    """
    told = [read_facts(file) for file in files]
    if own := [one.source for one in told if isinstance(one.fact, ContentFacts)]:
        said = Text("what the content has is counted anew, not read", "内容由本命令重新统计，不从文件读取")
        raise BadRequest(own[0], said)
    return told


def _looking(
    given: Mapping[str, Any], now: datetime, plan: PlanFacts | None, critical: Critical, walls: Sequence[Wall]
) -> Looking:
    walled = [top for wall in walls for part in wall.sides for top in part]
    return Looking(
        now=int(now.timestamp() * 10**9),
        stale_years=given["stale_years"],
        waves=waves_of(plan) if plan else {},
        hidden=tuple(dict.fromkeys([*map(path_from, given["without"]), *walled])),
        critical=tuple(path_from(pattern) for pattern in critical.patterns),
        labels=critical.labels,
    )


def _refuse_absent(manifest: Manifest, without: Sequence[str], walls: Sequence[Wall]) -> None:
    """
    Refuse a path that nothing lies at: a slip of the pen would leave names in the open.

    Raises:
        BadRequest: there is one; a path of a wall stays unsaid, for errors go to logs.
    """
    if absent(manifest, [path_from(path) for path in without]):
        raise BadRequest(
            "--without", Text("the old drive has nothing at one of these paths", "旧网盘中不存在其中某个路径")
        )
    for number, wall in enumerate(walls, 1):
        if absent(manifest, [top for part in wall.sides for top in part]):
            said = Text(
                f"wall {number} names a path that the old drive does not have",
                f"第 {number} 条隔离墙中的路径在旧网盘中不存在",
            )
            raise BadRequest("--walls", said)


def _sides(
    old: str, new: str | None, scratch: str, given: Mapping[str, Any], *, quiet: bool
) -> tuple[Side, Side | None, IdentityMap | None]:
    depth = Depth(False, tuple(tables.Feature))
    if new is not None:
        both = pair(old, new, scratch, depth, quiet=quiet, new_depth=depth, **given)
        # A drive that tells no people has none who could be missing.
        known = both.old.manifest.has("principals") and both.new.manifest.has("principals")
        return both.old, both.new, both.people if known else None
    sides = (Given(old, given["old_opt"], f"{scratch}/old", depth),)
    (manifest,) = opened(sides, quiet=quiet, workers=given["workers"])
    return side(manifest), None, None


def _concerned(manifest: Manifest, people: IdentityMap, scratch: str) -> IdentityMap:
    """Those of *people* on whom something hangs, or who are in a group: nobody else would miss anything."""
    if not manifest.has("grants"):
        return people
    heavy = weights_of(manifest, scratch)
    members = {it.member for it in manifest.values("members")} if manifest.has("members") else set()
    return IdentityMap(it for it in people if key_of(it.old) in heavy or it.old.id in members)


def _documents(
    content: ContentFacts,
    old: str,
    manifest: Manifest,
    given: Mapping[str, Any],
    looking: Looking,
    publish: Publish,
    scratch: str,
) -> ContentFacts:
    if not content.files:
        return content
    if not given["read_documents"]:
        return without_documents(content, "not_asked")
    if Given(old, (), "", Depth(False, ())).is_manifest:
        return without_documents(content, "manifest_only")
    place = str(manifest.address["place"])
    addresses = [*given["addresses"], *([place] if "://" in place else [])]
    drive = wrapped(open_drive(address(old, given["old_opt"])), Policy(read_only=True))
    try:
        return with_documents(
            content,
            manifest,
            drive,
            given["read_documents"],
            looking,
            addresses,
            publish=publish,
            directory=scratch,
        )
    finally:
        drive.close()


def _crossing(manifest: Manifest, walls: Sequence[Wall], looking: Looking, scratch: str) -> Some | None:
    """Who stands on both sides of one of *walls*; nobody's name is told."""
    if not walls:
        return Some(0)
    if not manifest.has("grants"):
        return None
    found = resolved(lambda db: check_walls(db, [tables_of(manifest)], walls, looking.now), directory=scratch)
    return Some(len({key for one in found.crossings for key in one.whom}))


def _drill(file: str, now: datetime) -> DrillFacts:
    """The drill whose result is in *file*, and why it does not count *now*."""
    result = read_result(file)
    return DrillFacts(datetime.fromtimestamp(result["ended"], UTC), fresh(result, now.timestamp(), Rules()))


def _ages(manifest: Manifest, told: Sequence[Gathered]) -> tuple[Age, ...]:
    scanned = datetime.fromtimestamp(float(manifest.facts["finished"]), UTC)
    mine = Age(str(manifest.address["place"]), "manifest", scanned)
    return mine, *(Age(one.source, one.fact.KIND, one.at) for one in told)


def _place(it: Side) -> tuple[str, str]:
    return str(it.manifest.address["kind"]), str(it.manifest.address["place"])
