"""What belongs to an entry: its grants, its break, who can see it, its holds."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Scope
from lading.drive.api import asking
from lading.drive.api.asking import sight_of
from lading.drive.api.auth import actor_of
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import time
from lading.drive.api.values import Ident
from lading.drive.models import Node
from lading.drive.rights import explain, grants
from lading.drive.rights.grants import GrantRow
from lading.drive.rights.need import missing
from lading.drive.rights.roles import Role
from lading.drive.tree import find
from lading.drive.versions import holds

routes = Routes("Rights")


@routes.get("/nodes/{node}/grants", needs=Scope.READ, gives=answers.Grants)
def list_grants(request: HttpRequest, node: Ident) -> HttpResponse:
    """The grants and denials that count on an entry: its own first, then those of the folders above."""
    rows = grants.list_grants(actor_of(request), node)
    breaks = Node.objects.filter(id=node, breaks=True).exists()
    return told({"grants": [shape(row) for row in rows], "breaks": breaks})


@routes.post("/nodes/{node}/grants", needs=Scope.SHARE, gives={201: answers.Grant}, fails=(403, 423))
def add_grant(request: HttpRequest, node: Ident, said: requests.NewGrant) -> HttpResponse:
    """Give a role on an entry and all below it, or deny it. A second one for the same principal replaces the first."""
    _visible(request, node)
    principal = asking.principal_id(request, said.principal)
    row = grants.add_grant(
        actor_of(request), node, principal, Role[said.role.upper()], deny=said.deny, expires=said.expires
    )
    return told(shape(row), 201)


@routes.delete("/nodes/{node}/grants/{grant}", needs=Scope.SHARE, fails=(403, 423))
def remove_grant(request: HttpRequest, node: Ident, grant: Ident) -> HttpResponse:
    """Take back a grant or a denial that stands on an entry."""
    actor = actor_of(request)
    if all(row.id != grant or row.node != node for row in grants.list_grants(actor, node)):
        raise missing(str(grant))
    grants.remove_grant(actor, grant)
    return done()


@routes.put("/nodes/{node}/break", needs=Scope.SHARE, gives=None, fails=(403, 423))
def set_break(request: HttpRequest, node: Ident) -> HttpResponse:
    """End the inheritance of allowances at an entry; denials pass it always."""
    grants.set_break(actor_of(request), node, True)
    return done()


@routes.delete("/nodes/{node}/break", needs=Scope.SHARE, fails=(403, 423))
def lift_break(request: HttpRequest, node: Ident) -> HttpResponse:
    """Let allowances from above pass again."""
    grants.set_break(actor_of(request), node, False)
    return done()


@routes.get("/nodes/{node}/access", needs=Scope.READ, gives=answers.Accesses)
def list_access(request: HttpRequest, node: Ident) -> HttpResponse:
    """Who can see an entry, with which role, and the grants that decide it."""
    rows = explain.why(actor_of(request), node)
    return told({"access": [_access(row) for row in rows]})


@routes.post("/nodes/{node}/holds", needs=Scope.ADMIN, gives={201: answers.Hold})
def set_hold(request: HttpRequest, node: Ident, said: requests.NewHold) -> HttpResponse:
    """Hold an entry and all below it: nothing of it is removed. For security admins."""
    actor = actor_of(request)
    made = holds.set_hold(actor, node, said.reason)
    row = next(one for one in holds.list_holds(actor) if one.id == made)
    return told(_hold(row), 201)


@routes.get("/holds", needs=Scope.ADMIN, gives=answers.Holds)
def list_holds(request: HttpRequest) -> HttpResponse:
    """The legal holds that stand. For security and audit admins."""
    return told({"holds": [_hold(row) for row in holds.list_holds(actor_of(request))]})


@routes.delete("/holds/{hold}", needs=Scope.ADMIN)
def release_hold(request: HttpRequest, hold: Ident) -> HttpResponse:
    """Release a legal hold. For security admins."""
    holds.release(actor_of(request), hold)
    return done()


def shape(row: GrantRow) -> dict[str, Any]:
    """A grant as the API tells it."""
    return {
        "id": str(row.id),
        "principal": {"key": row.key, "kind": row.kind, "name": row.name},
        "role": row.role.name.lower(),
        "deny": row.deny,
        "expires": time(row.expires),
        "inherited_from": str(row.node) if row.inherited else None,
    }


def _access(row: Any) -> dict[str, Any]:
    return {
        "principal": {"key": row.key, "kind": row.kind, "name": row.name},
        "role": row.role.name.lower(),
        "because": [shape(one) for one in row.grants],
    }


def _hold(row: holds.HoldRow) -> dict[str, Any]:
    return {"id": str(row.id), "node": str(row.node), "reason": row.reason, "created": str(row.created)}


def _visible(request: HttpRequest, node: int) -> None:
    find.by_id(sight_of(request), node)
