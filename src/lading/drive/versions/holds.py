"""
Legal holds: what lies on or below a held node loses no version and is never removed.

A hold follows what leaves its folder: a node that is moved or deleted out of a
held folder gets the hold itself, so nobody shakes it off by moving.  Such
copies end with the hold they came from.  Only security admins set and release
holds; that one stands is not told to others, but a removal it stops is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from lading.drive.actor import SYSTEM, Actor, Scope
from lading.drive.errors import Held, Unfit
from lading.drive.tree.names import storable
from lading.drive.tree.row import Row, end_of
from lading.drive.writing import writing
from lading.model.errors import Forbidden, NotFound
from lading.model.paths import Path
from lading.model.text import Text

_ON = "SELECT id, reason, by_id, created FROM drive_hold WHERE released IS NULL AND node_id IN (%s)"
_BELOW = (
    "SELECT h.reason FROM drive_hold h JOIN drive_node n ON n.id = h.node_id WHERE h.released IS NULL"
    " AND n.space_id = %s AND n.trail >= %s AND n.trail < %s LIMIT 1"
)
_INSERT = "INSERT INTO drive_hold (node_id, reason, by_id, created) VALUES (%s, %s, %s, %s) RETURNING id"
_LIST = (
    "SELECT id, node_id, reason, by_id, created, released FROM drive_hold"
    " WHERE released IS NULL OR %s ORDER BY id"
)


class HoldRow(NamedTuple):
    """A hold on *node*; times in ns, *released* None while it stands."""

    id: int
    node: int
    reason: str
    by: int | None
    created: int
    released: int | None


def set_hold(actor: Actor, node_id: int, reason: str) -> int:
    """
    Hold a node (also one in a trash) and all below it; the id of the hold.

    Raises:
        Forbidden: *actor* is no security admin.
        NotFound: there is no such node.
        Unfit: no reason is given.
    """
    _only_security(actor)
    if not reason.strip() or not storable(reason):
        raise Unfit("reason", Text("say why", "请说明理由"))
    with writing(actor) as work, connection.cursor() as cursor:
        cursor.execute("SELECT space_id FROM drive_node WHERE id = %s", [node_id])
        found = cursor.fetchone()
        if found is None:
            raise NotFound(str(node_id))
        cursor.execute(_INSERT, [node_id, reason, actor.principal, work.now])
        hold = int(cursor.fetchone()[0])
        work.event("hold.set", space=found[0], node=node_id, hold=hold)
    return hold


def release(actor: Actor, hold_id: int) -> None:
    """
    End a hold and its copies on what left the held folder.

    Raises:
        Forbidden: *actor* is no security admin.
        NotFound: no such hold stands.
    """
    _only_security(actor)
    with writing(actor) as work, connection.cursor() as cursor:
        cursor.execute(
            "SELECT node_id, reason, created FROM drive_hold WHERE id = %s AND released IS NULL", [hold_id]
        )
        found = cursor.fetchone()
        if found is None:
            raise NotFound(str(hold_id))
        node, reason, created = found
        cursor.execute(
            "UPDATE drive_hold SET released = %s WHERE created = %s AND reason = %s AND released IS NULL",
            [work.now, created, reason],
        )
        work.event("hold.released", node=node, hold=hold_id)


def list_holds(actor: Actor, *, released: bool = False) -> list[HoldRow]:
    """
    The holds that stand, with *released* also the ended ones.

    Raises:
        Forbidden: *actor* is neither a security nor an audit admin.
    """
    if actor.admin != "audit":
        _only_security(actor)
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [released])
        return [HoldRow(*row) for row in cursor.fetchall()]


def held(cursor: Any, row: Row) -> str | None:
    """The reason of a hold on *row* or on a folder above it; None if there is none."""
    found = _standing(cursor, (*row.above, row.id))
    return found[0][1] if found else None


def refuse_held(cursor: Any, row: Row, path: Path) -> None:
    """
    Go on only if nothing holds *row*, a folder above it or anything below it.

    Raises:
        Held: with the reason.
    """
    reason = held(cursor, row) or held_below(cursor, row.space, row.inside)
    if reason is not None:
        raise Held(path, reason)


def held_below(cursor: Any, space: int, inside: str) -> str | None:
    """The reason of a hold on a node whose trail begins with *inside*; all of the space for `""`."""
    cursor.execute(_BELOW, [space, inside, end_of(inside) if inside else "~"])
    found = cursor.fetchone()
    return found[0] if found else None


def carry(cursor: Any, row: Row, above: Iterable[int]) -> None:
    """Before *row* is put below the folders *above*: give it the holds of the folders it leaves."""
    leaves = set(row.above) - set(above)
    if not leaves:
        return
    theirs = _standing(cursor, leaves)
    if not theirs:
        return
    own = {(reason, created) for _, reason, _, created in _standing(cursor, [row.id])}
    for _, reason, by, created in theirs:
        if (reason, created) not in own:
            cursor.execute(_INSERT, [row.id, reason, by, created])


def _standing(cursor: Any, nodes: Iterable[int]) -> list[tuple[int, str, int | None, int]]:
    ids = list(nodes)
    cursor.execute(_ON % ",".join(["%s"] * len(ids)), ids)
    return list(cursor.fetchall())


def _only_security(actor: Actor) -> None:
    if actor is SYSTEM or (actor.admin == "security" and Scope.ADMIN in actor.scopes):
        return
    raise Forbidden("", Text("it asks for a security admin", "需要安全管理员"))
