"""
Close what a pass did about versions, rights and links: its account, and what it leaves for the next pass.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as LocalPath
from typing import Any

from lading.manifest.engine import duckdb
from lading.manifest.tables import PROBLEMS, Feature
from lading.model.fidelity import Contract
from lading.model.paths import decode, shown
from lading.stages.transfer import ground
from lading.stages.transfer.features import put_features, summary, unannounced
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.remains import (
    write_archive,
    write_landed_grants,
    write_landed_links,
    write_sidecar,
)
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import Job, Pass


@dataclass(frozen=True, slots=True)
class Ends:
    """The job, the rules of the pass, and what was announced."""

    job: Job
    rules: Rules
    contract: Contract | None


def close_features(db: duckdb.DuckDBPyConnection, sides: Sides, it: Pass, ends: Ends) -> dict[str, Any]:
    """
    What the account says about versions, rights and links; writes what they leave behind.

    Asks for the tables of the account.

    Raises:
        AccountOpen: something is in no bucket or in two.
    """
    features = ends.rules.features
    put_features(db, sides, it, features)
    told = summary(db, features)
    facts: dict[str, Any] = {
        "features": told,
        "feature_failures": db.execute(f"SELECT count(*) FROM ({_FAILED})").fetchall()[0][0],
        "unknown": _unknown(db, sides, features),
        "left_in_new": 0,
        "sealed": {},
    }
    if Feature.VERSIONS in features:
        facts["sealed"] = _leave_versions(db, it, ends)
    if Feature.GRANTS in features:
        facts["left_in_new"] = _leave_grants(db, it, ends)
    if Feature.LINKS in features:
        before = ends.job.landed_before(it.number, "links")
        write_landed_links(it, before, ends.job.landed_after(it.number, "links"))
    if ends.contract is not None:
        facts["contract"] = {"digest": ends.contract.digest, "unannounced": unannounced(told, ends.contract)}
    return facts


_FAILED = """
    SELECT feature, path, what, coalesce(code, 'failed') AS code, detail FROM settled WHERE bucket = 'failed' AND NOT told
"""


def failed_features(db: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """What failed by itself: feature, path (encoded), what it is, code, detail."""
    yield from db.execute(f"{_FAILED} ORDER BY path, feature, what").fetchall()


def _unknown(db: duckdb.DuckDBPyConnection, sides: Sides, features: tuple[str, ...]) -> dict[str, Any]:
    """Why nothing, or not everything, is known of a feature of OLD, and of how many entries."""
    found: dict[str, Any] = {}
    for feature in features:
        if not sides.old.has(feature):
            found[feature] = {"why": "not_told", "entries": 0}
    if sides.old.has(PROBLEMS):
        rows = db.execute("SELECT feature, count(*) FROM old_problems GROUP BY feature").fetchall()
        found |= {name: {"why": "in_part", "entries": count} for name, count in rows if name in features}
    return found


def _leave_versions(db: duckdb.DuckDBPyConnection, it: Pass, ends: Ends) -> dict[str, Any]:
    before = ends.job.landed_before(it.number, "versions")
    sealed = {"versions": write_sidecar(db, before, ends.job.landed_after(it.number, "versions"))}
    if ends.rules.archive is not None:
        sealed["archive"] = write_archive(db, it, LocalPath(ends.rules.archive))
    return sealed


def _leave_grants(db: duckdb.DuckDBPyConnection, it: Pass, ends: Ends) -> int:
    """Write which grants are ours and which are not; how many are not."""
    ground.load_grants(db, ends.job.landed_before(it.number, "grants"))
    write_landed_grants(db, ends.job.landed_after(it.number, "grants"))
    rows = db.execute(
        "SELECT place, effect, kind, id, why FROM keys WHERE why IN ('theirs', 'taken', 'covered', 'held_back') AND"
        " (place, effect, kind, id) IN (SELECT path, effect, kind, id FROM ng) ORDER BY place, effect, kind, id"
    ).fetchall()
    draft = it.folder / "left.jsonl.part"
    with open(draft, "w", encoding="utf-8") as stream:
        for place, effect, kind, id_, why in rows:
            row = {"path": shown(decode(place)), "effect": effect, "kind": kind, "id": id_, "why": why}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    os.replace(draft, it.folder / "left.jsonl")
    return len(rows)
