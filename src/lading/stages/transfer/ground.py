"""
The tables of what hangs on files, ready to be planned with and accounted for.

Works beside the tables of a plan: `o`, `t`, `decided`, `folder_moves`, `renames`.  What was not scanned has no rows.
"""

from __future__ import annotations

from pathlib import Path as LocalPath

from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.manifest.tables import PROBLEMS, TABLES, Feature
from lading.stages.transfer.decide import Reason
from lading.stages.transfer.renames import follow
from lading.stages.transfer.tables import view

NAMES = ("grants", "links", "versions", "principals", PROBLEMS)

LANDED_GRANTS = """
    path VARCHAR, effect VARCHAR, kind VARCHAR, id VARCHAR, role INTEGER, reach VARCHAR, expires BIGINT
"""
"""Columns of the table of grants that earlier passes set, by their places in NEW."""

# Everybody is everybody, whatever they are called; what stands above the root of NEW cannot be set from here.
_NEW_GRANTS = """
    SELECT path, effect, principal_kind AS kind, if(principal_kind = 'everybody', '', principal) AS id, role::INTEGER AS role,
           reach, expires
    FROM new_grants WHERE source <> 'inherited'
"""
# A file that is not OLD's, or that is not there, gets nothing; one that was edited in NEW is still the one of OLD.
_GONE = f"""
    SELECT old AS path FROM decided
    WHERE action = 'exclude' OR (action = 'fail' AND reason <> '{Reason.EDITED_IN_NEW}')
    UNION SELECT path FROM old_grants WHERE path <> '' AND path NOT IN (SELECT path FROM o)
"""


def load_tables(db: duckdb.DuckDBPyConnection, old: Manifest, new: Manifest) -> None:
    """Make `old_…` and `new_…` of each table, and `old_entries` (`path`, `kind`)."""
    for side, manifest in (("old", old), ("new", new)):
        for name in NAMES:
            if manifest.has(name):
                manifest.rows(db, name).create_view(f"{side}_{name}")
            else:
                db.register("empty", TABLES[name].empty_table())
                db.execute(f"CREATE TEMP TABLE {side}_{name} AS SELECT * FROM empty")
                db.unregister("empty")
    db.execute("CREATE TEMP VIEW old_entries AS SELECT path, kind FROM o")


def load_grants(db: duckdb.DuckDBPyConnection, landed: LocalPath | None) -> None:
    """Make `ng` and `lg`: what stands in NEW and what earlier passes set there, where it will be after the moves."""
    db.execute(f"CREATE TEMP TABLE ng AS {_NEW_GRANTS}")
    if landed is None:
        db.execute(f"CREATE TEMP TABLE lg ({LANDED_GRANTS})")
    else:
        view(db, "landed_grants", [landed])
        db.execute("CREATE TEMP TABLE lg AS SELECT * FROM landed_grants")
    _follow(db, ("ng", "lg"))


def load_versions(db: duckdb.DuckDBPyConnection) -> None:
    """Make `nv`: the versions in NEW, where they will be after the moves."""
    db.execute(
        "CREATE TEMP TABLE nv AS SELECT path, size, saved, author, lower(hex(sha256)) AS sha256 FROM new_versions"
    )
    _follow(db, ("nv",))


def find_gone(db: duckdb.DuckDBPyConnection) -> None:
    """Make `gone` (`path`): entries of OLD that do not arrive, as far as the plan knows."""
    db.execute(f"CREATE TEMP TABLE gone AS {_GONE}")


def _follow(db: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> None:
    moves = db.execute("SELECT source, target FROM moves ORDER BY number").fetchall()
    for table in tables:
        for source, target in moves:
            follow(db, table, "path", source, target)
        db.execute(
            f"UPDATE {table} SET path = d.new FROM decided AS d WHERE d.action = 'rename' AND d.kind = 'file'"
            f" AND d.renamed_from = {table}.path"
        )


def asked(features: tuple[str, ...], feature: Feature) -> bool:
    """Whether *feature* goes along with the files."""
    return feature.value in features
