"""
The tables of a manifest, as the resolver reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lading.connectors.profile import AccessRules
from lading.connectors.profile_facts import profile_from
from lading.manifest.access.tables import Tables
from lading.manifest.engine import duckdb, engine, insist
from lading.manifest.read import Manifest
from lading.manifest.tables import PROBLEMS, Feature
from lading.model.errors import BadManifest
from lading.model.text import Text

LIMITS = ("400MB", "800MB", "1500MB")
"""What DuckDB may hold; the next one is tried where one is not enough."""

R = TypeVar("R")
_NO_GRANTS = Text(
    "it has no grants; scan the drive with --with people,grants,links",
    "其中没有授权；请用 --with people,grants,links 扫描网盘",
)
_NO_RULES = Text(
    "it does not tell how the grants of the drive work together", "其中未说明该网盘的授权规则如何共同生效"
)


def tables_of(manifest: Manifest) -> Tables:
    """
    The tables of *manifest* that say who can do what.

    Raises:
        BadManifest: it has no grants, or does not tell the rules of its drive.
    """
    grants = manifest.table("grants")
    if grants is None:
        raise BadManifest(manifest.directory, _NO_GRANTS)
    others = {name: manifest.table(name) for name in ("principals", "members", "links")}
    return Tables(
        entries=manifest.files,
        grants=[grants],
        **{name: [file] if file else None for name, file in others.items()},
        rules=_rules(manifest),
        name=manifest.directory,
        unasked=_unasked(manifest),
    )


def resolved(work: Callable[[duckdb.DuckDBPyConnection], R], *, directory: str | None = None) -> R:
    """
    Run *work*, which may be run again, on a database of its own that spills into *directory*.

    Raises:
        NoSpace: memory or disk are not enough.
    """
    with engine(directory) as connection:
        return insist(connection, lambda: work(connection), *LIMITS)


def _rules(manifest: Manifest) -> AccessRules:
    try:
        rules = profile_from(manifest.facts["profile"]).access
    except (KeyError, TypeError, ValueError, AssertionError):
        rules = None
    if rules is None:
        raise BadManifest(manifest.directory, _NO_RULES)
    return rules


def _unasked(manifest: Manifest) -> int:
    if not manifest.has(PROBLEMS):
        return 0
    wanted = (Feature.GRANTS, Feature.LINKS)
    return sum(row["feature"] in wanted for row in manifest.values(PROBLEMS))
