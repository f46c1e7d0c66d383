"""
Who is in the teams (circles) and in the Talk rooms of a Nextcloud.

Both are told to their members only, so each account in use is asked until one is answered.  Routes and numbers: app
circles, routes.php and Member.php (types 1 person, 2 group, 4 mail, 8 contact, 16 team); Talk, “Participants API”.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from lading.connectors.nextcloud.cloud import Cloud
from lading.connectors.nextcloud.shares import CIRCLE, GROUP_MARK, MAIL_MARK, MARKS, REMOTE_MARK, ROOM
from lading.model.access import Principal, PrincipalKind
from lading.model.errors import BadAnswer, Forbidden, LoginFailed, NotFound, Unable
from lading.model.paths import ROOT

TEAM_MARK, ROOM_MARK = MARKS[CIRCLE], MARKS[ROOM]
_REFUSED = (Forbidden, LoginFailed, NotFound, Unable)
_TEAMS = "/ocs/v2.php/apps/circles/circles"
_ROOMS = "/ocs/v2.php/apps/spreed/api/v4/room"
_KINDS: Mapping[object, tuple[PrincipalKind, str]] = {
    1: (PrincipalKind.PERSON, ""),
    2: (PrincipalKind.GROUP, GROUP_MARK),
    4: (PrincipalKind.GUEST, MAIL_MARK),
    16: (PrincipalKind.GROUP, TEAM_MARK),
    "users": (PrincipalKind.PERSON, ""),
    "groups": (PrincipalKind.GROUP, GROUP_MARK),
    "circles": (PrincipalKind.GROUP, TEAM_MARK),
    "emails": (PrincipalKind.GUEST, MAIL_MARK),
    "federated_users": (PrincipalKind.GUEST, REMOTE_MARK),
}
"""What a member is, by `userType` of a team or `actorType` of a room; others (contacts, apps, bots) have no account."""


class Circles:
    """Teams and rooms as *clouds*, accounts of one server, are told of them."""

    def __init__(self, clouds: Sequence[Cloud]) -> None:
        self._clouds = clouds

    def teams(self) -> Iterator[Principal]:
        """The teams that one of the accounts sees, each once."""
        seen: set[str] = set()
        for cloud in self._with("circles"):
            for told in _rows(cloud, _TEAMS):
                id_ = TEAM_MARK + str(told.get("id") or "")
                if id_ != TEAM_MARK and id_ not in seen:
                    seen.add(id_)
                    name = str(told.get("displayName") or told.get("name") or "")
                    yield Principal(PrincipalKind.GROUP, id_, name)

    def members(self, group: str) -> list[Principal]:
        """Who is directly in the team or room *group*; nobody where no account is told."""
        if group.startswith(TEAM_MARK):
            route, app = f"{_TEAMS}/{_quoted(group, TEAM_MARK)}/members", "circles"
        else:
            route, app = f"{_ROOMS}/{_quoted(group, ROOM_MARK)}/participants", "spreed"
        for cloud in self._with(app):
            if rows := _rows(cloud, route):
                found = {one.id: one for one in map(_member, rows) if one is not None}
                return list(found.values())
        return []

    def _with(self, app: str) -> Iterator[Cloud]:
        return (cloud for cloud in self._clouds if cloud.capability(app) is not None)


def is_joint(group: str) -> bool:
    """Whether *group* is the id of a team or a room."""
    return group.startswith((TEAM_MARK, ROOM_MARK))


def _rows(cloud: Cloud, route: str) -> list[Mapping[str, Any]]:
    """What is listed at *route*; nothing where the account is not told."""
    try:
        told = cloud.ocs("GET", route, subject=ROOT)
    except _REFUSED:
        return []
    if not isinstance(told, list) or not all(isinstance(row, dict) for row in told):
        raise BadAnswer(ROOT, "a list of teams or members is none")
    return told


def _member(told: Mapping[str, Any]) -> Principal | None:
    """The principal that is told as a member; None for what has no account or has not joined yet."""
    kind = _KINDS.get(told.get("userType", told.get("actorType")))
    id_ = str(told.get("userId") or told.get("actorId") or "")
    if kind is None or not id_ or told.get("status", "Member") != "Member":
        return None
    name = str(told.get("displayName") or "")
    mail = id_ if kind[1] == MAIL_MARK and "@" in id_ else ""
    return Principal(kind[0], kind[1] + id_, name, mail=mail)


def _quoted(group: str, mark: str) -> str:
    return quote(group.removeprefix(mark), safe="")
