"""
The account of what hangs on files: every version, grant, break and link of OLD in exactly one bucket.

`lots` holds one row for each: `feature`, `path`, `what`, `bucket`, `codes` of its losses, `code` and `detail` of a failure, and
`told`: whether the failure stands in the list already as that of its object.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb
from lading.manifest.tables import Feature as Asked
from lading.manifest.translate.histories import carry_versions
from lading.model.errors import AccountOpen
from lading.model.fidelity import Contract
from lading.model.losses import CODES, ORDER, Feature, Outcome
from lading.model.text import Text
from lading.stages.transfer import ground
from lading.stages.transfer.archive import KEPT
from lading.stages.transfer.hanging import takes_versions
from lading.stages.transfer.late import load_steps
from lading.stages.transfer.linking import MADE
from lading.stages.transfer.parts import table_of, write_table
from lading.stages.transfer.people import target_of
from lading.stages.transfer.plan import Sides
from lading.stages.transfer.state import Pass
from lading.stages.transfer.tables import view

BUCKETS = ("moved", "same", "translated", "lossy", "dropped", "failed", "excluded", "waived")
OF = {
    Asked.VERSIONS: (Feature.VERSIONS,),
    Asked.GRANTS: (Feature.GRANTS, Feature.DENIALS, Feature.BREAKS),
    Asked.LINKS: (Feature.LINKS,),
}
"""What is accounted for where something is asked for."""

_LOTS = """
    CREATE TEMP TABLE lots (
        feature VARCHAR, path VARCHAR, what VARCHAR, arrived VARCHAR, codes VARCHAR[], code VARCHAR, detail VARCHAR[], told BOOLEAN
    )
"""

# A file whose row was done with its history has a list of what it missed; else NEW as it was scanned tells.  What should have
# been kept in the archive and was not has failed, whatever else holds it.
_VERSIONS = """
    INSERT INTO lots
    SELECT 'versions', v.path, v.ordinal::VARCHAR,
        CASE
            WHEN b.bucket IS NULL THEN 'dropped'
            WHEN b.bucket IN ('excluded', 'waived', 'failed') THEN b.bucket
            WHEN a.code IS NOT NULL OR list_contains(r.lost, v.ordinal) THEN 'failed'
            WHEN NOT v.arrives THEN 'dropped'
            WHEN NOT {kept} THEN if(b.bucket = 'moved', 'moved', 'same')
            WHEN there.path IS NOT NULL THEN 'same'
            WHEN r.missed IS NOT NULL AND NOT list_contains(r.missed, v.ordinal) THEN 'moved'
            WHEN v.current THEN 'same'
            ELSE 'dropped'
        END AS arrived,
        CASE
            WHEN b.bucket IS NULL THEN ['version.no_entry']
            WHEN b.bucket IN ('excluded', 'waived', 'failed') OR a.code IS NOT NULL OR list_contains(r.lost, v.ordinal) THEN []
            WHEN NOT {kept} OR NOT v.arrives OR there.path IS NOT NULL THEN losses
            WHEN r.missed IS NOT NULL AND NOT list_contains(r.missed, v.ordinal) THEN losses
            WHEN v.current THEN list_distinct(list_concat(losses, ['version_time.saved'], if(v.author <> '', ['version_author.lost'], [])))
            ELSE list_concat(['version.missed', 'version_time.gone'], if(v.author <> '', ['version_author.gone'], []), if(v.label <> '', ['version_label.gone'], []))
        END,
        coalesce(b.code, a.code, if(list_contains(r.lost, v.ordinal), 'damaged_content', NULL)), a.detail,
        coalesce(b.bucket, '') IN ('excluded', 'waived', 'failed') OR (a.code IS NULL AND NOT coalesce(list_contains(r.lost, v.ordinal), false))
    FROM carried_versions AS v
    LEFT JOIN places AS p ON p.path = v.path
    LEFT JOIN b ON b.path = v.path
    LEFT JOIN (SELECT * FROM results WHERE seq >= 0) AS r ON r.seq = b.seq
    LEFT JOIN (SELECT * FROM archiving WHERE outcome = 'failed') AS a ON a.path = v.path AND a.ordinal = v.ordinal
    LEFT JOIN (
        SELECT DISTINCT o.path, o.ordinal FROM carried_versions AS o JOIN places ON places.path = o.path
        JOIN nv ON nv.path = places.target AND nv.size = o.size AND coalesce(nv.sha256 = o.sha256, true) AND {same_time}
    ) AS there ON there.path = v.path AND there.ordinal = v.ordinal
