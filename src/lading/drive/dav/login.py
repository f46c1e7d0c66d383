"""
Who asks, and what they see: worked out with one query for the epoch of the drive.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import time
from typing import Any

from django.conf import settings
from django.db import connection

from lading.drive.actor import Actor
from lading.drive.people.bearer import actor_for_basic, actor_for_token
from lading.drive.quick import reading
from lading.drive.rights.sight import KEPT, Sight, sight
from lading.drive.writing import EPOCH
from lading.model.errors import LoginFailed
from lading.model.text import Text

VIA = "dav"
CHALLENGE = 'Basic realm="Lading", charset="UTF-8"'

AGAIN = 10**9
"""For so many nanoseconds nobody asks again whether a login or a right has expired; all else moves the epoch."""

_KEY = secrets.token_bytes(32)
_MOST = 10_000
_CONNECTION = "lading.connection"
"""In the environment: what is remembered as long as the connection lasts."""
_sights: dict[bytes, tuple[Sight, int]] = {}
_NOBODY = Text("sign in with login and password, or with a token", "请用账号和密码或访问令牌登录")


def sight_of(environ: dict[str, Any]) -> Sight:
    """
    What the one who sent the request sees.

    Raises:
        LoginFailed: no login, or a wrong one.
        Throttled: too many wrong ones.
    """
    number, now = _epoch(), time.time_ns()
    mark = _mark(environ)
    known = _sights.get(mark)
    if known is None or known[0].epoch != number or not 0 <= now - known[1] < AGAIN:
        if len(_sights) >= _MOST:
            _sights.clear()
        known = _sights[mark] = _sight(environ, number, now), now
    return known[0]


def is_known(environ: dict[str, Any]) -> bool:
    """Whether the sender was let in before with the same login, so that letting them in again costs little."""
    return _mark(environ) in _sights


def guess(environ: dict[str, Any]) -> Sight:
    """
    What the sender saw a moment ago, or else sees now; whoever uses it holds its epoch against the drive's.

    Raises:
        As `sight_of`.
    """
    known = _sights.get(_mark(environ))
    if known is not None and 0 <= time.time_ns() - known[1] < AGAIN:
        return known[0]
    return sight_of(environ)


def _mark(environ: dict[str, Any]) -> bytes:
    """What is remembered about the sender stands under this; worked out once for the requests of a connection."""
    said = environ.get("REMOTE_ADDR"), environ.get("HTTP_AUTHORIZATION")
    known: dict[str, Any] = environ.get(_CONNECTION, {})
    if known.get("said") != said:
        text = f"{settings.LADING_DRIVE['home']}\n{connection.settings_dict['NAME']}\n{said[0]}\n{said[1]}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32, key=_KEY).digest()
        known["said"], known["mark"] = said, digest
    mark: bytes = known["mark"]
    return mark


def _epoch() -> int:
    with reading() as cursor:
        cursor.execute("SELECT value FROM drive_meta WHERE key = %s", (EPOCH,))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _sight(environ: dict[str, Any], number: int, now: int) -> Sight:
    actor = _actor(environ, number)
    if actor.principal is not None:
        resolved = KEPT.get(actor.principal, number, now)
        if resolved is not None:
            return Sight(actor, number, resolved)
    return sight(actor)


def _actor(environ: dict[str, Any], number: int) -> Actor:
    scheme, _, said = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    address = environ.get("REMOTE_ADDR", "")
    kind = scheme.lower()
    if kind == "basic":
        login, password = _basic(said)
        return actor_for_basic(login, password, via=VIA, address=address, seen=number)
    if kind == "bearer":
        return actor_for_token(said.strip(), via=VIA, address=address, seen=number)
    raise LoginFailed("", _NOBODY)


def _basic(said: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(said.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise LoginFailed("", _NOBODY) from None
    login, colon, password = text.partition(":")
    if not colon:
        raise LoginFailed("", _NOBODY)
    return login, password
