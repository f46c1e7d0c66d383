"""Walls between spaces."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Scope
from lading.drive.api import asking
from lading.drive.api.auth import actor_of
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import keys
from lading.drive.api.values import Ident
from lading.drive.people.powers import need_admin
from lading.drive.rights import walls
from lading.model.errors import NotFound
from lading.model.text import Text

routes = Routes("Walls")


@routes.get("/walls", needs=Scope.ADMIN, gives=answers.Walls)
def list_walls(request: HttpRequest) -> HttpResponse:
    """All walls and the spaces on their sides. For security admins."""
    return told({"walls": [_wall(row) for row in walls.list_walls(actor_of(request))]})


@routes.post("/walls", needs=Scope.ADMIN, gives={201: answers.Wall}, fails=(403, 409))
def make_wall(request: HttpRequest, said: requests.NewWall) -> HttpResponse:
    """Put a wall between two sides; nobody may have access on both. For security admins."""
    actor = actor_of(request)
    need_admin(actor, "security")
    one, other = ([_space(key) for key in side] for side in said.sides)
    return told(_wall(walls.make_wall(actor, said.name, one, other)), 201)


@routes.delete("/walls/{wall}", needs=Scope.ADMIN)
def remove_wall(request: HttpRequest, wall: Ident) -> HttpResponse:
    """Take a wall away. For security admins."""
    walls.remove_wall(actor_of(request), wall)
    return done()


def _space(key: str) -> int:
    number = asking.space_id(key)
    if number is None:
        raise NotFound("space", Text("there is no such space", "没有此空间"))
    return number


def _wall(row: walls.WallRow) -> dict[str, Any]:
    named = keys("space", (space for side in row.sides for space in side))
    return {
        "id": str(row.id),
        "name": row.name,
        "sides": [[named[one] for one in side] for side in row.sides],
    }
