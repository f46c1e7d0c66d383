"""
Each object of OLD gets one bucket, whatever became of the folders above it.
"""

from __future__ import annotations

import duckdb

from lading.stages.transfer.buckets import put_into_buckets


def test_an_object_below_two_folders_that_did_not_move_failed_once() -> None:
    """Two moves failed, one within the other: what lies below both is failed, once, and nothing below is the same."""
    db = duckdb.connect()
    db.execute("CREATE TABLE moves AS SELECT * FROM (VALUES ('B', 'B'), ('B/c', 'B/c')) AS it(path, target)")
    db.execute("""
        CREATE TABLE decided AS SELECT * FROM (VALUES
            (0, 'B', 'B', 'renamed'), (1, 'B/c', 'B/c', 'renamed'), (2, 'B/c/x', 'B/c/x', 'renamed'), (3, 'z', 'z', 'renamed')
        ) AS it(seq, old, new, action)
    """)
    db.execute("ALTER TABLE decided ADD COLUMN reason VARCHAR DEFAULT 'renamed_in_old'")
    db.execute("""
        CREATE TABLE results AS SELECT * FROM (VALUES (0, 'failed', 'forbidden'), (1, 'failed', 'not_found')) AS it(seq, bucket, code)
    """)
    db.execute("ALTER TABLE results ADD COLUMN detail VARCHAR")
    db.execute(
        "CREATE TABLE same AS SELECT * FROM (VALUES ('B/new', 'B/new'), ('y', 'y')) AS it(path, target)"
    )
    db.execute("CREATE TABLE o (path VARCHAR, problem VARCHAR)")
    put_into_buckets(db)
    found = db.execute("SELECT path, bucket FROM b ORDER BY path").fetchall()

    assert [
        ("B", "failed"),
        ("B/c", "failed"),
        ("B/c/x", "failed"),
        ("B/new", "failed"),
        ("y", "same"),
        ("z", "renamed"),
    ] == found