"""

# What is asked for is known by its place, its effect and whom it is about: there its steps are found.
_ACTS = """
    CREATE TEMP TABLE acts AS
    SELECT k.place, k.effect, k.kind, k.id, any_value(k.why) AS why, count(g.gid) AS steps,
        count(*) FILTER (s.outcome = 'done' OR (g.seq IS NOT NULL AND r.bucket IN ('moved', 'same', 'renamed'))) AS done,
        any_value(coalesce(s.code, blocked.code, r.code)) AS code, any_value(s.detail) AS detail
    FROM keys AS k LEFT JOIN grants AS g USING (key) LEFT JOIN steps AS s USING (gid) LEFT JOIN blocked USING (gid)
    LEFT JOIN (SELECT * FROM results WHERE seq >= 0) AS r ON r.seq = g.seq
    GROUP BY k.place, k.effect, k.kind, k.id
"""
_GRANTS = """
    INSERT INTO lots
    SELECT CASE effect WHEN 'allow' THEN 'grants' WHEN 'deny' THEN 'denials' ELSE 'breaks' END, path, what,
        CASE
            WHEN bucket IN ('excluded', 'waived', 'failed') THEN bucket
            WHEN new_effect IS NULL THEN 'dropped'
            WHEN why = 'taken' OR done < steps THEN 'failed'
            WHEN steps > 0 THEN 'moved' ELSE 'same'
        END, if(coalesce(bucket, '') IN ('excluded', 'waived', 'failed'), [], losses),
        CASE WHEN bucket = 'failed' THEN object_code WHEN why = 'taken' THEN 'already_exists' WHEN done < steps THEN coalesce(code, 'unguarded') END,
        detail, coalesce(bucket = 'failed', false)
    FROM (
        SELECT c.path, c.effect, concat_ws(' ', c.effect, c.kind, c.id) AS what, c.new_effect, c.losses, b.bucket, b.code AS object_code, a.*
            EXCLUDE (place, effect, kind, id)
        FROM carried AS c LEFT JOIN places AS p ON p.path = c.path LEFT JOIN b ON b.path = c.path
        LEFT JOIN acts AS a ON a.place = coalesce(p.target, c.path) AND a.effect = c.new_effect AND a.kind = c.new_kind
            AND a.id = if(c.new_kind = 'everybody', '', c.new_id)
        WHERE c.effect IS NOT NULL
        UNION ALL
        SELECT g.path, g.effect, concat_ws(' ', g.effect, principal_kind, principal), NULL,
            [CASE g.effect WHEN 'allow' THEN 'grant' WHEN 'deny' THEN 'denial' ELSE 'break' END || '.no_entry'],
            b.bucket, b.code, NULL, NULL, NULL, NULL, NULL
        FROM old_grants AS g LEFT JOIN b ON b.path = g.path WHERE g.path IN (SELECT path FROM gone)
    )
"""
_LINKS = """
    INSERT INTO lots
    SELECT 'links', l.path, l.old_id,
        CASE
            WHEN b.bucket IN ('excluded', 'waived', 'failed') THEN b.bucket
            WHEN m.outcome = 'failed' THEN 'failed'
            WHEN l.why = 'ended_in_new' THEN 'excluded'
            WHEN l.why = 'not_made' OR (l.why = 'gone' AND NOT l.make) THEN 'dropped'
            WHEN m.outcome = 'made' THEN 'moved' ELSE 'same'
        END,
        if(coalesce(b.bucket, '') IN ('excluded', 'waived', 'failed') OR m.outcome = 'failed' OR l.why = 'ended_in_new', [],
            if(b.bucket IS NULL AND l.path <> '' AND len(losses) = 0, ['link.no_entry'], losses)),
        coalesce(m.code, b.code), m.detail, coalesce(b.bucket = 'failed', false)
    FROM links AS l LEFT JOIN made AS m USING (lid) LEFT JOIN b ON b.path = l.path WHERE l.path IS NOT NULL
"""

_BUCKET = "CASE WHEN arrived IN ('failed', 'excluded', 'waived') THEN arrived WHEN fate.outcome = 'exact' THEN arrived ELSE fate.outcome END"
_SETTLED = f"""
    CREATE TEMP TABLE settled AS SELECT lots.*, {_BUCKET} AS bucket
    FROM lots LEFT JOIN fates AS fate ON fate.feature = lots.feature AND fate.codes = lots.codes
