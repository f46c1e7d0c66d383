"""
What the resolver reads: the tables of one drive and how its grants work together.

The columns are those of decision 0007.  A table may stand in memory, or in Parquet files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyarrow as pa

from lading.connectors.profile import AccessRules
from lading.manifest.engine import duckdb
from lading.manifest.read import entries_of
from lading.model.access import Effect, PrincipalKind, Reach
from lading.model.errors import BadManifest
from lading.model.text import Text

Source: TypeAlias = "pa.Table | Sequence[str]"
"""A table in memory, or the local paths of Parquet files."""

EVERYBODY = "e"
"""The key of everybody."""

KEY = """case when {kind} = 'everybody' then 'e' when {kind} in ('person', 'guest') then 'u:' || {id} else 'g:' || {id} end"""
"""SQL: the key of a principal; people share no key with groups, though systems give them the same numbers."""

_WORDS = {"effect": Effect, "reach": Reach, "principal_kind": PrincipalKind}


@dataclass(frozen=True, slots=True)
class Tables:
    """
    One drive: its entries, who may do what, and its *rules*; None is a table that was not scanned.

    *name* tells the drive in messages; *unasked* is how many entries could not be asked for their grants or links.
    """

    entries: Source
    grants: Source
    principals: Source | None = None
    members: Source | None = None
    links: Source | None = None
    rules: AccessRules = field(default_factory=AccessRules)
    name: str = ""
    unasked: int = 0


def key_of(kind: str, name: str) -> str:
    """The key of the principal *name* of *kind*, as `KEY` makes it."""
    if kind == PrincipalKind.EVERYBODY:
        return EVERYBODY
    return ("u:" if kind in (PrincipalKind.PERSON, PrincipalKind.GUEST) else "g:") + name


def relation(connection: duckdb.DuckDBPyConnection, source: Source) -> duckdb.DuckDBPyRelation:
    """The rows of *source*, in no order."""
    if isinstance(source, pa.Table):
        return connection.from_arrow(source)
    return entries_of(connection, list(source))


def rows(connection: duckdb.DuckDBPyConnection, source: Source | None, columns: str) -> list[tuple[Any, ...]]:
    """The *columns* of all rows of *source*, which fit into memory; none if it was not scanned."""
    if source is None:
        return []
    found: list[tuple[Any, ...]] = relation(connection, source).project(columns).fetchall()
    return found


def check_words(connection: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    """
    See that the grants of *tables* use no word that this program does not know: what is not understood is never passed over.

    Raises:
        BadManifest: one does.
    """
    grants = relation(connection, tables.grants)
    for column, words in _WORDS.items():
        known = ", ".join(f"'{word.value}'" for word in words)
        strange = grants.filter(f"{column} is null or {column} not in ({known})").limit(1).fetchall()
        if strange:
            raise BadManifest(
                tables.name,
                Text(f"grants: an unknown word in column {column}", f"授权表：{column} 列中有未知用语"),
            )
