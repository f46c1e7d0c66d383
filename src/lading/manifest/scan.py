"""
Scan a drive into a manifest: in parallel, with flat memory, resumable after a kill.

The state of a scan is the set of its finished part files: each says which
folders it took and which it left over.  This process only hands out what is
left; the tree never stands in its memory.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any, NamedTuple, ParamSpec, TypeVar

from lading import __version__
from lading.connectors.address import SECRET_OPTIONS, Address
from lading.connectors.crew import Crew, drive_for
from lading.connectors.profile import Profile
from lading.connectors.wrap.policy import Policy
from lading.manifest import asking, few, tables
from lading.manifest.content import CONTENTS, read_contents
from lading.manifest.earlier import source_of
from lading.manifest.engine import SPILL
from lading.manifest.files import local_errors, locked, write_json
from lading.manifest.finish import finished_facts
from lading.manifest.frontier import Frontier, OnTheWay
from lading.manifest.gather import gather
from lading.manifest.inherit import inherit
from lading.manifest.parts import FOLDER, Part
from lading.manifest.read import HEADER, Manifest, header_of, open_manifest
from lading.manifest.schema import FORMAT
from lading.manifest.share import Means, share, worker_alive
from lading.manifest.tables import Feature, features_of
from lading.manifest.tabling import table_file
from lading.manifest.taken_over import Counted, TakenOver, TakeTask, take_over, tally_written
from lading.manifest.taking import Hashing, Taker
from lading.manifest.walk import STAGE
from lading.model.errors import BadManifest, BadRequest, Overlapping
from lading.model.progress import Progress, Publish, nobody_listens
from lading.model.text import Text

P = ParamSpec("P")
R = TypeVar("R")

_OURS = frozenset((FOLDER, CONTENTS, asking.FOLDER, tables.FOLDER, "lock", HEADER + ".tmp"))
_LACKS = Text(
    "the manifest is finished and lacks digests or features that are asked for, or did not ask for them singly; scan into another folder",
    "清单已完成，但缺少所要求的摘要或附加信息，或未逐条查询；请扫描到另一个文件夹",
)
_OTHERWISE = Text(
    "the scan that was interrupted asked in the other way; use or leave out --singly as it did, or scan into another folder",
    "被中断的扫描采用另一种查询方式；请与之前一样使用或不用 --singly，或扫描到另一个文件夹",
)
_OTHERS = Text(
    "other entries were taken over than were counted; scan again",
    "接收的条目与统计的条目不一致；请重新扫描",
)


class _Wish(NamedTuple):
    """What is to be written down beside names, sizes and times."""

    digest: bool
    features: tuple[Feature, ...]
    singly: bool
    brief: bool

    def missing(self, facts: dict[str, Any]) -> bool:
        """Whether the finished manifest with *facts* lacks some of it."""
        told = set(self.features) <= set(facts.get("features", ())) and self.brief >= facts.get(
            "brief", False
        )
        return not told or any(
            wanted and not facts.get(name)
            for name, wanted in (("digest", self.digest), ("singly", self.singly))
        )


def scan(
    address: Address,
    policy: Policy,
    directory: str | os.PathLike[str],
    *,
    crew: Crew,
    publish: Publish = nobody_listens,
    digest: bool = False,
    features: Collection[Feature] = (),
    singly: bool = False,
    brief: bool = False,
    taker: Taker | None = None,
    earlier: Manifest | None = None,
    now: Callable[[], float] = time.time,
) -> Manifest:
    """
    Write the drive at *address* down in *directory*, or go on where an earlier scan was.

    A finished manifest of the same drive is returned as it is.  Folders and files that
    cannot be read are entries with a `problem`; with *digest* all content is read and its
    SHA-256 recorded.  Each of *features* that the drive can tell is written down in tables of its own;
    entries that cannot be asked stand in the table of problems.  With *singly* versions, grants and links are asked for
    entry by entry, whatever the drive tells in one go.  With *brief* a drive that offers brief listings is asked for
    those: times and digests of files are those of `facets.Brief`.  *taker* takes the contents that are read; those of files that are as they were
    in the manifest *earlier* are not read, their digests are those of then.  Of a drive that is written down already
    (`facets.Written`) that is taken over, unless contents are to be read or entries to be asked *singly*.  *publish* gets totals whenever a
    task ends; between that the workers tell increments through *crew*.

    Raises:
        BadManifest: *directory* holds something else, or the manifest of another drive.
        BadRequest: it holds a finished manifest without the digests or features asked for, or one begun with another *singly*.
        Overlapping: *directory* lies inside the drive.
        Busy: another scan is at work there.
        DriveError: the drive is not there (any more); what was found so far is kept.
        NoSpace, ReadOnly, Forbidden: the manifest cannot be written.
    """
    directory = os.path.abspath(directory)
    _apart(directory, address)
    # A drive that is not there leaves no trace of a scan.
    seen = _by_worker(crew, _seen, address, policy)
    wish = _Wish(digest, features_of(features), singly, brief and seen.brief)
    _claim(directory)
    with locked(directory), local_errors(directory):
        facts = _begun(directory, address, wish, now)
        if "finished" not in facts:
            means = Means(address, policy, seen.profile, crew, directory, publish, singly, wish.brief)
            if seen.written is None or digest or singly:
                facts |= _written(means, facts, taker, earlier)
            else:
                facts |= _taken_over(means, facts, seen.written)
            write_json(os.path.join(directory, HEADER), {**facts, "finished": now()})
    return open_manifest(directory)


def public(address: Address) -> dict[str, Any]:
    """*address* as records may hold it: nothing secret, not even where the secret is kept."""
    options = {name: value for name, value in address.options.items() if name not in SECRET_OPTIONS}
    return {"kind": address.kind, "place": address.place, "options": options}


def _apart(directory: str, address: Address) -> None:
    if address.kind == "folder":
        place = os.path.realpath(address.place)
        if os.path.commonpath((place, os.path.realpath(directory))) == place:
            raise Overlapping(directory, address.place)


def _claim(directory: str) -> None:
    """Make sure that *directory* is ours: new, empty, or a manifest."""
    with local_errors(directory):
        if os.path.lexists(directory) and not os.path.isdir(directory):
            raise BadManifest(directory, "it is not a folder")
        os.makedirs(directory, exist_ok=True)
        if not os.path.exists(os.path.join(directory, HEADER)) and set(os.listdir(directory)) - _OURS:
            raise BadManifest(directory, "the folder is not empty and holds no manifest")


def _begun(directory: str, address: Address, wish: _Wish, now: Callable[[], float]) -> dict[str, Any]:
    """The facts of the scan to go on with, the present attempt counted."""
    drive = public(address)
    facts = header_of(directory)
    if facts is None:
        facts = {"format": FORMAT, "drive": drive, "started": now(), "attempt": 0}
    if facts.get("drive") != drive:
        raise BadManifest(directory, "it belongs to another drive")
    if "finished" in facts:
        if wish.missing(facts):
            raise BadRequest(directory, _LACKS)
        return facts
    if facts["attempt"] and facts.get("singly", False) != wish.singly:
        raise BadRequest(directory, _OTHERWISE)
    if facts.get("features") != list(wish.features):
        # Tables that are there may lack what is asked for now.
        facts.pop("tables", None)
    facts |= {"tool": f"lading {__version__}", **wish._asdict(), "attempt": facts["attempt"] + 1}
    write_json(os.path.join(directory, HEADER), facts)
    return facts


def _written(
    means: Means, facts: dict[str, Any], taker: Taker | None, earlier: Manifest | None
) -> dict[str, Any]:
    """Do all that is still to do, and tell the facts of the whole manifest."""
    source = None if earlier is None else source_of(earlier)
    # Where digests are taken over part by part, contents are read after that.
    reads = facts["digest"] and means.threads == 1 and (earlier is None or source is not None)
    along = OnTheWay(_rights_along(means, facts), source, (taker or Hashing()) if reads else None)
    frontier = Frontier(means, facts["attempt"], along)
    share(means.crew, frontier.next_job, frontier.took)
    parts = frontier.parts
    if "tables" not in facts:
        # Noted before the raw rows go: from here on they are not needed any more.
        facts["tables"] = gather(means, parts, facts["features"]) if facts["features"] else {}
        write_json(os.path.join(means.directory, HEADER), facts)
    _sweep(means.directory, facts["tables"])
    if facts["digest"]:
        if earlier is not None and source is None:
            parts = inherit(means, parts, earlier)
        parts = read_contents(means, parts, taker, frontier.read)
    return {"profile": _plain(asdict(means.profile)), **_finished(means, parts)}


def _taken_over(means: Means, facts: dict[str, Any], objects: int) -> dict[str, Any]:
    """
    Take over what the drive has written down, *objects* at most, and tell the facts of the whole manifest.

    Raises:
        BadManifest: a table is not the one that was written down, or not all entries were taken over.
    """
    features = tuple(facts["features"])
    task = TakeTask(means.address, means.policy, means.directory, facts["attempt"], features)
    with worker_alive():
        # Few entries are counted while they are taken over, and not after that.
        counting = means.crew.submit(tally_written, task) if objects <= few.FEW else None
        taken = means.crew.submit(take_over, task).result()
        counted = None if counting is None else counting.result()
    tally = None if counted is None else _of_the_same(counted, taken, means.directory)
    left = [it for it in features if it not in taken.features]
    facts["tables"] = (
        dict(sorted({**taken.tables, **gather(means, taken.parts, left)}.items())) if features else {}
    )
    _sweep(means.directory, facts["tables"])
    told = _finished(means, taken.parts, tally)
    means.publish(
        Progress(STAGE, *(sum(it[what] for it in told["counts"].values()) for what in ("objects", "bytes")))
    )
    return {"profile": _plain(asdict(means.profile)), "taken_over": taken.source, **told}


def _of_the_same(counted: Counted, taken: TakenOver, directory: str) -> few.Tally:
    """
    What was *counted*.

    Raises:
        BadManifest: that is not what was *taken* over; the latest snapshot, say, may be another by now.
    """
    rows = sum(part.rows for part in taken.parts)
    if (counted.source, counted.tally.objects) != (taken.source, rows):
        raise BadManifest(directory, _OTHERS)
    return counted.tally


def _rights_along(means: Means, facts: dict[str, Any]) -> str:
    """The folder for rights that are asked while walking, "" if they are asked later, if at all."""
    if Feature.GRANTS not in facts["features"] or means.singly or means.threads > 1 or "tables" in facts:
        return ""
    if not means.profile.grants_within:
        return ""
    folder = os.path.join(means.directory, asking.FOLDER)
    os.makedirs(folder, exist_ok=True)
    return folder


def _sweep(directory: str, made: Collection[str]) -> None:
    """Remove what earlier attempts left: raw rows, sorting on the disk, tables that this one was not asked for."""
    ours = {os.path.basename(table_file(directory, name)) for name in made}
    folder = os.path.join(directory, tables.FOLDER)
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name not in ours:
            os.unlink(os.path.join(folder, name))
    for name in os.listdir(directory):
        if name == asking.FOLDER or name.startswith(SPILL):
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)
    if not made and os.path.isdir(folder):
        os.rmdir(folder)


def _finished(means: Means, parts: list[Part], tally: few.Tally | None = None) -> dict[str, Any]:
    """The counts and fingerprints, made by a worker: this process may have other scans to lead."""
    return _by_worker(means.crew, finished_facts, means.directory, parts, tally)


def _by_worker(crew: Crew, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    with worker_alive():
        return crew.submit(work, *args, **kwargs).result()


class _Seen(NamedTuple):
    """What a look at the drive tells: its profile, whether it offers brief listings, and of how many entries at most it is written down already, if it is."""

    profile: Profile
    brief: bool
    written: int | None


def _seen(address: Address, policy: Policy) -> _Seen:
    drive = drive_for(address, policy)
    objects = None if drive.written is None else drive.written.objects
    return _Seen(drive.profile, drive.brief is not None, objects)


def _plain(value: Any) -> Any:
    """*value* as JSON can hold it."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return value
