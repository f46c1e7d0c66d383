"""
Who may do what in a space, and how far a file may be shared.

What can be given is little: downloading, to members and departments.  Editing is told where it was given by
hand.  WeDrive has one link for each file, whose reach is a setting of the file; none is made here,
because it could neither be told apart from another nor be taken back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from lading.connectors.able import refused_grant, refused_link
from lading.connectors.profile import Features
from lading.connectors.wedrive.ground import Ground, Spot
from lading.connectors.wedrive.items import Item
from lading.connectors.wedrive.people import DEPARTMENT, WedrivePeople
from lading.connectors.wedrive.trouble import senseless
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Role
from lading.model.errors import NotFound, Unable
from lading.model.paths import Path
from lading.model.text import Text

PERSON, UNIT = 1, 2
"""Values of a member's `type`."""
DOWNLOADING = 1
ROLES = {
    1: Role.DOWNLOAD,
    2: Role.EDIT,
    3: Role.DOWNLOAD,
    4: Role.PREVIEW,
    5: Role.UPLOAD,
    7: Role.MANAGE,
    200: Role.PREVIEW,
}
"""
What each `auth` holds for certain: 3 has no published meaning (an old admin, perhaps), 200 is a set of rights
that no call tells.  What is not listed holds nothing.
"""
_FRESH = 30.0
_LEFT = "quit"
_EXACT = (1, 2, 4, 5, 7)
WORDS = (
    *((Effect.ALLOW, ROLES[auth], (str(auth),)) for auth in _EXACT),
    (Effect.DENY, Role.PASS, (_LEFT,)),
)
"""Which of these words say a role and nothing beside it."""


class WedriveGrants:
    """The members of spaces, and those of folders and files."""

    def __init__(self, ground: Ground, people: WedrivePeople, features: Features) -> None:
        self._ground, self._people, self._features = ground, people, features
        self._permissions: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def list(self, path: Path) -> tuple[Grant, ...]:
        """The grants set on this very entry; on a root inside of a space, also what reaches it from above."""
        if self._ground.is_top(path):
            return ()
        spot = self._ground.spot(path)
        if not spot.within:
            return tuple(self._of_space(spot, path))
        told = self.permission(path)
        return tuple(self._of_entry(told, path, inherited=not path))

    def all(self) -> Iterator[Grant] | None:
        """Not in few calls: WeDrive has to be asked entry by entry."""
        return None

    def set(self, grant: Grant) -> None:
        """Give the right to download."""
        if refusal := refused_grant(grant, self._features):
            raise Unable(grant.path, refusal)
        if self._ground.is_top(grant.path):
            raise Unable(grant.path, Text("the top holds spaces only", "顶层仅包含空间"))
        spot = self._ground.spot(grant.path)
        self._change(spot, grant, "add", {**_member(grant.principal), "auth": DOWNLOADING})

    def unset(self, grant: Grant) -> None:
        """Take the right away."""
        if grant.effect is not Effect.ALLOW or self._ground.is_top(grant.path):
            return
        with suppress(NotFound):
            spot = self._ground.spot(grant.path)
            if any(one.principal.id == grant.principal.id for one in self.list(grant.path)):
                self._change(spot, grant, "del", _member(grant.principal))

    def permission(self, path: Path) -> dict[str, Any]:
        """What `get_file_permission` says of *path*; asked once for grants and links together."""
        item = self._item(self._ground.spot(path), path)
        with self._lock:
            kept = self._permissions.get(item.id)
            if kept is not None and time.monotonic() - kept[0] < _FRESH:
                return kept[1]
        told = self._ground.wire.call("get_file_permission", {"fileid": item.id}, path)
        with self._lock:
            if len(self._permissions) > 10_000:
                self._permissions.clear()
            self._permissions[item.id] = (time.monotonic(), told)
        return told

    def id_of(self, path: Path) -> str:
        """The id of the entry at *path*."""
        return self._item(self._ground.spot(path), path).id

    def in_space(self, path: Path) -> bool:
        """Whether *path* lies in a space and is not the space itself."""
        return not self._ground.is_top(path) and bool(self._ground.spot(path).within)

    def _item(self, spot: Spot, path: Path) -> Item:
        item = spot.tree.find(spot.within)
        if item is None:
            raise NotFound(path, Text("nothing is there", "该处没有内容"))
        return item

    def _change(self, spot: Spot, grant: Grant, verb: str, member: dict[str, Any]) -> None:
        told: dict[str, Any] = {"auth_info": [member]}
        if not spot.within:
            self._ground.wire.call(f"space_acl_{verb}", {"spaceid": spot.tree.space, **told}, grant.path)
            return
        item = self._item(spot, grant.path)
        with self._lock:
            self._permissions.clear()
        self._ground.wire.call(f"file_acl_{verb}", {"fileid": item.id, **told}, grant.path)

    def _of_space(self, spot: Spot, path: Path) -> Iterator[Grant]:
        told = self._ground.wire.call("space_info", {"spaceid": spot.tree.space}, path).get("space_info")
        if not isinstance(told, dict):
            raise senseless(path, "space_info")
        members = told.get("auth_list")
        members = members if isinstance(members, dict) else {"auth_info": members}
        yield from self._members(members.get("auth_info"), path)
        for userid in members.get("quit_userid") or ():
            # They left, though their department is a member: nothing of it reaches them.
            person = self._people.of(PrincipalKind.PERSON, str(userid))
            yield Grant(path, person, frozenset({_LEFT}), Effect.DENY, role=Role.PASS)

    def _of_entry(self, told: dict[str, Any], path: Path, *, inherited: bool) -> Iterator[Grant]:
        above = told.get("inherit_father_auth")
        above = above if isinstance(above, dict) else {}
        if above.get("inherit") is False:
            yield Grant(path, ANYBODY, frozenset(), Effect.BREAK)
        handed = _list(above.get("auth_list"))
        rows = [*_list(told.get("member_list")), *_list(told.get("co_auth_list"))]
        # Of a document this list tells the members of its folder too.
        rows += [row for row in _list(told.get("file_member_list")) if row not in handed]
        if inherited:
            rows += handed
        yield from self._members(rows, path)

    def _members(self, rows: Any, path: Path) -> Iterator[Grant]:
        best: dict[str, Grant] = {}
        for row in _list(rows):
            principal, auth = self._principal(row), row.get("auth")
            role = ROLES.get(auth if isinstance(auth, int) else 0, Role.NONE)
            grant = Grant(path, principal, frozenset({str(auth)}), role=role)
            if principal.id and (principal.id not in best or best[principal.id].role < role):
                best[principal.id] = grant
        yield from best.values()

    def _principal(self, row: dict[str, Any]) -> Principal:
        # A share with a department says so by its number alone.
        if row.get("type") == UNIT or ("departmentid" in row and not row.get("userid")):
            return self._people.of(PrincipalKind.DEPARTMENT, f"{DEPARTMENT}{row.get('departmentid')}")
        return self._people.of(PrincipalKind.PERSON, str(row.get("userid") or ""))


