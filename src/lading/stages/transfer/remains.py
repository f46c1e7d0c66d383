"""
What a pass leaves behind of what hangs on files: which grants and links are ours, where facts are kept that NEW cannot
hold, and the sealed list of links.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as LocalPath
from typing import Any

import pyarrow.parquet as pq

from lading.manifest.engine import duckdb
from lading.manifest.files import sha256_of
from lading.manifest.fingerprint import table_print
from lading.manifest.parts import read_table
from lading.manifest.tables import TABLES
from lading.stages.transfer.hanging import sql
from lading.stages.transfer.linking import SECRET
from lading.stages.transfer.parts import table_of, write_table
from lading.stages.transfer.sharing import LANDED, Landed, read_landed
from lading.stages.transfer.state import Pass, write_json
from lading.stages.transfer.tables import view

LIST = "links.csv"
_COLUMNS = (
    "maker", "by", "path", "url", "password", "expires", "limit", "old_id", "id",
)  # fmt: skip
_FORMULA = tuple("=+-@\t\r'")

# The last step that was done about a grant says what stands there now.
_LANDED_GRANTS = """
    WITH acted AS (
        SELECT DISTINCT ON (path, effect, kind, id) path, effect, kind, id, role, reach, expires, gone
        FROM (
            SELECT g.*, s.outcome = 'done' OR (g.seq IS NOT NULL AND r.bucket IN ('moved', 'same', 'renamed')) AS done
            FROM grants AS g LEFT JOIN steps AS s USING (gid) LEFT JOIN (SELECT * FROM results WHERE seq >= 0) AS r ON r.seq = g.seq
        ) WHERE done ORDER BY path, effect, kind, id, gid DESC
    )
    SELECT * FROM lg ANTI JOIN acted USING (path, effect, kind, id)
    UNION ALL SELECT * EXCLUDE (gone) FROM acted WHERE NOT gone
"""
_SIDECAR = """
    SELECT v.* FROM old_versions AS v
    JOIN settled AS s ON s.feature = 'versions' AND s.path = v.path AND s.what = v.ordinal::VARCHAR
    WHERE s.bucket IN ('lossy', 'dropped')
