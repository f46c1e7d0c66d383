"""
What the API says of the whole drive at once; see `answers`.
"""

from __future__ import annotations

from lading.drive.api.schemas.answers import Id, Said, Time, Version, Who
from lading.drive.api.values import RoleName


class At(Said):
    """Where something stands: the key of a space, the id of an entry and its path within the space."""

    space: str
    node: Id
    path: str


class GrantAt(At):
    id: Id
    principal: Who
    role: RoleName
    deny: bool
    expires: Time | None


class AllGrants(Said):
    grants: list[GrantAt]
    cursor: str | None


class AllBreaks(Said):
    breaks: list[At]
    cursor: str | None


class LinkAt(At):
    key: str
    role: RoleName
    has_password: bool
    expires: Time | None
    limit: int | None
    used: int
    version: int | None
    inside: bool
    by: str
    created: Time


class AllLinks(Said):
    links: list[LinkAt]
    cursor: str | None


class History(Said):
    """A file and all its versions, oldest first."""

    space: str
    id: Id
    path: str
    versions: list[Version]


class AllVersions(Said):
    files: list[History]
    cursor: str | None


class Lock(Said):
    """A WebDAV lock; *holder* is the key of a principal, *deep* holds for all below."""

    space: str
    path: str
    holder: str
    exclusive: bool
    deep: bool
    expires: Time


class AllLocks(Said):
    locks: list[Lock]
    cursor: str | None


class Membership(Said):
    group: str
    member: str


class Memberships(Said):
    memberships: list[Membership]
    cursor: str | None
