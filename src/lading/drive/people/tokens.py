"""
Access tokens.

A token is 256 random bits; only its SHA-256 is kept.  It never gives more than its
person has at the moment it is used, and never more than who made it could do.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable

from lading.drive.actor import EVERYTHING, SYSTEM, Actor, Scope
from lading.drive.errors import Unfit
from lading.drive.models import Principal, Token
from lading.drive.people import rules
from lading.drive.people.bearer import PREFIX, actor_for_basic, actor_for_token, digest
from lading.drive.people.powers import is_admin, is_drive
from lading.drive.writing import writing
from lading.model.errors import Forbidden, NotFound
from lading.model.text import Text

__all__ = [
    "PREFIX",
    "actor_for_basic",
    "actor_for_token",
    "forget",
    "list_tokens",
    "make_token",
    "revoke",
    "revoke_all",
    "sign_out",
]

_DAY = 24 * 3600 * 10**9
_NAME = 200


def make_token(
    actor: Actor, name: str, scopes: Iterable[Scope], expires: int | None, *, of: int | None = None
) -> tuple[Token, str]:
    """
    A new token of *actor* and its text, which is shown this once.

    *expires* is in nanoseconds, None for no end.  Only the drive itself makes one *of* another principal.

    Raises:
        Forbidden: *scopes* hold more than the actor has here, or it would be somebody else's.
        Unfit: no scope, an end in the past, a bad name.
        NotFound: there is no person or guest *of*.
    """
    wanted, title = frozenset(Scope(scope) for scope in scopes), rules.name(name)[:_NAME]
    owner = of if is_drive(actor) else actor.principal
    if owner is None or of not in (None, owner):
        raise Forbidden("token", Text("a token is made by its own person", "令牌只能由本人创建"))
    if not wanted <= actor.scopes:
        raise Forbidden("token", Text("it would have more scopes than you", "其权限范围超出您当前的范围"))
    now = time.time_ns()
    if not wanted or (expires is not None and expires <= now):
        raise Unfit("token", Text("it needs a scope and an end to come", "须有权限范围，且到期时间须在将来"))
    with writing(actor, now=now) as work:
        if not Principal.objects.filter(id=owner, kind__in=["person", "guest"]).exists():
            raise NotFound("token", Text("there is no such person", "没有此人员"))
        row, text = insert(owner, title, wanted, now=now, expires=expires)
        work.event("token.made", token=row.id, of=owner, scopes=row.scopes, expires=expires)
    return row, text


def insert(
    owner: int, name: str, scopes: frozenset[Scope] = EVERYTHING, *, now: int, expires: int | None
) -> tuple[Token, str]:
    """A row for a new token and its text, inside the transaction under way."""
    text = PREFIX + secrets.token_urlsafe(32)
    words = " ".join(sorted(scopes))
    row = Token.objects.create(
        digest=digest(text), principal_id=owner, name=name, scopes=words, created=now, expires=expires
    )
    return row, text


def revoke(actor: Actor, token_id: int) -> None:
    """
    End a token at once, in every process.

    Raises:
        NotFound: it is not the actor's own, and the actor is no admin of the system or of security.
    """
    with writing(actor) as work:
        row = Token.objects.filter(id=token_id, revoked=None).first()
        mine = row is not None and row.principal_id == actor.principal
        if row is None or not (mine or is_admin(actor, "system", "security")):
            raise NotFound("token", Text("there is no such token", "没有此令牌"))
        Token.objects.filter(id=row.id).update(revoked=work.now)
        work.event("token.revoked", token=row.id, of=row.principal_id)
        work.rights_changed()


def revoke_all(principal: int, now: int) -> int:
    """End all tokens of *principal* inside the transaction under way, which must move the epoch; how many."""
    return Token.objects.filter(principal_id=principal, revoked=None).update(revoked=now)


def sign_out(text: str) -> None:
    """End the token of *text*; nothing happens if it is none."""
    row = Token.objects.filter(digest=digest(text), revoked=None).select_related("principal").first()
    if row is not None:
        revoke(Actor(row.principal_id, row.principal.key), row.id)


def list_tokens(actor: Actor, of: int | None = None) -> list[Token]:
    """
    Tokens that are not revoked, newest first: the actor's own, or for admins those *of* somebody.

    Raises:
        Forbidden: they are somebody else's.
    """
    owner = actor.principal if of is None else of
    if owner != actor.principal and not is_admin(actor, "system", "security"):
        raise Forbidden("token", Text("these are not your tokens", "这些不是您的令牌"))
    return list(Token.objects.filter(principal=owner, revoked=None).order_by("-id")) if owner else []


def forget(now: int, *, days: int = 30) -> int:
    """Drop the rows of tokens that ended more than *days* ago; returns how many."""
    line = now - days * _DAY
    with writing(SYSTEM, now=now):
        ended = Token.objects.filter(expires__lt=line).delete()[0]
        return ended + Token.objects.filter(revoked__lt=line).delete()[0]
