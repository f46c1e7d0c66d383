"""
Put an entry into the trash of its space.

It keeps its id, its versions, its grants and what lies below it; only its
place is another: below the bin, which no sight reaches.
"""

from __future__ import annotations

from typing import Any

from lading.drive.tree.row import FOLDER, Seen, columns, row_of
from lading.drive.tree.subtree import hang, moves_rights
from lading.drive.versions.holds import carry
from lading.drive.writing import Writing
from lading.model.paths import encode

STAGE_PEOPLE = 1
STAGE_ADMIN = 2

_BIN = f"SELECT {columns('n')} FROM drive_space s JOIN drive_node n ON n.id = s.bin_id WHERE s.id = %s"
_TRASH = (
    "INSERT INTO drive_trash (node_id, space_id, parent_id, name, path, stage, by_id, at)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"
)


def discard(cursor: Any, work: Writing, seen: Seen) -> int:
    """Put *seen*, looked at again in this transaction, into the trash; the id of its row there."""
    row = seen.row
    cursor.execute(_BIN, [row.space])
    bin_ = row_of(cursor.fetchone())
    carry(cursor, row, ())
    if moves_rights(cursor, row):
        work.rights_changed()
    hang(cursor, row, bin_, str(row.id))
    path = encode(seen.path)
    cursor.execute(
        _TRASH,
        [
            row.id, row.space, row.parent, encode((row.name,)), path, STAGE_PEOPLE, work.actor.principal,
            work.now,
        ],
    )  # fmt: skip
    trash = int(cursor.fetchone()[0])
    work.event(
        f"{word(row.kind)}.trashed", space=row.space, node=row.id, path=path, parent=row.parent, trash=trash
    )
    return trash


def word(kind: int) -> str:
    """How events name a kind of node."""
    return "folder" if kind == FOLDER else "file"
