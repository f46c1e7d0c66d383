"""
Who may do what: principals, grants and links, and the versions of a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from lading.model.paths import Path


class PrincipalKind(StrEnum):
    """Who a grant can be given to."""

    PERSON = "person"
    GROUP = "group"
    DEPARTMENT = "department"
    GUEST = "guest"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person, group, department or outside guest, by the id its drive uses."""

    kind: PrincipalKind
    id: str
    name: str = ""


class Effect(StrEnum):
    """What a grant does; a denial is a grant with effect `deny`."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Grant:
    """
    Who may do what on an entry.

    *rights* are the drive's own words (for a POSIX folder `r`, `w`, `x`);
    *inherits* says that entries made below get the grant too.
    """

    path: Path
    principal: Principal
    rights: frozenset[str]
    effect: Effect = Effect.ALLOW
    inherits: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A share by URL, with its limits.  *id* names it; the URL itself is a secret and stays out."""

    path: Path
    id: str
    rights: frozenset[str]
    expires: int | None = None
    has_password: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """One content of a file.  *saved* is in nanoseconds since 1970-01-01 UTC."""

    id: str
    saved: int
    size: int
    author: str = ""
    digests: tuple[tuple[str, str], ...] = field(default=())
