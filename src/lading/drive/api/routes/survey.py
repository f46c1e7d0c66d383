"""
Everything of one kind in the whole drive, for scans and reviews.

Each is told to who could ask for it entry by entry. A page may be short or empty and still have a cursor.
"""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Scope
from lading.drive.api.asking import sight_of, space_of
from lading.drive.api.auth import actor_of
from lading.drive.api.cursors import cursor as make_cursor
from lading.drive.api.cursors import place
from lading.drive.api.routes.versions import version_shapes
from lading.drive.api.routing import Routes, told
from lading.drive.api.schemas import whole
from lading.drive.api.shapes import keys
from lading.drive.api.shapes import time as moment
from lading.drive.api.values import Cursor, Key, Limit
from lading.drive.survey import locks, people, rights, versions
from lading.drive.survey.paging import After
from lading.drive.survey.rights import At, Granted, Shared

routes = Routes("Survey")


@routes.get("/grants", needs=Scope.READ, gives=whole.AllGrants, fails=(410,))
def all_grants(
    request: HttpRequest, space: Key | None = None, cursor: Cursor | None = None, limit: Limit = 1000
) -> HttpResponse:
    """All grants and denials on entries that the caller manages, of one space or of all."""
    look = sight_of(request)
    listing, after = _after(request, "grants", space, cursor)
    rows, following = rights.grants(look, after, limit, time.time_ns())
    spaces = _spaces(row.at for row in rows)
    return _page("grants", [_grant(row, spaces) for row in rows], listing, following)


@routes.get("/breaks", needs=Scope.READ, gives=whole.AllBreaks, fails=(410,))
def all_breaks(
    request: HttpRequest, space: Key | None = None, cursor: Cursor | None = None, limit: Limit = 1000
) -> HttpResponse:
    """All entries that end inheritance and that the caller manages."""
    listing, after = _after(request, "breaks", space, cursor)
    rows, following = rights.breaks(sight_of(request), after, limit)
    spaces = _spaces(rows)
    return _page("breaks", [_at(row, spaces) for row in rows], listing, following)


@routes.get("/links", needs=Scope.READ, gives=whole.AllLinks, fails=(410,))
def all_links(
    request: HttpRequest, space: Key | None = None, cursor: Cursor | None = None, limit: Limit = 1000
) -> HttpResponse:
    """All links on entries that the caller manages, but those that were revoked; never their URLs."""
    listing, after = _after(request, "links", space, cursor)
    rows, following = rights.links(sight_of(request), after, limit)
    spaces = _spaces(row.at for row in rows)
    return _page("links", [_link(row, spaces) for row in rows], listing, following)


@routes.get("/versions", needs=Scope.READ, gives=whole.AllVersions, fails=(410,))
def all_versions(
    request: HttpRequest, space: Key | None = None, cursor: Cursor | None = None, limit: Limit = 200
) -> HttpResponse:
    """All files that the caller may download, with all their versions."""
    listing, after = _after(request, "versions", space, cursor)
    rows, following = versions.histories(sight_of(request), after, limit)
    spaces = keys("space", {row.space for row in rows})
    told_ = [
        {
            "space": spaces[row.space],
            "id": str(row.node),
            "path": row.path,
            "versions": version_shapes(row.versions, row.number),
        }
        for row in rows
    ]
    return _page("files", told_, listing, following)


@routes.get("/locks", needs=Scope.READ, gives=whole.AllLocks, fails=(410,))
def all_locks(
    request: HttpRequest, space: Key | None = None, cursor: Cursor | None = None, limit: Limit = 1000
) -> HttpResponse:
    """All WebDAV locks on entries that the caller sees."""
    listing, after = _after(request, "locks", space, cursor)
    rows, following = locks.locks(sight_of(request), after, limit, time.time_ns())
    spaces = keys("space", {row.space for row in rows})
    told_ = [{**row._asdict(), "space": spaces[row.space], "expires": str(row.expires)} for row in rows]
    return _page("locks", told_, listing, following)


@routes.get("/memberships", needs=Scope.READ, gives=whole.Memberships, fails=(410,))
def all_memberships(request: HttpRequest, cursor: Cursor | None = None, limit: Limit = 1000) -> HttpResponse:
    """Who belongs directly to which group or department, as far as the caller may know them; not the departments above."""
    listing = "memberships"
    rows, following = people.memberships(actor_of(request), place(listing, cursor) or 0, limit)
    told_ = [{"group": row.group, "member": row.member} for row in rows]
    return _page("memberships", told_, listing, following)


def _after(request: HttpRequest, kind: str, space: str | None, cursor: str | None) -> tuple[str, After]:
    """The name of the listing, and where it goes on."""
    number = None if space is None else space_of(sight_of(request), space).id
    listing = f"{kind}:{number}"
    return listing, After(place(listing, cursor) or 0, number)


def _page(name: str, rows: list[Any], listing: str, following: int | None) -> HttpResponse:
    return told({name: rows, "cursor": None if following is None else make_cursor(listing, following)})


def _spaces(places: Any) -> dict[int, str]:
    return keys("space", {at.space for at in places})


def _at(at: At, spaces: dict[int, str]) -> dict[str, Any]:
    return {"space": spaces[at.space], "node": str(at.node), "path": at.path}


def _grant(row: Granted, spaces: dict[int, str]) -> dict[str, Any]:
    return {
        **_at(row.at, spaces),
        "id": str(row.id),
        "principal": {"key": row.key, "kind": row.kind, "name": row.who},
        "role": row.role.name.lower(),
        "deny": row.deny,
        "expires": moment(row.expires),
    }


def _link(row: Shared, spaces: dict[int, str]) -> dict[str, Any]:
    return {
        **_at(row.at, spaces),
        "key": row.key,
        "role": row.role.name.lower(),
        "has_password": row.protected,
        "expires": moment(row.expires),
        "limit": row.limit,
        "used": row.used,
        "version": row.version,
        "inside": row.inside,
        "by": row.by,
        "created": str(row.created),
    }
