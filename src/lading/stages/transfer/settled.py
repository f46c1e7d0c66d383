"""
What became of every object of OLD, when the rows of a pass have been done: what an account is made from.

Every object is in exactly one bucket, or there is no account.  Here it is found out by DuckDB; `fresh_account`
does it in memory for a first pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.model.errors import AccountOpen
from lading.model.paths import decode
from lading.stages.transfer.buckets import load_pass
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import Pass

BUCKETS = ("moved", "same", "renamed", "excluded", "waived", "failed")

_BATCH = 20_000

# Deletions and times of folders: no objects of OLD, so they stand in no bucket.
_BESIDE = """
    SELECT p.new AS path, p.kind, r.code, r.detail, p.action FROM planned AS p JOIN results AS r USING (seq)
    WHERE p.action IN ('delete', 'time') AND r.bucket = 'failed'
"""
_IN_NEW_ALONE = """
    SELECT count(*), coalesce(sum(n.size), 0)::BIGINT FROM n_after AS n
    WHERE path NOT IN (SELECT target FROM same) AND path NOT IN (SELECT new FROM decided)
      AND path NOT IN (SELECT coalesce(renamed_from, '') FROM decided)
"""
_DELETED = """
    SELECT count(*), coalesce(sum(p.size), 0)::BIGINT FROM planned AS p JOIN results USING (seq)
    WHERE p.action = 'delete' AND bucket = 'deleted'
"""


class Count(NamedTuple):
    """How many objects, and their bytes."""

    objects: int
    bytes: int


class Figures(NamedTuple):
    """Sums of a pass beside its buckets."""

    sent: int
    """Bytes."""
    beside: int
    """Deletions and times of folders that failed."""
    mapped: int
    """Names that NEW cannot hold."""
    kept: Count = Count(0, 0)
    """What is in NEW and not in OLD."""
    deleted: Count = Count(0, 0)


class Settled(Protocol):
    """What an account is made from.  Paths are encoded; rows of lists come in the order of their paths."""

    def sums(self) -> Iterable[tuple[str, str, int, int]]:
        """Space ("" for files in the root), bucket, objects and bytes, in the order of the spaces."""

    def figures(self) -> Figures:
        """All other sums."""

    def failed(self) -> Iterable[tuple[Any, ...]]:
        """What failed, waived or not: path, kind, size, code, detail, reason, bucket."""

    def beside(self) -> Iterable[tuple[Any, ...]]:
        """Deletions and times of folders that failed: path in NEW, kind, code, detail, action."""

    def excluded(self) -> Iterable[tuple[Any, ...]]:
        """What was left behind on purpose: path, kind, size, reason."""

    def mapped(self) -> Iterable[tuple[Any, ...]]:
        """Names that NEW cannot hold: path, place in NEW, why."""


def check_closed(old: Manifest, found: Count, open_: int) -> None:
    """
    Insist that no object is *open_*, and that those which are not are as many as the manifest of *old* counted.

    Raises:
        AccountOpen: else.
    """
    if open_:
        raise AccountOpen("", f"{open_} objects are in no bucket or in several")
    counted = Count(old.objects, old.bytes)
    if found != counted:
        raise AccountOpen(
            "",
            f"{found.objects} objects with {found.bytes} bytes accounted for, {counted.objects} with {counted.bytes} found",
        )


def settle(db: duckdb.DuckDBPyConnection, sides: Sides, it: Pass, rules: Rules, today: str) -> Settled:
    """
    What became of the objects of the pass *it*, on the day *today* (YYYY-MM-DD); makes the tables of `buckets` in *db*.

    Raises:
        AccountOpen: an object is in no bucket or in two, or the sums differ from what was found.
    """
    load_pass(db, sides, it)
    _waive(db, rules, today)
    _check_closed(db, sides.old)
    return _InDatabase(db)


class _InDatabase:
    """The tables of a pass as what an account is made from."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def sums(self) -> Iterable[tuple[str, str, int, int]]:
        return self._rows("""
            SELECT CASE WHEN o.kind = 'folder' OR contains(path, '/') THEN split_part(path, '/', 1) ELSE '' END AS space,
                   bucket, count(*), coalesce(sum(o.size), 0)::BIGINT
            FROM b JOIN o USING (path) GROUP BY 1, 2 ORDER BY 1
        """)

    def figures(self) -> Figures:
        beside = f"SELECT count(*) FROM ({_BESIDE})"
        counted = (
            "SELECT coalesce(sum(sent), 0)::BIGINT FROM results", beside, "SELECT count(*) FROM mapped",
        )  # fmt: skip
        sent, failed, mapped = (self._db.execute(query).fetchall()[0][0] for query in counted)
        deleted, alone = (Count(*self._db.execute(it).fetchall()[0]) for it in (_DELETED, _IN_NEW_ALONE))
        kept = Count(alone.objects - deleted.objects, alone.bytes - deleted.bytes)
        return Figures(sent, failed, mapped, kept, deleted)

    def failed(self) -> Iterable[tuple[Any, ...]]:
        failed = "SELECT path, o.kind, o.size, code, detail, reason, bucket FROM b JOIN o USING (path)"
        return self._rows(f"{failed} WHERE bucket IN ('failed', 'waived') ORDER BY path")

    def beside(self) -> Iterable[tuple[Any, ...]]:
        return self._rows(f"SELECT * FROM ({_BESIDE}) ORDER BY path")

    def excluded(self) -> Iterable[tuple[Any, ...]]:
        excluded = "SELECT path, o.kind, o.size, reason FROM b JOIN o USING (path)"
        return self._rows(f"{excluded} WHERE bucket = 'excluded' ORDER BY path")

    def mapped(self) -> Iterable[tuple[Any, ...]]:
        return self._rows("SELECT path, target, why FROM mapped ORDER BY path")

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        # Asked when the first row is: a connection has one answer at a time.
        result = self._db.execute(query)
        while rows := result.fetchmany(_BATCH):
            yield from rows


def _waive(db: duckdb.DuckDBPyConnection, rules: Rules, today: str) -> None:
    if not rules.waivers:
        return
    failed = db.execute("SELECT path FROM b WHERE bucket = 'failed'").fetchall()
    waived = [(path,) for (path,) in failed if any(it.covers(decode(path), today) for it in rules.waivers)]
    if waived:
        db.execute("CREATE TEMP TABLE waived (path VARCHAR)")
        db.executemany("INSERT INTO waived VALUES (?)", waived)
        db.execute("UPDATE b SET bucket = 'waived' WHERE path IN (SELECT path FROM waived)")


def _check_closed(db: duckdb.DuckDBPyConnection, old: Manifest) -> None:
    (open_,) = db.execute(f"""
        SELECT count(*) FROM o FULL JOIN (SELECT path, count(*) AS times, count(bucket) AS named, any_value(bucket) AS bucket FROM b GROUP BY path) AS c
        USING (path) WHERE o.kind IS NULL OR c.times IS NULL OR c.times <> 1 OR c.named <> 1 OR c.bucket NOT IN {BUCKETS}
    """).fetchall()[0]
    found = db.execute(
        "SELECT count(*), coalesce(sum(o.size), 0)::BIGINT FROM b JOIN o USING (path)"
    ).fetchall()
    check_closed(old, Count(*found[0]), open_)
