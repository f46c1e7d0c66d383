"""
Plan what goes along with the files: their versions, what restricts them, what of their history is archived.

What gives people something is planned after all that has been done, by `late`; links by `sharing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

import pyarrow as pa

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb
from lading.manifest.tables import Feature
from lading.manifest.translate.carried import carry_grants
from lading.manifest.translate.histories import carry_versions
from lading.manifest.translate.target import Target
from lading.model.access import Effect, Reach, Role
from lading.stages.transfer import ground
from lading.stages.transfer.granting import Sides, Step, Terms, decide_grant
from lading.stages.transfer.parts import table_of, write_table

ROWS = 500
"""Grants, links or archived versions of a partition."""
_BATCH = 20_000

HISTORY = pa.schema(
    [
        ("seq", pa.int64()),
        ("ordinal", pa.int32()),
        ("id", pa.string()),
        ("saved", pa.int64()),
        ("modified", pa.int64()),
        ("size", pa.int64()),
        ("author", pa.string()),
        ("label", pa.string()),
        ("sha256", pa.string()),
    ]
)
"""A version that goes along with the row *seq*, with the facts that NEW is given."""

GRANT = pa.schema(
    [
        ("gid", pa.int64()),
        ("key", pa.int64()),
        ("phase", pa.string()),
        ("seq", pa.int64()),
        ("gone", pa.bool_()),
        ("path", pa.string()),
        ("effect", pa.string()),
        ("kind", pa.string()),
        ("id", pa.string()),
        ("role", pa.int32()),
        ("reach", pa.string()),
        ("expires", pa.int64()),
    ]
)
"""
A step about a grant in NEW; *gone*: take it away.  *phase* is `early` or `late`; *seq* is the row of the file that it comes
right behind.
"""

KEY = pa.schema(
    [
        ("key", pa.int64()),
        ("place", pa.string()),
        ("effect", pa.string()),
        ("kind", pa.string()),
        ("id", pa.string()),
        ("why", pa.string()),
    ]
)
"""What was decided about a grant in NEW, known by its place, its effect and whom it is about."""

ARCHIVE = pa.schema(
    [
        ("path", pa.string()),
        ("ordinal", pa.int32()),
        ("id", pa.string()),
        ("size", pa.int64()),
        ("sha256", pa.string()),
    ]
)

# Two losses may come to the same grant: a break and a reset on one entry.
_WANTED = """
    SELECT DISTINCT ON (place, effect, kind, id) * FROM (
        SELECT coalesce(t.target, c.path) AS place, c.path AS old, new_effect AS effect, new_kind AS kind,
               if(new_kind = 'everybody', '', new_id) AS id, new_role::INTEGER AS role, new_reach AS reach, new_expires AS expires
        FROM carried AS c LEFT JOIN t ON t.path = c.path WHERE new_effect IS NOT NULL
    )
"""
# An entry of which OLD could be asked; only there a grant that is missing is known to be gone.
_CERTAIN = """
    SELECT target AS place FROM t
    WHERE path NOT IN (SELECT path FROM gone) AND path NOT IN (SELECT path FROM old_problems WHERE feature = 'grants')
    UNION SELECT '' WHERE '' NOT IN (SELECT path FROM old_problems WHERE feature = 'grants')
"""
_SIDES = """
    SELECT place, effect, kind, id, w.role, w.reach, w.expires, n.role, n.reach, n.expires, l.role, l.reach, l.expires,
           certain.place IS NOT NULL, row_.seq
    FROM w FULL JOIN (SELECT path AS place, * EXCLUDE (path) FROM ng) AS n USING (place, effect, kind, id)
    FULL JOIN (SELECT path AS place, * EXCLUDE (path) FROM lg) AS l USING (place, effect, kind, id)
    LEFT JOIN certain USING (place)
    LEFT JOIN (SELECT seq, new AS place FROM decided WHERE kind = 'file' AND action IN ('copy', 'rename')) AS row_ USING (place)
    ORDER BY place, effect, kind, id
