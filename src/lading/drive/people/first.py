"""
Secrets that open an account once: the first sign-in of an empty drive, and invitations.

Only their SHA-256 is in the database.  The text of the first one also lies in the home, readable by its
owner alone, until it is used: a drive that starts as a service has no terminal to print it on.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress

from django.conf import settings
from django.db.models import QuerySet

from lading.drive.actor import SYSTEM, Actor
from lading.drive.errors import Gone
from lading.drive.models import Account, OneTime, Principal
from lading.drive.people import passwords, rules
from lading.drive.people.accounts import session
from lading.drive.people.bearer import digest
from lading.drive.people.powers import need_admin
from lading.drive.people.tokens import revoke_all
from lading.drive.writing import Writing, writing
from lading.model.errors import AlreadyExists, Forbidden, LoginFailed, NotFound
from lading.model.text import Text

FILE = "first-sign-in"
_HOUR = 3600 * 10**9
FIRST_LASTS = 24 * _HOUR
INVITATION_LASTS = 7 * 24 * _HOUR
_FIRST = "first"
_INVITATION = "invitation"


def first_sign_in_token(home: str) -> str | None:
    """
    The text that makes the first system admin of the drive in *home*, for 24 hours; None once there is an account.

    Asked again before it ends, it is the same text.
    """
    now, path = time.time_ns(), os.path.join(home, FILE)
    with writing(SYSTEM, now=now) as work:
        if Account.objects.exists():
            return None
        kept = _kept(path)
        if kept and _fresh(now).filter(digest=digest(kept), purpose=_FIRST).exists():
            return kept
        _fresh(now).filter(purpose=_FIRST).update(used=now)
        text = _make(_FIRST, None, now, FIRST_LASTS)
        work.event("signin.opened", hours=24)
    _keep(path, text)
    return text


def invite(actor: Actor, principal: int) -> str:
    """
    The text with which a person or guest chooses a password for their account, for seven days; earlier ones end.

    Raises:
        Forbidden: *actor* is no system admin, or it is the account of an admin.
        NotFound: there is no such account.
    """
    need_admin(actor, "system")
    with writing(actor) as work:
        account = Account.objects.filter(principal_id=principal).first()
        if account is None:
            raise NotFound("account", Text("there is no such account", "没有此账号"))
        if account.admin:
            raise Forbidden(
                "account", Text("an admin's password is set by themselves", "管理员的密码只能由其本人设置")
            )
        _fresh(work.now).filter(purpose=_INVITATION, principal=principal).update(used=work.now)
        text = _make(_INVITATION, principal, work.now, INVITATION_LASTS)
        work.event("account.invited", of=principal)
    return text


def redeem(
    token: str, login: str, password: str, *, address: str = "", via: str = "api"
) -> tuple[Actor, str]:
    """
    Use *token* up and sign in: as the new first system admin, or as the invited person, whose *login* must be given.

    Raises:
        LoginFailed: there is no such token, or *login* is not the invited one's.
        Gone: it was used or has ended.
        Unfit: login or password cannot be used; the token is not used up by this.
        AlreadyExists: *login* is taken by somebody loaded before.
    """
    name, mark = rules.login(login), digest(token)
    if not OneTime.objects.filter(digest=mark).exists():
        raise LoginFailed("Lading", Text("there is no such invitation", "没有此邀请"))
    encoded = passwords.hashed(rules.password(password, name))
    with writing(Actor(None, "unknown", via=via, address=address)) as work:
        work.rights_changed()
        once = _use(mark, work.now)
        if once.purpose == _FIRST:
            principal, admin = _first_admin(name, encoded, work), "system"
        else:
            principal, admin = _invited(once, name, encoded, work), ""
        key = Principal.objects.values_list("key", flat=True).get(id=principal)
    if admin:
        _drop(os.path.join(settings.LADING_DRIVE["home"], FILE))
    actor = Actor(principal, key, admin, via=via, address=address)
    return actor, session(actor)


def _use(mark: str, now: int) -> OneTime:
    if not _fresh(now).filter(digest=mark).update(used=now):
        raise Gone("Lading", Text("it was used before or has ended", "已使用过或已过期"))
    return OneTime.objects.get(digest=mark)


def _first_admin(login: str, encoded: str, work: Writing) -> int:
    if Account.objects.exists():
        raise Gone("Lading", Text("the drive has its first account already", "网盘已有首个账号"))
    key = rules.key(login)
    who, _made = Principal.objects.get_or_create(
        key=key, defaults={"kind": "person", "name": key, "created": work.now}
    )
    if who.kind != "person" or not who.active:
        raise AlreadyExists(rules.shown(key), Text("choose another login", "请选择其他登录名"))
    Account.objects.create(principal=who, login=login, password=encoded, admin="system", created=work.now)
    work.event("account.made", of=who.id, login=login)
    work.event("role.given", of=who.id, role="system")
    return int(who.id)


def _invited(once: OneTime, login: str, encoded: str, work: Writing) -> int:
    account = Account.objects.filter(principal=once.principal_id, login=login, admin="").first()
    if account is None or not account.principal.active:
        raise LoginFailed("Lading", Text("this is not the login that was invited", "与受邀的登录名不符"))
    Account.objects.filter(id=account.id).update(password=encoded)
    revoke_all(account.principal_id, work.now)
    work.event("account.password", of=account.principal_id, own=True)
    return int(account.principal_id)


def _fresh(now: int) -> QuerySet[OneTime]:
    return OneTime.objects.filter(used=None, expires__gt=now)


def _make(purpose: str, principal: int | None, now: int, lasts: int) -> str:
    text = secrets.token_urlsafe(32)
    OneTime.objects.create(
        digest=digest(text), purpose=purpose, principal_id=principal, created=now, expires=now + lasts
    )
    return text


def _kept(path: str) -> str:
    with suppress(OSError, UnicodeDecodeError), open(path, encoding="ascii") as stream:
        return stream.read(200).strip()
    return ""


def _keep(path: str, text: str) -> None:
    # A home that takes no file is no reason not to start: the text is printed as well.
    _drop(path)
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as stream:
            stream.write(text + "\n")


def _drop(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
