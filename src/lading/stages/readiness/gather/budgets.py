"""The calls that a drive's content costs, out of its manifest, by space."""

from __future__ import annotations

from datetime import date

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.model.paths import decode, shown
from lading.stages.readiness.facts.budgets import Allowance, CallCosts, CallFacts, SpaceLoad

BLOCK = 2 << 20
"""Bytes of a block of WeDrive, and its border between small and large."""
_WEDRIVE = "docs/manual/wedrive.md, counted by benchmarks/wedrive.py"
_FLOOR = "engineering floor: one call for each listing, file, folder and reading"
INTO = {
    "wedrive": CallCosts(folder=2, small=3.005, large=3, block=1, grant=1, source=_WEDRIVE),
}
OUT_OF = {"wedrive": CallCosts(grant=2, source=_WEDRIVE)}
MONTHLY = {"wedrive": 100_000}
"""Calls of a paid firm in a month, as published 2021 to 2023."""
OWN = frozenset(("lading", "memory", "nextcloud", "smb"))
"""Kinds of drives that run on a server of the firm: nobody meters their calls unless the firm says so."""


def loads_of(manifest: Manifest, *, grants: bool = False) -> tuple[SpaceLoad, ...]:
    """What each top-level folder holds; files beside them are a space named `/`.  Earlier versions count where the manifest tells them."""
    query = (
        # The scan calls a file beside the spaces a space of its own.
        "SELECT CASE WHEN path = space AND kind <> 'folder' THEN '' ELSE space END AS place, count(*) FILTER (kind = 'folder'), count(*) FILTER (kind = 'file' AND size <= $1),"
        " count(*) FILTER (kind = 'file' AND size > $1),"
        " coalesce(sum((size + $1 - 1) // $1) FILTER (kind = 'file' AND size > $1), 0), count(*)"
        " FROM entries GROUP BY place ORDER BY place"
    )
    with duckdb.connect() as connection:
        entries = manifest.relation(connection)
        entries.create_view("entries")
        rows = connection.execute(query.replace("$1", str(BLOCK))).fetchall()
        earlier = _earlier(manifest, connection)
    return tuple(
        SpaceLoad(
            _name(space), folders, small, large, int(blocks), earlier.get(space, 0), every if grants else 0
        )
        for space, folders, small, large, blocks, every in rows
    )


def _earlier(manifest: Manifest, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Versions by space ("" for files beside the spaces) that are not the current ones; none where they were not scanned."""
    if not manifest.has("versions"):
        return {}
    manifest.rows(connection, "versions").create_view("versions")
    rows = connection.execute(
        "SELECT CASE WHEN contains(path, '/') THEN split_part(path, '/', 1) ELSE '' END AS place,"
        " count(*) - count(DISTINCT path) FROM versions GROUP BY place"
    ).fetchall()
    return dict(rows)


def calls_facts(
    loads: tuple[SpaceLoad, ...],
    profile: Profile,
    start: date,
    *,
    into: bool,
    month: int | None = None,
    used: int = 0,
    due: date | None = None,
) -> CallFacts:
    """The calls of *loads* on the drive of *profile*, written *into* or read from; *month* overrides what is known of its kind."""
    table = INTO if into else OUT_OF
    costs = table.get(profile.kind, CallCosts(folder=float(into), version=1, source=_FLOOR))
    monthly = MONTHLY.get(profile.kind) if month is None else month
    allowance = Allowance(profile.calls_per_second, None, monthly, used)
    local = profile.local or profile.kind in OWN
    return CallFacts(profile.address, profile.kind, start, costs, allowance, loads, due, local=local)


def _name(space: str) -> str:
    return shown(decode(space)) if space else "/"
