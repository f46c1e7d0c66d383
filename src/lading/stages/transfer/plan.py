"""
Plan a pass: what is to be done with every object, and why.

The plan compares the manifest of OLD, the manifest of NEW and the table of
what has landed; `decide` has the say about each object.  It writes nothing to
any drive, so a dry run is this and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb, engine
from lading.manifest.mapping import map_names
from lading.manifest.read import Manifest
from lading.model.entry import Kind
from lading.model.failpoints import failpoint
from lading.stages.transfer.decide import Action, Decision, Facts, Landed, Object, Reason, decide
from lading.stages.transfer.fresh import is_fresh, plan_fresh
from lading.stages.transfer.ground import load_tables
from lading.stages.transfer.hanging import Early, Hanging, plan_hanging, plan_histories
from lading.stages.transfer.parts import SCHEMA, Stage, table_of, write_table
from lading.stages.transfer.renames import find_renames, no_renames
from lading.stages.transfer.rules import Rules, excluded_by
from lading.stages.transfer.sequence import write_stages
from lading.stages.transfer.tables import MEMORY, UNTOUCHED, load, view

_BATCH = 20_000
_FILES = ("renames", "files")
"""Stages whose rows may have something come right behind them."""

# Everything known about an object, in one row.  A place in NEW that a rename will free is free.
_KNOWN = """
    SELECT o.path, o.kind, o.size, o.modified, o.etag, o.id, o.problem, t.target,
           n.kind AS n_kind, n.size AS n_size, n.modified AS n_modified, n.etag AS n_etag,
           coalesce(l.old_size, along.old_size) AS old_size, coalesce(l.old_modified, along.old_modified) AS old_modified,
           coalesce(l.old_etag, along.old_etag) AS old_etag,
           coalesce(l.new_size, along.new_size) AS new_size, coalesce(l.new_modified, along.new_modified) AS new_modified,
           coalesce(l.new_etag, along.new_etag) AS new_etag, coalesce(l.sha256, came.sha256, along.sha256, renames.sha256) AS sha256,
           renames.source, came.old_path IS NOT NULL AS in_place,
           excluded.path IS NOT NULL AS excluded, refused.reason AS refused
    FROM o JOIN t ON t.path = o.path
    LEFT JOIN (SELECT * FROM n WHERE path NOT IN (SELECT source FROM renames)) AS n ON n.path = t.target
    LEFT JOIN l ON l.old_path = o.path AND l.new_path = t.target
    LEFT JOIN along ON l.old_path IS NULL AND along.path = o.path
    LEFT JOIN renames ON renames.path = o.path
    LEFT JOIN came ON came.path = o.path
    LEFT JOIN excluded ON excluded.path = o.path
    LEFT JOIN refused ON refused.path = o.path
"""
# The commonest case of `decide`, for a million rows at once: nothing has changed on either side.
SAME = f"""
    problem IS NULL AND NOT excluded AND refused IS NULL AND NOT in_place AND n_kind = kind AND (
        kind = '{Kind.FOLDER}' OR (
            kind = '{Kind.FILE}' AND size = old_size AND n_size = new_size
            AND CASE WHEN etag IS NULL OR old_etag IS NULL THEN modified IS NOT DISTINCT FROM old_modified ELSE etag = old_etag END
            AND CASE WHEN n_etag IS NULL OR new_etag IS NULL THEN n_modified IS NOT DISTINCT FROM new_modified ELSE n_etag = new_etag END
        )
    )
"""


# No etag is the empty one: what came along unchanged is in `came`, all else has its content looked at.
_ALONG = """
    o.path, l.old_size, CASE WHEN o.etag IS NOT NULL THEN l.old_modified END AS old_modified, '' AS old_etag,
    l.new_size, l.new_modified, l.new_etag, l.sha256
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a pass will do: counts and bytes by action, and the partitions by stage.

    *held_back* is the number of deletions that wait until all folders of OLD can be listed.
    """

    actions: dict[str, dict[str, int]]
    stages: list[Stage]
    held_back: int

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON values."""
        stages = [{"stage": stage.name, "parts": stage.parts} for stage in self.stages]
        return {"format": 1, "actions": self.actions, "held_back": self.held_back, "stages": stages}


@dataclass(frozen=True, slots=True)
class Sides:
    """The two drives as a plan sees them."""

    old: Manifest
    new: Manifest
    old_profile: Profile
    new_profile: Profile
    new_moves: bool
    """Whether NEW can move things without copying."""
    landed: LocalPath | None
    """The table of what earlier passes put into NEW."""


