"""The versions of a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Scope
from lading.drive.api.asking import sight_of
from lading.drive.api.routes.entries import shown
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import keys, time
from lading.drive.api.values import Ident, Number
from lading.drive.tree import find
from lading.drive.versions import versions as history
from lading.drive.versions.versions import VersionRow

routes = Routes("Versions")


@routes.get("/nodes/{node}/versions", needs=Scope.READ, gives=answers.Versions, fails=(409,))
def list_versions(request: HttpRequest, node: Ident) -> HttpResponse:
    """All versions of a file, oldest first."""
    look = sight_of(request)
    seen = find.by_id(look, node)
    rows = history.list_versions(look, seen)
    return told({"versions": version_shapes(rows, seen.row.number)})


@routes.post(
    "/nodes/{node}/versions/{number}/restore", needs=Scope.WRITE, gives=answers.Entry, fails=(409, 423, 507)
)
def restore_version(request: HttpRequest, node: Ident, number: Number) -> HttpResponse:
    """Save an old version anew: it becomes the newest, and nothing is lost."""
    look = sight_of(request)
    return shown(history.restore(look, find.by_id(look, node), number))


@routes.patch("/nodes/{node}/versions/{number}", needs=Scope.WRITE, gives=answers.Version, fails=(409, 423))
def label_version(request: HttpRequest, node: Ident, number: Number, said: requests.Label) -> HttpResponse:
    """Label a version, e.g. "signed"; a labelled version is kept. An empty label takes it off."""
    look = sight_of(request)
    seen = find.by_id(look, node)
    row = history.label(look, seen, number, said.label)
    return told(version_shapes([row], seen.row.number)[0])


@routes.delete("/nodes/{node}/versions/{number}", needs=Scope.WRITE, fails=(409, 423))
def remove_version(request: HttpRequest, node: Ident, number: Number) -> HttpResponse:
    """Remove an old version for good."""
    look = sight_of(request)
    history.remove_version(look, find.by_id(look, node), number)
    return done()


def version_shapes(rows: list[VersionRow], current: int) -> list[dict[str, Any]]:
    """Versions as the API tells them; *current* is the number of the newest."""
    authors = keys("principal", (row.author for row in rows))
    return [
        {
            "number": row.number,
            "size": row.size,
            "modified": time(row.modified),
            "saved": str(row.saved),
            "stored": str(row.stored),
            "sha256": row.digest,
            "author": None if row.author is None else authors.get(row.author),
            "label": row.label,
            "current": row.number == current,
        }
        for row in rows
    ]
