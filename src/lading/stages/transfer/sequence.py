"""
The order in which the rows of a plan are done.

Folders are moved first, then made from the top down; files that were renamed
go before those that are copied, because they may free a place; deletions come
after all that, and the times of folders last, because writing into a folder
moves its time.  Works on the tables of a plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as LocalPath
from typing import Any

import pyarrow as pa

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb
from lading.manifest.mapping import mixes_up
from lading.model.entry import Kind
from lading.model.errors import Fuse
from lading.stages.transfer.decide import Action, Reason
from lading.stages.transfer.parts import SCHEMA, PartWriter, Stage, table_of
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.tables import UNTOUCHED

_BATCH = 20_000
_COLUMNS = ", ".join(f"decided.{name}" for name in SCHEMA.names)
_MOVED = _COLUMNS.replace("decided.action", "'rename' AS action").replace(
    "decided.renamed_from", "folder_moves.source AS renamed_from"
)
_WRITES = "action IN ('copy', 'replace', 'check', 'recheck')"
_DEPTH = "length(new) - length(replace(new, '/', ''))"

# An object whose name was respelt in OLD stands in NEW under the old spelling: it is the same one.
_ALIKE = """
    lower(nfc_normalize(l.new_path)) NOT IN (SELECT lower(nfc_normalize(target)) FROM t)
