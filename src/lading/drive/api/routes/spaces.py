"""Spaces: what they are, their freeze, what changed in them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from lading.drive import feed
from lading.drive.actor import Scope
from lading.drive.api import asking
from lading.drive.api.asking import sight_of, space_of
from lading.drive.api.auth import actor_of
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import space as shape
from lading.drive.api.shapes import time
from lading.drive.api.values import Cursor, Key, Limit, way
from lading.drive.models import Space
from lading.drive.people.powers import is_admin, need_admin
from lading.drive.tree import find, spaces
from lading.drive.versions.keep import Rule
from lading.model.errors import NameRefused
from lading.model.paths import encode
from lading.model.text import Text

routes = Routes("Spaces")


@routes.get("/spaces", needs=Scope.READ, gives=answers.Spaces)
def list_spaces(request: HttpRequest) -> HttpResponse:
    """The spaces in which the caller sees anything, oldest first."""
    return told({"spaces": [shape(row) for row in find.spaces(sight_of(request))]})


@routes.post("/spaces", needs=Scope.ADMIN, gives={201: answers.Space}, fails=(403,))
def make_space(request: HttpRequest, said: requests.NewSpace) -> HttpResponse:
    """Make a space. For system admins, who see nothing in it unless they are among its own admins."""
    actor = actor_of(request)
    need_admin(actor, "system")
    admins = [asking.principal_id(request, key) for key in said.admins]
    made = spaces.make_space(actor, _name(said.name), admins=admins, quota=said.quota)
    return told(_now(request, made), 201)


@routes.get("/spaces/{space}", needs=Scope.READ, gives=answers.Space)
def read_space(request: HttpRequest, space: Key) -> HttpResponse:
    """A space as the caller sees it."""
    return told(shape(space_of(sight_of(request), space)))


@routes.patch("/spaces/{space}", needs=Scope.WRITE, gives=answers.Space, fails=(403, 423))
def change_space(request: HttpRequest, space: Key, said: requests.SpaceChange) -> HttpResponse:
    """Change the name, the quota (null: none) or the keep rule of a space."""
    number = _manageable(request, space)
    actor, given = actor_of(request), said.model_fields_set
    if said.name is not None:
        spaces.rename(actor, number, _name(said.name))
    if "quota" in given:
        spaces.set_quota(actor, number, said.quota)
    if said.keep is not None:
        spaces.set_keep(actor, number, Rule(said.keep.count, said.keep.days, said.keep.thin))
    return told(_now(request, number))


@routes.delete("/spaces/{space}", needs=Scope.ADMIN, fails=(403, 409))
def delete_space(request: HttpRequest, space: Key) -> HttpResponse:
    """Delete a space; it can come back until it is purged. For system admins."""
    spaces.delete_space(actor_of(request), _administered(request, space))
    return done()


@routes.post("/spaces/{space}/return", needs=Scope.ADMIN, gives=answers.Space, fails=(403,))
def return_space(request: HttpRequest, space: Key) -> HttpResponse:
    """Bring a deleted space back. For system admins."""
    number = _administered(request, space)
    spaces.bring_back(actor_of(request), number)
    return told(_now(request, number))


@routes.post("/spaces/{space}/purge", needs=Scope.ADMIN, gives=None, fails=(403, 409))
def purge_space(request: HttpRequest, space: Key) -> HttpResponse:
    """Remove a deleted space for good. For system admins."""
    spaces.purge_space(actor_of(request), _administered(request, space))
    return done()


@routes.put("/spaces/{space}/freeze", needs=Scope.WRITE, gives=answers.Space, fails=(403,))
def freeze_space(request: HttpRequest, space: Key, said: requests.Freeze) -> HttpResponse:
    """Make a space read-only, with a message to its users; twice is no error."""
    number = _manageable(request, space)
    spaces.freeze(actor_of(request), number, said.message)
    return told(_now(request, number))


@routes.delete("/spaces/{space}/freeze", needs=Scope.WRITE, gives=answers.Space, fails=(403,))
def thaw_space(request: HttpRequest, space: Key) -> HttpResponse:
    """Let a space be changed again; twice is no error."""
    number = _manageable(request, space)
    spaces.thaw(actor_of(request), number)
    return told(_now(request, number))


@routes.post("/spaces/{space}/epoch", needs=Scope.WRITE, gives=None, fails=(403,))
def begin_epoch(request: HttpRequest, space: Key) -> HttpResponse:
    """Make every cursor of the changes of a space expire: for after a restore or a rollback. For who manages it."""
    spaces.begin_epoch(actor_of(request), _manageable(request, space))
    return done()


@routes.get("/admin/spaces", needs=Scope.ADMIN, gives=answers.SpaceCards)
def list_all_spaces(request: HttpRequest) -> HttpResponse:
    """All spaces, the deleted ones too, without the names of those the caller sees nothing of. For system admins."""
    return told({"spaces": [_card(row) for row in spaces.all_spaces(actor_of(request))]})


@routes.get("/spaces/{space}/changes", needs=Scope.READ, gives=answers.Changes, fails=(410,))
def list_changes(
    request: HttpRequest, space: Key, since: Cursor | None = None, limit: Limit = 1000
) -> HttpResponse:
    """What changed since a cursor, in the order of commits; without one, the cursor for now."""
    look = sight_of(request)
    number = space_of(look, space).id
    if since is None:
        return told({"changes": [], "cursor": feed.latest(look, number)})
    found, following = feed.changes(look, number, since, limit)
    return told({"changes": [_change(one) for one in found], "cursor": following})


@routes.get("/spaces/{space}/activity", needs=Scope.READ, gives=answers.Activity)
def list_activity(request: HttpRequest, space: Key, limit: Limit = 100) -> HttpResponse:
    """The newest changes of a space that the caller may see, the last first."""
    look = sight_of(request)
    found = feed.recent(look, space_of(look, space).id, limit)
    return told({"changes": [_change(one) for one in found]})


def _manageable(request: HttpRequest, key: str) -> int:
    """The id of a space that the caller sees, or may run as a system admin without seeing it."""
    actor = actor_of(request)
    if is_admin(actor, "system"):
        return _administered(request, key)
    return space_of(sight_of(request), key).id


def _administered(request: HttpRequest, key: str) -> int:
    need_admin(actor_of(request), "system")
    number = asking.space_id(key)
    if number is None:
        raise asking.no_space()
    return number


def _now(request: HttpRequest, number: int) -> dict[str, Any]:
    """The space after a change; a system admin who sees nothing of it is told its frame, without a role."""
    look = sight_of(request)
    if number in look.spaces():
        return shape(find.space(look, number))
    row = Space.objects.get(id=number)
    assert row.root_id is not None
    keep = {"count": row.keep_count, "days": row.keep_days, "thin": row.keep_thin}
    return {
        "key": row.key,
        "name": row.key,
        "label": row.key, "root": str(row.root_id), "quota": row.quota,
        "used": row.used, "frozen": row.frozen, "role": "none", "shares": False, "keep": keep,
    }  # fmt: skip


def _name(text: str) -> str:
    """The name of a space, which travels encoded like all names."""
    path = way(text)
    if len(path) != 1:
        raise NameRefused(text, Text("expected one name", "应为一个名称"))
    return path[0]


def _card(row: spaces.SpaceCard) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": encode((row.name,)),
        "quota": row.quota,
        "used": row.used,
        "frozen": row.frozen,
        "created": str(row.created),
        "deleted": time(row.deleted),
    }


def _change(row: feed.Change) -> dict[str, Any]:
    return {
        "clock": str(row.clock),
        "kind": row.kind,
        "id": str(row.node) if row.node else None,
        "path": row.path,
        "removed": row.removed,
        "at": str(row.at),
        "actor": row.actor,
    }
