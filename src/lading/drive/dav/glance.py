"""
Look at one address with one query: what is there, the folder it lies in, and whether any of what is remembered is old.

The hot lanes begin with the sight that the same login had a moment ago.  The
query that finds the entry also reads the epoch of the drive, so an old sight is
noticed before anything is decided by it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from lading.drive.dav.login import sight_of
from lading.drive.dav.request import Request
from lading.drive.quick import reading
from lading.drive.rights.sight import Sight
from lading.drive.tree.find import label_ids
from lading.drive.tree.row import COLUMNS, Seen, columns, row_of
from lading.drive.writing import EPOCH
from lading.model.paths import Path, encode

_LEVELS = 30
"""Folders that one query follows; what lies deeper is found the long way."""
_WIDTH = len(COLUMNS)


class Glance(NamedTuple):
    """What is at an address for this viewer, the folder it lies in, and whether there are locks at all."""

    parent: Seen
    found: Seen | None
    locks: bool


def glance(request: Request) -> Glance | None:
    """
    Look at the path of *request*, whose sight is made new if it was old.

    None where the query says nothing: the folder is not there or hidden, or the path is too short or too deep.
    """
    if not 2 <= len(request.path) <= _LEVELS + 1:
        request.sight = sight_of(request.environ)
        return None
    for _ in range(2):
        got = _look(request.sight, request.path)
        if got is not None and got[0] == request.sight.epoch:
            return _seen(request.sight, request.path, got)
        request.sight = sight_of(request.environ)
    return None


def _look(sight: Sight, path: Path) -> tuple[object, ...] | None:
    space = label_ids(sight).get(path[0])
    if space is None:
        return None
    with reading() as cursor:
        cursor.execute(_query(len(path) - 2), (*(encode((name,)) for name in path[1:]), space))
        found: tuple[object, ...] | None = cursor.fetchone()
    return found


def _seen(sight: Sight, path: Path, got: tuple[object, ...]) -> Glance | None:
    above = row_of(got[2 : 2 + _WIDTH])
    role = sight.role(above.trail, above.id)
    if not role:
        return None
    parent, found = Seen(above, role, path[1:-1]), None
    if got[2 + _WIDTH] is not None:
        row = row_of(got[2 + _WIDTH :])
        role = sight.role(row.trail, row.id)
        found = Seen(row, role, path[1:]) if role else None
    return Glance(parent, found, bool(got[1]))


@lru_cache(_LEVELS + 1)
def _query(levels: int) -> str:
    steps = "".join(
        f" JOIN drive_node n{level} ON n{level}.parent_id = n{level - 1}.id AND n{level}.name = %s"
        for level in range(1, levels + 1)
    )
    return (
        f"SELECT (SELECT value FROM drive_meta WHERE key = '{EPOCH}'), (SELECT 1 FROM drive_lock LIMIT 1),"
        f" {columns(f'n{levels}')}, {columns('t')} FROM drive_space s JOIN drive_node n0 ON n0.id = s.root_id{steps}"
        f" LEFT JOIN drive_node t ON t.parent_id = n{levels}.id AND t.name = %s"
        " WHERE s.id = %s AND s.deleted IS NULL"
    )
