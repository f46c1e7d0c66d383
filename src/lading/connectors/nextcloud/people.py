"""
The people and groups of a Nextcloud, as far as the account is told of them.

Admins are told all, heads of groups their groups, others themselves and whom they shared with.
A group has the id `group:NAME`: Nextcloud lets a person and a group have the same name.  Teams and Talk
rooms are groups too, `team:ID` and `room:TOKEN`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from lading.connectors.nextcloud.circles import Circles, is_joint
from lading.connectors.nextcloud.cloud import Cloud
from lading.connectors.nextcloud.shares import GROUP_MARK, receiver_of
from lading.connectors.nextcloud.sharing import Sharing, is_link
from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.errors import Forbidden, LoginFailed, NotFound, Unable
from lading.model.paths import ROOT
from lading.model.text import Text

_PAGE = 200
_TOLD_OF = (PrincipalKind.GUEST, PrincipalKind.PERSON, PrincipalKind.GROUP)
_REFUSED = (Forbidden, LoginFailed, NotFound, Unable)


class CloudPeople:
    """The principals; guests are those whom *sharings* tell of."""

    def __init__(self, cloud: Cloud, *sharings: Sharing) -> None:
        self._cloud = cloud
        self._sharings = sharings
        self._circles = Circles(list(dict.fromkeys((cloud, *(sharing.cloud for sharing in sharings)))))

    def principals(self) -> Iterator[Principal]:
        """All of them."""
        users = self._users()
        yield from map(_person, users)
        groups = self._groups(users) | self._joint()
        yield from groups.values()
        yield from self._named({str(user["id"]) for user in users}, groups)

    def members(self, group: str) -> Iterator[Principal]:
        """Direct members of a group, a team or a room."""
        if is_joint(group) and group in self._joint():
            return iter(self._circles.members(group))
        users = self._users()
        if group not in self._groups(users):
            raise NotFound(group, Text("no such group", "没有该群组"))
        name = group.removeprefix(GROUP_MARK)
        return iter([_person(user) for user in users if name in _groups_of(user)])

    def memberships(self) -> Iterator[Membership]:
        """Every direct membership."""
        for user in self._users():
            for name in _groups_of(user):
                yield Membership(GROUP_MARK + name, str(user["id"]))
        for group in self._joint():
            for member in self._circles.members(group):
                yield Membership(group, member.id)

    def _receivers(self) -> Iterator[Principal]:
        told = (share for sharing in self._sharings for _, share in sharing.all())
        return (receiver_of(share) for share in told if not is_link(share))

    def _joint(self) -> dict[str, Principal]:
        """The teams that are seen, and the teams and rooms that something was shared with."""
        shared = {one.id: one for one in self._receivers() if is_joint(one.id)}
        return shared | {one.id: one for one in self._circles.teams()}

    def _named(self, known: set[str], groups: Collection[str]) -> Iterator[Principal]:
        """Guests, and people and groups whom only shares, teams and rooms tell of."""
        seen = {*known, *groups}
        inside = (member for group in groups if is_joint(group) for member in self._circles.members(group))
        for one in chain(self._receivers(), inside):
            if one.id not in seen and one.kind in _TOLD_OF:
                seen.add(one.id)
                yield one if one.owner is None or one.owner in known else replace(one, owner=None)

    def _users(self) -> list[Mapping[str, Any]]:
        try:
            return [*self._paged("/ocs/v2.php/cloud/users/details", "users")]
        except _REFUSED:
            # An ordinary account: it may ask about itself.
            told = self._cloud.ocs("GET", "/ocs/v2.php/cloud/user", subject=ROOT)
            return [told]

    def _groups(self, users: list[Mapping[str, Any]]) -> dict[str, Principal]:
        named = {GROUP_MARK + name: name for user in users for name in _groups_of(user)}
        try:
            for told in self._paged("/ocs/v2.php/cloud/groups/details", "groups"):
                named[GROUP_MARK + str(told["id"])] = str(told.get("displayname") or told["id"])
        except _REFUSED:
            pass
        return {id_: Principal(PrincipalKind.GROUP, id_, name) for id_, name in named.items()}

    def _paged(self, route: str, what: str) -> Iterator[Mapping[str, Any]]:
        seen: set[str] = set()
        while True:
            query = {"limit": str(_PAGE), "offset": str(len(seen))}
            data = self._cloud.ocs("GET", route, query, subject=ROOT)
            rows = (data or {}).get(what) or {}
            found = [
                row
                for row in (rows.values() if isinstance(rows, dict) else rows)
                if str(row["id"]) not in seen
            ]
            for row in found:
                seen.add(str(row["id"]))
                yield row
            if len(found) < _PAGE:
                return


def owner_of(cloud: Cloud) -> Principal:
    """The account itself."""
    return Principal(PrincipalKind.PERSON, cloud.user, cloud.name)


def _person(told: Mapping[str, Any]) -> Principal:
    return Principal(
        PrincipalKind.PERSON,
        str(told["id"]),
        str(told.get("displayname") or told.get("display-name") or ""),
        mail=str(told.get("email") or ""),
        login=str(told["id"]),
        active=told.get("enabled", True) not in (False, 0, "0", "false"),
    )


def _groups_of(told: Mapping[str, Any]) -> list[str]:
    groups = told.get("groups") or []
    return [str(name) for name in (groups.values() if isinstance(groups, dict) else groups)]
