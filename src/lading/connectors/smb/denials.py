"""
Denials as entries of a list: which can be written so that they say what was meant, and hold.

Windows reads a list from the top.  Kept in its order (own denials, own allowances, what comes from above) a denial wins on
the entry where it stands; further down it comes from above, and an allowance of an entry's own wins over it.  The
vocabulary has denials win everywhere, so a denial that is to reach what lies below is set only where nothing below has
allowances of its own.
"""

from __future__ import annotations

from lading.connectors.smb import sids
from lading.connectors.smb.rights import FULL
from lading.model.access import Grant, Reach, Role
from lading.model.text import Text

_TRAVERSE = 0x20
_MANAGING = 0xC0000
_CHANGING = 0x6 | 0x10150 | _MANAGING
_NOT_SO = Text("no entry of a list denies just that", "访问列表没有恰好如此的拒绝条目")
_NO_FILE = Text("nobody goes through a file", "文件没有“穿过”一说")
_BELOW_FILE = Text("nothing lies below a file", "文件之下没有内容")
OWN_BELOW = Text(
    "{path} has allowances of its own, which would win over the denial", "{path} 自有允许条目，将优先于该拒绝"
)


def denied_mask(role: Role, *, folder: bool) -> int | None:
    """
    The rights to deny so that exactly *role* and all above it are taken away; None where no set of them says that.

    NTFS does not tell previews from contents, nor adding from writing over: DOWNLOAD and EDIT alone cannot be denied.
    """
    if role is Role.PASS:
        return FULL if folder else None
    if role is Role.PREVIEW:
        return FULL & ~_TRAVERSE if folder else FULL
    return {Role.UPLOAD: _CHANGING, Role.MANAGE: _MANAGING}.get(role)


def refused_denial(grant: Grant, *, folder: bool) -> Text | None:
    """Why the denial *grant* cannot be written on a file or *folder*, whatever lies below; None if it can."""
    if grant.role is Role.PASS and not folder:
        return _NO_FILE
    if denied_mask(grant.role, folder=folder) is None or grant.expires is not None or grant.rank:
        return _NOT_SO
    if grant.reach is Reach.LATER or grant.principal.id in (sids.CREATOR_OWNER, sids.CREATOR_GROUP):
        return _NOT_SO
    return _BELOW_FILE if grant.reach is Reach.BELOW and not folder else None
