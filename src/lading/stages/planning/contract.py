"""
Make the fidelity contract of two manifests: every feature counted, nothing from memory.

What is not known is said: a feature that was not scanned, or that the account is not told whole, stands
in the contract as unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lading.connectors.profile import AccessRules, Profile
from lading.connectors.profile_facts import profile_from
from lading.manifest import tables
from lading.manifest.circles import Circles
from lading.manifest.engine import duckdb, engine, insist
from lading.manifest.read import Manifest
from lading.manifest.tables import TABLES
from lading.manifest.translate.target import Target
from lading.model.errors import BadManifest
from lading.model.fidelity import Account, Contract
from lading.model.identity import GROUPS, IdentityMap, Key
from lading.model.losses import TOLD_BY, Feature
from lading.stages.planning import contents, hanging, who
from lading.stages.planning.groups import with_members
from lading.stages.planning.matching import How, match_people

MEMORY = ("600MB", "1500MB")
"""What DuckDB may hold; the second where the first is not enough."""
_ALL_TABLES = (
    "principals",
    "members",
    "grants",
    "links",
    "versions",
    "locks",
    "labels",
    "comments",
    "settings",
)
_FACETS = {feature: tables.Feature(name) for feature, name in TOLD_BY.items()}
_DECISIVE = (
    "names", "keeps_modified", "keeps_folder_times", "clock_grain", "modified_range", "size_limit", "access", "features",
)  # fmt: skip
"""Fields of a profile that a contract depends on."""
_OF_PEOPLE = (Feature.PEOPLE, Feature.GUESTS, Feature.GROUPS, Feature.MEMBERSHIPS)


@dataclass(frozen=True, slots=True)
class Side:
    """A drive as its manifest tells it."""

    manifest: Manifest
    profile: Profile
    circles: Circles


def side(manifest: Manifest) -> Side:
    """
    The drive in *manifest*.

    Raises:
        BadManifest: it does not say what kind of drive it is of.
    """
    try:
        profile = profile_from(manifest.facts["profile"])
    except (KeyError, TypeError, ValueError):
        raise BadManifest(manifest.directory, "its profile cannot be understood") from None
    principals = manifest.values("principals") if manifest.has("principals") else ()
    members = manifest.values("members") if manifest.has("members") else None
    rules = profile.access or AccessRules()
    return Side(manifest, profile, Circles(principals, members, owned_guests=rules.owned_guests))


def identities(old: Side, new: Side, how: How) -> IdentityMap:
    """Who of *old* is who of *new*, groups held against each other."""
    found = match_people(old.circles.principals.values(), new.circles.principals.values(), how)
    return with_members(found, old.circles, new.circles)


def weights_of(old: Manifest, directory: str | None = None) -> dict[Key, who.Weight]:
    """How much of *old* hangs on each principal."""
    with engine(directory) as db:
        _load(db, old)
        return who.weights(db)


def make_contract(
    old: Side,
    new: Side,
    people: IdentityMap,
    *,
    endless: bool = False,
    waived: Collection[Feature] = (),
    directory: str | None = None,
) -> Contract:
    """
    The contract between *old* and *new*; DuckDB spills below *directory*.

    *endless*: grants whose end NEW cannot hold are set without it.  *waived*: what may be unknown.
    """
    scanned = int(old.manifest.facts["finished"] * 1_000_000_000)
    to = Target(new.profile, old.profile.access or AccessRules(), people, old.circles, scanned, endless)
    with engine(directory, memory_limit=MEMORY[0]) as db:
        _load(db, old.manifest)
        contents.prepare(db, new.profile)
        unknown = _unknown(db, old, new)
        accounts = insist(db, lambda: tuple(_accounts(db, old, new, to, unknown)), *MEMORY)
    terms = {"map": people.digest, "expiry": "report" if endless else "drop"}
    gaps = tuple(account.feature for account in accounts if account.unknown and account.feature in waived)
    return Contract(_facts(old), _facts(new), terms, accounts, gaps)


def _load(db: duckdb.DuckDBPyConnection, old: Manifest) -> None:
    """Views of OLD: the entries as `o` and `old_entries`, each table as `old_…`; what was not scanned has no rows."""
    old.relation(db).create_view("o")
    db.execute("create temp view old_entries as select path, kind from o")
    for name in _ALL_TABLES:
        if old.has(name):
            old.rows(db, name).create_view(f"old_{name}")
        else:
            db.register("empty", TABLES[name].empty_table())
            db.execute(f"create temp table old_{name} as select * from empty")


def _accounts(
    db: duckdb.DuckDBPyConnection, old: Side, new: Side, to: Target, unknown: Mapping[Feature, str]
) -> Iterator[Account]:
    yield from contents.accounts(db, new.profile)
    yield from hanging.versions(db, to, unknown)
    yield from who.people(to.people, who.weights(db), unknown)
    members = old.manifest.values("members") if old.manifest.has("members") else ()
    yield who.memberships(members, to.people, new.circles, unknown.get(Feature.MEMBERSHIPS))
    yield from hanging.grants(db, to, unknown)
    yield hanging.links(db, to, unknown)
    yield from hanging.marks(db, unknown)


def _unknown(db: duckdb.DuckDBPyConnection, old: Side, new: Side) -> dict[Feature, str]:
    """Why something is not known, by feature."""
    found: dict[Feature, str] = {}
    partly = _asked_in_part(db, old.manifest)
    for feature, facet in _FACETS.items():
        if not old.manifest.has(_table(feature, facet)):
            found[feature] = "not_told" if facet in old.manifest.features else "not_scanned"
        elif facet in partly:
            found[feature] = "in_part"
        elif facet is tables.Feature.GRANTS and old.profile.access and not old.profile.access.complete:
            found[feature] = "not_all"
    for feature in _OF_PEOPLE:
        if feature not in found and (reason := _unknown_in_new(feature, old, new)):
            found[feature] = reason
    return found


def _table(feature: Feature, facet: tables.Feature) -> str:
    if facet is tables.Feature.PEOPLE:
        return "members" if feature is Feature.MEMBERSHIPS else "principals"
    return facet.value


def _unknown_in_new(feature: Feature, old: Side, new: Side) -> str | None:
    """A drive without people has none to be found; one that was not asked may have them."""
    manifest, table = new.manifest, _table(feature, tables.Feature.PEOPLE)
    if manifest.has(table):
        return None
    if tables.Feature.PEOPLE not in manifest.features:
        return "new_not_scanned"
    grouped = any(key.kind in GROUPS for key in old.circles.principals)
    # Grants to groups would be given without knowing to whom.
    gives = any(kind in GROUPS for kind in new.profile.features.principals)
    return "new_not_told" if feature is Feature.MEMBERSHIPS and grouped and gives else None


def _asked_in_part(db: duckdb.DuckDBPyConnection, old: Manifest) -> set[str]:
    if not old.has(tables.PROBLEMS):
        return set()
    old.rows(db, tables.PROBLEMS).create_view("old_problems")
    return {feature for (feature,) in db.execute("select distinct feature from old_problems").fetchall()}


def _facts(it: Side) -> dict[str, Any]:
    """What was looked at, so that a contract is known to be about it."""
    manifest = it.manifest
    decisive = {name: manifest.facts["profile"].get(name) for name in _DECISIVE}
    profile = json.dumps(decisive, sort_keys=True, separators=(",", ":"))
    return {
        "kind": manifest.address["kind"],
        "place": manifest.address["place"],
        "fingerprint": manifest.fingerprint,
        "tables": {name: facts["fingerprint"] for name, facts in sorted(manifest.tables.items())},
        "profile": hashlib.sha256(profile.encode()).hexdigest(),
    }
