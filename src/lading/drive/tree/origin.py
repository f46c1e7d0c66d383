"""
Where what lies in a trash came from, and what rights that gives.

Nothing in a bin is visible.  To show somebody a trash, rights are worked out
as if each entry still lay where it was: from the folder it was deleted from,
which may lie in the trash itself.  An entry whose folder was purged, or went to another
space, came from nowhere; it is shown to who deleted it and to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from lading.drive.rights.rules import NOBODY, read_rules
from lading.drive.rights.sight import Sight, resolve_found
from lading.drive.tree.row import Row, columns, row_of
from lading.model.paths import Path, decode

_TRASH = (
    f"SELECT {columns('n')}, t.id, t.name, t.path, t.stage, t.by_id, t.at, t.parent_id, p.trail, p.space_id"
    " FROM drive_trash t JOIN drive_node n ON n.id = t.node_id LEFT JOIN drive_node p ON p.id = t.parent_id"
)
_WIDTH = len(Row._fields)


class Trashed(NamedTuple):
    """
    One entry in a trash.

    *row* is the node as it lies in the bin, but with the *name* it had; *path* is where it was when it
    was deleted.  *trail* is what its trail would be had it stayed, None if the folder is no more.
    """

    id: int
    row: Row
    path: Path
    stage: int
    by: int | None
    at: int
    parent: int | None
    trail: str | None


def items_of(cursor: Any, space: int) -> list[Trashed]:
    """Everything in the trash of *space*, whoever may see it."""
    cursor.execute(f"{_TRASH} WHERE t.space_id = %s", [space])
    found = cursor.fetchall()
    places = {
        row[0]: (row[_WIDTH + 6], row[_WIDTH + 7]) if row[_WIDTH + 8] == space else (None, None)
        for row in found
    }
    origins = Origins(places)
    return [_item(row, origins.trail(row[0])) for row in found]


def item_of(cursor: Any, trash_id: int) -> Trashed | None:
    """The entry with this id, without its trail; for the drive's own work, to which nothing is hidden."""
    cursor.execute(f"{_TRASH} WHERE t.id = %s", [trash_id])
    found = cursor.fetchone()
    return _item(found, None) if found else None


def _item(found: tuple[Any, ...], trail: str | None) -> Trashed:
    number, name, path, stage, by, at, parent, *_ = found[_WIDTH:]
    row = row_of(found[:_WIDTH])._replace(name=decode(name)[0])
    return Trashed(number, row, decode(path), stage, by, at, parent, trail)


class Origins:
    """The trails that trashed nodes would have; *places* are parent and its trail now, by node."""

    def __init__(self, places: dict[int, tuple[int | None, str | None]]) -> None:
        self._places = places

    def trail(self, node: int) -> str | None:
        """The trail of the trashed *node* at the place it came from; None if that is no more."""
        parent, now = self._places[node]
        if parent is None or now is None:
            return None
        above = self.as_if(now, parent)
        return None if above is None else f"{above}{parent}/"

    def as_if(self, trail: str, node: int) -> str | None:
        """*trail* of a *node* as it would be if nothing had been deleted; None if that cannot be told."""
        if node in self._places:
            return self.trail(node)
        # Below a bin: its id, then that of a node which was deleted.
        parts = trail.split("/", 2)
        if len(parts) > 2 and (top := int(parts[1])) in self._places:
            before = self.trail(top)
            return None if before is None else before + trail.split("/", 1)[1]
        return trail


def sight_there(viewer: Sight, items: Iterable[Trashed], now: int) -> Sight:
    """What *viewer* would see at *now* if *items* still lay where they came from."""
    principal = viewer.actor.principal
    found = read_rules(principal, now) if principal is not None else NOBODY
    tops = {item.row.id: item.trail for item in items if item.trail is not None}
    rules = [rule._replace(trail=_there(tops, rule.node, rule.trail)) for rule in found.rules]
    return Sight(viewer.actor, viewer.epoch, resolve_found(replace(found, rules=rules)))


def _there(tops: dict[int, str], node: int, trail: str) -> str:
    if node in tops:
        return tops[node]
    parts = trail.split("/", 2)
    if len(parts) > 2 and (top := int(parts[1])) in tops:
        return tops[top] + trail.split("/", 1)[1]
    return trail