def make_plan(sides: Sides, rules: Rules, folder: LocalPath, hanging: Hanging | None = None) -> Plan:
    """
    Plan the pass and write its partitions into *folder*; *hanging* goes along with the files.

    Raises:
        Fuse: more than the stated share of what has landed would be removed from NEW.
    """
    if hanging is None and is_fresh(sides.old, sides.new, sides.landed):
        return Plan(*plan_fresh(sides.old, sides.new_profile, rules, folder), held_back=0)
    with engine(str(folder), memory_limit=MEMORY) as db:
        load(db, sides.old, sides.new, sides.landed)
        _prepare(db, sides, rules)
        _decide_all(db, sides, rules, folder, histories=hanging is not None and hanging.histories)
        failpoint("plan.parts")
        early = Early() if hanging is None else _prepare_hanging(db, sides, hanging, folder)
        stages, held_back = write_stages(db, sides.new_profile, rules, folder, list(early.grants))
        if hanging is not None:
            plan_histories(
                db, hanging, folder, [key for it in stages if it.name in _FILES for key in it.parts]
            )
        stages += [Stage("archive", list(early.archive))] if early.archive else []
        _write_rest(db, folder)
        return Plan({**_actions(db), **_removals(db, folder)}, stages, held_back)


def _prepare_hanging(
    db: duckdb.DuckDBPyConnection, sides: Sides, hanging: Hanging, folder: LocalPath
) -> Early:
    db.execute("CREATE TEMP VIEW moves AS SELECT * FROM folder_moves")
    load_tables(db, sides.old, sides.new)
    return plan_hanging(db, hanging, folder)


def _prepare(db: duckdb.DuckDBPyConnection, sides: Sides, rules: Rules) -> None:
    map_names(db, sides.new_profile.names)
    db.execute(
        "CREATE TEMP VIEW t AS SELECT o.path, coalesce(m.target, o.path) AS target FROM o LEFT JOIN m USING (path)"
    )
    db.execute("CREATE TEMP TABLE excluded (path VARCHAR)")
    if rules.exclude:
        _exclude(db, rules.exclude)
    if _vanished(db):
        _find_renamed(db, sides)
    else:
        no_renames(db)
        db.execute("CREATE TEMP TABLE came (path VARCHAR, old_path VARCHAR, sha256 VARCHAR)")
        db.execute(f"CREATE TEMP TABLE along AS SELECT {_ALONG} FROM l JOIN o ON false")


