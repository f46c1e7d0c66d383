"""
Worlds as the tables that a scan would write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from lading.manifest.access.tables import Tables
from lading.manifest.engine import engine
from lading.model.access import Grant, Link, Principal
from lading.model.paths import Path, encode
from unit.access.oracle import World

NOW = 100

_COLUMNS: Mapping[str, Mapping[str, pa.DataType]] = {
    "entries": {"path": pa.string()},
    "principals": {
        **dict.fromkeys(("kind", "id", "name", "mail", "login"), pa.string()),
        "active": pa.bool_(),
        **dict.fromkeys(("parent", "owner"), pa.string()),
        "until": pa.int64(),
    },
    "members": dict.fromkeys(("group", "member"), pa.string()),
    "grants": {
        **dict.fromkeys(("path", "effect", "principal_kind", "principal"), pa.string()),
        **dict.fromkeys(("role", "rank"), pa.int8()),
        "reach": pa.string(),
        "rights": pa.list_(pa.string()),
        "expires": pa.int64(),
        "source": pa.string(),
    },
    "links": {
        **dict.fromkeys(("path", "id"), pa.string()),
        "role": pa.int8(),
        "rights": pa.list_(pa.string()),
        "expires": pa.int64(),
        "has_password": pa.bool_(),
        **dict.fromkeys(("limit", "used"), pa.int64()),
        "version": pa.string(),
        "inside": pa.bool_(),
        "by": pa.string(),
        "created": pa.int64(),
    },
}


def tables(world: World, name: str = "") -> Tables:
    """The tables of *world*."""
    return Tables(
        entries=_table("entries", [(encode(path),) for path in sorted(world.entries)]),
        grants=_table("grants", map(_grant, world.grants)),
        principals=_table("principals", map(_principal, world.principals)),
        members=_table("members", sorted(world.members)),
        links=_table("links", map(_link, world.links)),
        rules=world.rules,
        name=name,
    )


@contextmanager
def database() -> Any:
    with engine() as connection:
        yield connection


def tree(*paths: str) -> set[Path]:
    """The entries at *paths* (names joined by slashes), and all folders above them."""
    found: set[Path] = set()
    for path in paths:
        names = tuple(path.split("/"))
        found |= {names[:depth] for depth in range(1, len(names) + 1)}
    return found


def _grant(it: Grant) -> tuple[Any, ...]:
    whom = it.principal.kind.value, it.principal.id
    rest = int(it.role), it.rank, it.reach.value, sorted(it.rights), it.expires, it.source
    return (encode(it.path), it.effect.value, *whom, *rest)


def _principal(it: Principal) -> tuple[Any, ...]:
    return it.kind.value, it.id, it.name, it.mail, it.login, it.active, it.parent, it.owner, it.until


def _link(it: Link) -> tuple[Any, ...]:
    limits = it.expires, it.has_password, it.limit, it.used, it.version, it.inside
    return (encode(it.path), it.id, int(it.role), sorted(it.rights), *limits, it.by, it.created)


def _table(name: str, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    columns = _COLUMNS[name]
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(column, kind) for column, kind in zip(values, columns.values(), strict=True)]
    return pa.table(arrays, names=list(columns))
