"""
Whether the tables agree with each other.

Each rule is one query that gives the rows that break it, so a sound drive costs
one pass over an index.  What is put right is worked out anew inside the
transaction that writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import connection, transaction

from lading.drive.actor import SYSTEM
from lading.drive.check.findings import Finding, Found
from lading.drive.check.rows import pages
from lading.drive.quick import reading
from lading.drive.tree.row import FILE, FOLDER
from lading.drive.writing import writing

_SUM = "COALESCE((SELECT SUM(v.size) FROM drive_version v JOIN drive_node n ON n.id = v.node_id WHERE n.space_id = {0}), 0)"
_LAST = "COALESCE((SELECT MAX(e.clock) FROM drive_event e WHERE e.space = {0}), 0)"
_SPACES = (
    f"SELECT s.id, s.key, s.used, {_SUM.format('s.id')}, s.clock, {_LAST.format('s.id')},"
    " s.root_id IS NOT NULL AND s.bin_id IS NOT NULL FROM drive_space s WHERE s.id > %s ORDER BY s.id LIMIT %s"
)
_TRAIL = (
    "SELECT n.id, n.space_id FROM drive_node n JOIN drive_node p ON p.id = n.parent_id"
    " WHERE n.trail <> p.trail || p.id || '/' AND n.id > %s ORDER BY n.id LIMIT %s"
)
_TOP = (
    "SELECT n.id, n.space_id FROM drive_node n JOIN drive_space s ON s.id = n.space_id"
    " WHERE n.parent_id IS NULL AND n.trail <> '' AND n.id IN (s.root_id, s.bin_id)"
    " AND n.id > %s ORDER BY n.id LIMIT %s"
)
_PLACE = (
    "SELECT n.id FROM drive_node n JOIN drive_space s ON s.id = n.space_id"
    " LEFT JOIN drive_node p ON p.id = n.parent_id"
    f" WHERE (p.id IS NULL AND n.id NOT IN (s.root_id, s.bin_id) OR p.kind <> {FOLDER} OR p.space_id <> n.space_id)"
    " AND n.id > %s ORDER BY n.id LIMIT %s"
)
_FACTS = (
    "SELECT n.id, n.space_id, EXISTS (SELECT 1 FROM drive_version o WHERE o.node_id = n.id) FROM drive_node n"
    " LEFT JOIN drive_version v ON v.node_id = n.id AND v.number = n.number"
    f" WHERE n.kind = {FILE} AND (v.id IS NULL OR v.size <> n.size OR v.digest <> n.digest OR"
    " COALESCE(v.modified, -1) <> COALESCE(n.modified, -1)"
    " OR EXISTS (SELECT 1 FROM drive_version o WHERE o.node_id = n.id AND o.number > n.number))"
    " AND n.id > %s ORDER BY n.id LIMIT %s"
)
_UNLISTED = (
    "SELECT n.id, n.space_id FROM drive_node n JOIN drive_space s ON s.bin_id = n.parent_id"
    " LEFT JOIN drive_trash t ON t.node_id = n.id WHERE t.id IS NULL AND n.id > %s ORDER BY n.id LIMIT %s"
)
_LISTED = (
    "SELECT n.id, n.space_id FROM drive_trash t JOIN drive_node n ON n.id = t.node_id"
    " JOIN drive_space s ON s.id = n.space_id WHERE (n.parent_id IS NULL OR n.parent_id <> s.bin_id)"
    " AND n.id > %s ORDER BY n.id LIMIT %s"
)
_SET_TRAIL = (
    "UPDATE drive_node SET trail = (SELECT p.trail || p.id || '/' FROM drive_node p WHERE p.id = drive_node.parent_id)"
    " WHERE space_id = %s AND parent_id IS NOT NULL AND trail <>"
    " (SELECT p.trail || p.id || '/' FROM drive_node p WHERE p.id = drive_node.parent_id)"
)
_SET_FACTS = (
    "UPDATE drive_node SET number = v.number, size = v.size, digest = v.digest, modified = v.modified,"
    " saved = v.saved, author_id = v.author_id FROM drive_version v WHERE v.node_id = drive_node.id"
    " AND v.number = (SELECT MAX(number) FROM drive_version WHERE node_id = %s) AND drive_node.id = %s"
)
_ROUNDS = 200
"""More rounds than folders lie deep: only a folder that holds itself needs more."""


def count_nodes() -> int:
    """How many nodes there are."""
    with reading() as cursor:
        cursor.execute("SELECT COUNT(*) FROM drive_node")
        return int(cursor.fetchone()[0])


def look_at_tables() -> Iterator[Found]:
    """Everything in the tables that contradicts itself."""
    yield from _places()
    yield from _facts()
    yield from _trash()
    yield from _spaces()


def _spaces() -> Iterator[Found]:
    for space, key, used, right, clock, last, tops in pages(_SPACES, 0):
        if not tops:
            yield Found(Finding("space.tops", key))
        # One at work may have changed between two parts of the query: look again before it is told.
        if used != right and _differs(space):
            yield Found(Finding("space.used", key, {"used": used, "right": right}), partial(_set_used, space))
        if clock < last:
            facts = {"clock": clock, "right": last}
            yield Found(Finding("space.clock", key, facts), partial(_set_clock, space))


def _places() -> Iterator[Found]:
    for (node,) in pages(_PLACE, 0):
        yield Found(Finding("node.place", str(node)))
    mended: dict[int, bool] = {}
    for sql in (_TOP, _TRAIL):
        for node, space in pages(sql, 0):
            yield Found(Finding("node.trail", str(node)), partial(_set_trails, space, mended))


def _facts() -> Iterator[Found]:
    for node, space, any_version in pages(_FACTS, 0):
        if any_version:
            yield Found(Finding("node.facts", str(node)), partial(_set_facts, space, node))
        else:
            yield Found(Finding("node.empty", str(node)))


def _trash() -> Iterator[Found]:
    for node, space in pages(_UNLISTED, 0):
        yield Found(Finding("trash.place", str(node)), partial(_list_in_trash, space, node))
    for node, space in pages(_LISTED, 0):
        yield Found(Finding("trash.place", str(node)), partial(_unlist, space, node))


def _differs(space: int) -> bool:
    with reading() as cursor:
        cursor.execute(f"SELECT s.used <> {_SUM.format('s.id')} FROM drive_space s WHERE s.id = %s", [space])
        return bool(cursor.fetchone()[0])


def _hold(cursor: Any, space: int) -> None:
    """Nobody changes the space until the end of the transaction; it may be frozen or deleted."""
    cursor.execute("UPDATE drive_space SET used = used WHERE id = %s", [space])


def _set_used(space: int) -> bool:
    with writing(SYSTEM), connection.cursor() as cursor:
        _hold(cursor, space)
        cursor.execute(f"UPDATE drive_space SET used = {_SUM.format('%s')} WHERE id = %s", [space, space])
    return True


def _set_clock(space: int) -> bool:
    with writing(SYSTEM), connection.cursor() as cursor:
        _hold(cursor, space)
        cursor.execute(
            f"UPDATE drive_space SET clock = {_LAST.format('%s')} WHERE id = %s AND clock < {_LAST.format('%s')}",
            [space, space, space],
        )
    return True


def _set_trails(space: int, mended: dict[int, bool]) -> bool:
    """Work out the trails of a whole space anew, once; False if a folder holds itself."""
    if space not in mended:
        with writing(SYSTEM) as work, connection.cursor() as cursor:
            _hold(cursor, space)
            cursor.execute(
                "UPDATE drive_node SET trail = '' WHERE space_id = %s AND parent_id IS NULL", [space]
            )
            mended[space] = any(_no_more(cursor, space) for _ in range(_ROUNDS))
            work.rights_changed()
            transaction.set_rollback(not mended[space])
    return mended[space]


def _no_more(cursor: Any, space: int) -> bool:
    cursor.execute(_SET_TRAIL, [space])
    return not cursor.rowcount


def _set_facts(space: int, node: int) -> bool:
    with writing(SYSTEM), connection.cursor() as cursor:
        _hold(cursor, space)
        cursor.execute(_SET_FACTS, [node, node])
    return True


def _list_in_trash(space: int, node: int) -> bool:
    with writing(SYSTEM) as work, connection.cursor() as cursor:
        _hold(cursor, space)
        cursor.execute(
            "INSERT INTO drive_trash (node_id, space_id, parent_id, name, path, stage, by_id, at)"
            " SELECT n.id, n.space_id, NULL, n.name, n.name, 1, NULL, %s FROM drive_node n"
            " JOIN drive_space s ON s.bin_id = n.parent_id WHERE n.id = %s ON CONFLICT (node_id) DO NOTHING",
            [work.now, node],
        )
    return True


def _unlist(space: int, node: int) -> bool:
    with writing(SYSTEM), connection.cursor() as cursor:
        _hold(cursor, space)
        cursor.execute(
            "DELETE FROM drive_trash WHERE node_id = %s AND NOT EXISTS (SELECT 1 FROM drive_node n"
            " JOIN drive_space s ON s.id = n.space_id AND s.bin_id = n.parent_id WHERE n.id = drive_trash.node_id)",
            [node],
        )
    return True
