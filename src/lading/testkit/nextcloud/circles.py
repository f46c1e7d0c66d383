"""
Teams and Talk rooms: /apps/circles/circles, /apps/spreed/api/v4/room.

From the documentation: both are told to their members only, administrators included.
"""

from typing import Any

from .ocs import Call, Failed, Route

_OWNER, _MEMBER = 9, 1
_TYPES = {"user": 1, "group": 2, "mail": 4, "circle": 16}


def listing(call: Call) -> Any:
    """GET /circles: the teams of the account."""
    mine = set(call.cloud.people.containers(call.user, "circle"))
    rows = call.cloud.store.rows("SELECT * FROM circle ORDER BY id")
    return [
        {"id": row["id"], "name": row["name"], "displayName": row["name"], "config": 0, "source": 16}
        for row in rows
        if row["id"] in mine
    ]


def members(call: Call) -> Any:
    """GET /circles/ID/members"""
    circle = call.cloud.store.row("SELECT * FROM circle WHERE id=?", call.words[0])
    people = call.cloud.people
    if circle is None or call.user not in people.members("circle", call.words[0]):
        raise Failed(404, "Circle not found")
    found = [
        _member(call, "user", it, owner=circle["owner"]) for it in people.members("circle", circle["id"])
    ]
    inner = call.cloud.store.rows("SELECT * FROM inner_member WHERE circle=? ORDER BY kind, id", circle["id"])
    return [*found, *(_member(call, it["kind"], it["id"]) for it in inner)]


def _member(call: Call, kind: str, name: str, owner: str = "") -> dict[str, Any]:
    return {
        "id": f"member-{kind}-{name}",
        "singleId": f"single-{kind}-{name}",
        "userId": name,
        "userType": _TYPES[kind],
        "level": _OWNER if name == owner else _MEMBER,
        "status": "Member",
        "displayName": call.cloud.people.title(kind, name),
    }


def participants(call: Call) -> Any:
    """GET /room/TOKEN/participants"""
    inside = call.cloud.people.members("room", call.words[0])
    if call.user not in inside:
        raise Failed(404, "")
    return [
        {
            "attendeeId": number,
            "actorType": "users",
            "actorId": name,
            "displayName": call.cloud.people.name(name),
            "participantType": 1 if number == 1 else 3,
        }
        for number, name in enumerate(inside, 1)
    ]


ROUTES: list[Route] = [
    ("GET", "apps/circles/circles", listing),
    ("GET", r"apps/circles/circles/([^/]+)/members", members),
    ("GET", r"apps/spreed/api/v4/room/([^/]+)/participants", participants),
]
