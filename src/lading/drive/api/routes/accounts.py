"""What people sign in with: accounts, admin roles, tokens; and breaking the glass."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from lading.drive.actor import EVERYTHING, Actor, Scope
from lading.drive.api import asking
from lading.drive.api.auth import actor_of
from lading.drive.api.routing import Routes, done, told
from lading.drive.api.schemas import answers, requests
from lading.drive.api.shapes import time
from lading.drive.api.values import Ident, Key
from lading.drive.models import Account, Token
from lading.drive.people import accounts, admins, glass, tokens
from lading.drive.people.powers import need_admin
from lading.model.errors import Forbidden, NotFound
from lading.model.text import Text

routes = Routes("Accounts")


@routes.get("/tokens", needs=None, gives=answers.Tokens)
def list_tokens(request: HttpRequest) -> HttpResponse:
    """The caller's tokens that are not revoked, newest first; never their texts."""
    return told({"tokens": [_token(row) for row in tokens.list_tokens(_unlimited(request))]})


@routes.post("/tokens", needs=None, gives={201: answers.Token})
def make_token(request: HttpRequest, said: requests.NewToken) -> HttpResponse:
    """Make a token; takes a sign-in or a token with every scope. Its text is in this answer and never again."""
    scopes = [Scope(scope) for scope in said.scopes]
    row, text = tokens.make_token(_unlimited(request), said.name, scopes, said.expires)
    return told(_token(row, text), 201)


@routes.delete("/tokens/{token}", needs=None)
def revoke_token(request: HttpRequest, token: Ident) -> HttpResponse:
    """End a token at once."""
    tokens.revoke(_unlimited(request), token)
    return done()


@routes.post("/accounts", needs=Scope.ADMIN, gives={201: answers.Account}, fails=(409,))
def make_account(request: HttpRequest, said: requests.NewAccount) -> HttpResponse:
    """Make an account for a person or guest. For system admins."""
    actor = actor_of(request)
    need_admin(actor, "system")
    made = accounts.make_account(
        actor, asking.principal_id(request, said.principal), said.login, said.password
    )
    return told({"login": made.login, "principal": said.principal, "admin": made.admin}, 201)


@routes.put("/accounts/{login}/password", needs=None, gives=None, fails=(401, 429))
def set_password(request: HttpRequest, login: Key, said: requests.Password) -> HttpResponse:
    """Set the caller's own password with the old one, or as a system admin that of somebody else. Ends their tokens."""
    actor = actor_of(request)
    row = _account(login)
    if row is None or row.principal_id != actor.principal:
        need_admin(actor, "system")
    accounts.set_password(actor, _there(row).principal_id, said.password, old=said.old)
    return done()


@routes.put("/accounts/{login}/admin", needs=Scope.ADMIN, gives=answers.Account)
def give_admin_role(request: HttpRequest, login: Key, said: requests.AdminRole) -> HttpResponse:
    """Give an account an admin role, or take it away with an empty one."""
    actor = actor_of(request)
    need_admin(actor, "system", "security")
    row = _there(_account(login))
    admins.give_admin_role(actor, row.principal_id, said.admin)
    return told({"login": row.login, "principal": row.principal.key, "admin": said.admin})


@routes.post("/break-glass", needs=Scope.ADMIN, gives={201: answers.Glass}, fails=(403,))
def break_glass(request: HttpRequest, said: requests.NewGlass) -> HttpResponse:
    """Let a system admin read a space for some minutes. It is logged, and its managers are told."""
    actor = actor_of(request)
    need_admin(actor, "system")
    space = asking.space_id(said.space)
    if space is None:
        raise NotFound("", Text("there is no such space", "没有此空间"))
    row = glass.break_glass(actor, space, said.reason, said.minutes)
    return told({"space": said.space, "expires": str(row.expires)}, 201)


def _unlimited(request: HttpRequest) -> Actor:
    """The actor, if all they can do is open to them: else what was given for a time could make what lasts."""
    actor = actor_of(request)
    if actor.scopes != EVERYTHING:
        said = Text("a token with fewer scopes manages no tokens", "权限范围受限的令牌不能管理令牌")
        raise Forbidden("token", said)
    return actor


def _account(login: str) -> Account | None:
    return Account.objects.select_related("principal").filter(login=login).first()


def _there(row: Account | None) -> Account:
    if row is None:
        raise NotFound("account", Text("there is no such account", "没有此账号"))
    return row


def _token(row: Token, text: str | None = None) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "scopes": row.scopes.split(),
        "created": str(row.created),
        "expires": time(row.expires),
        "token": text,
    }
