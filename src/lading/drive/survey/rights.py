"""
All grants, denials, breaks and links that somebody manages.

Where somebody does not manage, they are told nothing: who may do what on a deal is part of the deal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lading.drive.quick import reading
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.survey.paging import After, gathered, paths_of

_NODE = "n.space_id, n.id, n.trail, n.name"
# The plus keeps SQLite from starting with all nodes of a space.
_IN = " AND +n.space_id = %s"
_GRANTS = f"""
SELECT g.id, {_NODE}, p.key, p.kind, p.name, g.role, g.deny, g.expires
FROM drive_grant g JOIN drive_node n ON n.id = g.node_id JOIN drive_principal p ON p.id = g.principal_id
WHERE g.id > %s AND (g.expires IS NULL OR g.expires > %s){{space}} ORDER BY g.id LIMIT %s
"""
_BREAKS = (
    f"SELECT n.id, {_NODE} FROM drive_node n WHERE n.breaks AND n.id > %s{{space}} ORDER BY n.id LIMIT %s"
)
_LINKS = f"""
SELECT l.id, {_NODE}, l.key, l.role, l.inside, l.password, l.expires, l."limit", l.used, l.version, p.key, l.created
FROM drive_link l JOIN drive_node n ON n.id = l.node_id JOIN drive_principal p ON p.id = l.by_id
WHERE l.id > %s AND l.revoked IS NULL{{space}} ORDER BY l.id LIMIT %s
"""


class At(NamedTuple):
    """Where something stands: ids of space and node, and the encoded *path* within the space."""

    space: int
    node: int
    path: str


class Granted(NamedTuple):
    """A grant or denial that has not expired; *key*, *kind* and *who* are of its principal."""

    id: int
    at: At
    key: str
    kind: str
    who: str
    role: Role
    deny: bool
    expires: int | None


class Shared(NamedTuple):
    """A link that was not revoked; *by* is the key of its maker."""

    at: At
    key: str
    role: Role
    inside: bool
    protected: bool
    expires: int | None
    limit: int | None
    used: int
    version: int | None
    by: str
    created: int


def grants(look: Sight, after: After, limit: int, now: int) -> tuple[list[Granted], int | None]:
    """Grants and denials that stand at *now*, in the order they were made."""
    rows, following = _managed(look, _GRANTS, after, limit, (now,))
    found = [
        Granted(row[0], at, row[5], row[6], row[7], Role(row[8]), bool(row[9]), row[10]) for row, at in rows
    ]
    return found, following


def breaks(look: Sight, after: After, limit: int) -> tuple[list[At], int | None]:
    """The entries that end inheritance."""
    rows, following = _managed(look, _BREAKS, after, limit)
    return [at for _, at in rows], following


def links(look: Sight, after: After, limit: int) -> tuple[list[Shared], int | None]:
    """Links that were not revoked, also those that are over, in the order they were made."""
    rows, following = _managed(look, _LINKS, after, limit)
    found = [Shared(at, row[5], Role(row[6]), bool(row[7]), bool(row[8]), *row[9:]) for row, at in rows]
    return found, following


def _managed(
    look: Sight, sql: str, after: After, limit: int, more: tuple[Any, ...] = ()
) -> tuple[list[tuple[Any, At]], int | None]:
    """The rows of *sql* whose nodes *look* manages, each with its place."""
    with reading() as cursor:
        fetch = _fetcher(cursor, sql, after, more)
        rows, following = gathered(fetch, lambda row: _manages(look, row), after.number, limit)
        paths = paths_of(cursor, (row[2:5] for row in rows))
    return [(row, At(row[1], row[2], paths[row[2]])) for row in rows], following


def _fetcher(
    cursor: Any, sql: str, after: After, more: tuple[Any, ...]
) -> Callable[[int, int], list[tuple[Any, ...]]]:
    asked = sql.format(space="" if after.space is None else _IN)
    space = () if after.space is None else (after.space,)

    def fetch(number: int, wanted: int) -> list[tuple[Any, ...]]:
        cursor.execute(asked, [number, *more, *space, wanted])
        return list(cursor.fetchall())

    return fetch


def _manages(look: Sight, row: tuple[Any, ...]) -> bool:
    return look.share_role(row[3], row[2]) >= Role.MANAGE
