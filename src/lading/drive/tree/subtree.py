"""
Everything below a node, changed at once.

One statement for the node and one for all that lies below, by the range of
their trails.  Nothing here asks for rights: that is done before.
"""

from __future__ import annotations

from typing import Any

from lading.drive.tree.row import FOLDER, Row, end_of

_TOP = "UPDATE drive_node SET space_id = %s, parent_id = %s, name = %s, trail = %s WHERE id = %s"
_BELOW = (
    "UPDATE drive_node SET space_id = %s, trail = %s || substr(trail, %s)"
    " WHERE space_id = %s AND trail >= %s AND trail < %s"
)
_DEPTH = (
    "SELECT max(length(trail) - length(replace(trail, '/', ''))) FROM drive_node"
    " WHERE space_id = %s AND trail >= %s AND trail < %s"
)
_BYTES = (
    "SELECT coalesce(sum(v.size), 0) FROM drive_version v JOIN drive_node n ON n.id = v.node_id"
    " WHERE n.space_id = %s AND (n.id = %s OR (n.trail >= %s AND n.trail < %s))"
)
_RULES = "SELECT 1 FROM drive_grant WHERE node_id = %s LIMIT 1"

_IDS = "SELECT id FROM drive_node WHERE space_id = %s AND (id = %s OR (trail >= %s AND trail < %s))"
_HANGING = ("drive_version", "drive_grant", "drive_link", "drive_property", "drive_hold", "drive_trash")
"""All tables with rows that belong to a node."""


def below(row: Row) -> tuple[int, str, str]:
    """The space and the range of trails of all that lies below *row*."""
    return row.space, row.inside, end_of(row.inside)


def hang(cursor: Any, row: Row, parent: Row, kept: str) -> Row:
    """Put *row* and all below it under *parent* with the name *kept* (as in the tables); rows keep their ids."""
    trail = parent.inside
    cursor.execute(_TOP, [parent.space, parent.id, kept, trail, row.id])
    moved = row._replace(space=parent.space, parent=parent.id, trail=trail)
    if row.kind == FOLDER and moved.inside != row.inside:
        cursor.execute(_BELOW, [parent.space, moved.inside, len(row.inside) + 1, *below(row)])
    return moved


def height(cursor: Any, row: Row) -> int:
    """How many levels lie below *row*: 0 for a file or an empty folder."""
    if row.kind != FOLDER:
        return 0
    cursor.execute(_DEPTH, below(row))
    (deepest,) = cursor.fetchone()
    return 0 if deepest is None else int(deepest) - row.trail.count("/")


def size_of(cursor: Any, row: Row) -> int:
    """Bytes of all versions of *row* and of all below it."""
    space, low, high = below(row)
    cursor.execute(_BYTES, [space, row.id, low, high])
    return int(cursor.fetchone()[0])


def moves_rights(cursor: Any, row: Row) -> bool:
    """Whether rights can be other than before once *row* lies somewhere else."""
    if row.kind == FOLDER or row.breaks:
        return True
    cursor.execute(_RULES, [row.id])
    return cursor.fetchone() is not None


def remove_rows(cursor: Any, row: Row) -> None:
    """Remove *row* and all below it from the tables, with all that hangs on it; contents stay in the store."""
    space, low, high = below(row)
    some = [space, row.id, low, high]
    cursor.execute(f"UPDATE drive_trash SET parent_id = NULL WHERE parent_id IN ({_IDS})", some)
    for table in _HANGING:
        cursor.execute(f"DELETE FROM {table} WHERE node_id IN ({_IDS})", some)
    cursor.execute("DELETE FROM drive_node WHERE space_id = %s AND trail >= %s AND trail < %s", below(row))
    cursor.execute("DELETE FROM drive_node WHERE id = %s", [row.id])


def remove_space_rows(cursor: Any, space: int) -> None:
    """Remove a space from the tables, with all that hangs on it and on its nodes."""
    nodes = "SELECT id FROM drive_node WHERE space_id = %s"
    for table in _HANGING:
        cursor.execute(f"DELETE FROM {table} WHERE node_id IN ({nodes})", [space])
    for table in ("drive_wallside", "drive_breakglass"):
        cursor.execute(f"DELETE FROM {table} WHERE space_id = %s", [space])
    cursor.execute("UPDATE drive_trash SET parent_id = NULL WHERE parent_id IN (" + nodes + ")", [space])
    cursor.execute("UPDATE drive_space SET root_id = NULL, bin_id = NULL WHERE id = %s", [space])
    cursor.execute("DELETE FROM drive_node WHERE space_id = %s", [space])
    cursor.execute("DELETE FROM drive_space WHERE id = %s", [space])