"""

_UNLISTED = "SELECT 1 FROM known WHERE kind = 'folder' AND problem IS NOT NULL AND NOT excluded LIMIT 1"


def write_stages(
    db: duckdb.DuckDBPyConnection, new: Profile, rules: Rules, folder: LocalPath, guards: list[str]
) -> tuple[list[Stage], int]:
    """
    Write the partitions of all stages into *folder*; *new* is the profile of NEW.

    *guards* are the partitions that restrict folders and files: done when all folders are made, before any file.

    Returns them, and how many deletions are held back.

    Raises:
        Fuse: more than the stated share of what has landed would be removed from NEW.
    """
    (total,) = db.execute("SELECT count(*) FROM decided").fetchall()[0]
    writer = PartWriter(folder, total)

    def stage(name: str, query: str, *, whole: bool = False) -> None:
        writer.stage(name, db.sql(query).to_arrow_reader(_BATCH), whole=whole)

    stage(
        "moves",
        f"SELECT {_MOVED} FROM decided JOIN folder_moves ON folder_moves.path = old ORDER BY number",
        whole=True,
    )
    for level in _levels(db):
        stage(
            f"folders-{level}",
            f"SELECT {_COLUMNS} FROM decided WHERE action = 'folder' AND {_DEPTH} = {level} ORDER BY new",
        )
    if guards:
        writer.stages.append(Stage("guards", guards))
    stage("renames", f"SELECT {_COLUMNS} FROM decided WHERE action = 'rename' ORDER BY new")
    stage("files", f"SELECT {_COLUMNS} FROM decided WHERE {_WRITES} ORDER BY new")
    deletions, held_back = _deletions(db, new, rules) if rules.delete else ([], 0)
    writer.stage("delete-files", _batches(row for row in deletions if row[5] == Kind.FILE))
    writer.stage("delete-folders", _batches(row for row in deletions if row[5] == Kind.FOLDER), whole=True)
    if new.keeps_modified and new.keeps_folder_times:
        stage("times", _times(db, [row[4] for row in deletions]))
    return writer.stages, held_back


def _levels(db: duckdb.DuckDBPyConnection) -> Iterable[int]:
    """How deep the folders lie that are to be made."""
    levels = db.execute(
        f"SELECT DISTINCT {_DEPTH} FROM decided WHERE action = 'folder' ORDER BY 1"
    ).fetchall()
    return [level for (level,) in levels]


def _batches(rows: Iterable[tuple[Any, ...]]) -> list[pa.RecordBatch]:
    return table_of(list(rows), SCHEMA).to_batches()  # type: ignore[no-any-return]


def _deletions(
    db: duckdb.DuckDBPyConnection, new: Profile, rules: Rules
) -> tuple[list[tuple[Any, ...]], int]:
    """
    What earlier passes put into NEW, OLD no longer has, and nobody changed in NEW since.

    What lies below a folder that could not be listed this time does not even seem to be gone.
    While there is such a folder nothing else is known to be gone either: it may have moved
    there.  Then all of it is held back, and the number of it is returned instead.
    """
    rows = db.execute(f"""
        SELECT l.old_path, l.new_path, l.kind, l.old_size, n.etag, n.size, n.modified
        FROM l JOIN n ON n.path = l.new_path AND n.kind = l.kind
        WHERE NOT EXISTS (SELECT 1 FROM o WHERE o.path = l.old_path)
          AND l.new_path NOT IN (SELECT target FROM t) AND l.new_path NOT IN (SELECT source FROM renames)
          AND NOT EXISTS (
              SELECT 1 FROM o AS f WHERE f.kind = 'folder' AND f.problem IS NOT NULL AND starts_with(l.old_path, f.path || '/')
          )
          AND NOT EXISTS (
              SELECT 1 FROM known AS f WHERE f.kind = 'folder' AND f.problem IS NOT NULL AND starts_with(l.new_path, f.target || '/')
          )
          AND (l.kind = 'folder' OR ({UNTOUCHED}))
          AND {_ALIKE if mixes_up(new.names) else "true"}
        ORDER BY l.new_path DESC
    """).fetchall()
    if rows and db.execute(_UNLISTED).fetchall():
        return [], len(rows)
    [(landed,)] = db.execute("SELECT count(*) FROM l").fetchall()
    if rows and len(rows) > rules.delete_at_most * landed:
        raise Fuse(new.address, f"{len(rows)} / {landed} ({len(rows) / landed:.1%})")
    [(first,)] = db.execute("SELECT count(*) FROM decided").fetchall()
    what = (Action.DELETE.value, Reason.VANISHED_FROM_OLD.value)
    deletions = [
        (first + number, *what, old, path, kind, size, None, None, None, etag, True, None, None, *scanned)
        for number, (old, path, kind, size, etag, *scanned) in enumerate(rows)
    ]
    return deletions, 0


def _times(db: duckdb.DuckDBPyConnection, deleted: list[str]) -> str:
    """
    The query for folders that this pass makes, or in which it changes something.

    Their rows have negative numbers: the folders themselves are counted elsewhere.
    """
    db.execute("CREATE TEMP TABLE changed (path VARCHAR)")
    if deleted:
        db.executemany("INSERT INTO changed VALUES (?)", [(path,) for path in deleted])
    return f"""
        WITH written AS (
            SELECT path FROM changed
            UNION ALL SELECT new FROM decided WHERE {_WRITES} OR action IN ('rename', 'folder')
            UNION ALL SELECT renamed_from FROM decided WHERE action = 'rename'
            UNION ALL SELECT unnest([source, target]) FROM folder_moves
        ), touched AS (
            SELECT regexp_replace(path, '/?[^/]*$', '') AS target FROM written
            UNION SELECT new FROM decided WHERE action = 'folder'
        )
        SELECT -row_number() OVER () AS seq, 'time' AS action, 'new' AS reason, k.path AS old, k.target AS new, k.kind,
               k.size, k.modified, k.etag, k.id, NULL::VARCHAR AS new_etag, true AS new_found,
               NULL::VARCHAR AS renamed_from, NULL::VARCHAR AS sha256,
               NULL::BIGINT AS new_size, NULL::BIGINT AS new_modified
        FROM known AS k SEMI JOIN touched USING (target)
        WHERE k.kind = 'folder' AND k.modified IS NOT NULL AND k.problem IS NULL AND NOT k.excluded AND k.refused IS NULL
        ORDER BY k.path DESC
    """
