"""
Who may do what: principals, grants and links, and what hangs on files.

One vocabulary for all drives: a grant is a role, an effect, a reach and an
expiry.  What the drive itself calls its rights stands beside it, so that nothing
is lost where the words do not match.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from lading.model.paths import Path


class Role(IntEnum):
    """
    What somebody may do on an entry; each role holds all below it.

    Rights that fit no role are told as the highest role that they hold whole.
    """

    NONE = 0
    """Nothing: the entry does not exist for them."""
    PASS = 1
    """Go through a folder to what they have more on below."""
    PREVIEW = 2
    """See names and rendered previews; no bytes."""
    DOWNLOAD = 3
    """Read content and versions."""
    UPLOAD = 4
    """Add files and folders; not change what is there."""
    EDIT = 5
    """Save over, rename, move, delete."""
    MANAGE = 6
    """Give grants, make links."""


class PrincipalKind(StrEnum):
    """Who a grant can be given to."""

    PERSON = "person"
    GROUP = "group"
    DEPARTMENT = "department"
    GUEST = "guest"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Principal:
    """
    A person, group, department or outside guest, by the id its drive uses.

    *parent* is the department above a department; *owner* answers for a guest, who ends at *until*
    (nanoseconds since 1970 UTC).  Who is not *active* can do nothing.
    """

    kind: PrincipalKind
    id: str
    name: str = ""
    mail: str = ""
    login: str = ""
    active: bool = True
    parent: str | None = None
    owner: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """*member* belongs to *group*: ids of principals.  A department belongs to the department above it."""

    group: str
    member: str


class Effect(StrEnum):
    """What a grant does."""

    ALLOW = "allow"
    """Its role and all below it."""
    DENY = "deny"
    """A denial: takes its role and all above it away."""
    BREAK = "break"
    """Ends allowances from above, for everybody; denials pass."""
    RESET = "reset"
    """Ends all grants from above, for everybody: the list of the entry is its own."""


class Reach(StrEnum):
    """Where a grant holds."""

    ALL = "all"
    """On the entry and all below it."""
    HERE = "here"
    """On the entry alone."""
    BELOW = "below"
    """On what lies below the entry, not on itself."""
    LATER = "later"
    """On what will be made below; nothing that is there has it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """
    Who may do what on an entry.

    *rights* are the drive's own words (for a POSIX folder `r`, `w`, `x`), *role* the highest role they
    hold whole; of a denial, the lowest role that they take something from.  *rank* orders grants
    where the first that names somebody decides (owner 0, user 1, group 2, others 3): only those of the lowest rank count
    for a person.  *expires* is in nanoseconds since 1970 UTC.  A `break` or `reset` names `ANYBODY`.
    """

    path: Path
    principal: Principal
    rights: frozenset[str]
    effect: Effect = Effect.ALLOW
    reach: Reach = Reach.ALL
    source: str = ""
    role: Role = Role.NONE
    rank: int = 0
    expires: int | None = None


ANYBODY = Principal(PrincipalKind.EVERYBODY, "")
"""Whom a grant names that is about nobody in particular."""


@dataclass(frozen=True, slots=True)
class Link:
    """
    A share by URL, with its limits.  *id* names it; the URL itself is a secret and stays out.

    *limit* counts downloads, of which *used* are gone; *version* pins it to one (None follows the newest);
    *inside* asks for a signed-in person; *by* is the id of who made it.
    """

    path: Path
    id: str
    rights: frozenset[str]
    expires: int | None = None
    has_password: bool = False
    role: Role = Role.NONE
    limit: int | None = None
    used: int = 0
    version: str | None = None
    inside: bool = False
    by: str = ""
    created: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """
    One content of a file.

    *saved* is when it became the newest, *modified* the time the client gave it, both in nanoseconds since
    1970 UTC; *author* is the id of a principal.
    """

    id: str
    saved: int
    size: int
    author: str = ""
    digests: tuple[tuple[str, str], ...] = field(default=())
    modified: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """Somebody holds *path*, until *expires* if that is said; *deep*: with all below it."""

    path: Path
    owner: str
    exclusive: bool = True
    deep: bool = False
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A word that somebody put on an entry."""

    path: Path
    label: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about an entry, *at* a time in nanoseconds since 1970 UTC."""

    path: Path
    id: str
    author: str
    at: int
    text: str


REMOVAL, REMOVED_VERSION = "removal", "removed version"
"""
Names of settings: the mark that a file was removed at some moment, and a content of a file that is removed.

Their paths may be those of no entry any more.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """
    What a drive keeps on an entry by itself, and for which no other word stands here: a switch, the mark of a removal.

    *name* and *value* are the drive's own words, but for `REMOVAL` and `REMOVED_VERSION`.
    """

    path: Path
    name: str
    value: str
