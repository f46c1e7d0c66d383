"""
What became of the objects of a first pass into an empty drive, found out in memory.

The counterpart of `fresh`: nothing was in NEW, so nothing was moved or removed there and every object of OLD
has been decided about; what has landed is what has landed now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa

from lading.manifest import few
from lading.manifest.parts import read_table
from lading.manifest.read import Manifest
from lading.model.entry import Kind
from lading.model.paths import decode
from lading.stages.transfer.decide import Action
from lading.stages.transfer.parts import SCHEMA
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.settled import BUCKETS, Count, Figures, check_closed
from lading.stages.transfer.state import Pass
from lading.stages.transfer.tables import LANDED
from lading.stages.transfer.worker import SCHEMA as RESULT

_ARRIVED = ("moved", "same", "renamed")
_UNTOUCHED = {Action.EXCLUDE.value: "excluded", Action.FAIL.value: "failed"}
"""The bucket of what no row of a partition is about."""
_RESULT = ["seq", "bucket", "sha256", "size", "modified", "etag", "code", "detail", "sent", "old_modified"]
_BY_OLD = {
    "old_path": "old",
    "kind": "kind",
    "old_size": "size",
    "old_etag": "etag",
    "old_id": "id",
    "new_path": "new",
}
_BY_NEW = {"new_size": "size", "new_modified": "modified", "new_etag": "etag", "sha256": "sha256"}
"""Columns of what has landed, by those of the decisions and of the results that they are taken from."""


def settle_fresh(old: Manifest, it: Pass, rules: Rules, today: str) -> Fresh:
    """
    What became of the objects of *old* in the pass *it*, on the day *today* (YYYY-MM-DD).

    Raises:
        AccountOpen: an object is in no bucket or in two, or the sums differ from what was found.
    """
    fresh = Fresh(few.Entries(old.files, ["path", "kind", "size", "problem"]), it)
    check_closed(old, fresh.found(), fresh.open())
    fresh.waive(rules, today)
    return fresh


class Fresh:
    """The files of a pass as what an account is made from; see `settled.Settled`."""

    def __init__(self, entries: few.Entries, it: Pass) -> None:
        self._entries, self._it = entries, it
        self._results = _read(it.result.glob("part-*.parquet"), RESULT, _RESULT)
        self._seqs = self._results["seq"].to_pylist()
        at = {seq: row for row, seq in enumerate(self._seqs) if seq >= 0}
        self._at = list(map(at.get, self._decided("seq").to_pylist()))
        """By decision, the row of the results that is about it."""
        self._repeated = sum(1 for seq in self._seqs if seq >= 0) - len(at)
        self._told, actions = self._results["bucket"].to_pylist(), self._decided("action").to_pylist()
        self._buckets = [
            _UNTOUCHED.get(action) if row is None else self._told[row]
            for row, action in zip(self._at, actions, strict=True)
        ]
        self._kinds, self._sizes = entries["kind"], entries["size"]

    def waive(self, rules: Rules, today: str) -> None:
        """Move what failed and may fail today into its bucket."""
        for row in self._rows("failed") if rules.waivers else ():
            path = decode(self._entries.paths[row])
            if any(it.covers(path, today) for it in rules.waivers):
                self._buckets[row] = "waived"

    def open(self) -> int:
        """How many objects are in no bucket or in several."""
        decided = self._decided("old").to_pylist()
        if decided != self._entries.paths:
            # Both are in order: some object was decided about never, or twice, or was never found.
            one, other = Counter(decided), Counter(self._entries.paths)
            return max(1, sum(((one - other) + (other - one)).values()))
        return self._repeated + sum(1 for bucket in self._buckets if bucket not in BUCKETS)

    def found(self) -> Count:
        """What is accounted for."""
        return Count(len(self._buckets), sum(self._sizes))

    def sums(self) -> Iterable[tuple[str, str, int, int]]:
        """As `Settled` says."""
        sizes: dict[tuple[str, str], list[int]] = defaultdict(list)
        told = zip(self._entries.paths, self._kinds, self._buckets, self._sizes, strict=True)
        for path, kind, bucket, size in told:
            space, inside, _ = path.partition("/")
            sizes[space if inside or kind == Kind.FOLDER else "", str(bucket)].append(size)
        return [(*where, len(them), sum(them)) for where, them in sorted(sizes.items())]

    def figures(self) -> Figures:
        """As `Settled` says; nothing was in NEW that could have been kept or deleted."""
        beside = sum(1 for _ in self.beside())
        return Figures(sum(self._results["sent"].to_pylist()), beside, len(self._mapped()))

    def failed(self) -> Iterable[tuple[Any, ...]]:
        """As `Settled` says."""
        rows = self._rows("failed", "waived")
        if not rows:
            return
        problems, reasons = self._entries["problem"], self._decided("reason").to_pylist()
        codes, details = (self._results[name].to_pylist() for name in ("code", "detail"))
        for row in rows:
            at = self._at[row]
            code, detail = (None, None) if at is None else (codes[at], details[at])
            yield (*self._facts(row), code or problems[row], detail, reasons[row], self._buckets[row])

    def beside(self) -> Iterable[tuple[Any, ...]]:
        """As `Settled` says."""
        beside = [row for row, seq in enumerate(self._seqs) if seq < 0 and self._told[row] == "failed"]
        if not beside:
            return []
        codes, details = (self._results[name].to_pylist() for name in ("code", "detail"))
        failed = {self._seqs[row]: (codes[row], details[row]) for row in beside}
        planned = _read(self._it.plan.glob("part-*.parquet"), SCHEMA, ["seq", "new", "kind", "action"])
        rows = zip(*(column.to_pylist() for column in planned.columns), strict=True)
        return sorted(
            ((new, kind, *failed[seq], action) for seq, new, kind, action in rows if seq in failed),
            key=lambda row: row[0],
        )

    def excluded(self) -> Iterable[tuple[Any, ...]]:
        """As `Settled` says."""
        if rows := self._rows("excluded"):
            reasons = self._decided("reason").to_pylist()
            yield from ((*self._facts(row), reasons[row]) for row in rows)

    def mapped(self) -> Iterable[tuple[Any, ...]]:
        """As `Settled` says."""
        return zip(*(column.to_pylist() for column in self._mapped().columns), strict=True)

    def landed(self) -> pa.Table:
        """What has landed, columns as in `tables.LANDED`."""
        rows = self._rows(*_ARRIVED)
        decided, result = (
            few.taker(rows),
            few.taker([row for row in map(self._at.__getitem__, rows) if row is not None]),
        )

        def column(field: pa.Field) -> pa.ChunkedArray:
            if (name := _BY_OLD.get(field.name)) is not None:
                return decided(self._decided(name))
            if (name := _BY_NEW.get(field.name)) is not None:
                return result(self._results[name])
            # What was seen when the content was read counts, where it was: a scan may be brief.
            seen = result(self._results["old_modified"])
            if not seen.null_count:
                return seen
            scanned = decided(self._decided("modified"))
            told = [
                then if now is None else now
                for now, then in zip(seen.to_pylist(), scanned.to_pylist(), strict=True)
            ]
            return pa.chunked_array([pa.array(told, field.type)])

        return pa.Table.from_arrays(list(map(column, LANDED)), schema=LANDED)

    def _decided(self, name: str) -> pa.ChunkedArray:
        """The column *name* of the decisions, read anew: they are in few files, and all of it would be in the way."""
        return _read((self._it.plan / "decided").glob("*.parquet"), SCHEMA, [name])[name]

    def _rows(self, *buckets: str) -> list[int]:
        """The rows of what is in *buckets*: most often all of them, or none."""
        there = set(self._buckets)
        if there <= set(buckets):
            return list(range(len(self._buckets)))
        return (
            [row for row, bucket in enumerate(self._buckets) if bucket in buckets]
            if there & set(buckets)
            else []
        )

    def _facts(self, row: int) -> tuple[str, str, int]:
        return self._entries.paths[row], self._kinds[row], self._sizes[row]

    def _mapped(self) -> pa.Table:
        return read_table(self._it.plan / "mapped.parquet")


def _read(files: Iterable[LocalPath], schema: pa.Schema, columns: Sequence[str]) -> pa.Table:
    """*columns* of *files* in the order of their names; with no files, none of those of *schema*."""
    tables = [read_table(file, columns) for file in sorted(files)]
    return pa.concat_tables(tables) if tables else schema.empty_table().select(columns)
