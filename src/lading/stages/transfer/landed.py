"""
The table of what has landed: what OLD and NEW said about each object when it arrived.

The next pass asks it what has changed since, on which side, and what was
renamed.  Each pass writes the whole table anew; objects that failed keep the
row of the last time they landed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path as LocalPath

import pyarrow as pa
import pyarrow.parquet as pq

from lading.manifest.engine import duckdb
from lading.manifest.schema import COMPRESSION
from lading.stages.transfer.renames import follow

_NEW = """
    SELECT d.old AS old_path, d.kind, d.size AS old_size, coalesce(r.old_modified, d.modified) AS old_modified, d.etag AS old_etag, d.id AS old_id,
           d.new AS new_path, r.size AS new_size, r.modified AS new_modified, r.etag AS new_etag,
           coalesce(r.sha256, d.sha256) AS sha256
    FROM decided AS d JOIN results AS r USING (seq) WHERE r.bucket IN ('moved', 'same', 'renamed')
"""
# What came along with a folder was not touched: NEW says of it what it said before.
_CAME_ALONG = """
    SELECT d.old, d.kind, d.size, d.modified, d.etag, d.id, d.new, n.size, n.modified, n.etag, d.sha256
    FROM decided AS d JOIN b ON b.path = d.old AND b.bucket = 'renamed'
    ANTI JOIN results AS r ON r.seq = d.seq
    JOIN n_after AS n ON n.path = d.new
    WHERE d.action = 'renamed'
"""
_KEPT = """
    SELECT l.* FROM l_after AS l
    ANTI JOIN fresh ON fresh.old_path = l.old_path
    ANTI JOIN fresh AS f ON f.new_path = l.new_path
    ANTI JOIN (SELECT p.old FROM planned AS p JOIN results USING (seq) WHERE p.action = 'delete' AND bucket = 'deleted') AS gone
        ON gone.old = l.old_path
    SEMI JOIN n_after AS n ON n.path = l.new_path
"""


def write_landed(db: duckdb.DuckDBPyConnection, before: LocalPath | None, target: LocalPath) -> None:
    """
    Write the table after a pass to *target*; *before* is that of the pass before.

    Needs the tables of the account: `o`, `n`, `l`, `decided`, `results`, `planned`, `b`,
    and those of `follow_moves`.
    """
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name(target.name + ".part")
    if before is not None and _nothing_happened(db):
        shutil.copyfile(before, draft)
        os.replace(draft, target)
        return
    db.execute(f"CREATE TEMP TABLE fresh AS {_NEW} UNION ALL {_CAME_ALONG}")
    name = str(draft).replace("'", "''")
    db.execute(f"COPY (SELECT * FROM fresh UNION ALL {_KEPT}) TO '{name}' (FORMAT parquet, COMPRESSION zstd)")
    os.replace(draft, target)


def write_rows(rows: pa.Table, target: LocalPath) -> None:
    """Write *rows*, columns as in `tables.LANDED`, as the table after a first pass to *target*."""
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name(target.name + ".part")
    # Nobody asks for a range of these columns: to note their smallest and largest values takes a quarter of the time.
    pq.write_table(
        rows,
        draft,
        compression=COMPRESSION,
        compression_level=1,
        use_dictionary=["kind"],
        write_statistics=False,
    )
    os.replace(draft, target)


def _nothing_happened(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether everything that had landed is where it was, on both sides, and nothing else landed."""
    query = """
        SELECT 1 FROM (SELECT 1 FROM decided LIMIT 1) UNION ALL SELECT 1 FROM (SELECT 1 FROM results LIMIT 1)
        UNION ALL SELECT 1 FROM (SELECT 1 FROM l ANTI JOIN n ON n.path = l.new_path LIMIT 1)
    """
    return not db.execute(query).fetchall()


def follow_moves(db: duckdb.DuckDBPyConnection) -> None:
    """Make `n_after` and `l_after`: where things are after the folders were moved."""
    moves = db.execute(
        "SELECT source, target FROM moves ANTI JOIN stuck USING (target) ORDER BY number"
    ).fetchall()
    form = "TABLE" if moves else "VIEW"
    for name in ("n", "l"):
        db.execute(f"CREATE TEMP {form} {name}_after AS SELECT * FROM {name}")
    for source, target in moves:
        follow(db, "n_after", "path", source, target)
        follow(db, "l_after", "new_path", source, target)
