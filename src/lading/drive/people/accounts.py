"""
What people sign in with.

A system admin makes accounts; the person best chooses the password, with an invitation that
works once (see `first`).  Setting it for somebody else is told to the audit and ends their
sessions, and nobody sets the password of somebody who has an admin role.
"""

from __future__ import annotations

import secrets
import time

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from lading.drive.actor import Actor
from lading.drive.errors import Unfit
from lading.drive.models import Account, Principal
from lading.drive.people import passwords, rules
from lading.drive.people.admins import give_admin_role, take_admin_role
from lading.drive.people.checking import check, tell
from lading.drive.people.powers import is_drive, need_admin
from lading.drive.people.tokens import insert, revoke_all
from lading.drive.writing import writing
from lading.model.errors import AlreadyExists, Forbidden, NotFound
from lading.model.text import Text

__all__ = [
    "SESSION",
    "give_admin_role",
    "make_account",
    "set_password",
    "sign_in",
    "take_admin_role",
    "unusable",
]

SESSION = "sign-in"
"""The name of tokens that a sign-in makes."""
LASTS = 12 * 3600 * 10**9


def sign_in(login: str, password: str, address: str, *, via: str = "api") -> tuple[Actor, str]:
    """
    Who signs in, and the text of a token with every scope that lasts twelve hours.

    Raises:
        LoginFailed: login and password do not belong together, or the person left; never which of these.
        Throttled: too many tries of this login or from this address.
    """
    person = check(login, password, via=via, address=address)
    actor = Actor(person.principal, person.key, person.admin, via=via, address=address)
    tell(person, via=via, address=address)
    return actor, session(actor)


def session(actor: Actor) -> str:
    """The text of a new token with every scope for somebody who has just proved who they are."""
    assert actor.principal is not None
    now = time.time_ns()
    with writing(actor, now=now):
        return insert(actor.principal, SESSION, now=now, expires=now + LASTS)[1]


def unusable() -> str:
    """The hash of no password at all."""
    return UNUSABLE_PASSWORD_PREFIX + secrets.token_urlsafe(30)


def make_account(actor: Actor, principal: int, login: str, password: str | None = None) -> Account:
    """
    An account for a person or guest; without a *password* nobody can sign in until an invitation is redeemed.

    Raises:
        Forbidden: *actor* is no system admin.
        Unfit: login or password cannot be used.
        AlreadyExists: the person has an account, or the login is taken.
        NotFound: there is no such person or guest.
    """
    need_admin(actor, "system")
    name = rules.login(login)
    encoded = unusable() if password is None else passwords.hashed(rules.password(password, name))
    with writing(actor) as work:
        work.rights_changed()  # first, so that no login is taken twice at once
        who = Principal.objects.filter(id=principal, kind__in=["person", "guest"]).first()
        if who is None:
            raise NotFound("account", Text("there is no such person", "没有此人员"))
        if (
            Account.objects.filter(principal_id=principal).exists()
            or Account.objects.filter(login=name).exists()
        ):
            raise AlreadyExists(
                rules.shown(name), Text("login or person has an account", "该登录名或人员已有账号")
            )
        account = Account.objects.create(
            principal_id=principal, login=name, password=encoded, created=work.now
        )
        work.event("account.made", of=principal, login=name)
    return account


def set_password(actor: Actor, principal: int, new: str, *, old: str | None = None) -> None:
    """
    Set the password of *principal*: one's own with the *old* one, that of others as a system admin.

    All their tokens and sessions end.

    Raises:
        Forbidden: not one's own, and no system admin; or it is that of another admin.
        LoginFailed, Throttled: *old* is wrong.
        Unfit: the new one cannot be used.
        NotFound: there is no such account.
    """
    mine = actor.principal == principal
    if not mine:
        need_admin(actor, "system")
    account = Account.objects.filter(principal_id=principal).select_related("principal").first()
    if account is None:
        raise NotFound("account", Text("there is no such account", "没有此账号"))
    if mine:
        check(account.login, old or "", via=actor.via, address=actor.address)
    elif account.admin and not is_drive(actor):
        raise Forbidden(
            "account", Text("an admin's password is set by themselves", "管理员的密码只能由其本人设置")
        )
    accepted = rules.password(new, account.login, account.principal.key)
    if old is not None and accepted == old:
        raise Unfit("password", Text("it is the old one", "与旧密码相同"))
    put_password(actor, principal, passwords.hashed(accepted))


def put_password(actor: Actor, principal: int, encoded: str) -> None:
    """Give *principal* the password whose hash is *encoded*; all their tokens end."""
    with writing(actor) as work:
        guarded = Account.objects.filter(principal_id=principal)
        if not is_drive(actor) and actor.principal != principal:
            guarded = guarded.filter(admin="")
        if not guarded.update(password=encoded):
            raise Forbidden("account", Text("it is an admin's by now", "该账号现为管理员账号"))
        revoke_all(principal, work.now)
        work.event("account.password", of=principal, own=actor.principal == principal)
        work.rights_changed()
