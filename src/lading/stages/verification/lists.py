"""
Lists that a copy left behind, or that a person gives: mapped names, excluded objects, recorded digests.

They are data and are trusted with nothing: a mapped name only says where to
look, an exclusion only explains why something is not there, and a recorded
digest only adds a check.  None of them makes two contents equal.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator

import duckdb
import pyarrow as pa

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
    rows = [(str(row["path"]), json.dumps(row.get("reason") or {})) for row in _lines(file, ("path",))]
    if not rows:
        return
    told = Counter(path for path, _ in rows)
    reasons = dict(rows)
    found: dict[str, list[str]] = {}
    for path, text in _shown(db, "SELECT path FROM missing"):
        if text in told:
            found.setdefault(text, []).append(path)
    explained = [
        (path, reasons[text]) for text, paths in found.items() if len(paths) <= told[text] for path in paths
    ]
    _insert(db, "excluded", explained)


def _from_lines(db: duckdb.DuckDBPyConnection, file: str) -> None:
    """Find the paths that are meant by shown ones, among those that have no partner under their own name."""
    wanted = {str(row["old"]): str(row["new"]) for row in _lines(file, ("old", "new"))}
    targets = set(wanted.values())
    news = {
        text: path
        for path, text in _shown(db, "SELECT path FROM n ANTI JOIN o USING (path)")
        if text in targets
    }
    rows = [
        (path, news[wanted[text]])
        for path, text in _shown(db, "SELECT path FROM o ANTI JOIN n USING (path)")
        if text in wanted and wanted[text] in news
    ]
    _insert(db, "listed", rows)


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
    for batch in db.sql(query).to_arrow_reader(_BATCH):
        for path in batch.column(0).to_pylist():
            yield path, shown(decode(path))


def _insert(db: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
        db.register("fresh", pa.table(columns, names=["a", "b"]))
        db.execute(f"INSERT INTO {table} SELECT a, b FROM fresh")
        db.unregister("fresh")


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _first_line(problem: Exception) -> str:
    return (
        os.strerror(problem.errno) if isinstance(problem, OSError) and problem.errno else str(problem)
    ).split("\n")[0]
