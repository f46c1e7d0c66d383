"""
The tables a plan is made from.

`o` and `n` are the two manifests, `l` is what had landed before, all in
DuckDB, which keeps within a memory limit and spills beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as LocalPath

import pyarrow as pa

from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest, entries_of

MEMORY = "300MB"
"""What DuckDB may hold before it writes to disk."""

LANDED = pa.schema(
    [
        ("old_path", pa.string()),
        ("kind", pa.string()),
        ("old_size", pa.int64()),
        ("old_modified", pa.int64()),
        ("old_etag", pa.string()),
        ("old_id", pa.string()),
        ("new_path", pa.string()),
        ("new_size", pa.int64()),
        ("new_modified", pa.int64()),
        ("new_etag", pa.string()),
        ("sha256", pa.string()),
    ]
)
"""Columns of the table of what has landed; sizes in bytes, times in nanoseconds since 1970 UTC."""

UNTOUCHED = """
    n.size = l.new_size AND CASE
        WHEN n.etag IS NULL OR l.new_etag IS NULL THEN n.modified IS NOT DISTINCT FROM l.new_modified ELSE n.etag = l.new_etag
    END
"""
"""NEW still says of a file what it said when the file landed; see `decide.same_facts`."""


def load(db: duckdb.DuckDBPyConnection, old: Manifest, new: Manifest, landed: LocalPath | None) -> None:
    """Make `o`, `n` and `l`."""
    entries_of(db, old.files).create_view("o")
    entries_of(db, new.files).create_view("n")
    if landed is None:
        db.register("empty", LANDED.empty_table())
        db.execute("CREATE TEMP TABLE l AS SELECT * FROM empty")
        db.unregister("empty")
    else:
        view(db, "l", [landed])


def view(db: duckdb.DuckDBPyConnection, name: str, files: Sequence[LocalPath]) -> None:
    """Make the view *name* of the rows in the Parquet *files*."""
    entries_of(db, [str(file) for file in files]).create_view(name)