class WedriveLinks:
    """How far the one link of each file reaches, told as a link for each side: inside and outside of the firm."""

    def __init__(self, grants: WedriveGrants, features: Features) -> None:
        self._grants, self._features = grants, features

    def list(self, path: Path) -> tuple[Link, ...]:
        """The link of this entry, inside and outside, as far as it opens it without being asked for."""
        if not self._grants.in_space(path):
            return ()
        told = self._grants.permission(path)
        return tuple(_links(path, told.get("share_range"), self._grants))

    def all(self) -> Iterator[Link] | None:
        """Not in few calls: WeDrive has to be asked entry by entry."""
        return None

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        """None is made: see the head of this module."""
        refusal = refused_link(link, password, self._features)
        raise Unable(link.path, refusal or Text("links are set in the client", "链接须在客户端中设置"))

    def revoke(self, link: Link) -> None:
        """There is nothing of ours to be revoked."""
        raise Unable(link.path, Text("links are set in the client", "链接须在客户端中设置"))


def _links(path: Path, told: Any, grants: WedriveGrants) -> Iterable[Link]:
    if not isinstance(told, dict):
        return
    for side, inside in (("internal", True), ("external", False)):
        auth = told.get(f"corp_{side}_auth")
        role = ROLES.get(auth, Role.NONE) if isinstance(auth, int) else Role.NONE
        if told.get(f"enable_corp_{side}") and role is not Role.NONE:
            key = f"{grants.id_of(path)}#{side}"
            yield Link(path, key, frozenset({str(auth)}), role=role, inside=inside)


def _member(principal: Principal) -> dict[str, Any]:
    if principal.kind is PrincipalKind.DEPARTMENT:
        number = principal.id.removeprefix(DEPARTMENT)
        if not number.isdecimal():
            raise NotFound(principal.id, Text("there is no such department", "没有该部门"))
        return {"type": UNIT, "departmentid": int(number)}
    return {"type": PERSON, "userid": principal.id}


def _list(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
