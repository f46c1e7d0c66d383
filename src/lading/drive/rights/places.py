"""Where a node stands, and whether an actor may change who sees it."""

from __future__ import annotations

from typing import NamedTuple

from lading.drive.actor import Actor, Scope
from lading.drive.models import Account, Kind
from lading.drive.rights.members import fetch
from lading.drive.rights.need import missing, need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import sight
from lading.model.errors import Forbidden
from lading.model.paths import decode
from lading.model.text import Text

_NODE = """
SELECT n.id, n.space_id, n.trail, n.name, n.kind, n.breaks, s.root_id, s.bin_id
FROM drive_node n JOIN drive_space s ON s.id = n.space_id
WHERE n.id IN ({ids}) AND s.deleted IS NULL
"""
_NAMES = "SELECT id, name FROM drive_node WHERE id IN ({ids})"


class Place(NamedTuple):
    """A living node; *path* is encoded and within its space."""

    node: int
    space: int
    trail: str
    folder: bool
    breaks: bool
    root: bool
    path: str

    @property
    def chain(self) -> list[int]:
        """The ids from the root down to the node."""
        return [*(int(key) for key in self.trail.split("/")[:-1]), self.node]

    @property
    def below(self) -> str:
        """The trail of what lies directly below."""
        return f"{self.trail}{self.node}/"


def place_of(node: int) -> Place | None:
    """Where *node* stands; None if it is not there, in a bin or in a deleted space."""
    rows = fetch(_NODE, [node])
    if not rows:
        return None
    _, space, trail, name, kind, breaks, root, bin_ = rows[0]
    if bin_ is not None and (node == bin_ or trail.startswith(f"{bin_}/")):
        return None
    path = "" if node == root else _path(trail, name)
    return Place(node, space, trail, kind == Kind.FOLDER, bool(breaks), node == root, path)


def managed(actor: Actor, node: int) -> Place:
    """
    The place of *node*, on which *actor* has MANAGE and the scope to share.

    Raises:
        NotFound: it is not there, or hidden from *actor*.
        Forbidden: *actor* sees it and may not.
    """
    place = place_of(node)
    if place is None:
        raise missing(str(node))
    role = sight(actor).share_role(place.trail, node)
    need(role, Role.MANAGE, str(node) if role is Role.NONE else decode(place.path))
    return place


def is_security(actor: Actor) -> bool:
    """Whether *actor* uses the role of a security admin."""
    return actor.admin == Account.Admin.SECURITY and Scope.ADMIN in actor.scopes


def need_security(actor: Actor) -> None:
    """
    Go on only for a security admin.

    Raises:
        Forbidden: *actor* is none.
    """
    if not is_security(actor):
        raise Forbidden(actor.name, Text("only a security admin may", "仅限安全管理员"))


def _path(trail: str, name: str) -> str:
    above = [int(key) for key in trail.split("/")[1:-1]]
    names = dict(fetch(_NAMES, above)) if above else {}
    return "/".join([*(names[one] for one in above), name])
