"""The content of files: read and saved as a stream, of any length."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from pydantic import StringConstraints

from lading.drive.actor import Actor, Scope
from lading.drive.api import asking, reading
from lading.drive.api.asking import seen_at, sight_of
from lading.drive.api.conditions import wanted
from lading.drive.api.receiving import take
from lading.drive.api.routes.entries import shown
from lading.drive.api.routing import Routes
from lading.drive.api.schemas import answers
from lading.drive.api.sending import Sent, send
from lading.drive.api.values import Author, Ident, Key, Nanos, Number, PathText, way
from lading.drive.audit.spool import note_read
from lading.drive.errors import Frozen
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.store.base import SMALL
from lading.drive.tree import find
from lading.drive.tree.expect import ANYTHING, Expect, Same, check_file, etag
from lading.drive.tree.row import FOLDER, Seen
from lading.drive.tree.saving import Facts, save
from lading.drive.versions.versions import version as find_version
from lading.model.errors import NoSpace, NotFound, WrongKind
from lading.model.paths import encode
from lading.model.text import Text

routes = Routes("Content")

Label = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]

_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_ANY = {"application/octet-stream": _BYTES}
_TEXT = {"schema": {"type": "string"}}
_TOLD = dict.fromkeys(("ETag", "X-Content-SHA256", "X-Entry-Id", "Content-Disposition"), _TEXT)


def header(name: str, about: str) -> dict[str, Any]:
    """The description of a request header that routes read by themselves."""
    return {
        "in": "header",
        "name": name,
        "required": False,
        "description": about,
        "schema": {"type": "string"},
    }


READS: dict[str, Any] = {
    "parameters": [
        header("Range", "one range of bytes"),
        header("If-Match", "an entity tag"),
        header("If-None-Match", "an entity tag"),
    ],
    "responses": {
        200: {"description": "the content", "content": _ANY, "headers": _TOLD},
        206: {"description": "a part of the content", "content": _ANY, "headers": _TOLD},
        304: {"description": "the client has it"},
    },
}
_SAVES: dict[str, Any] = {
    "parameters": [
        header("If-Match", "save only over the content with this entity tag"),
        header("If-None-Match", "with *: save only where nothing is"),
        header("X-Content-SHA256", "the digest that the content must have, in hex"),
        header(
            "X-Content-Trailer",
            "sha256: the body ends with the 32 bytes of the SHA-256 of the content before them",
        ),
        header("X-Expected-Entity-Length", "the length of a chunked body, as Finder tells it"),
    ],
    "requestBody": {"required": False, "content": _ANY},
}


@routes.get(
    "/spaces/{space}/content", needs=Scope.READ, gives={200: None}, fails=(409, 412, 416, 502), extra=READS
)
def read_content(
    request: HttpRequest, space: Key, path: PathText, version: Number | None = None
) -> HttpResponseBase:
    """The newest content of a file, or that of a version; heeds Range, If-Match and If-None-Match."""
    look = sight_of(request)
    return give(request, look, seen_at(look, space, way(path)), version)


@routes.get(
    "/nodes/{node}/versions/{number}/content",
    needs=Scope.READ,
    gives={200: None},
    fails=(409, 412, 416, 502),
    extra=READS,
)
def read_version(request: HttpRequest, node: Ident, number: Number) -> HttpResponseBase:
    """The content of a version; heeds Range, If-Match and If-None-Match."""
    look = sight_of(request)
    return give(request, look, find.by_id(look, node), number)


def give(request: HttpRequest, look: Sight, seen: Seen, number: int | None) -> HttpResponseBase:
    """Answer with the content of *seen*, of version *number* if one is named, and note the read."""
    content = chosen(look, seen, number)
    response = send(request, content)
    if response.status_code != 304:
        _noted(look.actor, seen, content)
    return response


def chosen(look: Sight, seen: Seen, number: int | None) -> Sent:
    """
    What to send of *seen*: its newest content, or that of version *number*.

    Raises:
        WrongKind: it is a folder.
        Forbidden: reading takes DOWNLOAD.
        NotFound: there is no such version.
    """
    row = seen.row
    if row.kind == FOLDER:
        raise WrongKind(seen.path, Text("it is a folder", "它是文件夹"))
    need(seen.role, Role.DOWNLOAD, seen.path)
    if number is None or number == row.number:
        return Sent(row.name, etag(row), row.digest, row.size, row.modified, row.id)
    found = find_version(look, seen, number)
    return Sent(row.name, f'"{row.id}-{number}"', found.digest, found.size, found.modified, row.id)


def _noted(actor: Actor, seen: Seen, content: Sent) -> None:
    row = seen.row
    number = int(content.etag.rpartition("-")[2].rstrip('"'))
    note_read(actor, "file.read", space=row.space, node=row.id, path=encode(seen.path), number=number)


@routes.put(
    "/spaces/{space}/content",
    needs=Scope.WRITE,
    gives={200: answers.Entry, 201: answers.Entry},
    changes=False,
    fails=(400, 409, 411, 412, 423, 507),
    extra=_SAVES,
)
def save_content(
    request: HttpRequest,
    space: Key,
    path: PathText,
    modified: Nanos | None = None,
    saved: Nanos | None = None,
    author: Author | None = None,
    label: Label = "",
) -> HttpResponse:
    """Save the body as a file: 201 for a new one, 200 for a new version. `saved` and `author` are for imports."""
    look = sight_of(request)
    parent, name = asking.target(look, space, path)
    facts = Facts(modified, saved, asking.author_id(author), label)
    expect = _expected(request, look, parent, name)
    length = reading.announced(request)
    if length is None or length > SMALL:
        _refuse_early(look, parent, name, expect, length or 0)
    stored = take(request, length)
    done = save(look, parent, name, stored, expect=expect, facts=facts)
    return shown(done.seen, 201 if done.created else 200)


def _expected(request: HttpRequest, look: Sight, parent: Seen, name: str) -> Expect:
    if_match = request.META.get("HTTP_IF_MATCH")
    expect = wanted(if_match, request.META.get("HTTP_IF_NONE_MATCH"))
    if expect is ANYTHING and if_match is not None:  # If-Match: * asks that there be something
        return Same(etag(find.at(look, parent.row.space, (*parent.path, name)).row))
    return expect


def _refuse_early(look: Sight, parent: Seen, name: str, expect: Expect, size: int) -> None:
    """
    Refuse a large body before it has come, where that is known already; `save` asks all of it again.

    Raises:
        As `save`.
    """
    check_early(there(look, parent, name), parent, name, expect)
    space = find.space(look, parent.row.space)
    if space.frozen:
        raise Frozen(space.name, space.frozen)
    if space.quota is not None and space.used + size > space.quota:
        raise NoSpace(space.name, Text("its quota is used up", "空间配额已用完"))


def check_early(found: Seen | None, parent: Seen, name: str, expect: Expect) -> None:
    """
    Hold *found*, what is there now, against a save that is to come.

    Raises:
        As `save`.
    """
    path = (*parent.path, name)
    if parent.row.kind != FOLDER:
        raise WrongKind(parent.path, Text("it is a file", "它是文件"))
    if found is None or found.role < Role.EDIT:
        need(parent.role, Role.UPLOAD, path)
    check_file(expect, found.row if found else None, path)
    if found is not None:
        need(found.role, Role.EDIT, path)


def there(look: Sight, parent: Seen, name: str) -> Seen | None:
    """What is at *name* in *parent* now, as far as *look* sees it."""
    try:
        return find.at(look, parent.row.space, (*parent.path, name))
    except NotFound:
        return None
