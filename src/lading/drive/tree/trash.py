"""
The trash of a space, as people see it.

It shows what somebody deleted themselves, and to who manages the place it came
from all of it; never anything to who could not see it there.  What people purge
goes to the admin's trash (`admin_trash`): from there it can still come back.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lading.drive.quick import quick, reading
from lading.drive.rights.need import missing, need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight, sight
from lading.drive.tree.bin import STAGE_ADMIN, STAGE_PEOPLE, word
from lading.drive.tree.find import locate, path_of
from lading.drive.tree.names import NAME_BYTES, check_depth
from lading.drive.tree.origin import Trashed, items_of, sight_there
from lading.drive.tree.place import again
from lading.drive.tree.row import FILE, FOLDER, Row, Seen, columns, row_of
from lading.drive.tree.subtree import hang, height, moves_rights
from lading.drive.versions.holds import carry
from lading.drive.writing import Writing, writing
from lading.model.paths import Path, encode

_SPACE_OF = "SELECT space_id FROM drive_trash WHERE id = %s AND stage = 1"
_NAMED = "SELECT 1 FROM drive_node WHERE parent_id = %s AND name = %s"
_ROOT = f"SELECT {columns('n')} FROM drive_space s JOIN drive_node n ON n.id = s.root_id WHERE s.id = %s"
_ALIVE = f"SELECT {columns('n')} FROM drive_node n WHERE n.id = %s"

_ENDING = 20
"""Characters of the longest ending that is kept apart when a name gets an addition."""


class TrashRow(NamedTuple):
    """
    One entry of a trash, as its viewer sees it.

    *path* is where it was when it was deleted, by the principal *by* at *at* (ns).  *size* is that of a
    file's newest version.  *role* is what the viewer had on it there.
    """

    id: int
    space: int
    node: int
    kind: int
    name: str
    path: Path
    size: int
    by: int | None
    at: int
    role: Role


def list_trash(viewer: Sight, space: int | None = None, *, mine: bool = False) -> list[TrashRow]:
    """
    What *viewer* sees in the trash of *space*, or of all spaces; the last deleted first.

    With *mine* only what they deleted themselves.
    """
    spaces = [one for one in viewer.spaces() if space is None or one == space]
    with reading() as cursor:
        found = [row for one in spaces for row in _visible(cursor, viewer, one)]
    if mine:
        found = [row for row in found if row.by == viewer.actor.principal]
    return sorted(found, key=lambda row: (-row.at, -row.id))


def _visible(cursor: Any, viewer: Sight, space: int) -> Iterator[TrashRow]:
    for item, role in _shown(viewer, items_of(cursor, space)):
        row = item.row
        yield TrashRow(
            item.id, row.space, row.id, row.kind, row.name, item.path, row.size, item.by, item.at, role
        )


def _shown(viewer: Sight, items: list[Trashed]) -> Iterator[tuple[Trashed, Role]]:
    if not items:
        return
    there = sight_there(viewer, items, time.time_ns())
    for item in items:
        if item.stage == STAGE_PEOPLE and (role := _role(viewer, there, item)):
            yield item, role


def _role(viewer: Sight, there: Sight, item: Trashed) -> Role:
    """The role of *viewer* on what lies in the trash: NONE if it is not shown to them."""
    own = item.by is not None and item.by == viewer.actor.principal
    if item.trail is None:
        # Its place is no more: who deleted it could see it, nobody else is known to.
        return Role.EDIT if own else Role.NONE
    role = there.role(item.trail, item.row.id)
    above, _, _ = item.trail[:-1].rpartition("/")
    manages = there.role(f"{above}/" if above else "", item.parent or 0) is Role.MANAGE
    return role if role >= Role.PREVIEW and (own or manages) else Role.NONE


def restore(viewer: Sight, trash_id: int, *, to: Seen | None = None) -> Seen:
    """
    Put an entry back where it was, or into the nearest folder above that is left, or into the folder *to*.

    Where its name is taken by now it comes back as `name (restored).ext`.

    Raises:
        NotFound: there is no such entry in the trash for *viewer*.
        Forbidden: it asks for EDIT on the entry, as it was, and UPLOAD on the folder.
        TooDeep, Frozen: as they say.
    """
    space = _space_of(viewer, trash_id)
    with writing(viewer.actor, space) as work, quick() as cursor:
        now, item, role = _again(cursor, viewer, space, trash_id)
        need(role, Role.EDIT, item.path)
        folder = again(cursor, now, to).seen if to is not None else _nearest(cursor, now, item)
        need(folder.role, Role.UPLOAD, folder.path)
        if folder.row.kind != FOLDER or folder.row.space != space:
            raise missing(folder.path)
        return put_back(cursor, work, item, folder)


def put_back(cursor: Any, work: Writing, item: Trashed, folder: Seen) -> Seen:
    """Take *item* out of the trash and put it into *folder*, under a name that is free there."""
    row = item.row
    name = _free(cursor, folder.row, row.name, row.kind)
    path = (*folder.path, name)
    check_depth(len(path) + height(cursor, row), path)
    carry(cursor, row, (*folder.row.above, folder.row.id))
    back = hang(cursor, row, folder.row, encode((name,)))._replace(name=name)
    cursor.execute("DELETE FROM drive_trash WHERE id = %s", [item.id])
    if moves_rights(cursor, row):
        work.rights_changed()
    kind = f"{word(row.kind)}.restored"
    work.event(kind, space=back.space, node=back.id, path=encode(path), trash=item.id)
    return Seen(back, sight(work.actor).role(back.trail, back.id), path)


def purge(viewer: Sight, trash_id: int) -> None:
    """
    Take an entry out of people's trash; the admin's trash has it from now on.

    Raises:
        NotFound: there is no such entry in the trash for *viewer*.
        Forbidden: it asks for MANAGE on the entry, as it was.
        Frozen: as it says.
    """
    space = _space_of(viewer, trash_id)
    with writing(viewer.actor, space) as work, quick() as cursor:
        _, item, role = _again(cursor, viewer, space, trash_id)
        need(role, Role.MANAGE, item.path)
        to_admin(cursor, work, item)


def empty_trash(viewer: Sight, space: int) -> int:
    """
    Purge all of the trash of *space* on which *viewer* has MANAGE; how many entries.

    Raises:
        NotFound, Frozen: as they say.
    """
    if not viewer.space_role(space):
        raise missing()
    with writing(viewer.actor, space) as work, quick() as cursor:
        now = sight(viewer.actor)
        items = [item for item, role in _shown(now, items_of(cursor, space)) if role is Role.MANAGE]
        for item in items:
            to_admin(cursor, work, item)
    return len(items)


def to_admin(cursor: Any, work: Writing, item: Trashed) -> None:
    """Put *item* into the admin's trash; its time there begins now."""
    cursor.execute(
        "UPDATE drive_trash SET stage = %s, at = %s WHERE id = %s", [STAGE_ADMIN, work.now, item.id]
    )
    kind = f"{word(item.row.kind)}.discarded"
    work.event(kind, space=item.row.space, node=item.row.id, path=encode(item.path), trash=item.id)


