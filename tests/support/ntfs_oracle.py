"""
Access lists as Windows itself evaluates them, line by line: what our translation is held against.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lading.connectors.ntfs import (
    CONTAINER_INHERIT,
    INHERIT_ONLY,
    INHERITED,
    NO_PROPAGATE,
    OBJECT_INHERIT,
    Ace,
    Acl,
    role_of,
)
from lading.model.access import Role

BOTH = CONTAINER_INHERIT | OBJECT_INHERIT


def handed_down(above: Sequence[Ace], folder: bool) -> list[Ace]:
    """What a folder's list hands to a new child, as MS-DTYP 2.5.3.4.4 tells it."""
    found = []
    for ace in above:
        wanted = CONTAINER_INHERIT if folder else OBJECT_INHERIT
        stays = ace.flags & BOTH if folder and not ace.flags & NO_PROPAGATE else 0
        if ace.flags & wanted:
            found.append(ace._replace(flags=stays | INHERITED))
        elif folder and ace.flags & OBJECT_INHERIT and not ace.flags & NO_PROPAGATE:
            found.append(ace._replace(flags=OBJECT_INHERIT | INHERIT_ONLY | INHERITED))
    return found


def role_by(acl: Acl, names: Collection[str]) -> Role:
    """What somebody has who goes by all these *names*: each right is decided by the first line that names it."""
    allowed = denied = 0
    for ace in acl.aces:
        if ace.trustee in names and not ace.flags & INHERIT_ONLY:
            if ace.allow:
                allowed |= ace.mask & ~denied
            else:
                denied |= ace.mask & ~allowed
    return role_of(allowed)
