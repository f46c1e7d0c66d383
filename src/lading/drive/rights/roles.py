"""
The ladder of roles.

Each role holds all below it.  A denial of a role takes away that role and all
above it, so what somebody may do is one number: the highest role allowed, cut
to below the lowest role denied.
"""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """What somebody may do on a node."""

    NONE = 0
    """Nothing: the node does not exist for them."""
    PASS = 1
    """See its name, and of what lies below only what they have more on.  Never granted; it follows from below."""
    PREVIEW = 2
    """See it and all below, read rendered previews; no bytes."""
    DOWNLOAD = 3
    """Read content and versions."""
    UPLOAD = 4
    """Add files and folders; not change what is there."""
    EDIT = 5
    """Save over, rename, move, delete, label."""
    MANAGE = 6
    """Grant, break, link, empty the trash, import."""


GRANTABLE = (Role.PREVIEW, Role.DOWNLOAD, Role.UPLOAD, Role.EDIT, Role.MANAGE)


def resolve(allowed: Role, denied: Role | None) -> Role:
    """The role that is left of *allowed* where *denied* is the lowest role denied."""
    if denied is None or allowed < denied:
        return allowed
    left = Role(denied - 1)
    return left if left >= Role.PREVIEW else Role.NONE
