"""
Put every object of OLD into its bucket, when the rows of a pass have been done.
"""

from __future__ import annotations

from lading.manifest.engine import duckdb
from lading.stages.transfer.landed import follow_moves
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.state import Pass
from lading.stages.transfer.tables import load, view

_RESULTS = """
    seq BIGINT, bucket VARCHAR, sha256 VARCHAR, size BIGINT, modified BIGINT, etag VARCHAR, code VARCHAR, detail VARCHAR[], sent BIGINT,
    missed INTEGER[], old_modified BIGINT, lost INTEGER[]
"""

# Every object of OLD once, with its bucket.  A child of a folder whose move failed did not come along.
_BUCKETS = """
    SELECT path, CASE WHEN below.code IS NULL THEN 'same' ELSE 'failed' END AS bucket, below.code, NULL AS detail,
           'renamed_in_old' AS reason, -1 AS seq
    FROM same LEFT JOIN below USING (path)
    UNION ALL
    SELECT d.old, CASE
               WHEN r.bucket IS NOT NULL THEN r.bucket
               WHEN d.action = 'renamed' AND below.code IS NULL THEN 'renamed'
               WHEN d.action = 'exclude' THEN 'excluded'
               WHEN d.action = 'fail' OR below.code IS NOT NULL THEN 'failed'
           END, coalesce(r.code, below.code), r.detail, d.reason, d.seq
    FROM decided AS d
    LEFT JOIN (SELECT * FROM results WHERE seq >= 0) AS r ON r.seq = d.seq
    LEFT JOIN below ON d.action = 'renamed' AND below.path = d.old
"""
# Once each, however many of the folders above it could not be moved.
_BELOW = """
    SELECT it.path, min(stuck.code) AS code
    FROM (SELECT path, target FROM same UNION ALL SELECT old, new FROM decided WHERE action = 'renamed') AS it
    JOIN stuck ON starts_with(it.target, stuck.target || '/') GROUP BY it.path
"""


def load_pass(db: duckdb.DuckDBPyConnection, sides: Sides, it: Pass) -> None:
    """Make the tables of a pass whose rows have been done, `b` and `places` (`path`, `target`) among them."""
    load(db, sides.old, sides.new, sides.landed)
    view(db, "decided", sorted((it.plan / "decided").glob("*.parquet")))
    results = sorted(it.result.glob("part-*.parquet"))
    if results:
        view(db, "results", results)
    else:
        db.execute(f"CREATE TEMP TABLE results ({_RESULTS})")
    parts = sorted(it.plan.glob("part-*.parquet"))
    view(db, "planned", parts or [it.plan / "decided" / "empty.parquet"])
    for name in ("same", "mapped", "moves"):
        view(db, name, [it.plan / f"{name}.parquet"])
    db.execute(
        "CREATE TEMP VIEW places AS SELECT path, target FROM same UNION ALL SELECT old, new FROM decided"
    )
    put_into_buckets(db)
    follow_moves(db)


def put_into_buckets(db: duckdb.DuckDBPyConnection) -> None:
    """Make `b` (path, bucket, code, detail, reason, seq), and `stuck`: the folders that could not be moved."""
    db.execute(
        "CREATE TEMP TABLE stuck AS SELECT moves.target, results.code FROM moves"
        " JOIN decided ON decided.old = moves.path JOIN results USING (seq) WHERE results.bucket = 'failed'"
    )
    db.execute(f"CREATE TEMP TABLE below AS {_BELOW}")
    db.execute(f"CREATE TEMP TABLE b AS {_BUCKETS}")
    db.execute(
        "UPDATE b SET code = o.problem FROM o WHERE o.path = b.path AND b.code IS NULL AND b.bucket = 'failed'"
    )
