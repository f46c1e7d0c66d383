"""The trash of people, and that of the admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Scope
from lading.drive.api.asking import sight_of, space_of
from lading.drive.api.auth import actor_of
from lading.drive.api.cursors import cursor as make_cursor
from lading.drive.api.cursors import place
from lading.drive.api.routes.entries import shown
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers
from lading.drive.api.shapes import keys
from lading.drive.api.values import Cursor, Flag, Ident, Key, Limit
from lading.drive.tree import admin_trash, trash
from lading.drive.tree.admin_trash import AdminRow
from lading.drive.tree.row import FOLDER
from lading.drive.tree.trash import TrashRow
from lading.model.paths import encode

routes = Routes("Trash")


@routes.get("/trash", needs=Scope.READ, gives=answers.Trash, fails=(410,))
def list_trash(
    request: HttpRequest,
    space: Key | None = None,
    mine: Flag = False,
    cursor: Cursor | None = None,
    limit: Limit = 1000,
) -> HttpResponse:
    """What the caller sees in the trash of a space or of all, the last deleted first; `mine`: deleted by themselves."""
    look = sight_of(request)
    number = None if space is None else space_of(look, space).id
    listing = f"trash:{number}:{mine}"
    rows = _after(trash.list_trash(look, number, mine=mine), place(listing, cursor))
    page = rows[:limit]
    following = make_cursor(listing, [page[-1].at, page[-1].id]) if len(rows) > limit else None
    return told({"trash": _trashed(page), "cursor": following})


@routes.post("/trash/{trashed}/restore", needs=Scope.WRITE, gives=answers.Entry, fails=(409, 423))
def restore_trash(request: HttpRequest, trashed: Ident) -> HttpResponse:
    """Put an entry back where it was, or into the nearest folder that is left."""
    return shown(trash.restore(sight_of(request), trashed))


@routes.delete("/trash/{trashed}", needs=Scope.WRITE, fails=(409, 423))
def purge_trash(request: HttpRequest, trashed: Ident) -> HttpResponse:
    """Take an entry out of people's trash; the admin's trash has it from now on."""
    trash.purge(sight_of(request), trashed)
    return done()


@routes.get("/admin/trash", needs=Scope.ADMIN, gives=answers.AdminTrash, fails=(410,))
def list_admin_trash(request: HttpRequest, cursor: Cursor | None = None, limit: Limit = 1000) -> HttpResponse:
    """The admin's trash, the last first; without names. For system admins."""
    rows = admin_trash.list_admin_trash(actor_of(request))
    after = place("admin-trash", cursor)
    if after:
        rows = [row for row in rows if (row.at, row.id) < tuple(after)]
    page = sorted(rows, key=lambda row: (-row.at, -row.id))[:limit]
    following = make_cursor("admin-trash", [page[-1].at, page[-1].id]) if len(rows) > limit else None
    return told({"trash": _admin_trashed(page), "cursor": following})


@routes.post("/admin/trash/{trashed}/restore", needs=Scope.ADMIN, gives=None, fails=(409, 423))
def give_back_trash(request: HttpRequest, trashed: Ident) -> HttpResponse:
    """Put an entry of the admin's trash back into that of people. For system admins."""
    admin_trash.give_back(actor_of(request), trashed)
    return done()


@routes.delete("/admin/trash/{trashed}", needs=Scope.ADMIN, fails=(409, 423))
def remove_trash(request: HttpRequest, trashed: Ident) -> HttpResponse:
    """Remove an entry of the admin's trash with all its versions for good. For system admins."""
    admin_trash.purge_for_good(actor_of(request), trashed)
    return done()


def _after(rows: list[TrashRow], last: Any) -> list[TrashRow]:
    return rows if last is None else [row for row in rows if (row.at, row.id) < tuple(last)]


def _trashed(rows: list[TrashRow]) -> list[dict[str, Any]]:
    spaces, people = keys("space", (row.space for row in rows)), keys("principal", (row.by for row in rows))
    return [
        {
            "id": str(row.id),
            "space": spaces[row.space],
            "node": str(row.node),
            "path": encode(row.path),
            "name": encode((row.name,)),
            "kind": "folder" if row.kind == FOLDER else "file",
            "size": row.size,
            "at": str(row.at),
            "by": None if row.by is None else people.get(row.by),
            "role": row.role.name.lower(),
        }
        for row in rows
    ]


def _admin_trashed(rows: list[AdminRow]) -> list[dict[str, Any]]:
    people = keys("principal", (row.by for row in rows))
    return [
        {
            "id": str(row.id),
            "space": row.key,
            "node": str(row.node),
            "kind": "folder" if row.kind == FOLDER else "file",
            "bytes": row.bytes,
            "at": str(row.at),
            "by": None if row.by is None else people.get(row.by),
        }
        for row in rows
    ]
