"""
Follow what was renamed in OLD, so that nothing is copied twice.

An object that landed and whose id now stands at another path was renamed.
Folders come first: when a folder is moved in NEW, everything in it comes along
and the tables `n` and `l` are told so.  Leaves behind the tables `folder_moves`
(number, path, source, target) in the order they must be done, and `renames`
(path, source, sha256) of the files that need a move of their own.  What is `excluded` or
`refused` is not moved.  An id may have been given again after its object was removed: who carries
out a rename of a file compares contents, and a folder is moved only if a file is still in it that
landed in it.  An empty one is made anew.
"""

from __future__ import annotations

from lading.manifest.engine import duckdb
from lading.model.paths import decode, encode, within
from lading.stages.transfer.tables import UNTOUCHED

# A landed object that is at its place in NEW, as we left it, but no longer at its place in OLD.
_LEFT = f"""
    SELECT l.* FROM l
    ANTI JOIN o ON o.path = l.old_path
    JOIN n ON n.path = l.new_path AND n.kind = l.kind AND (l.kind = 'folder' OR ({UNTOUCHED}))
    WHERE l.old_id IS NOT NULL
"""
# An id that two objects share (a hard link) tells nothing.
_CANDIDATES = f"""
    SELECT o.path, t.target, left_.new_path AS source, left_.sha256 FROM ({_LEFT}) AS left_
    JOIN o ON o.id = left_.old_id AND o.kind = left_.kind
          AND (o.kind = 'folder' OR (o.size = left_.old_size AND o.modified = left_.old_modified))
    JOIN t ON t.path = o.path
    ANTI JOIN n ON n.path = t.target
    ANTI JOIN excluded ON excluded.path = o.path
    ANTI JOIN refused ON refused.path = o.path
    WHERE o.id IN (SELECT id FROM o WHERE id IS NOT NULL GROUP BY id HAVING count(*) = 1)
      AND left_.old_id IN (SELECT old_id FROM l GROUP BY old_id HAVING count(*) = 1)
"""
# Files that landed and are unchanged at another path in OLD.
_CARRIED = """
    SELECT o.path, l.new_path FROM o
    JOIN l ON l.old_id = o.id AND l.kind = o.kind AND l.old_size = o.size AND l.old_modified = o.modified
    WHERE o.kind = 'file' AND l.old_path <> o.path
"""
# A number may have been given again, and for a folder no content tells: a file that came along does.
_PROVEN = f"""
    SELECT path, source, target FROM ({_CANDIDATES}) AS c
    WHERE path IN (SELECT path FROM o WHERE kind = 'folder')
      AND EXISTS (
          SELECT 1 FROM carried
          WHERE starts_with(carried.path, c.path || '/') AND starts_with(carried.new_path, c.source || '/')
      )
"""


def no_renames(db: duckdb.DuckDBPyConnection) -> None:
    """Leave the tables behind, empty: the drives cannot do it, or nothing has landed."""
    db.execute("CREATE TEMP TABLE folder_moves (number INT, path VARCHAR, source VARCHAR, target VARCHAR)")
    db.execute("CREATE TEMP TABLE renames (path VARCHAR, source VARCHAR, sha256 VARCHAR)")


def find_renames(db: duckdb.DuckDBPyConnection) -> None:
    """Make `folder_moves` and `renames`, and tell `n` and `l` where things will be."""
    no_renames(db)
    # The views become tables, because they are about to change.
    for name in ("n", "l"):
        db.execute(f"CREATE TEMP TABLE {name}_ AS SELECT * FROM {name}")
        db.execute(f"DROP VIEW {name}")
        db.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {name}_")
        db.execute(f"DROP TABLE {name}_")
    db.execute(f"CREATE TEMP TABLE carried AS {_CARRIED}")
    number = 0
    while moves := _topmost(db):
        for path, source, target in moves:
            number += 1
            db.execute("INSERT INTO folder_moves VALUES (?, ?, ?, ?)", [number, path, source, target])
            follow(db, "n", "path", source, target)
            follow(db, "l", "new_path", source, target)
            follow(db, "carried", "new_path", source, target)
    db.execute(f"""
        INSERT INTO renames SELECT path, source, sha256 FROM ({_CANDIDATES}) AS c
        WHERE path IN (SELECT path FROM o WHERE kind = 'file')
    """)


def _topmost(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Folders to move now: none of them lies in another one that is to be moved."""
    chosen: list[tuple[str, str, str]] = []
    found = [
        (decode(source), decode(target), path) for path, source, target in db.execute(_PROVEN).fetchall()
    ]
    for source, target, path in sorted(found, key=lambda row: (len(row[0]), row[0])):
        if within(target, source) or any(
            within(source, decode(other[1])) or within(target, decode(other[1])) for other in chosen
        ):
            continue
        chosen.append((path, encode(source), encode(target)))
    return chosen


def follow(db: duckdb.DuckDBPyConnection, table: str, column: str, source: str, target: str) -> None:
    """Tell *table* that everything at or below *source* is now at or below *target*."""
    db.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR starts_with({column}, ?)",
        [target, len(source) + 1, source, source + "/"],
    )
