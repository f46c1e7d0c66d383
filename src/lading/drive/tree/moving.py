"""
Move and rename: the node keeps its id, and with it versions, grants, links and properties.

Between spaces rights do not travel: grants and ends of inheritance on what
is moved are taken away, denials stay.  So nobody gains more than the mover could have
given by copying, and nobody who was shut out comes in.
"""

from __future__ import annotations

from typing import Any

from lading.drive.quick import quick
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight, sight
from lading.drive.tree.bin import discard, word
from lading.drive.tree.expect import ABSENT, Expect, check_file, check_same
from lading.drive.tree.names import check_depth
from lading.drive.tree.place import Place, again, place, refuse_inside
from lading.drive.tree.row import Row, Seen
from lading.drive.tree.subtree import below, hang, height, moves_rights, size_of
from lading.drive.versions.holds import carry
from lading.drive.writing import Writing, writing
from lading.model.errors import Forbidden, WrongKind
from lading.model.paths import encode
from lading.model.text import Text

_ALL = "n.space_id = %s AND (n.id = %s OR (n.trail >= %s AND n.trail < %s))"
_BELOW = "SELECT trail, id FROM drive_node WHERE space_id = %s AND trail >= %s AND trail < %s"
_GRANTS = (
    "SELECT g.id, g.node_id, g.principal_id, g.role FROM drive_grant g"
    f" JOIN drive_node n ON n.id = g.node_id WHERE NOT g.deny AND {_ALL}"
)
_BREAKS = f"UPDATE drive_node AS n SET breaks = %s WHERE n.breaks AND {_ALL}"
_WHOLE = Text("not all of it can go to another space", "无法将其全部移至另一空间")


def move(viewer: Sight, node: Seen, parent: Seen, name: str, *, expect: Expect = ABSENT) -> Seen:
    """
    Give *node*, with all below it, the name *name* in *parent*, which may lie in another space.

    A file that is replaced goes to the trash.  With `ABSENT` nothing is replaced; a move onto itself
    is refused then, and changes nothing otherwise.

    Raises:
        NotFound: the node or the folder is gone, or a file was expected at the target and nothing is there.
        Forbidden: it asks for EDIT on the node (across spaces on all below it too), for UPLOAD on
            the folder, for EDIT on what is replaced.
        AlreadyExists, Changed: the target does not meet *expect*.
        WrongKind: it is the root of a space, the target is a folder, or lies inside of it.
        NameRefused, TooDeep, Frozen, NoSpace: as they say.
    """
    with writing(viewer.actor, parent.row.space, node.row.space) as work, quick() as cursor:
        now, found = again(cursor, viewer, node)
        if found.row.parent is None:
            raise WrongKind(found.path, Text("it is the root of a space", "它是空间的根目录"))
        # Before the target is looked at: a refusal must not depend on what is hidden there.
        need(found.role, Role.EDIT, found.path)
        spot = place(cursor, now, parent, name)
        refuse_inside(found, spot.folder)
        if spot.target is not None and spot.target.row.id == found.row.id:
            check_same(expect, found.row, spot.path)
            return found
        _allow(cursor, spot, found, expect)
        if spot.target is not None:
            discard(cursor, work, spot.target)
        return _moved(cursor, work, spot, found)


def _allow(cursor: Any, spot: Place, found: Seen, expect: Expect) -> None:
    # A rename too: who could try out any name in a folder would find those that are hidden there.
    need(spot.folder.role, Role.UPLOAD, spot.path)
    check_file(expect, spot.target.row if spot.target else None, spot.path)
    if spot.target is not None:
        need(spot.target.role, Role.EDIT, spot.path)
    check_depth(len(spot.path) + height(cursor, found.row), spot.path)
    if spot.folder.row.space != found.row.space:
        _allow_leaving(cursor, spot.sight, found)


def _allow_leaving(cursor: Any, viewer: Sight, found: Seen) -> None:
    # Words that fit what is hidden as well as what is only not theirs to move.
    cursor.execute(_BELOW, below(found.row))
    if any(viewer.role(trail, node) < Role.EDIT for trail, node in cursor.fetchall()):
        raise Forbidden(found.path, _WHOLE)


def _moved(cursor: Any, work: Writing, spot: Place, found: Seen) -> Seen:
    row, folder = found.row, spot.folder.row
    elsewhere = folder.id != row.parent
    rights = elsewhere and moves_rights(cursor, row)
    facts: dict[str, Any] = {}
    carry(cursor, row, (*folder.above, folder.id))
    if folder.space != row.space:
        facts = _leave(cursor, work, row, folder.space)
    moved = hang(cursor, row, folder, spot.kept)
    if rights or facts:
        work.rights_changed()
    kind = f"{word(row.kind)}.{'moved' if elsewhere else 'renamed'}"
    work.event(kind, space=row.space, node=row.id, path=encode(found.path), gone=True, parent=row.parent)
    work.event(kind, space=folder.space, node=row.id, path=encode(spot.path), **facts)
    now = sight(work.actor) if rights or facts else spot.sight
    moved = moved._replace(name=spot.name, breaks=moved.breaks and not facts)
    return Seen(moved, now.role(moved.trail, moved.id), spot.path)


def _leave(cursor: Any, work: Writing, row: Row, target: int) -> dict[str, Any]:
    """Carry the bytes over to the space *target* and drop what would widen; what to tell of it."""
    size = size_of(cursor, row)
    work.more(target, size)
    work.more(row.space, -size)
    space, low, high = below(row)
    everything = [space, row.id, low, high]
    cursor.execute(_GRANTS, everything)
    grants = cursor.fetchall()
    for grant, node, principal, role in grants:
        cursor.execute("DELETE FROM drive_grant WHERE id = %s", [grant])
        work.event("grant.removed", space=space, node=node, to=principal, role=Role(role).name.lower())
    cursor.execute(_BREAKS, [False, *everything])
    return {"from_space": space, "grants_dropped": len(grants), "breaks_dropped": cursor.rowcount}
