"""
What the API says.

These classes describe answers for the OpenAPI document and the tests that hold answers
against it; the answers themselves are made as plain dictionaries in `shapes`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, WithJsonSchema

from lading.drive.api.values import RoleName, ScopeName

Time = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^-?[0-9]{1,19}$"})]
"""Nanoseconds since 1970 UTC."""
Id = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,19}$"})]
Etag = Annotated[str, WithJsonSchema({"type": "string", "pattern": '^"[0-9]+-[0-9]+"$'})]
Digest = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})]
Kind = Literal["person", "guest", "department", "group", "everybody"]


class Said(BaseModel):
    """What all answers share: no member that is not described."""

    model_config = ConfigDict(extra="forbid")


class Both(Said):
    """A sentence in both languages."""

    en: str
    zh: str


class Problem(Said):
    """An error: what happened to which subject, and what to do next (RFC 9457)."""

    code: str
    status: int
    subject: str
    message: Both
    remedy: Both
    facts: dict[str, str | int | float | bool]


class Entry(Said):
    """A file or a folder; *space* is the key of its space, *author* that of a principal."""

    id: Id
    space: str
    path: str
    name: str
    kind: Literal["file", "folder"]
    size: int
    modified: Time | None
    saved: Time
    created: Time
    etag: Etag | None
    sha256: Digest | None
    number: int
    author: str | None
    role: Literal["pass", "preview", "download", "upload", "edit", "manage"]


class Entries(Said):
    """A page of a folder, in the order of bytes of their names."""

    entries: list[Entry]
    cursor: str | None


class Keep(Said):
    """The keep rule of versions: at least *count*, those of *days*, thinned with age."""

    count: int | None
    days: int | None
    thin: bool


class Space(Said):
    """A team folder; *label* is its name in addresses, *frozen* the message of a freeze."""

    key: str
    name: str
    label: str
    root: Id
    quota: int | None
    used: int
    frozen: str
    role: str
    shares: bool
    """Whether the caller may read and give all grants and links in it."""
    keep: Keep


class Spaces(Said):
    spaces: list[Space]


class SpaceCard(Said):
    """A space as an admin sees it."""

    key: str
    name: str
    quota: int | None
    used: int
    frozen: bool
    created: Time
    deleted: Time | None


class SpaceCards(Said):
    spaces: list[SpaceCard]


class Limits(Said):
    batch_records: int
    batch_bytes: int
    name_bytes: int
    depth: int
    entries: int
    page: int
    json_bytes: int


class About(Said):
    name: Literal["lading"]
    version: str
    limits: Limits
    scopes: list[ScopeName]


class Principal(Said):
    """Somebody: *parent* is the department above, *owner* and *until* are of guests, *login* is told to admins."""

    key: str
    kind: Kind
    name: str
    mail: str
    login: str | None
    parent: str | None
    owner: str | None
    until: Time | None
    active: bool


class Principals(Said):
    principals: list[Principal]
    cursor: str | None


class SignedIn(Said):
    token: str
    expires: Time | None
    principal: Principal


class Me(Said):
    principal: Principal | None
    admin: Literal["", "system", "security", "audit"]
    scopes: list[ScopeName]


class Change(Said):
    """One step of the change feed."""

    clock: Id
    kind: str
    id: Id | None
    path: str
    removed: bool
    at: Time
    actor: str


class Changes(Said):
    changes: list[Change]
    cursor: str


class Activity(Said):
    changes: list[Change]


class Version(Said):
    number: int
    size: int
    modified: Time | None
    saved: Time
    stored: Time
    sha256: Digest
    author: str | None
    label: str
    current: bool


class Versions(Said):
    versions: list[Version]


class Who(Said):
    key: str
    kind: Kind
    name: str


class Grant(Said):
    id: Id
    principal: Who
    role: RoleName
    deny: bool
    expires: Time | None
    inherited_from: Id | None
    """The id of the node above that it stands on; null if it stands on this one."""


class Grants(Said):
    grants: list[Grant]
    breaks: bool


class Access(Said):
    principal: Who
    role: str
    because: list[Grant]


class Accesses(Said):
    access: list[Access]


class Link(Said):
    """A share by URL; *url* is told once, when it is made."""

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
    revoked: Time | None
    url: str | None


class Links(Said):
    links: list[Link]


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


class Opened(Said):
    """What an open link shows; *left* is the number of downloads left."""

    role: str
    name: str
    kind: Literal["file", "folder"]
    size: int
    modified: Time | None
    version: int | None
    left: int | None


class Hold(Said):
    id: Id
    node: Id
    reason: str
    created: Time


class Holds(Said):
    holds: list[Hold]


class Trashed(Said):
    """A deleted entry: *path* is where it was."""

    id: Id
    space: str
    node: Id
    path: str
    name: str
    kind: Literal["file", "folder"]
    size: int
    at: Time
    by: str | None
    role: RoleName


class Trash(Said):
    trash: list[Trashed]
    cursor: str | None


class AdminTrashed(Said):
    """An entry of the admin's trash, who is not told its name: *bytes* are those of all versions of all it holds."""

    id: Id
    space: str
    node: Id
    kind: Literal["file", "folder"]
    bytes: int
    at: Time
    by: str | None


class AdminTrash(Said):
    trash: list[AdminTrashed]
    cursor: str | None


class Upload(Said):
    size: int


class Swept(Said):
    removed: int


class RefusedLine(Said):
    line: int
    reason: Both


class Loaded(Said):
    made: int
    changed: int
    left: int
    same: int
    refused: list[RefusedLine]


class Members(Said):
    members: list[Principal]
    cursor: str | None


class Token(Said):
    """A token; its text *token* is told once, when it is made."""

    id: Id
    name: str
    scopes: list[ScopeName]
    created: Time
    expires: Time | None
    token: str | None


class Tokens(Said):
    tokens: list[Token]


class Account(Said):
    login: str
    principal: str
    admin: Literal["", "system", "security", "audit"]


class Wall(Said):
    id: Id
    name: str
    sides: list[list[str]]


class Walls(Said):
    walls: list[Wall]


class Glass(Said):
    space: str
    expires: Time


class Event(Said):
    """A record of the audit; *number* counts over all its files, *seq* within one."""

    number: Id
    seq: int
    time: str
    actor: str
    kind: str
    facts: dict[str, object]
    previous: Digest
    digest: Digest


class Events(Said):
    events: list[Event]
    cursor: str | None


class Verified(Said):
    """Whether the audit holds; if not, the first of what was found."""

    holds: bool
    since: str | None
    records: int | None
    events: int | None
    head: str | None
    findings: list[Both]
