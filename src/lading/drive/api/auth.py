"""
Who asks, and whether their token reaches as far as the route.

A request without a token is not yet a stranger: routes that need nobody (`needs=None`) still
learn who asks, and a forged token is refused everywhere.
"""

from __future__ import annotations

import base64
import binascii

from django.http import HttpRequest

from lading.drive.actor import Actor, Scope
from lading.drive.api.reading import take_json
from lading.drive.people.bearer import actor_for_basic, actor_for_token
from lading.model.errors import Forbidden, LoginFailed
from lading.model.text import Text

NOBODY = Actor(None, "nobody", scopes=frozenset(), via="api")


def address_of(request: HttpRequest) -> str:
    """Where *request* came from, as the server saw it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def bearer(request: HttpRequest) -> Actor | None:
    """
    Who asks; None without an Authorization header.

    Raises:
        LoginFailed: the header holds nothing that is valid now.
        Forbidden: a page of another site asks with a password that the browser remembers.
        Throttled: too many wrong passwords.
    """
    said = request.META.get("HTTP_AUTHORIZATION", "")
    if not said:
        return None
    scheme, _, given = said.partition(" ")
    match scheme.lower():
        case "bearer":
            return actor_for_token(given.strip(), via="api", address=address_of(request))
        case "basic":
            _refuse_other_sites(request)
            return actor_for_basic(*_pair(given), via="api", address=address_of(request))
    raise _refused()


def _refuse_other_sites(request: HttpRequest) -> None:
    # A browser adds a password it remembers to whatever any page asks for; a token it never adds by itself.
    if request.META.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin"):
        raise Forbidden("", Text("another site may not use your password", "其他网站不能使用您的密码"))


def _pair(given: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(given.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise _refused() from None
    login, colon, password = text.partition(":")
    if not colon or "\x00" in text:
        raise _refused()
    return login, password


def _refused() -> LoginFailed:
    return LoginFailed("", Text("no valid token or password was given", "未提供有效的令牌或密码"))


class Needs:
    """
    What ninja asks before a route runs: an actor whose token has the scope of the route.

    A route with a JSON body of at most *takes* bytes has it read then, and not for strangers.
    """

    def __init__(self, scope: Scope | None, *, open_to_all: bool = False) -> None:
        self.scope = scope
        self.open_to_all = open_to_all
        self.takes = 0

    def __call__(self, request: HttpRequest) -> Actor:
        actor = bearer(request)
        if actor is None:
            if not self.open_to_all:
                raise _refused()
            actor = NOBODY
        elif self.scope is not None and self.scope not in actor.scopes:
            said = Text(f"the token lacks the scope {self.scope}", f"令牌缺少 {self.scope} 权限范围")
            raise Forbidden("", said)
        if self.takes:
            take_json(request, self.takes)
        return actor


def actor_of(request: HttpRequest) -> Actor:
    """The actor that `Needs` found."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor
