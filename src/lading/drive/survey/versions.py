"""
All files with all their versions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lading.drive.quick import reading
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.survey.paging import After, gathered, paths_of, places
from lading.drive.versions.versions import COLUMNS, VersionRow

# Versions count from 1, folders have none.
_FILES = (
    "SELECT n.id, n.space_id, n.trail, n.name, n.number FROM drive_node n"
    " WHERE n.id > %s AND n.number > 0{space} ORDER BY n.id LIMIT %s"
)
_IN = " AND +n.space_id = %s"
_VERSIONS = (
    f"SELECT node_id, {COLUMNS} FROM drive_version WHERE node_id IN ({{ids}}) ORDER BY node_id, number"
)


class History(NamedTuple):
    """A file with its *versions*, oldest first; *number* is that of its content, *path* encoded."""

    node: int
    space: int
    path: str
    number: int
    versions: list[VersionRow]


def histories(look: Sight, after: After, limit: int) -> tuple[list[History], int | None]:
    """Files that may be downloaded, by id."""
    asked = _FILES.format(space="" if after.space is None else _IN)
    space = [] if after.space is None else [after.space]
    with reading() as cursor:

        def fetch(number: int, wanted: int) -> list[tuple[Any, ...]]:
            cursor.execute(asked, [number, *space, wanted])
            return list(cursor.fetchall())

        rows, following = gathered(
            fetch, lambda row: look.role(row[2], row[0]) >= Role.DOWNLOAD, after.number, limit
        )
        found = _versions(cursor, [row[0] for row in rows])
        paths = paths_of(cursor, ((row[0], row[2], row[3]) for row in rows))
    return [History(row[0], row[1], paths[row[0]], row[4], found[row[0]]) for row in rows], following


def _versions(cursor: Any, nodes: list[int]) -> dict[int, list[VersionRow]]:
    found: dict[int, list[VersionRow]] = {node: [] for node in nodes}
    if nodes:
        cursor.execute(_VERSIONS.format(ids=places(nodes)), nodes)
        for node, *values in cursor.fetchall():
            found[node].append(VersionRow._make(values))
    return found
