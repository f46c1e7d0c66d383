"""
The plan of a first pass into an empty drive, made in memory.

Where few objects are to be moved, NEW holds nothing and nothing has landed, every object is either new or
stays behind: there is nothing to join, and DuckDB takes longer to start than that takes to be written down.
The partitions are those that `plan` would write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

import pyarrow as pa

from lading.connectors.profile import Profile
from lading.manifest import few
from lading.manifest.engine import load_engine
from lading.manifest.mapping import mixes_up
from lading.manifest.places import Places, places_of
from lading.manifest.read import Manifest
from lading.model.entry import Kind
from lading.model.failpoints import failpoint
from lading.stages.transfer.decide import Action, Decision, Facts, Object, Reason, decide
from lading.stages.transfer.parts import SCHEMA, PartWriter, Stage, Write, table_of, written_beside
from lading.stages.transfer.rules import Rules, excluded_by
from lading.stages.transfer.state import Job

_COLUMNS = ["path", "kind", "size", "modified", "etag", "id", "problem"]
_ROWS = 20_000
"""Rows of a file of decisions."""
_NEW = {kind.value: decide(Object(Facts(kind, 0, None, None))) for kind in (Kind.FILE, Kind.FOLDER)}
"""What is done with an object about which there is nothing more to say."""

_SAME = pa.schema([("path", pa.string()), ("target", pa.string())])
_MAPPED = pa.schema([("path", pa.string()), ("target", pa.string()), ("why", pa.string())])
_MOVES = pa.schema(
    [("number", pa.int32()), ("path", pa.string()), ("source", pa.string()), ("target", pa.string())]
)


def is_fresh(old: Manifest, new: Manifest, landed: LocalPath | None) -> bool:
    """Whether few objects are to be moved into a drive that holds nothing, and none has *landed* before."""
    return landed is None and not new.objects and old.objects <= few.FEW


def load_ahead(job: Job, rules: Rules) -> None:
    """Load DuckDB before workers are forked, if the next pass of *job* will surely use it; a first pass of files alone may not."""
    if rules.features or job.landed.is_dir():
        load_engine()


def plan_fresh(
    old: Manifest, new: Profile, rules: Rules, folder: LocalPath
) -> tuple[dict[str, dict[str, int]], list[Stage]]:
    """
    Write the partitions of a pass of *old* into the empty drive *new* into *folder*.

    Returns counts and bytes by action, and the stages.
    """
    alike = mixes_up(new.names)
    entries = few.Entries(old.files, [*_COLUMNS, "normal"] if alike else _COLUMNS)
    places = places_of(entries.paths, entries["normal"] if alike else (), new.names)
    known = _Known(entries, _targets(entries, places), _decisions(entries, places, rules, new.size_limit))
    table = known.table()
    with written_beside() as write:
        _write_decided(table, folder / "decided", write)
        failpoint("plan.parts")
        stages = _write_stages(known, table, new, PartWriter(folder, len(known.decisions), write))
        _write_rest(places, folder, write)
    failpoint("plan.done")
    return _actions(known), stages


class _Known(NamedTuple):
    """Everything known about the objects, row by row; the number of a row is that of the plan."""

    entries: few.Entries
    targets: Sequence[str]
    decisions: Sequence[Decision]

    def table(self) -> pa.Table:
        """All rows of the plan, in order."""
        return pa.Table.from_arrays(list(map(self._column, SCHEMA)), schema=SCHEMA)

    def _column(self, field: pa.Field) -> pa.Array | pa.ChunkedArray:
        total = len(self.decisions)
        match field.name:
            case "seq":
                return pa.array(range(total), field.type)
            case "action" | "reason":
                return pa.array(map(attrgetter(field.name), self.decisions), field.type, size=total)
            case "new" if self.targets is not self.entries.paths:
                return pa.array(self.targets, field.type)
            case "old" | "new":
                return self.entries.table.column("path")
            case "kind" | "size" | "modified" | "etag" | "id":
                return self.entries.table.column(field.name)
            case "new_found":
                return pa.repeat(pa.scalar(False), total)
            case _:
                return pa.nulls(total, field.type)


def _targets(entries: few.Entries, places: Places) -> Sequence[str]:
    if not places.mapped:
        return entries.paths
    targets = {path: it.target for path, it in places.mapped.items()}
    return [targets.get(path, path) for path in entries.paths]


def _decisions(entries: few.Entries, places: Places, rules: Rules, limit: int | None) -> list[Decision]:
    excluded = set(filter(excluded_by(rules.exclude), entries.paths)) if rules.exclude else set()
    told = excluded | places.refused.keys()

    def decision(path: str, kind: str, size: int, problem: str | None) -> Decision:
        if kind in _NEW and path not in told and problem is None and (limit is None or size <= limit):
            return _NEW[kind]
        reason = places.refused.get(path)
        # Times and etags tell what has changed; here nothing can have.
        facts = Facts(Kind(kind), size, None, None)
        it = Object(
            facts, problem, excluded=path in excluded, refused=None if reason is None else Reason(reason)
        )
        return decide(it, size_limit=limit, overwrite=rules.overwrite)

    return list(map(decision, entries.paths, entries["kind"], entries["size"], entries["problem"]))


def _write_decided(table: pa.Table, folder: LocalPath, write: Write) -> None:
    folder.mkdir(exist_ok=True)
    for start in range(0, len(table), _ROWS):
        rows = table.slice(start, _ROWS)
        write(folder / f"{start + len(rows):09d}.parquet", rows)
    write(folder / "empty.parquet", SCHEMA.empty_table())


def _write_stages(known: _Known, table: pa.Table, new: Profile, writer: PartWriter) -> list[Stage]:
    """Folders from the top down, then files; the times of folders last, because writing into a folder moves its time."""
    folders, files = _rows_of(known, Action.FOLDER), _rows_of(known, Action.COPY)

    def depth(row: int) -> int:
        return known.targets[row].count("/")

    for level, rows in groupby(sorted(folders, key=depth), key=depth):
        writer.stage(f"folders-{level}", few.taken(table, list(rows)).to_batches())
    writer.stage("files", few.taken(table, files).to_batches())
    if new.keeps_modified and new.keeps_folder_times:
        writer.stage("times", _times(table, folders).to_batches())
    return writer.stages


def _rows_of(known: _Known, action: Action) -> list[int]:
    """The rows with *action*, by their places in NEW."""
    rows = [row for row, decision in enumerate(known.decisions) if decision.action is action]
    return rows if known.targets is known.entries.paths else sorted(rows, key=known.targets.__getitem__)


def _times(table: pa.Table, folders: Sequence[int]) -> pa.Table:
    """The folders that are made, from the bottom up; the numbers are negative, since the folders are counted elsewhere."""
    modified = table.column("modified")
    rows = [row for row in sorted(folders, reverse=True) if modified[row].is_valid]
    told: dict[str, Sequence[Any]] = {
        "seq": range(-1, -len(rows) - 1, -1),
        "action": [Action.TIME] * len(rows),
        "reason": [Reason.NEW] * len(rows),
        "new_found": [True] * len(rows),
    }
    times = few.taken(table, rows)
    for name, values in told.items():
        at = SCHEMA.get_field_index(name)
        times = times.set_column(at, SCHEMA.field(at), pa.array(values, SCHEMA.field(at).type))
    return times


def _write_rest(places: Places, folder: LocalPath, write: Write) -> None:
    """What the account and a verification need later: which names are mapped; nothing is the same, nothing moves."""
    rows = [(path, it.target, it.why) for path, it in sorted(places.mapped.items()) if it.why]
    write(folder / "same.parquet", _SAME.empty_table())
    write(folder / "mapped.parquet", table_of(rows, _MAPPED))
    write(folder / "moves.parquet", _MOVES.empty_table())


def _actions(known: _Known) -> dict[str, dict[str, int]]:
    sizes: dict[Action, list[int]] = defaultdict(list, {Action.SAME: []})
    for decision, size in zip(known.decisions, known.entries["size"], strict=True):
        sizes[decision.action].append(size)
    return {
        action.value: {"objects": len(them), "bytes": sum(them)} for action, them in sorted(sizes.items())
    }
