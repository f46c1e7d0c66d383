"""Shares by URL."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Scope
from lading.drive.api.asking import sight_of
from lading.drive.api.auth import actor_of, address_of
from lading.drive.api.routing import OPEN, Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import time
from lading.drive.api.values import Ident, Key
from lading.drive.links import making
from lading.drive.links.making import LinkRow
from lading.drive.links.opening import OpenLink, open_link
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.tree import find
from lading.drive.tree.row import FOLDER, Seen
from lading.model.paths import encode

routes = Routes("Links")


@routes.get("/nodes/{node}/links", needs=Scope.READ, gives=answers.Links)
def list_links(request: HttpRequest, node: Ident) -> HttpResponse:
    """The links on an entry, also those that are over, oldest first; never their URLs."""
    look = sight_of(request)
    return told({"links": [_link(row) for row in making.list_links(look, find.by_id(look, node))]})


@routes.post("/nodes/{node}/links", needs=Scope.SHARE, gives={201: answers.Link}, fails=(403, 409, 423))
def make_link(request: HttpRequest, node: Ident, said: requests.NewLink) -> HttpResponse:
    """Share an entry by URL, which is in this answer and never again."""
    look = sight_of(request)
    return made_link(request, look, find.by_id(look, node), said)


@routes.post("/links/open", needs=OPEN, gives=answers.Opened, changes=False, fails=(401, 410, 429))
def open_shared(request: HttpRequest, said: requests.OpenLink) -> HttpResponse:
    """Look at what a link shows, signed in or not. It counts no download."""
    actor = actor_of(request)
    opened = open_link(
        said.token,
        password=said.password or "",
        actor=None if actor.principal is None else actor,
        address=address_of(request),
    )
    return told(_opened(opened))


@routes.delete("/links/{key}", needs=Scope.SHARE)
def revoke_link(request: HttpRequest, key: Key) -> HttpResponse:
    """End a link at once; again is no error."""
    making.revoke_link(sight_of(request), key)
    return done()


def made_link(request: HttpRequest, look: Sight, seen: Seen, said: requests.NewLink) -> HttpResponse:
    """The answer to the making of a link on *seen*."""
    made = making.make_link(
        look,
        seen,
        role=Role[said.role.upper()],
        password=said.password or "",
        expires=said.expires,
        limit=said.limit,
        version=said.version,
        inside=said.inside,
    )
    return told(_link(made.link, f"{_origin(request)}/s/{made.token}"), 201)


def _origin(request: HttpRequest) -> str:
    address = str(settings.LADING_DRIVE.get("address") or "")
    return address.rstrip("/") or f"{request.scheme}://{request.META.get('HTTP_HOST', 'localhost')}"


def _link(row: LinkRow, url: str | None = None) -> dict[str, Any]:
    return {
        "key": row.key,
        "role": row.role.name.lower(),
        "has_password": row.protected,
        "expires": time(row.expires),
        "limit": row.limit,
        "used": row.used,
        "version": row.version,
        "inside": row.inside,
        "by": row.by_key,
        "created": str(row.created),
        "revoked": time(row.revoked),
        "url": url,
    }


def _opened(link: OpenLink) -> dict[str, Any]:
    # No more than a visitor may know: not the space, nor who made the file.
    row = link.node.row
    return {
        "role": link.node.role.name.lower(),
        "name": encode((row.name,)) if row.name else "",
        "kind": "folder" if row.kind == FOLDER else "file",
        "size": row.size,
        "modified": time(row.modified),
        "version": link.version,
        "left": link.left,
    }