"""


def put_features(db: duckdb.DuckDBPyConnection, sides: Sides, it: Pass, features: tuple[str, ...]) -> None:
    """Make `settled`: what `lots` holds, with its final bucket.  Asks for the tables of the account."""
    ground.load_tables(db, sides.old, sides.new)
    ground.find_gone(db)
    db.execute(_LOTS)
    if Asked.VERSIONS in features:
        _put_versions(db, sides, it)
    if Asked.GRANTS in features:
        load_steps(db, it)
        view(db, "blocked", [it.plan / "blocked.parquet"])
        db.execute(_ACTS)
        db.execute(_GRANTS)
    if Asked.LINKS in features:
        view(db, "links", [it.plan / "links.parquet"])
        load_made(db, it)
        db.execute(_LINKS)
    _settle(db)


def load_made(db: duckdb.DuckDBPyConnection, it: Pass) -> None:
    """Make `made`: what became of links."""
    _load_done(db, it, "made", "links", MADE)


def _put_versions(db: duckdb.DuckDBPyConnection, sides: Sides, it: Pass) -> None:
    carry_versions(db, target_of(it.folder, sides.old, sides.old_profile, sides.new_profile))
    ground.load_versions(db)
    _load_archiving(db, it)
    kept = takes_versions(sides.new_profile)
    db.execute(
        _VERSIONS.format(kept=str(kept).lower(), same_time=_same_time(sides.new_profile) if kept else "false")
    )


def _load_archiving(db: duckdb.DuckDBPyConnection, it: Pass) -> None:
    """Make `archiving`: what became of versions that were to be kept in the archive."""
    _load_done(db, it, "archiving", "archive", KEPT)


def _load_done(db: duckdb.DuckDBPyConnection, it: Pass, name: str, what: str, columns: pa.Schema) -> None:
    """Make *name*: what *it* told of *what*, with the same *columns* where it did none."""
    done = sorted(it.result.glob(f"{what}-*.parquet"))
    if not done:
        done = [it.plan / f"no-{what}.parquet"]
        write_table(done[0], table_of([], columns))
    view(db, name, done)


def _same_time(new: Profile) -> str:
    if "saved" not in new.features.versions:
        return "true"
    first, last = new.modified_range or (-(2**63), 2**63 - 1)
    grain = new.clock_grain
    kept = f"o.saved - ((o.saved % {grain}) + {grain}) % {grain}"
    return f"nv.saved = greatest(least({kept}, {last}), {first})"


def _settle(db: duckdb.DuckDBPyConnection) -> None:
    lists = db.execute("SELECT DISTINCT feature, codes FROM lots").fetchall()
    schema = pa.schema([("feature", pa.string()), ("codes", pa.list_(pa.string())), ("outcome", pa.string())])
    rows = [(feature, codes, outcome_of(Feature(feature), codes).value) for feature, codes in lists]
    db.register("fates", table_of(rows, schema))
    db.execute(_SETTLED)
    db.unregister("fates")


def outcome_of(feature: Feature, codes: list[str]) -> Outcome:
    """What becomes of something of *feature* that *codes* happen to; a fact of it that is dropped makes it lossy."""
    found = (
        loss.outcome if loss.feature is feature else min(loss.outcome, Outcome.LOSSY, key=ORDER.index)
        for loss in (CODES[code] for code in codes)
    )
    return max(found, key=ORDER.index, default=Outcome.EXACT)


def summary(db: duckdb.DuckDBPyConnection, features: tuple[str, ...]) -> dict[str, Any]:
    """
    The account of each feature: `found`, `buckets`, and how many things each loss of it happens to.

    Raises:
        AccountOpen: something is in no bucket or in two, or the sums differ from what the manifest tells.
    """
    found = _found(db, features)
    told: dict[str, dict[str, Any]] = {
        name: {"found": count, "buckets": dict.fromkeys(BUCKETS, 0), "codes": {}}
        for name, count in found.items()
    }
    for name, bucket, count in db.execute(
        "SELECT feature, bucket, count(*) FROM settled GROUP BY 1, 2"
    ).fetchall():
        if bucket not in BUCKETS:
            raise AccountOpen("", Text(f"{name}: {count} in no bucket", f"{name}：{count} 项未归类"))
        told[name]["buckets"][bucket] = count
    codes = "SELECT feature, code, count(*) FROM (SELECT feature, unnest(codes) AS code FROM settled) GROUP BY 1, 2 ORDER BY 1, 2"
    for name, code, count in db.execute(codes).fetchall():
        told[name]["codes"][code] = count
    for name, one in told.items():
        counted = sum(one["buckets"].values())
        if counted != one["found"]:
            said = Text(
                f"{name}: found {one['found']}, counted {counted}",
                f"{name}：发现 {one['found']}，计入 {counted}",
            )
            raise AccountOpen("", said)
    return told


def _found(db: duckdb.DuckDBPyConnection, features: tuple[str, ...]) -> dict[str, int]:
    effects = {Feature.GRANTS: "allow", Feature.DENIALS: "deny", Feature.BREAKS: "break', 'reset"}
    found = {}
    for asked in (it for it in OF if it in features):
        for feature in OF[asked]:
            where = f" WHERE effect IN ('{effects[feature]}')" if feature in effects else ""
            (count,) = db.execute(f"SELECT count(*) FROM old_{asked}{where}").fetchall()[0]
            found[feature.value] = count
    return found


def unannounced(told: dict[str, Any], contract: Contract) -> list[dict[str, Any]]:
    """Losses that *contract* does not know, or not so many of: `code`, `count`, `allowed`."""
    counts = [(code, count) for one in told.values() for code, count in one["codes"].items()]
    return [
        {"code": code, "count": count, "allowed": contract.counts.get(code, 0)}
        for code, count in counts
        if CODES[code].outcome in (Outcome.LOSSY, Outcome.DROPPED) and not contract.allows(code, count)
    ]
