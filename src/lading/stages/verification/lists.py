"""
Lists that a copy left behind, or that a person gives: mapped names, excluded objects, recorded digests.

They are data and are trusted with nothing: a mapped name only says where to
look, an exclusion only explains why something is not there, and a recorded
digest only adds a check.  None of them makes two contents equal.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice

import pyarrow as pa

from lading.manifest.engine import duckdb
from lading.manifest.read import entries_of
from lading.model.errors import BadRequest
from lading.model.paths import decode, shown

_BATCH = 20_000


def load_mapped(db: duckdb.DuckDBPyConnection, file: str | None) -> bool:
    """
    Make the table `renamed` (path, target) from the list *file*; return whether there is anything in it.

    The list has encoded paths (`.parquet`: path, target) or shown ones (JSON lines: old, new).
    What lies below a mapped folder is in the table, too.  Needs the views `o` and `n`.

    Raises:
        BadRequest: the list cannot be understood.
    """
    db.execute("CREATE TABLE listed (path VARCHAR, target VARCHAR)")
    if file is not None:
        if file.endswith(".parquet"):
            _from_parquet(db, "listed", "path, target", file)
        else:
            _from_lines(db, file)
    db.execute("CREATE TABLE renamed AS SELECT path, any_value(target) AS target FROM listed GROUP BY path")
    if not _count(db, "renamed"):
        return False
    _follow_folders(db)
    _forbid_clashes(db)
    return True


def load_landed(db: duckdb.DuckDBPyConnection, file: str | None) -> bool:
    """
    Make the table or view `landed` (old_path, new_path, sha256 in hex) from *file*; return whether there is one.

    Raises:
        BadRequest: it cannot be read.
    """
    db.execute("CREATE TABLE landed (old_path VARCHAR, new_path VARCHAR, sha256 VARCHAR)")
    if file is None:
        return False
    _from_parquet(db, "landed", "old_path, new_path, lower(sha256)", file)
    return True


def load_excluded(db: duckdb.DuckDBPyConnection, file: str | None) -> None:
    """
    Make the table `excluded` (path, reason): those of the table `missing` (path) that *file* explains.

    The list has shown paths, and two paths can look alike; where it explains fewer than are
    missing, it explains none of them.

    Raises:
        BadRequest: the list cannot be understood.
    """
    db.execute("CREATE TABLE excluded (path VARCHAR, reason VARCHAR)")
    if file is None:
        return
    lines = ((str(row["path"]), json.dumps(row.get("reason") or {})) for row in _lines(file, ("path",)))
    if not _fill(db, "excluded_lines", lines):
        return
    _fill(db, "missing_shown", _shown(db, "SELECT path FROM missing"))
    db.execute("""
        INSERT INTO excluded
        SELECT it.b, told.reason FROM missing_shown AS it
        JOIN (SELECT a, count(*) AS times, any_value(b) AS reason FROM excluded_lines GROUP BY a) AS told ON told.a = it.a
        JOIN (SELECT a, count(*) AS times FROM missing_shown GROUP BY a) AS gone ON gone.a = it.a
        WHERE gone.times <= told.times
    """)


def _from_lines(db: duckdb.DuckDBPyConnection, file: str) -> None:
    """Find the paths that are meant by shown ones, among those that have no partner under their own name."""
    _fill(db, "lines", ((str(row["old"]), str(row["new"])) for row in _lines(file, ("old", "new"))))
    _fill(db, "old_shown", _shown(db, "SELECT path FROM o ANTI JOIN n USING (path)"))
    _fill(db, "new_shown", _shown(db, "SELECT path FROM n ANTI JOIN o USING (path)"))
    db.execute("""
        INSERT INTO listed SELECT old_shown.b, new_shown.b FROM lines
        JOIN old_shown ON old_shown.a = lines.a JOIN new_shown ON new_shown.a = lines.b
    """)


def _follow_folders(db: duckdb.DuckDBPyConnection) -> None:
    """Add what lies below mapped folders, the innermost folder deciding."""
    depth = "len(string_split(renamed.path, '/'))"
    db.execute(f"""
        CREATE TABLE folders AS SELECT renamed.path, target, {depth} AS depth
        FROM renamed JOIN o USING (path) WHERE o.kind = 'folder'
    """)
    depths = [
        depth for (depth,) in db.execute("SELECT DISTINCT depth FROM folders ORDER BY depth DESC").fetchall()
    ]
    for depth in depths:
        db.execute(
            f"""
            INSERT INTO renamed
            SELECT o.path, f.target || substr(o.path, length(f.path) + 1)
            FROM (SELECT path, array_to_string(list_slice(string_split(path, '/'), 1, {depth}), '/') AS above FROM o) AS o
            JOIN folders AS f ON f.depth = {depth} AND f.path = o.above
            WHERE o.path <> f.path AND o.path NOT IN (SELECT path FROM renamed)
            """
        )


def _forbid_clashes(db: duckdb.DuckDBPyConnection) -> None:
    """One place in NEW proves one object of OLD: a mapping that leads to another's place leads nowhere."""
    db.execute("""
        UPDATE renamed SET target = '' WHERE target IN (
            SELECT target FROM renamed GROUP BY target HAVING count(*) > 1
            UNION ALL SELECT path FROM o ANTI JOIN renamed USING (path)
        )
    """)


def _from_parquet(db: duckdb.DuckDBPyConnection, table: str, columns: str, file: str) -> None:
    try:
        entries_of(db, [file]).create_view(f"{table}_file")
        db.execute(f"INSERT INTO {table} SELECT {columns} FROM {table}_file")
    except duckdb.Error as problem:
        raise BadRequest(file, f"the list cannot be read: {_first_line(problem)}") from None


def _lines(file: str, names: tuple[str, ...]) -> Iterator[dict[str, object]]:
    try:
        with open(file, encoding="utf-8") as stream:
            for line in stream:
                row = json.loads(line)
                if not isinstance(row, dict) or any(not isinstance(row.get(name), str) for name in names):
                    raise ValueError("a line lacks " + " or ".join(names))
                yield row
    except (OSError, ValueError) as problem:
        raise BadRequest(file, f"the list cannot be read: {_first_line(problem)}") from None


def _shown(db: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[str, str]]:
    """What a person sees of each path that *query* gives, and the path."""
    # A cursor of its own: other statements run while this one is being read.
    with db.cursor() as cursor:
        for batch in cursor.sql(query).to_arrow_reader(_BATCH):
            for path in batch.column(0).to_pylist():
                yield shown(decode(path)), path


def _fill(db: duckdb.DuckDBPyConnection, table: str, rows: Iterator[tuple[str, str]]) -> int:
    """Make *table* (a, b) of *rows* and return how many there are; they never stand in memory together."""
    db.execute(f"CREATE TABLE {table} (a VARCHAR, b VARCHAR)")
    count = 0
    while batch := list(islice(rows, _BATCH)):
        columns = [pa.array(values, pa.string()) for values in zip(*batch, strict=True)]
        db.register("fresh_rows", pa.table(columns, names=["a", "b"]))
        db.execute(f"INSERT INTO {table} SELECT a, b FROM fresh_rows")
        db.unregister("fresh_rows")
        count += len(batch)
    return count


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _first_line(problem: Exception) -> str:
    return (
        os.strerror(problem.errno) if isinstance(problem, OSError) and problem.errno else str(problem)
    ).split("\n")[0]
