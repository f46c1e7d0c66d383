"""
The admin's trash: what people purged or left lying too long.

A system admin sees whose, when and how much, no names and no paths: having no role in
a space they do not learn from its trash what is in it.  They can give an entry back to
people's trash or remove it for good, which a legal hold prevents.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lading.drive.actor import SYSTEM, Actor
from lading.drive.errors import Frozen, Held
from lading.drive.quick import quick, reading
from lading.drive.rights.need import missing
from lading.drive.tree.bin import STAGE_ADMIN, STAGE_PEOPLE, word
from lading.drive.tree.origin import Trashed, item_of
from lading.drive.tree.spaces import only_system
from lading.drive.tree.subtree import remove_rows, size_of
from lading.drive.tree.trash import to_admin
from lading.drive.versions.holds import refuse_held
from lading.drive.writing import Writing, writing
from lading.model.errors import NotFound
from lading.model.paths import ROOT, encode

DAY = 86_400 * 10**9

_LIST = (
    "SELECT t.id, s.id, s.key, t.node_id, n.kind, t.by_id, t.at,"
    " (SELECT coalesce(sum(v.size), 0) FROM drive_version v JOIN drive_node b ON b.id = v.node_id"
    "  WHERE b.space_id = n.space_id AND (b.id = n.id OR (b.trail >= n.trail || n.id || '/'"
    "  AND b.trail < n.trail || n.id || '0')))"
    " FROM drive_trash t JOIN drive_node n ON n.id = t.node_id JOIN drive_space s ON s.id = t.space_id"
    " WHERE t.stage = 2 AND s.deleted IS NULL ORDER BY t.at DESC, t.id DESC"
)
_OLD = (
    "SELECT t.id, t.space_id FROM drive_trash t JOIN drive_space s ON s.id = t.space_id"
    " JOIN drive_node n ON n.id = t.node_id"
    " WHERE t.stage = %s AND t.at < %s AND s.deleted IS NULL AND s.frozen = ''"
    # What is held would be refused, and must not take the places of what is not.
    " AND (t.stage = 1 OR NOT EXISTS (SELECT 1 FROM drive_hold h JOIN drive_node b ON b.id = h.node_id"
    "  WHERE h.released IS NULL AND b.space_id = n.space_id AND (b.id = n.id"
    "  OR (b.trail >= n.trail || n.id || '/' AND b.trail < n.trail || n.id || '0'))))"
    " ORDER BY t.at, t.id LIMIT %s"
)


class AdminRow(NamedTuple):
    """
    One entry of the admin's trash; it lies there since *at* (ns).

    *key* is that of its space, *bytes* are those of all versions of all it holds.
    """

    id: int
    space: int
    key: str
    node: int
    kind: int
    by: int | None
    at: int
    bytes: int


def list_admin_trash(actor: Actor) -> list[AdminRow]:
    """
    All of the admin's trash, the last first.

    Raises:
        Forbidden: *actor* is no system admin.
    """
    only_system(actor)
    with reading() as cursor:
        cursor.execute(_LIST)
        return [AdminRow(*row) for row in cursor.fetchall()]


def give_back(actor: Actor, trash_id: int) -> None:
    """
    Put an entry back into people's trash, where its time begins anew.

    Raises:
        Forbidden: *actor* is no system admin.
        NotFound: there is no such entry.
        Frozen: as it says.
    """
    only_system(actor)
    with writing(actor, _space_of(trash_id)) as work, quick() as cursor:
        item = _item(cursor, work, trash_id, STAGE_ADMIN)
        cursor.execute(
            "UPDATE drive_trash SET stage = %s, at = %s WHERE id = %s", [STAGE_PEOPLE, work.now, trash_id]
        )
        kind = f"{word(item.row.kind)}.given_back"
        work.event(kind, space=item.row.space, node=item.row.id, path=encode(item.path), trash=trash_id)


def purge_for_good(actor: Actor, trash_id: int) -> None:
    """
    Remove an entry of the admin's trash with all its versions and give its bytes back.

    Raises:
        Forbidden: *actor* is no system admin.
        NotFound: there is no such entry.
        Held: a legal hold stands on it, or on something in it.
        Frozen: as it says.
    """
    only_system(actor)
    with writing(actor, _space_of(trash_id)) as work, quick() as cursor:
        _remove(cursor, work, _item(cursor, work, trash_id, STAGE_ADMIN))


def expire(now: int, *, trash_days: int, admin_days: int, limit: int = 1_000) -> int:
    """
    Move on what lies too long: from people's trash to the admin's, from there out of the drive.

    At most *limit* entries of each kind; how many were moved on.  Nothing changes in frozen spaces, and
    what is held stays.
    """
    done = 0
    for stage, days in ((STAGE_ADMIN, admin_days), (STAGE_PEOPLE, trash_days)):
        with reading() as cursor:
            cursor.execute(_OLD, [stage, now - days * DAY, limit])
            old = cursor.fetchall()
        done += sum(_expire(trash, space, stage, now - days * DAY) for trash, space in old)
    return done


def _expire(trash_id: int, space: int, stage: int, before: int) -> bool:
    try:
        with writing(SYSTEM, space) as work, quick() as cursor:
            item = _item(cursor, work, trash_id, stage)
            if item.at >= before:
                return False
            if stage == STAGE_PEOPLE:
                to_admin(cursor, work, item)
            else:
                _remove(cursor, work, item)
    except (NotFound, Frozen, Held):
        return False
    return True


def _space_of(trash_id: int) -> int:
    with reading() as cursor:
        cursor.execute("SELECT space_id FROM drive_trash WHERE id = %s AND stage = 2", [trash_id])
        found = cursor.fetchone()
    if found is None:
        raise missing(str(trash_id))
    return int(found[0])


def _item(cursor: Any, work: Writing, trash_id: int, stage: int) -> Trashed:
    item = item_of(cursor, trash_id)
    if item is None or item.stage != stage or item.row.space not in work.clocks:
        raise missing(str(trash_id))
    return item


def _remove(cursor: Any, work: Writing, item: Trashed) -> None:
    row = item.row
    # Words without names: the admin does not see them.
    refuse_held(cursor, row, ROOT)
    size = size_of(cursor, row)
    remove_rows(cursor, row)
    if size:
        work.more(row.space, -size)
    kind = f"{word(row.kind)}.purged"
    work.event(kind, space=row.space, node=row.id, path=encode(item.path), trash=item.id, size=size)
