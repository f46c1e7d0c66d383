"""
Dead properties (RFC 4918, 4): what clients hang on files and folders, in the table `Property`.

A name is in Clark notation, a value is the whole element as text.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from lading.drive.actor import Actor
from lading.drive.errors import Unfit
from lading.drive.rights.roles import Role
from lading.drive.tree.row import Seen
from lading.drive.writing import writing
from lading.model.paths import encode
from lading.model.text import Text

LARGEST = 64 * 1024
MOST = 500
"""Bytes of one value, and values of one file."""

_OF = "SELECT name, value FROM drive_property WHERE node_id = %s ORDER BY id"
_WITHIN = (
    "SELECT p.node_id, p.name, p.value FROM drive_property p JOIN drive_node n ON n.id = p.node_id"
    " WHERE n.parent_id = %s ORDER BY p.id"
)
_PUT = (
    "INSERT INTO drive_property (node_id, name, value) VALUES (%s, %s, %s)"
    " ON CONFLICT (node_id, name) DO UPDATE SET value = excluded.value"
)


def of(node: int) -> dict[str, str]:
    """The properties of *node*, in the order they came."""
    with connection.cursor() as cursor:
        cursor.execute(_OF, [node])
        return dict(cursor.fetchall())


def shown(seen: Seen) -> dict[str, str]:
    """The properties of *seen*; none of a folder of which the viewer may know the name only."""
    return of(seen.row.id) if seen.role >= Role.PREVIEW else {}


def within(folder: int) -> dict[int, dict[str, str]]:
    """The properties of everything directly in *folder*, by node."""
    found: dict[int, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WITHIN, [folder])
        for node, name, value in cursor.fetchall():
            found.setdefault(node, {})[name] = value
    return found


def change(actor: Actor, seen: Seen, changes: Sequence[tuple[str, str | None]]) -> None:
    """
    Set properties, remove those whose value is None; all or none.

    Raises:
        Unfit: a value is too large, or there would be too many.
    """
    for name, value in changes:
        if len(name) + len(value or "") > LARGEST:
            raise Unfit(name[:80], Text(f"larger than {LARGEST} bytes", f"超过 {LARGEST} 字节"))
    node = seen.row.id
    with writing(actor, seen.row.space) as work, connection.cursor() as cursor:
        for name, value in changes:
            if value is None:
                cursor.execute("DELETE FROM drive_property WHERE node_id = %s AND name = %s", [node, name])
            else:
                cursor.execute(_PUT, [node, name, value])
        cursor.execute("SELECT count(*) FROM drive_property WHERE node_id = %s", [node])
        if cursor.fetchone()[0] > MOST:
            raise Unfit(seen.path, Text(f"more than {MOST} properties", f"超过 {MOST} 个属性"))
        kind = "folder" if not seen.row.number else "file"
        work.event(f"{kind}.described", space=seen.row.space, node=node, path=encode(seen.path))
