"""
Who may sign in right now: active persons, and guests before their end who have an active owner.

Asked anew for each answer that is not remembered, so an end date needs no job to take effect.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from django.db import connection

FOREVER = sys.maxsize

LIVING = (
    "p.active AND (p.kind = 'person'"
    " OR (p.kind = 'guest' AND p.until > %s AND o.active AND o.kind = 'person'))"
)
"""A condition on principal *p* with owner *o*; its one parameter is the time."""

PERSON = "p.id, p.key, p.until, COALESCE(a.admin, ''), COALESCE(a.login, ''), COALESCE(a.password, '')"
BESIDE = "LEFT JOIN drive_principal o ON o.id = p.owner_id LEFT JOIN drive_account a ON a.principal_id = p.id"
_BY_LOGIN = f"SELECT {PERSON}, {LIVING} FROM drive_principal p {BESIDE} WHERE a.login = %s"


class Living(NamedTuple):
    """A person or guest; *until* is when they end by themselves, *encoded* the hash of the password."""

    principal: int
    key: str
    until: int
    admin: str
    login: str
    encoded: str


class Found(NamedTuple):
    """Whom a login belongs to, and whether they may sign in."""

    person: Living
    alive: bool


def living(row: tuple[object, ...]) -> Living:
    """The first six columns of *row*, which are `PERSON`."""
    principal, key, until, admin, login, encoded = row[:6]
    assert isinstance(principal, int)
    end = until if isinstance(until, int) else FOREVER
    return Living(principal, str(key), end, str(admin), str(login), str(encoded))


def by_login(login: str, now: int) -> Found | None:
    """Whom *login* (folded) belongs to, also if they left; None if nobody."""
    if "\0" in login or any("\ud800" <= sign <= "\udfff" for sign in login):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_BY_LOGIN, [now, login])
        row = cursor.fetchone()
    return Found(living(row), bool(row[6])) if row else None
