"""
Look again, inside a transaction, at what a change was asked for.

Between the look that found an entry and the transaction that changes it,
anything may have happened to it, to the folders above and to rights.  What is
decided inside a transaction is decided on what these calls give.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lading.drive.rights.need import missing, need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight, sight
from lading.drive.tree.find import path_of
from lading.drive.tree.names import check_depth, check_name, taken
from lading.drive.tree.row import FOLDER, Seen, columns, row_of
from lading.drive.writing import EPOCH
from lading.model.errors import Forbidden, WrongKind
from lading.model.paths import Path
from lading.model.text import Text

_AGAIN = (
    f"SELECT {columns('n')}, (SELECT value FROM drive_meta WHERE key = '{EPOCH}')"
    " FROM drive_node n WHERE n.id = %s"
)
_TARGET = f"SELECT {columns('n')} FROM drive_node n WHERE n.parent_id = %s AND n.name = %s"


class Again(NamedTuple):
    """An entry as it is now, and the sight that holds now."""

    sight: Sight
    seen: Seen


class Place(NamedTuple):
    """
    Where an entry is to be: a name in a folder, and the *target* that has it now (None: nobody).

    *kept* is the form of the name in the tables.  The target is visible to whoever asked.
    """

    sight: Sight
    folder: Seen
    name: str
    kept: str
    target: Seen | None

    @property
    def path(self) -> Path:
        return (*self.folder.path, self.name)


def again(cursor: Any, viewer: Sight, seen: Seen) -> Again:
    """
    *seen* as it is now, with the rights that hold now.

    Raises:
        NotFound: it is not in its space any more, it is in the trash, or it is hidden by now.
    """
    cursor.execute(_AGAIN, [seen.row.id])
    found = cursor.fetchone()
    row = row_of(found[:-1]) if found else None
    # A node that was found lay below the root of its space, so its root is still that.
    if row is None or row.space != seen.row.space or row.root != seen.row.root:
        raise missing(seen.path)
    if found[-1] != viewer.epoch:
        viewer = sight(viewer.actor)
    role = viewer.role(row.trail, row.id)
    if not role:
        raise missing(seen.path)
    return Again(viewer, Seen(row, role, path_of(cursor, row)))


def place(cursor: Any, viewer: Sight, folder: Seen, name: str) -> Place:
    """
    The place of *name* in *folder*.

    Raises:
        NotFound: the folder is not there any more, or it is a file.
        NameRefused: it is no name, or somebody has it where *viewer* does not see it.
        TooDeep: the folder lies too deep for more below it.
    """
    check_name(name, folder.path)
    return place_in(cursor, again(cursor, viewer, folder), name)


def place_in(cursor: Any, folder: Again, name: str) -> Place:
    """As `place`, in a folder that was looked at again in this transaction."""
    viewer, seen = folder
    path = (*seen.path, name)
    kept = check_name(name, seen.path)
    if seen.row.kind != FOLDER:
        raise missing(seen.path)
    check_depth(len(path), path)
    return Place(viewer, seen, name, kept, _target(cursor, viewer, seen, kept, path))


def _target(cursor: Any, viewer: Sight, folder: Seen, kept: str, path: Path) -> Seen | None:
    cursor.execute(_TARGET, [folder.row.id, kept])
    found = cursor.fetchone()
    if found is None:
        return None
    row = row_of(found)
    role = viewer.role(row.trail, row.id)
    if not role:
        # Who may not add anything learns nothing, not even that the name is refused.
        need(folder.role, Role.UPLOAD, path)
        raise taken(path)
    return Seen(row, role, path)


def refuse_root(seen: Seen) -> None:
    """
    Go on only if *seen* is not the root of its space.

    Raises:
        Forbidden: it is.
    """
    if seen.row.parent is None:
        raise Forbidden(seen.path, Text("it is the root of a space", "它是空间的根目录"))


def refuse_inside(node: Seen, folder: Seen) -> None:
    """
    Go on only if *folder* is neither *node* nor below it.

    Raises:
        WrongKind: it is.
    """
    if folder.row.id == node.row.id or folder.row.trail.startswith(node.row.inside):
        raise WrongKind(node.path, Text("the target lies inside of it", "目标位于其自身之内"))
