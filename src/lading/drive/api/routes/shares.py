"""Grants, breaks and links by path: one request each for programs that know no ids. All may be sent twice."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Scope
from lading.drive.api import asking
from lading.drive.api.asking import seen_at, sight_of
from lading.drive.api.auth import actor_of
from lading.drive.api.routes.links import made_link
from lading.drive.api.routes.nodes import shape
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.values import Flag, Key, PathText, way
from lading.drive.rights import grants
from lading.drive.rights.roles import Role

routes = Routes("Shares")


@routes.put("/spaces/{space}/grant", needs=Scope.SHARE, gives=answers.Grant, fails=(403, 423))
def put_grant(request: HttpRequest, space: Key, said: requests.GrantAt) -> HttpResponse:
    """Give a role on the entry at a path, or deny it, in the place of what the principal had of that sort."""
    node = seen_at(sight_of(request), space, way(said.path)).row.id
    principal = asking.principal_id(request, said.principal)
    role = Role[said.role.upper()]
    return told(
        shape(
            grants.add_grant(actor_of(request), node, principal, role, deny=said.deny, expires=said.expires)
        )
    )


@routes.delete("/spaces/{space}/grant", needs=Scope.SHARE, fails=(403, 423))
def drop_grant(
    request: HttpRequest, space: Key, principal: Key, path: PathText = "", deny: Flag = False
) -> HttpResponse:
    """Take back what a principal has on the entry at a path, or is denied; nothing there is no error."""
    node = seen_at(sight_of(request), space, way(path)).row.id
    grants.drop_grant(actor_of(request), node, principal, deny=deny)
    return done()


@routes.put("/spaces/{space}/break", needs=Scope.SHARE, gives=None, fails=(403, 423))
def put_break(request: HttpRequest, space: Key, path: PathText) -> HttpResponse:
    """End the inheritance of allowances at the entry at a path; whoever does it keeps `manage` there."""
    _break(request, space, path, True)
    return done()


@routes.delete("/spaces/{space}/break", needs=Scope.SHARE, fails=(403, 423))
def drop_break(request: HttpRequest, space: Key, path: PathText) -> HttpResponse:
    """Let allowances from above pass again at the entry at a path."""
    _break(request, space, path, False)
    return done()


@routes.post("/spaces/{space}/links", needs=Scope.SHARE, gives={201: answers.Link}, fails=(403, 409, 423))
def make_link_at(request: HttpRequest, space: Key, said: requests.LinkAt) -> HttpResponse:
    """Share the entry at a path by URL, which is in this answer and never again."""
    look = sight_of(request)
    return made_link(request, look, seen_at(look, space, way(said.path)), said)


def _break(request: HttpRequest, space: str, path: str, breaks: bool) -> None:
    node = seen_at(sight_of(request), space, way(path)).row.id
    grants.set_break(actor_of(request), node, breaks)