def _vanished(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether anything that landed is no longer at its place in OLD; else nothing was renamed."""
    return bool(db.execute("SELECT 1 FROM l ANTI JOIN o ON o.path = l.old_path LIMIT 1").fetchall())


def _find_renamed(db: duckdb.DuckDBPyConnection, sides: Sides) -> None:
    """
    Find what was renamed in OLD.

    Makes `came` (what came along when a folder above it was renamed, unchanged) and `along`: what
    came along and stands where OLD now has it, changed or not.  That is ours, so an edit in OLD
    may replace it.
    """
    if sides.new_moves and sides.old_profile.stable_ids:
        find_renames(db)
        db.execute(f"""
            CREATE TEMP TABLE came AS SELECT o.path, any_value(l.old_path) AS old_path, any_value(l.sha256) AS sha256
            FROM o JOIN t ON t.path = o.path
            JOIN l ON l.old_id = o.id AND l.new_path = t.target AND l.old_path <> o.path AND l.kind = o.kind
            JOIN n ON n.path = t.target AND n.kind = o.kind
            WHERE o.kind = 'folder' OR (
                o.size = l.old_size AND o.modified = l.old_modified AND coalesce(o.etag = l.old_etag, true)
                AND {UNTOUCHED}
            )
            GROUP BY o.path
        """)
    else:
        no_renames(db)
        db.execute("CREATE TEMP TABLE came (path VARCHAR, old_path VARCHAR, sha256 VARCHAR)")
    db.execute(f"""
        CREATE TEMP TABLE along AS SELECT DISTINCT ON (o.path) {_ALONG}
        FROM o JOIN t ON t.path = o.path
        JOIN l ON l.new_path = t.target AND l.old_path <> o.path AND l.kind = o.kind
        ANTI JOIN o AS still ON still.path = l.old_path
        WHERE o.kind = 'file' ORDER BY o.path, l.old_path
    """)


def _exclude(db: duckdb.DuckDBPyConnection, patterns: Iterable[str]) -> None:
    """Note what the patterns match, and all below it."""
    matches = excluded_by(patterns)
    batches = db.sql("SELECT path FROM o").to_arrow_reader(_BATCH)
    found = [pa.array(filter(matches, batch.column(0).to_pylist()), pa.string()) for batch in batches]
    db.register("found", pa.table({"path": pa.chunked_array(found, pa.string())}))
    db.execute("INSERT INTO excluded SELECT path FROM found")
    db.unregister("found")


def _decide_all(
    db: duckdb.DuckDBPyConnection, sides: Sides, rules: Rules, folder: LocalPath, *, histories: bool
) -> None:
    """Make the table `decided` of every object that is not simply the same."""
    db.execute(f"CREATE TEMP TABLE known AS SELECT *, coalesce({SAME}, false) AS same FROM ({_KNOWN})")
    limit = sides.new_profile.size_limit
    result = db.sql("SELECT * FROM known WHERE NOT same ORDER BY path").to_arrow_reader(_BATCH)
    number = 0
    draft = folder / "decided"
    draft.mkdir(exist_ok=True)
    for batch in result:
        rows = []
        for row in _tuples(batch):
            it = _object(row)
            decision = decide(it, size_limit=limit, overwrite=rules.overwrite, histories=histories)
            rows.append(_planned(number, row, it, decision))
            number += 1
        write_table(draft / f"{number:09d}.parquet", table_of(rows, SCHEMA))
    write_table(draft / "empty.parquet", table_of([], SCHEMA))
    view(db, "decided", sorted(draft.iterdir()))


def _object(row: tuple[Any, ...]) -> Object:
    (_, kind, size, modified, etag, _, problem, _, n_kind, n_size, n_modified, n_etag,
     old_size, old_modified, old_etag, new_size, new_modified, new_etag, _,
     source, in_place, excluded, refused, _) = row  # fmt: skip
    kind = Kind(kind)
    new = None if n_kind is None else Facts(Kind(n_kind), n_size, n_modified, n_etag)
    landed = None
    if new_size is not None:
        landed = Landed(
            Facts(kind, old_size, old_modified, old_etag), Facts(kind, new_size, new_modified, new_etag)
        )
    return Object(
        Facts(kind, size, modified, etag),
        problem,
        new,
        landed,
        source,
        in_place,
        excluded,
        None if refused is None else Reason(refused),
    )


def _planned(seq: int, row: tuple[Any, ...], it: Object, decision: Decision) -> tuple[Any, ...]:
    return (
        seq, decision.action.value, decision.reason.value, row[0], row[7], it.old.kind.value, it.old.size, it.old.modified,
        it.old.etag, row[5], it.new.etag if it.new else None, it.new is not None, it.renamed_from, row[18],
        it.new.size if it.new else None, it.new.modified if it.new else None,
    )  # fmt: skip


def _tuples(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _write_rest(db: duckdb.DuckDBPyConnection, folder: LocalPath) -> None:
    """Keep what the account needs later: what is the same, which names are mapped."""
    db.execute(
        f"COPY (SELECT path, target FROM known WHERE same) TO '{_sql(folder)}/same.parquet' (FORMAT parquet)"
    )
    db.execute(
        f"COPY (SELECT * FROM m WHERE why <> '' ORDER BY path) TO '{_sql(folder)}/mapped.parquet' (FORMAT parquet)"
    )
    db.execute(
        f"COPY (SELECT number, path, source, target FROM folder_moves ORDER BY number) TO '{_sql(folder)}/moves.parquet' (FORMAT parquet)"
    )
    failpoint("plan.done")


def _actions(db: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    query = """
        SELECT action, count(*), coalesce(sum(size), 0)::BIGINT FROM decided GROUP BY action
        UNION ALL SELECT 'same', count(*), coalesce(sum(size), 0)::BIGINT FROM known WHERE same
    """
    return {
        action: {"objects": count, "bytes": size}
        for action, count, size in sorted(db.execute(query).fetchall())
    }


def _removals(db: duckdb.DuckDBPyConnection, folder: LocalPath) -> dict[str, dict[str, int]]:
    """What is to be removed from NEW: no object of OLD, so `decided` does not have it."""
    if not (parts := sorted(folder.glob("part-*.parquet"))):
        return {}
    view(db, "planned", parts)
    count, size = db.execute(
        f"SELECT count(*), coalesce(sum(size), 0)::BIGINT FROM planned WHERE action = '{Action.DELETE}'"
    ).fetchall()[0]
    return {Action.DELETE.value: {"objects": count, "bytes": size}} if count else {}


def _sql(path: LocalPath) -> str:
    return str(path).replace("'", "''")
