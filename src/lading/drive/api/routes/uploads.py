"""
Uploads in several sittings.

An upload is known to its owner by a token of their choice.  What arrived before a connection was cut
stays; the next piece begins where it ends.
"""

from __future__ import annotations

import secrets
import time

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from lading.drive.actor import SYSTEM, Actor, Scope
from lading.drive.api import asking, reading
from lading.drive.api.asking import sight_of
from lading.drive.api.auth import actor_of
from lading.drive.api.conditions import expected
from lading.drive.api.idempotency import once
from lading.drive.api.routes.entries import shown
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.sending import SAFE, Content
from lading.drive.api.values import Offset, UploadToken
from lading.drive.models import Partial
from lading.drive.store.base import Stored
from lading.drive.store.chosen import store
from lading.drive.tree.saving import Facts, save
from lading.drive.writing import writing
from lading.model.errors import Changed, NotFound
from lading.model.text import Text

routes = Routes("Uploads")

_ANY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@routes.post("/uploads/sweep", needs=Scope.WRITE, gives=answers.Swept)
def sweep_uploads(request: HttpRequest, said: requests.Sweep) -> HttpResponse:
    """Forget all uploads of the caller but those of `keep`; with `prefix` only tokens that begin so."""
    actor = actor_of(request)
    keep = set(said.keep)
    mine = Partial.objects.filter(principal_id=actor.principal or 0, token__startswith=said.prefix)
    rows = [row for row in mine if row.token not in keep]
    _forget(actor, rows)
    return told({"removed": len(rows)})


@routes.get("/uploads/{token}", needs=Scope.WRITE, gives=answers.Upload)
def upload_size(request: HttpRequest, token: UploadToken) -> HttpResponse:
    """How many bytes of an upload have arrived; 0 for one that is not known."""
    row = _found(actor_of(request), token)
    return told({"size": 0 if row is None else _size(row)})


@routes.put(
    "/uploads/{token}",
    needs=Scope.WRITE,
    gives=answers.Upload,
    changes=False,
    fails=(400, 412, 507),
    extra={"requestBody": {"required": False, "content": _ANY}},
)
def add_to_upload(request: HttpRequest, token: UploadToken, start: Offset = 0) -> HttpResponse:
    """Add the body behind byte `start`; what was there beyond goes. What arrives stays, also if it breaks off."""
    row = _begun(actor_of(request), token)
    if row.digest and _size(row):
        raise Changed("upload", Text("it is finished already", "该上传已完成"), size=row.size)
    size = store().partial_append(row.key, reading.stream(request), start=start)
    return told({"size": size})


@routes.get(
    "/uploads/{token}/content",
    needs=Scope.WRITE,
    gives={200: None},
    extra={"responses": {200: {"description": "the bytes that have arrived", "content": _ANY}}},
)
def upload_content(request: HttpRequest, token: UploadToken) -> HttpResponseBase:
    """The bytes of an upload that have arrived."""
    row = _known(actor_of(request), token)
    source = store().open(row.digest) if row.digest else store().partial_open(row.key)
    headers = {**SAFE, "Content-Length": str(source.size), "Content-Disposition": "attachment"}
    return Content(source, source.size, headers=headers)


@routes.post(
    "/uploads/{token}/finish",
    needs=Scope.WRITE,
    gives={200: answers.Entry, 201: answers.Entry},
    changes=False,
    fails=(409, 412, 423, 507),
)
def finish_upload(request: HttpRequest, token: UploadToken, said: requests.Finish) -> HttpResponse:
    """Make an upload appear as a file. If it is refused, the upload stays. Heeds idempotency keys."""
    row = _found(actor_of(request), token)
    # The digest of a large upload takes long: nobody shall wait for the database meanwhile.
    stored = None if row is None else _content(row)
    return once(request, lambda: _finished(request, said, row, stored))


def _finished(
    request: HttpRequest, said: requests.Finish, row: Partial | None, stored: Stored | None
) -> HttpResponse:
    look = sight_of(request)
    if row is None or stored is None:
        raise _unknown()
    parent, name = asking.target(look, said.space, said.path)
    facts = Facts(said.modified, said.saved, asking.author_id(said.author), said.label)
    saved = save(look, parent, name, stored, expect=expected(said.expect), facts=facts)
    _forget(look.actor, [row])
    return shown(saved.seen, 201 if saved.created else 200)


@routes.delete("/uploads/{token}", needs=Scope.WRITE)
def drop_upload(request: HttpRequest, token: UploadToken) -> HttpResponse:
    """Forget an upload; one that is not known is no error."""
    actor = actor_of(request)
    row = _found(actor, token)
    if row is not None:
        _forget(actor, [row])
    return done()


def _size(row: Partial) -> int:
    if row.digest:
        return row.size if store().exists(row.digest) else 0
    return store().partial_size(row.key)


def _content(row: Partial) -> Stored | None:
    """The content that the upload is now; kept with its row, so that a refusal or a crash does not lose it."""
    if not row.digest:
        stored = store().partial_finish(row.key)
        with writing(SYSTEM):
            Partial.objects.filter(id=row.id).update(digest=stored.digest, size=stored.size)
        return stored
    return Stored(row.digest, row.size) if store().exists(row.digest) else None


def _found(actor: Actor, token: str) -> Partial | None:
    return Partial.objects.filter(principal_id=actor.principal or 0, token=token).first()


def _known(actor: Actor, token: str) -> Partial:
    row = _found(actor, token)
    if row is None:
        raise _unknown()
    return row


def _unknown() -> NotFound:
    return NotFound("upload", Text("there is no such upload", "没有该上传任务"))


def _begun(actor: Actor, token: str) -> Partial:
    now = time.time_ns()
    row = _found(actor, token)
    if row is None:
        with writing(actor, now=now):
            row, _ = Partial.objects.get_or_create(
                principal_id=actor.principal or 0,
                token=token,
                defaults={"key": secrets.token_hex(16), "touched": now},
            )
    return row


def _forget(actor: Actor, rows: list[Partial]) -> None:
    with writing(actor):
        Partial.objects.filter(id__in=[row.id for row in rows]).delete()
    for row in rows:
        store().partial_drop(row.key)
