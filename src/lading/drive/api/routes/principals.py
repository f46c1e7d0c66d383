"""People, guests, departments and groups."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import Actor, Scope
from lading.drive.api import reading
from lading.drive.api.auth import actor_of
from lading.drive.api.cursors import cursor as make_cursor
from lading.drive.api.cursors import place
from lading.drive.api.problem import Refused
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import principal as shape
from lading.drive.api.shapes import principals as shapes
from lading.drive.api.values import Cursor, Key, Limit
from lading.drive.errors import Unfit
from lading.drive.models import Principal
from lading.drive.people import directory, principals
from lading.drive.people.powers import need_admin
from lading.drive.survey.people import logins
from lading.model.text import Text

routes = Routes("People")

CSV_LIMIT = 32 * 1024 * 1024
_CSV = {"text/csv": {"schema": {"type": "string", "examples": ["kind,key,name\nperson,1001,Li Wei\n"]}}}


@routes.post(
    "/principals/csv",
    needs=Scope.ADMIN,
    gives=answers.Loaded,
    changes=False,
    extra={"requestBody": {"required": True, "content": _CSV}},
)
def load_principals(request: HttpRequest) -> HttpResponse:
    """Load people, departments and groups from a CSV; lines that cannot be are told. For system admins."""
    actor = actor_of(request)
    need_admin(actor, "system")
    if request.content_type != "text/csv":
        raise Refused(415, Unfit("Content-Type", Text("expected text/csv", "应为 text/csv")))
    report = principals.load_csv(actor, reading.whole(request, CSV_LIMIT))
    refused = [
        {"line": one.line, "reason": {"en": one.reason.en, "zh": one.reason.zh}} for one in report.refused
    ]
    return told(
        {
            "made": report.added,
            "changed": report.changed,
            "left": report.left,
            "same": report.same,
            "refused": refused,
        }
    )


@routes.get("/principals", needs=Scope.READ, gives=answers.Principals, fails=(410,))
def list_principals(
    request: HttpRequest,
    kind: Literal["person", "guest", "department", "group", "everybody"] | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 1000,
) -> HttpResponse:
    """Whom the caller may know, by key; inactive ones and what people sign in with for admins only."""
    listing = f"principals:{kind}"
    actor = actor_of(request)
    rows = directory.directory(actor, kind=kind, after=place(listing, cursor) or "", limit=limit)
    following = make_cursor(listing, rows[-1].key) if len(rows) == limit else None
    return told({"principals": shapes(rows, logins(actor, rows)), "cursor": following})


@routes.post("/principals", needs=Scope.ADMIN, gives={201: answers.Principal}, fails=(403, 409))
def add_principal(request: HttpRequest, said: requests.NewPrincipal) -> HttpResponse:
    """Add somebody; a guest needs an owner and an end. For system admins."""
    actor = actor_of(request)
    need_admin(actor, "system")
    row = principals.add(actor, said.kind, said.key, **_facts(said, {"kind", "key"}))
    return told(shape(row), 201)


@routes.get("/principals/{key}", needs=Scope.READ, gives=answers.Principal)
def read_principal(request: HttpRequest, key: Key) -> HttpResponse:
    """Somebody the caller may know."""
    return told(shape(directory.known(actor_of(request), key)))


@routes.patch("/principals/{key}", needs=Scope.ADMIN, gives=answers.Principal, fails=(403, 409))
def change_principal(request: HttpRequest, key: Key, said: requests.PrincipalChange) -> HttpResponse:
    """Change somebody; `active: false` is for who leaves. For system admins."""
    actor = actor_of(request)
    row = _admined(actor, key)
    facts = _facts(said, {"active"})
    if facts:
        principals.change(actor, row.id, **facts)
    if said.active is not None and said.active != row.active:
        (principals.come_back if said.active else principals.leave)(actor, row.id)
    return told(shape(directory.get(row.id)))


@routes.get("/principals/{key}/members", needs=Scope.READ, gives=answers.Members)
def list_members(request: HttpRequest, key: Key) -> HttpResponse:
    """Who belongs directly to a group or department, by key."""
    actor = actor_of(request)
    rows = directory.members(actor, directory.known(actor, key).id)
    return told({"members": shapes(rows), "cursor": None})


@routes.put("/principals/{key}/members/{member}", needs=Scope.ADMIN, gives=None, fails=(403, 409))
def add_member(request: HttpRequest, key: Key, member: Key) -> HttpResponse:
    """Let somebody belong to a group or department. For system admins."""
    actor = actor_of(request)
    group = _admined(actor, key)
    principals.join(actor, _admined(actor, member).id, group.id)
    return done()


@routes.delete("/principals/{key}/members/{member}", needs=Scope.ADMIN, fails=(403,))
def remove_member(request: HttpRequest, key: Key, member: Key) -> HttpResponse:
    """End that somebody belongs to a group or department. For system admins."""
    actor = actor_of(request)
    group = _admined(actor, key)
    principals.part(actor, _admined(actor, member).id, group.id)
    return done()


def _admined(actor: Actor, key: str) -> Principal:
    need_admin(actor, "system")
    return directory.find(key)


def _facts(said: requests.NewPrincipal | requests.PrincipalChange, without: set[str]) -> Any:
    facts = said.model_dump(exclude_unset=True, exclude=without)
    for other in ("parent", "owner"):
        if facts.get(other) is not None:
            facts[other] = directory.find(facts[other]).id
    return {name: value for name, value in facts.items() if value is not None or name == "parent"}
