"""
Shares of Nextcloud as grants and links, and back.

Pure functions over what the sharing API tells.  Its permissions are five bits; on a
file there is nothing to create or delete, so reading and changing it is all that
editing means there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lading.connectors.http.headers import SECOND
from lading.model.access import Effect, Grant, Link, Principal, PrincipalKind, Role
from lading.model.paths import Path

READ, UPDATE, CREATE, DELETE, SHARE = 1, 2, 4, 8, 16
_BITS = {"read": READ, "update": UPDATE, "create": CREATE, "delete": DELETE, "share": SHARE}
USER, GROUP, LINK, MAIL, REMOTE, REMOTE_GROUP = 0, 1, 3, 4, 6, 9
CIRCLE, ROOM, DECK = 7, 10, 12
# How a principal that is no user is told apart: no user id of Nextcloud has a colon.
GROUP_MARK, MAIL_MARK, REMOTE_MARK = "group:", "mail:", "remote:"
MARKS = {CIRCLE: "team:", ROOM: "room:", DECK: "deck:", REMOTE_GROUP: "remote-group:"}

# From the least to the most; each holds what stands before it.
_FOLDER_ROLES = (
    (Role.DOWNLOAD, READ),
    (Role.UPLOAD, READ | CREATE),
    (Role.EDIT, READ | UPDATE | CREATE | DELETE),
    (Role.MANAGE, READ | UPDATE | CREATE | DELETE | SHARE),
)
_FILE_ROLES = ((Role.DOWNLOAD, READ), (Role.EDIT, READ | UPDATE), (Role.MANAGE, READ | UPDATE | SHARE))
# The lowest role that each right belongs to.
_TAKEN = ((READ, Role.PASS), (CREATE, Role.UPLOAD), (UPDATE | DELETE, Role.EDIT), (SHARE, Role.MANAGE))


def words_of(bits: int) -> frozenset[str]:
    """The drive's own words for *bits*."""
    return frozenset(word for word, bit in _BITS.items() if bits & bit)


OWNER = "owner"
"""The word for what an account has on its own files."""
WORDS = (
    *(
        (Effect.ALLOW, role, tuple(sorted(words_of(bits))))
        for roles in (_FOLDER_ROLES, _FILE_ROLES[1:])
        for role, bits in roles
    ),
    (Effect.ALLOW, Role.MANAGE, (OWNER,)),
)
"""Sets of words that say a role exactly."""


def role_of(bits: int, *, folder: bool) -> Role:
    """The highest role that *bits* hold whole."""
    found = Role.NONE
    for role, needed in _FOLDER_ROLES if folder else _FILE_ROLES:
        if bits & needed == needed:
            found = role
    return found


def denied_role(bits: int) -> Role:
    """The lowest role that a denial of *bits* takes something from."""
    return next((role for taken, role in _TAKEN if bits & taken), Role.NONE)


def bits_of(role: Role, *, folder: bool) -> int:
    """The bits that say *role* exactly; 0 if none do."""
    return dict(_FOLDER_ROLES if folder else _FILE_ROLES).get(role, 0)


def receiver_of(share: Mapping[str, Any]) -> Principal:
    """
    Whom a share that is no link was given to.

    Who has no account here is a guest, whom the person who shared answers for.
    """
    kind, with_ = int(share["share_type"]), str(share.get("share_with") or "")
    name = str(share.get("share_with_displayname") or "")
    if kind == USER:
        return Principal(PrincipalKind.PERSON, with_, name)
    if kind == GROUP:
        return Principal(PrincipalKind.GROUP, GROUP_MARK + with_, name)
    owner = str(share.get("uid_owner") or "") or None
    if kind == MAIL:
        return Principal(PrincipalKind.GUEST, MAIL_MARK + with_, name, mail=with_, owner=owner)
    if kind == REMOTE:
        return Principal(PrincipalKind.GUEST, REMOTE_MARK + with_, name, owner=owner)
    return Principal(PrincipalKind.GROUP, MARKS.get(kind, f"{kind}:") + with_, name)


def grant_of(share: Mapping[str, Any], path: Path, *, source: str = "") -> Grant:
    """The share as a grant on *path*; a share whose download is barred gives previews."""
    bits, folder = int(share["permissions"]), share.get("item_type") == "folder"
    role, words = role_of(bits, folder=folder), words_of(bits)
    if _view_only(share):
        role, words = min(role, Role.PREVIEW), words | {"view-only"}
    return Grant(
        path, receiver_of(share), words, source=source, role=role, expires=expiry(share.get("expiration"))
    )


def link_of(share: Mapping[str, Any], path: Path) -> Link:
    """The public link as a `Link`; a link that lets people only drop files holds no role whole."""
    bits, folder = int(share["permissions"]) & ~SHARE, share.get("item_type") == "folder"
    role, words = role_of(bits, folder=folder), words_of(bits)
    if _view_only(share) or _true(share.get("hide_download")):
        role, words = min(role, Role.PREVIEW), words | {"hide-download"}
    stime = share.get("stime")
    return Link(
        path,
        str(share["id"]),
        words,
        expires=expiry(share.get("expiration")),
        has_password=bool(share.get("password") or share.get("share_with")),
        role=role,
        by=str(share.get("uid_owner") or ""),
        created=int(stime) * SECOND if stime else None,
    )


def expiry(text: object) -> int | None:
    """Nanoseconds of an expiry as the API tells it (`2031-05-05 00:00:00`), None if there is none."""
    if not isinstance(text, str) or not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()) * SECOND


def path_of_share(share: Mapping[str, Any]) -> Path:
    """Where the shared entry lies below the root of the account's files."""
    return tuple(name for name in str(share.get("path") or "").split("/") if name)


def _view_only(share: Mapping[str, Any]) -> bool:
    told = share.get("attributes")
    try:
        rows = json.loads(told) if isinstance(told, str) and told else told or []
    except ValueError:
        return False
    return any(
        row.get("scope") == "permissions"
        and row.get("key") == "download"
        and row.get("value", row.get("enabled")) is False
        for row in rows
        if isinstance(row, dict)
    )


def _true(told: object) -> bool:
    return told in (True, 1, "1", "true")
