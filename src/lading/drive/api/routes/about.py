"""What this is, and who asks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

import lading
from lading.drive.actor import Actor
from lading.drive.api import frames, reading, values
from lading.drive.api.auth import actor_of, address_of
from lading.drive.api.routing import OPEN, Routes, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import principal, time
from lading.drive.models import Principal, Token
from lading.drive.people.accounts import sign_in
from lading.drive.people.bearer import digest
from lading.drive.tree import names

routes = Routes("About")


@routes.get("/about", needs=OPEN, gives=answers.About)
def about(request: HttpRequest) -> HttpResponse:
    """What this is, its limits, and what the caller's token reaches; works without a token."""
    limits = {
        "batch_records": frames.RECORDS,
        "batch_bytes": frames.BYTES,
        "name_bytes": names.NAME_BYTES,
        "depth": names.DEPTH,
        "entries": values.ENTRIES,
        "page": values.PAGE,
        "json_bytes": reading.JSON_LIMIT,
    }
    scopes = _scopes(actor_of(request))
    return told({"name": "lading", "version": lading.__version__, "limits": limits, "scopes": scopes})


@routes.post("/sign-in", needs=OPEN, gives=answers.SignedIn, changes=False, fails=(401, 429))
def sign_in_(request: HttpRequest, said: requests.SignIn) -> HttpResponse:
    """Trade a login and a password for a token."""
    actor, token = sign_in(said.login, said.password, address_of(request))
    expires = Token.objects.values_list("expires", flat=True).get(digest=digest(token))
    return told({"token": token, "expires": time(expires), "principal": principal(_principal(actor))})


@routes.get("/me", needs=None, gives=answers.Me)
def me(request: HttpRequest) -> HttpResponse:
    """Who asks."""
    actor = actor_of(request)
    return told({"principal": principal(_principal(actor)), "admin": actor.admin, "scopes": _scopes(actor)})


def _principal(actor: Actor) -> Principal:
    return Principal.objects.get(id=actor.principal or 0)


def _scopes(actor: Actor) -> list[str]:
    return sorted(str(scope) for scope in actor.scopes)