"""


@dataclass(frozen=True, slots=True)
class Hanging:
    """What goes along with the files of a pass: *features*, and what earlier passes left in NEW of them."""

    features: tuple[str, ...]
    landed_grants: LocalPath | None
    overwrite: bool
    archive: bool
    to: Target

    @property
    def histories(self) -> bool:
        """Whether versions go along into NEW."""
        return ground.asked(self.features, Feature.VERSIONS) and takes_versions(self.to.profile)


class Early(NamedTuple):
    """Keys of partitions: of grants that come before the content, and of versions that are archived."""

    grants: tuple[str, ...] = ()
    archive: tuple[str, ...] = ()


def takes_versions(new: Profile) -> bool:
    """Whether NEW keeps contents that are put on top of each other."""
    return "order" in new.features.versions


def plan_grants(db: duckdb.DuckDBPyConnection, it: Hanging, folder: LocalPath) -> list[str]:
    """
    Decide about all grants, and write what comes before the content into *folder*; the keys of its partitions.

    Leaves `grants.parquet` (as `GRANT`), `keys.parquet` (as `KEY`), `translated.parquet` and `carried.parquet`.
    """
    carry_grants(db, it.to)
    ground.load_grants(db, it.landed_grants)
    db.execute(f"CREATE TEMP TABLE w AS {_WANTED}")
    db.execute(f"CREATE TEMP TABLE certain AS {_CERTAIN}")
    decided = _Decided(it.overwrite)
    for row in _rows(db.execute(_SIDES)):
        decided.add(row)
    write_table(folder / "grants.parquet", table_of(decided.steps, GRANT))
    write_table(folder / "keys.parquet", table_of(decided.keys, KEY))
    for name in ("translated", "carried"):
        db.execute(f"COPY (SELECT * FROM {name}) TO '{sql(folder / name)}.parquet' (FORMAT parquet)")
    early = [row for row in decided.steps if row[2] == "early" and row[3] is None]
    return write_parts(folder, "grants", early, GRANT)


class _Decided:
    """Steps and decisions, numbered."""

    def __init__(self, overwrite: bool) -> None:
        self._overwrite = overwrite
        self.steps: list[tuple[Any, ...]] = []
        self.keys: list[tuple[Any, ...]] = []

    def add(self, row: tuple[Any, ...]) -> None:
        """Decide about what a row of `_SIDES` tells."""
        place, effect, kind, id_, *terms, certain, seq = row
        sides = Sides(*(_terms(*terms[at : at + 3]) for at in (0, 3, 6)))
        steps = decide_grant(Effect(effect), sides, certain=certain, overwrite=self._overwrite)
        key = len(self.keys)
        self.keys.append((key, place, effect, kind, id_, steps.why.value))
        for phase, step in (("early", steps.early), ("late", steps.late)):
            if step is None:
                continue
            behind = seq if phase == "early" and step.terms else None
            self.steps.append((len(self.steps), key, phase, behind, *_step(step, place, effect, kind, id_)))


def _step(step: Step, place: str, effect: str, kind: str, id_: str) -> tuple[Any, ...]:
    terms = step.terms or Terms(Role.NONE, Reach.ALL, None)
    return step.terms is None, place, effect, kind, id_, int(terms.role), terms.reach.value, terms.expires


def _terms(role: int | None, reach: str | None, expires: int | None) -> Terms | None:
    return None if role is None or reach is None else Terms(Role(role), Reach(reach), expires)


def plan_histories(
    db: duckdb.DuckDBPyConnection, it: Hanging, folder: LocalPath, parts: Iterable[str]
) -> None:
    """Write the versions that go along with the rows of each of *parts*, beside them."""
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "guards").mkdir(exist_ok=True)
    names = list(parts)
    if not names:
        return
    db.execute("CREATE OR REPLACE TEMP TABLE part_of (seq BIGINT, old VARCHAR, action VARCHAR, part INTEGER)")
    for number, name in enumerate(names):
        db.execute(
            f"INSERT INTO part_of SELECT seq, old, action, {number} FROM read_parquet('{sql(folder / name)}.parquet')"
            " WHERE kind = 'file' AND action IN ('copy', 'replace', 'check', 'recheck', 'rename')"
        )
    if it.histories:
        _write_beside(db, _HISTORIES, names, folder / "versions", HISTORY)
    if (folder / "grants.parquet").exists():
        query = _GUARDS.format(grants=sql(folder / "grants.parquet"))
        _write_beside(db, query, names, folder / "guards", GRANT)


_HISTORIES = """
    SELECT part, seq, ordinal, id, saved, modified, size, author, label, sha256
    FROM part_of JOIN carried_versions AS v ON v.path = part_of.old WHERE arrives ORDER BY part, seq, ordinal
"""
_GUARDS = """
    SELECT part, g.* FROM part_of JOIN read_parquet('{grants}') AS g USING (seq) WHERE g.phase = 'early' ORDER BY part, gid
"""


def _write_beside(
    db: duckdb.DuckDBPyConnection, query: str, names: list[str], folder: LocalPath, schema: pa.Schema
) -> None:
    for part, rows in groupby(_rows(db.execute(query)), key=lambda row: row[0]):
        write_table(folder / f"{names[part]}.parquet", table_of([row[1:] for row in rows], schema))


def plan_archive(db: duckdb.DuckDBPyConnection, folder: LocalPath) -> list[str]:
    """Write which versions go into the archive, because NEW does not take them; the keys of the partitions."""
    rows = _rows(
        db.execute(
            "SELECT path, ordinal, id, size, sha256 FROM carried_versions WHERE NOT arrives ORDER BY path, ordinal"
        )
    )
    return write_parts(folder, "archive", rows, ARCHIVE)


def plan_hanging(db: duckdb.DuckDBPyConnection, it: Hanging, folder: LocalPath) -> Early:
    """Prepare all that is known before the rows of the plan are cut into partitions."""
    ground.find_gone(db)
    early: list[str] = []
    archived: list[str] = []
    if ground.asked(it.features, Feature.VERSIONS):
        carry_versions(db, it.to)
        archived = plan_archive(db, folder) if it.archive else []
    if ground.asked(it.features, Feature.GRANTS):
        early = plan_grants(db, it, folder)
    return Early(tuple(early), tuple(archived))


def write_parts(
    folder: LocalPath, name: str, rows: Iterable[tuple[Any, ...]], schema: pa.Schema
) -> list[str]:
    """Cut *rows* into partitions called *name* in *folder*; their keys."""
    keys: list[str] = []
    held: list[tuple[Any, ...]] = []

    def flush() -> None:
        keys.append(f"{name}-{len(keys):05d}")
        write_table(folder / f"{keys[-1]}.parquet", table_of(held, schema))
        held.clear()

    for row in rows:
        held.append(row)
        if len(held) == ROWS:
            flush()
    if held:
        flush()
    return keys


def sql(path: LocalPath) -> str:
    """*path* inside quotes of SQL."""
    return str(path).replace("'", "''")


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(_BATCH):
        yield from rows
