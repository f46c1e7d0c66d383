"""
Plan what gives people something: after all content is there and all restrictions were set.

What a restriction limits that is not there is not given.  The deepest entries come first, the roots of spaces last.
"""

from __future__ import annotations

from typing import Any

from lading.manifest.engine import duckdb, engine
from lading.manifest.translate.carried import leave_unguarded
from lading.model.failpoints import failpoint
from lading.stages.transfer import ground
from lading.stages.transfer.buckets import load_pass
from lading.stages.transfer.hanging import GRANT, sql, write_parts
from lading.stages.transfer.parts import table_of, write_table
from lading.stages.transfer.people import target_of
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.setting import STEP
from lading.stages.transfer.state import Pass
from lading.stages.transfer.tables import MEMORY, view

_COLUMNS = ", ".join(GRANT.names)
_DEPTH = "if(path = '', -1, length(path) - length(replace(path, '/', '')))"

# Restrictions that were refused, that people's own stand in the place of, or that OLD could not tell.
_OPEN = """
    SELECT DISTINCT coalesce(places.path, place) AS path, place, effect FROM (
        SELECT g.path AS place, g.effect FROM grants AS g JOIN steps USING (gid) WHERE g.phase = 'early' AND steps.outcome = 'failed'
        UNION SELECT place, effect FROM keys WHERE why = 'taken' AND effect <> 'allow'
        UNION SELECT g.path, g.effect FROM grants AS g JOIN results AS r USING (seq)
            WHERE g.phase = 'early' AND r.bucket = 'failed' AND r.code = 'unguarded'
        UNION SELECT coalesce(t.target, p.path), NULL FROM old_problems AS p LEFT JOIN places AS t USING (path) WHERE p.feature = 'grants'
    ) LEFT JOIN places ON places.target = place
"""
# What gives something: allowances that a missing restriction limits, and the end of restrictions above or on one.
_BLOCKED = """
    SELECT gid, 'unguarded' AS code FROM grants AS g
    JOIN (
        SELECT coalesce(p.target, c.path) AS path, new_kind AS kind, if(new_kind = 'everybody', '', new_id) AS id
        FROM carried AS c JOIN left_out USING (path, n) LEFT JOIN places AS p USING (path)
    ) AS limited USING (path, kind, id)
    WHERE g.phase = 'late' AND g.effect = 'allow' AND NOT g.gone
    UNION SELECT gid, 'unguarded' FROM grants AS g JOIN open ON g.path = '' OR open.place = g.path OR starts_with(open.place, g.path || '/')
    WHERE g.phase = 'late' AND g.effect <> 'allow'
    UNION SELECT gid, coalesce(b.code, 'failed') FROM grants AS g JOIN places ON places.target = g.path JOIN b ON b.path = places.path
    WHERE g.phase = 'late' AND b.bucket NOT IN ('moved', 'same', 'renamed')
"""


def plan_late(sides: Sides, it: Pass) -> list[list[str]]:
    """
    Write the partitions of what is given now; their keys, stage by stage.

    Leaves `blocked.parquet` (`gid`, `code`): steps that are not done, because somebody would gain.
    """
    with engine(str(it.folder), memory_limit=MEMORY) as db:
        load_pass(db, sides, it)
        ground.load_tables(db, sides.old, sides.new)
        load_steps(db, it)
        db.execute(f"CREATE TEMP TABLE open AS {_OPEN}")
        db.execute(f"CREATE TEMP TABLE translated AS SELECT * FROM '{sql(it.plan)}/translated.parquet'")
        leave_unguarded(db, target_of(it.folder, sides.old, sides.old_profile, sides.new_profile))
        db.execute(
            f"CREATE TEMP TABLE blocked AS SELECT gid, min(code) AS code FROM ({_BLOCKED}) GROUP BY gid"
        )
        db.execute(f"COPY blocked TO '{sql(it.plan)}/blocked.parquet' (FORMAT parquet)")
        stages = _levels(db, it)
    failpoint("late.planned")
    return stages


def load_steps(db: duckdb.DuckDBPyConnection, it: Pass) -> None:
    """Make `grants`, `keys`, `carried` and `steps`: what was planned about grants, and what became of it so far."""
    for name in ("grants", "keys", "carried"):
        view(db, name, [it.plan / f"{name}.parquet"])
    done = sorted([*it.result.glob("grants-*.parquet"), *it.result.glob("late-*.parquet")])
    if not done:
        done = [it.plan / "no-steps.parquet"]
        write_table(done[0], table_of([], STEP))
    view(db, "steps", done)


def _levels(db: duckdb.DuckDBPyConnection, it: Pass) -> list[list[str]]:
    left = "FROM grants ANTI JOIN blocked USING (gid) WHERE phase = 'late'"
    levels = [level for (level,) in db.execute(f"SELECT DISTINCT {_DEPTH} {left} ORDER BY 1 DESC").fetchall()]
    return [
        write_parts(it.plan, f"late-{place:03d}", _at(db, left, level), GRANT)
        for place, level in enumerate(levels)
    ]


def _at(db: duckdb.DuckDBPyConnection, left: str, level: int) -> list[tuple[Any, ...]]:
    return db.execute(f"SELECT {_COLUMNS} {left} AND {_DEPTH} = {level} ORDER BY gid").fetchall()
