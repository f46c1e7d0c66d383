"""Entries: looking at them, listing folders, making, moving, copying and deleting."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Scope
from lading.drive.api import asking
from lading.drive.api.asking import seen_at, sight_of
from lading.drive.api.conditions import expected, wanted
from lading.drive.api.cursors import cursor, place
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import entries, entry
from lading.drive.api.values import Cursor, EntryLimit, Flag, Ident, Key, PathText, way
from lading.drive.rights.need import missing
from lading.drive.rights.sight import Sight
from lading.drive.tree import change, find, folders
from lading.drive.tree.row import Seen
from lading.model.errors import AlreadyExists, NotFound
from lading.model.paths import ROOT, Path

routes = Routes("Entries")


def shown(seen: Seen, status: int = 200) -> HttpResponse:
    """An entry with its tag as the answer."""
    fact = entry(seen)
    response = told(fact, status)
    if fact["etag"]:
        response["ETag"] = fact["etag"]
    return response


@routes.get("/spaces/{space}/entry", needs=Scope.READ, gives=answers.Entry)
def read_entry(request: HttpRequest, space: Key, path: PathText = "") -> HttpResponse:
    """The facts of the entry at a path; the root without one."""
    return shown(seen_at(sight_of(request), space, way(path)))


@routes.get("/nodes/{node}", needs=Scope.READ, gives=answers.Entry)
def read_node(request: HttpRequest, node: Ident) -> HttpResponse:
    """The facts of the entry with an id, wherever it lies now."""
    return shown(find.by_id(sight_of(request), node))


@routes.get("/spaces/{space}/list", needs=Scope.READ, gives=answers.Entries, fails=(409, 410))
def list_folder(
    request: HttpRequest,
    space: Key,
    path: PathText = "",
    cursor: Cursor | None = None,
    limit: EntryLimit = 1000,
) -> HttpResponse:
    """The entries of a folder, a page at a time, in the order of the bytes of their names."""
    look = sight_of(request)
    folder = seen_at(look, space, way(path))
    after = place(f"list:{folder.row.id}", cursor)
    found = find.children(look, folder, after=after, limit=limit)
    following = _next(folder, found, limit)
    return told({"entries": entries(found), "cursor": following})


def _next(folder: Seen, found: list[Seen], limit: int) -> str | None:
    if len(found) < limit:
        return None
    return cursor(f"list:{folder.row.id}", found[-1].row.name)


@routes.patch("/spaces/{space}/entry", needs=Scope.WRITE, gives=answers.Entry, fails=(423,))
def touch_entry(request: HttpRequest, space: Key, said: requests.Touch, path: PathText = "") -> HttpResponse:
    """Set the time of modification that clients see."""
    look = sight_of(request)
    return shown(folders.touch(look, seen_at(look, space, way(path)), said.modified))


@routes.delete("/spaces/{space}/entry", needs=Scope.WRITE, fails=(409, 412, 423))
def delete_entry(request: HttpRequest, space: Key, path: PathText, empty_only: Flag = False) -> HttpResponse:
    """Put an entry into the trash; with `empty_only` no folder that holds anything. Heeds If-Match."""
    look = sight_of(request)
    expect = wanted(request.META.get("HTTP_IF_MATCH"), None)
    change.delete(look, seen_at(look, space, way(path)), expect=expect, empty_only=empty_only)
    return done()


@routes.post(
    "/spaces/{space}/folders",
    needs=Scope.WRITE,
    gives={200: answers.Entry, 201: answers.Entry},
    fails=(409, 423),
)
def make_folder(request: HttpRequest, space: Key, said: requests.NewFolder) -> HttpResponse:
    """Make a folder; with `parents` also those above it. 200 if it was there already and may be."""
    look = sight_of(request)
    path = way(said.path)
    there = _there(look, space, path)
    if path == ROOT:
        if not said.existing_ok or there is None:
            raise AlreadyExists(path)
        return shown(there)
    parent = _parents(look, space, path[:-1]) if said.parents else seen_at(look, space, path[:-1])
    made = folders.make_folder(look, parent, path[-1], modified=said.modified, existing_ok=said.existing_ok)
    return shown(made, 201 if there is None else 200)


def _there(look: Sight, space: str, path: Path) -> Seen | None:
    try:
        return seen_at(look, space, path)
    except NotFound:
        return None


def _parents(look: Sight, space: str, path: Path) -> Seen:
    """The folder at *path*, made with those above it as far as it is missing."""
    there = _there(look, space, path)
    if there is not None:
        return there
    if path == ROOT:
        raise missing(path)
    return folders.make_folder(look, _parents(look, space, path[:-1]), path[-1], existing_ok=True)


@routes.post("/spaces/{space}/move", needs=Scope.WRITE, gives=answers.Entry, fails=(409, 412, 423, 507))
def move_entry(request: HttpRequest, space: Key, said: requests.Move) -> HttpResponse:
    """Move or rename an entry; it keeps its id and its versions."""
    look = sight_of(request)
    source = seen_at(look, space, way(said.source))
    parent, name = asking.target(look, said.to_space or space, said.target)
    return shown(change.move(look, source, parent, name, expect=expected(said.expect)))


@routes.post(
    "/spaces/{space}/copy", needs=Scope.WRITE, gives={201: answers.Entry}, fails=(409, 412, 423, 507)
)
def copy_entry(request: HttpRequest, space: Key, said: requests.Copy) -> HttpResponse:
    """Copy an entry, with its versions unless told otherwise."""
    look = sight_of(request)
    source = seen_at(look, space, way(said.source))
    parent, name = asking.target(look, said.to_space or space, said.target)
    return shown(
        change.copy(look, source, parent, name, expect=expected(said.expect), with_versions=said.versions),
        201,
    )
