"""
Make folders, and set the client's time of folders and files.
"""

from __future__ import annotations

from typing import Any

from lading.drive.quick import quick
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.tree.bin import word
from lading.drive.tree.place import Place, again, place
from lading.drive.tree.row import FILE, FOLDER, Row, Seen
from lading.drive.tree.saving import Facts, check_facts
from lading.drive.writing import Writing, writing
from lading.model.errors import AlreadyExists, WrongKind
from lading.model.paths import encode
from lading.model.text import Text

_NODE = (
    "INSERT INTO drive_node (space_id, parent_id, name, kind, trail, breaks, number, size, digest,"
    " modified, saved, created) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"
)
_TOUCH_VERSION = "UPDATE drive_version SET modified = %s WHERE node_id = %s AND number = %s"


def make_folder(
    viewer: Sight, parent: Seen, name: str, *, modified: int | None = None, existing_ok: bool = False
) -> Seen:
    """
    Make the folder *name* in *parent*.

    With *existing_ok* a folder that is there is returned, and gets the time *modified* if one is given.

    Raises:
        NotFound: the parent is gone.
        Forbidden: it asks for UPLOAD on the parent; the time of an existing folder for EDIT on it.
        AlreadyExists: something visible has the name; with *existing_ok* `WrongKind` if it is a file.
        NameRefused, TooDeep, Unfit, Frozen: as they say.
    """
    check_facts(Facts(modified))
    with writing(viewer.actor, parent.row.space) as work, quick() as cursor:
        spot = place(cursor, viewer, parent, name)
        if spot.target is None:
            return add_folder(cursor, work, spot, modified)
        return _existing_folder(cursor, work, spot.target, modified, existing_ok)


def add_folder(cursor: Any, work: Writing, spot: Place, modified: int | None = None) -> Seen:
    """
    Make the folder of *spot*, where nothing is.

    Raises:
        Forbidden: it asks for UPLOAD.
    """
    need(spot.folder.role, Role.UPLOAD, spot.path)
    above, now = spot.folder.row, work.now
    time = now if modified is None else modified
    cursor.execute(
        _NODE,
        [above.space, above.id, spot.kept, FOLDER, above.inside, False, 0, 0, "", time, now, now],
    )
    (number,) = cursor.fetchone()
    row = Row(
        number, above.space, above.id, spot.name, FOLDER, above.inside, False, 0, 0, "", time, now, now, None
    )
    work.event("folder.made", space=row.space, node=row.id, path=encode(spot.path))
    return Seen(row, spot.sight.role(row.trail, row.id), spot.path)


def _existing_folder(
    cursor: Any, work: Writing, found: Seen, modified: int | None, existing_ok: bool
) -> Seen:
    if not existing_ok:
        raise AlreadyExists(found.path)
    if found.row.kind != FOLDER:
        raise WrongKind(found.path, Text("there is a file", "该处是文件"))
    if modified is None or modified == found.row.modified:
        return found
    return _touch(cursor, work, found, modified)


def touch(viewer: Sight, node: Seen, modified: int) -> Seen:
    """
    Set the client's time of a file (of its newest version) or a folder.

    Raises:
        Forbidden: it asks for EDIT.
        NotFound, Unfit, Frozen: as they say.
    """
    check_facts(Facts(modified))
    with writing(viewer.actor, node.row.space) as work, quick() as cursor:
        return _touch(cursor, work, again(cursor, viewer, node).seen, modified)


def _touch(cursor: Any, work: Writing, found: Seen, modified: int) -> Seen:
    need(found.role, Role.EDIT, found.path)
    row = found.row
    cursor.execute("UPDATE drive_node SET modified = %s WHERE id = %s", [modified, row.id])
    if row.kind == FILE:
        cursor.execute(_TOUCH_VERSION, [modified, row.id, row.number])
    work.event(f"{word(row.kind)}.touched", space=row.space, node=row.id, path=encode(found.path))
    return found._replace(row=row._replace(modified=modified))
