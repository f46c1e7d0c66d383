"""
Change the tree: the one way to make, save, move, copy, touch and delete.

Each call is one transaction with its gate, its checks and its events.  What
was found before it is looked at again inside; refusals change nothing.
"""

from __future__ import annotations

from lading.drive.quick import quick
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.tree.batch import Item, save_many
from lading.drive.tree.bin import discard
from lading.drive.tree.copying import copy
from lading.drive.tree.expect import ANYTHING, Expect, check_same
from lading.drive.tree.find import children
from lading.drive.tree.folders import make_folder, touch
from lading.drive.tree.moving import move
from lading.drive.tree.place import again, refuse_root
from lading.drive.tree.row import FOLDER, Seen
from lading.drive.tree.saving import Facts, Saved, save
from lading.drive.writing import writing
from lading.model.errors import NotEmpty


def delete(viewer: Sight, node: Seen, *, expect: Expect = ANYTHING, empty_only: bool = False) -> int:
    """
    Put a file, or a folder with all below it, into the trash; the id of its row there.

    With *empty_only* a folder in which *viewer* sees anything stays.  What they do not see goes along:
    a refusal would tell that it is there, and who manages the place brings it back.

    Raises:
        NotFound: it is gone already.
        Forbidden: it asks for EDIT; roots of spaces stay.
        NotEmpty, Changed, Frozen: as they say.
    """
    with writing(viewer.actor, node.row.space) as work, quick() as cursor:
        now, found = again(cursor, viewer, node)
        refuse_root(found)
        need(found.role, Role.EDIT, found.path)
        check_same(expect, found.row, found.path)
        if empty_only and found.row.kind == FOLDER and children(now, found, limit=1):
            raise NotEmpty(found.path)
        return discard(cursor, work, found)


__all__ = [
    "Facts",
    "Item",
    "Saved",
    "copy",
    "delete",
    "make_folder",
    "move",
    "save",
    "save_many",
    "touch",
]