def _space_of(viewer: Sight, trash_id: int) -> int:
    with reading() as cursor:
        cursor.execute(_SPACE_OF, [trash_id])
        found = cursor.fetchone()
        if found is None or not viewer.space_role(found[0]):
            raise missing(str(trash_id))
        # Before a freeze is met: else that would tell which entries there are.
        _again(cursor, viewer, int(found[0]), trash_id)
    return int(found[0])


def _again(cursor: Any, viewer: Sight, space: int, trash_id: int) -> tuple[Sight, Trashed, Role]:
    now = sight(viewer.actor)
    for item, role in _shown(now, items_of(cursor, space)):
        if item.id == trash_id:
            return now, item, role
    raise missing(str(trash_id))


def _nearest(cursor: Any, viewer: Sight, item: Trashed) -> Seen:
    """The folder *item* came from, or the nearest above it that is left and visible; at last the root."""
    for row in _left(cursor, item):
        role = viewer.role(row.trail, row.id)
        if role:
            return Seen(row, role, path_of(cursor, row))
    raise missing(item.path)


def _left(cursor: Any, item: Trashed) -> Iterator[Row]:
    cursor.execute(_ROOT, [item.row.space])
    root = row_of(cursor.fetchone())
    for row in _above(cursor, item):
        if row is not None and row.kind == FOLDER and row.space == root.space and row.root == root.id:
            yield row
    yield root


def _above(cursor: Any, item: Trashed) -> Iterator[Row | None]:
    if item.trail is None:
        for length in range(len(item.path) - 1, 0, -1):
            yield locate(cursor, item.row.space, item.path[:length])
        return
    for one in reversed(item.trail.split("/")[:-1]):
        cursor.execute(_ALIVE, [int(one)])
        found = cursor.fetchone()
        yield row_of(found) if found else None


def _free(cursor: Any, folder: Row, name: str, kind: int) -> str:
    for candidate in _candidates(name, kind):
        cursor.execute(_NAMED, [folder.id, encode((candidate,))])
        if cursor.fetchone() is None:
            return candidate
    raise AssertionError("candidates never end")


def _candidates(name: str, kind: int) -> Iterable[str]:
    yield name
    stem, dot, end = name.rpartition(".") if kind == FILE else (name, "", "")
    if not stem or len(end) > _ENDING:
        stem, dot, end = name, "", ""
    number = 1
    while True:
        tail = f" (restored{f' {number}' if number > 1 else ''}){dot}{end}"
        yield _cut(stem, tail)
        number += 1


def _cut(stem: str, tail: str) -> str:
    """*stem* with *tail*, the stem shortened until both fit."""
    while len(encode((stem + tail,)).encode()) > NAME_BYTES:
        stem = stem[:-1]
    return stem + tail
