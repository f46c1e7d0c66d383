"""Who acts, through which door, with which powers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a token lets its bearer do; nobody gains by a token what they may not do anyway."""

    READ = "read"
    WRITE = "write"
    SHARE = "share"
    """Grants, breaks and links."""
    IMPORT = "import"
    """Back-date versions and name their authors, where the bearer has MANAGE."""
    ADMIN = "admin"
    """Use an admin role, if the account has one."""


EVERYTHING = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Actor:
    """
    The one who acts.

    *principal* is the row of a person or guest, None for the drive itself and for the bearer of an open
    link.  *name* is what the audit shows: the principal's key, `link:KEY` or `system`.  *admin* is one of
    `Account.Admin`.  *via* is the door (`dav`, `api`, `link`, `command`), *address* where the request came from.
    """

    principal: int | None
    name: str
    admin: str = ""
    scopes: frozenset[Scope] = EVERYTHING
    via: str = "command"
    address: str = ""


SYSTEM = Actor(None, "system")
"""The drive itself, at its own housekeeping and first start."""
