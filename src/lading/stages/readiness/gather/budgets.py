"""The calls that a drive's content costs, out of its manifest, by space."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb

from lading.connectors.profile import Profile
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
        versions = _versions(manifest, connection)
    return tuple(
        SpaceLoad(
            _name(space), folders, small, large, int(blocks), versions.get(space, 0), every if grants else 0
        )
        for space, folders, small, large, blocks, every in rows
    )


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
    return CallFacts(profile.address, profile.kind, start, costs, allowance, loads, due, local=profile.local)


def call_facts_of(
    old: Manifest, profile: Profile, start: date, *, into: bool, grants: bool = True
) -> CallFacts:
    """
    The calls of a copy of *old* on the drive of *profile*, written *into* or read from.

    Only platforms whose calls are limited, by what is published or by what the drive says, have calls to count: servers of the firm's own have none.
    """
    limited = profile.kind in MONTHLY or profile.calls_per_second is not None
    loads = loads_of(old, grants=grants and old.has("grants")) if limited else ()
    facts = calls_facts(loads, profile, start, into=into)
    return facts if limited else replace(facts, local=True)


def _versions(manifest: Manifest, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Earlier versions by space, "" for files beside the spaces."""
    if not manifest.has("versions"):
        return {}
    told = manifest.rows(connection, "versions").filter("NOT current")
    told.create_view("earlier")
    query = (
        "SELECT CASE WHEN contains(path, '/') THEN split_part(path, '/', 1) ELSE '' END AS place, count(*)"
        " FROM earlier GROUP BY place"
    )
    return dict(connection.execute(query).fetchall())


def _name(space: str) -> str:
    return shown(decode(space)) if space else "/"