"""


def write_landed_grants(db: duckdb.DuckDBPyConnection, target: LocalPath) -> None:
    """Write which grants in NEW are ours; asks for `lg`, `grants`, `steps` and `results`."""
    _copy(db, _LANDED_GRANTS, target)


def write_landed_links(it: Pass, before: LocalPath | None, target: LocalPath) -> None:
    """Write which links in NEW are ours."""
    rows = {row["lid"]: row for row in read_table(it.plan / "links.parquet").to_pylist()}
    landed = {one.old_id: one for one in read_landed(before)}
    for file in sorted(it.result.glob("links-*.parquet")):
        for made in read_table(file).to_pylist():
            row = rows[made["lid"]]
            if made["outcome"] == "revoked":
                landed.pop(row["old_id"], None)
            elif made["outcome"] == "made":
                landed[row["old_id"]] = _landed(row, made["new_id"])
    target.parent.mkdir(exist_ok=True)
    write_table(target, table_of([tuple(one) for one in landed.values()], LANDED))


def _landed(row: Mapping[str, Any], new_id: str) -> Landed:
    terms = {
        name: row[name]
        for name in ("old_id", "place", "role", "expires", "has_password", "version", "inside")
    }
    return Landed(new_id=new_id, counted=row["limit"] is not None, **terms)


def write_sidecar(
    db: duckdb.DuckDBPyConnection, before: LocalPath | None, target: LocalPath
) -> dict[str, Any]:
    """
    Write the facts of all versions that did not arrive whole, those of earlier passes included; what seals them.

    Asks for `old_versions` and `settled`.
    """
    query = _SIDECAR
    if before is not None:
        view(db, "sidecar_before", [before])
        query += " UNION ALL SELECT * FROM sidecar_before ANTI JOIN (SELECT path, id FROM old_versions) USING (path, id)"
    _copy(db, query, target)
    return _sealed(db, target)


def write_archive(db: duckdb.DuckDBPyConnection, it: Pass, folder: LocalPath) -> dict[str, Any]:
    """
    Write the table of the archive in *folder*, with the digest of each content that is in it, and what seals it.

    Asks for `old_versions`.
    """
    files = sorted(it.result.glob("archive-*.parquet"))
    target = folder / "versions.parquet"
    names = ", ".join(f'v."{name}"' for name in TABLES["versions"].names if name not in ("sha256", "digests"))
    queries = []
    if files:
        view(db, "kept", files)
        queries.append(
            f"SELECT {names}, unhex(kept.sha256) AS sha256, v.digests FROM old_versions AS v"
            " JOIN kept ON kept.path = v.path AND kept.ordinal = v.ordinal WHERE kept.outcome = 'kept'"
        )
    if target.exists():
        view(db, "archived", [target])
        known = " ANTI JOIN kept USING (path, id)" if files else ""
        queries.append(f"SELECT archived.* FROM archived{known}")
    if not queries:
        return {"rows": 0}
    folder.mkdir(parents=True, exist_ok=True)
    _copy(db, " UNION ALL ".join(queries), target)
    facts = _sealed(db, target)
    write_json(folder / "archive.json", {"format": 1, "versions": facts})
    return facts


def _sealed(db: duckdb.DuckDBPyConnection, file: LocalPath) -> dict[str, Any]:
    db.execute(f"CREATE OR REPLACE TEMP VIEW versions AS SELECT * FROM '{sql(file)}'")
    rows = pq.read_metadata(file).num_rows
    return {"rows": rows, "sha256": sha256_of(str(file)), "fingerprint": table_print(db, "versions")}


def _copy(db: duckdb.DuckDBPyConnection, query: str, target: LocalPath) -> None:
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name(target.name + ".part")
    db.execute(f"COPY ({query}) TO '{sql(draft)}' (FORMAT parquet, COMPRESSION zstd)")
    os.replace(draft, target)


def seal_links(job: LocalPath, it: Pass) -> None:
    """Bring the list of links up to date, grouped by who made them; nobody but its owner can read it."""
    made, revoked = list(_made(it)), set(_revoked(it))
    if not made and not revoked:
        return
    target = job / LIST
    rows = {row["id"]: row for row in (*_listed(target), *made) if row["id"] not in revoked}
    draft = target.with_name(target.name + ".part")
    with open(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
    ) as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write("\ufeff")
        table = csv.writer(stream)
        table.writerow(_COLUMNS)
        for row in sorted(rows.values(), key=lambda row: (row["maker"], row["by"], row["path"], row["id"])):
            table.writerow([_guarded(row[name]) for name in _COLUMNS])
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, target)


def forget_secrets(it: Pass) -> None:
    """Remove what the partitions noted of links: the list has it now."""
    for file in it.result.glob(f"*{SECRET}"):
        file.unlink()


def _made(it: Pass) -> Iterator[dict[str, str]]:
    for file in sorted(it.result.glob(f"*{SECRET}")):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield {name: "" if row[name] is None else str(row[name]) for name in _COLUMNS}


def _revoked(it: Pass) -> Iterable[str]:
    rows = {row["lid"]: row for row in read_table(it.plan / "links.parquet").to_pylist()}
    for file in it.result.glob("links-*.parquet"):
        for told in read_table(file).to_pylist():
            revoke = rows[told["lid"]]["revoke"]
            if revoke is not None and told["outcome"] != "failed":
                yield revoke


def _listed(file: LocalPath) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with open(file, encoding="utf-8-sig", newline="") as stream:
        return [{name: _unguarded(cell) for name, cell in row.items()} for row in csv.DictReader(stream)]


def _guarded(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
