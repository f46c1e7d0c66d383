"""
Who a request comes from.

Asked with every request of a drive client, so what was found is remembered until the
epoch moves, or until the token or its person ends by itself.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from lading.drive.actor import EVERYTHING, Actor, Scope
from lading.drive.people.checking import check, refused, tell
from lading.drive.people.living import BESIDE, FOREVER, LIVING, PERSON, Living, by_login, living
from lading.drive.people.remembered import Remembered
from lading.drive.people.rules import folded
from lading.drive.writing import MustWait, epoch, in_hurry
from lading.model.errors import LoginFailed
from lading.model.text import Text

PREFIX = "lading_"
_LONGEST = 200
_MINUTE = 60 * 10**9
VERIFIED_FOR = 10 * _MINUTE
"""For so long a password is not verified again, provided that the account keeps it."""
_TOLD_FOR = 60 * _MINUTE
_MOST = 20_000

_BY_DIGEST = (
    f"SELECT {PERSON}, t.scopes, t.expires FROM drive_token t JOIN drive_principal p ON p.id = t.principal_id"
    f" {BESIDE} WHERE t.digest = %s AND t.revoked IS NULL AND {LIVING}"
)
_INVALID = Text("the token is not valid, or not any more", "令牌无效或已失效")
_SCOPES = {scope.value: scope for scope in Scope}


class Known(NamedTuple):
    """Whom a token or password stands for until *until*; *logins* may stand before the token in Basic."""

    principal: int
    key: str
    admin: str
    scopes: frozenset[Scope]
    until: int
    logins: frozenset[str]


class Verified(NamedTuple):
    """That a password was *right* or wrong for an account whose hash was *encoded*; worth nothing after *until*."""

    right: bool
    encoded: str
    until: int


_tokens: Remembered[Known] = Remembered()
_basics: Remembered[Known] = Remembered()
# These outlive the epoch: hardly anything that moves it touches a password, and each check costs 0.1 s.
_verified: dict[tuple[str, bytes], Verified] = {}
_told: dict[tuple[str, int, str, str], int] = {}
_KEY = secrets.token_bytes(32)
_turns = [threading.Lock() for _ in range(32)]


def digest(text: str) -> str:
    """What is kept of a secret: its SHA-256, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def actor_for_token(text: str, *, via: str = "api", address: str = "", seen: int | None = None) -> Actor:
    """
    Who the bearer of *text* is.  *seen* is the epoch, if the caller has just asked for it.

    Raises:
        LoginFailed: forged, expired or revoked, or its person left.
    """
    known = _known_token(text, epoch() if seen is None else seen)
    return Actor(known.principal, known.key, known.admin, known.scopes, via, address)


def actor_for_basic(
    login: str, password: str, *, via: str = "dav", address: str = "", seen: int | None = None
) -> Actor:
    """
    Who sends *login* with *password*, which may be a token of theirs.

    A password that was right is not checked again for ten minutes, as long as the account keeps it; the same
    wrong one is refused at once for as long, and does not count as another try.

    Raises:
        LoginFailed: they do not belong together.
        Throttled: too many tries of this login or from this address.
        MustWait: the password must be looked at, and we are in a hurry.
    """
    at = epoch() if seen is None else seen
    if password.startswith(PREFIX):
        known = _known_token(password, at)
        if login not in known.logins and folded(login) not in known.logins:
            raise refused()
    else:
        known = _known_password(login, password, at, via, address)
    return Actor(known.principal, known.key, known.admin, known.scopes, via, address)


def _known_token(text: str, at: int) -> Known:
    held = _tokens.at(at)
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    known = held.get(mark)
    if known is None:
        known = held[mark] = _read_token(text, mark.hex())
    if known.until <= time.time_ns():
        raise refused(_INVALID)
    return known


def _read_token(text: str, mark: str) -> Known:
    if not text.startswith(PREFIX) or len(text) > _LONGEST:
        raise refused(_INVALID)
    with connection.cursor() as cursor:
        cursor.execute(_BY_DIGEST, [mark, time.time_ns()])
        row = cursor.fetchone()
    if row is None:
        raise refused(_INVALID)
    scopes = frozenset(_SCOPES[word] for word in row[6].split() if word in _SCOPES)
    return _known(living(row), scopes, row[7])


def _known(person: Living, scopes: frozenset[Scope], expires: int | None) -> Known:
    until = min(person.until, FOREVER if expires is None else expires)
    admin = person.admin if Scope.ADMIN in scopes else ""
    logins = frozenset({person.login, person.key, folded(person.key)} - {""})
    return Known(person.principal, person.key, admin, scopes, until, logins)


def _known_password(login: str, password: str, at: int, via: str, address: str) -> Known:
    held = _basics.at(at)
    mark = _mark(login, password)
    known = held.get(mark)
    if known is not None and known.until > time.time_ns():
        return known
    if in_hurry():
        # Looking at a password takes a tenth of a second, and longer if others have theirs looked at.
        raise MustWait
    # One after the other: a client that opens ten connections at once has its password checked once.
    with _turns[mark[0] % len(_turns)]:
        person, until = _verify(mark, login, password, via, address)
    known = held[mark] = _known(person, EVERYTHING, until)
    return known


def _mark(login: str, password: str) -> bytes:
    # Keyed, so that what is held in memory tells nothing about a password.
    text = f"{len(login)}:{login}{password}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, key=_KEY, digest_size=32).digest()


def _verify(mark: bytes, login: str, password: str, via: str, address: str) -> tuple[Living, int]:
    place, now = (settings.LADING_DRIVE["home"], mark), time.time_ns()
    found = by_login(folded(login), now)
    encoded = found.person.encoded if found and found.alive else ""
    before = _verified.get(place)
    if before is not None and before.until > now and before.encoded == encoded:
        if found is None or not before.right:
            raise refused()
        return found.person, before.until
    if len(_verified) > _MOST:
        _verified.clear()
    try:
        person = check(login, password, via=via, address=address)
    except LoginFailed:
        _verified[place] = Verified(False, encoded, now + VERIFIED_FOR)
        raise
    _tell_now_and_then(person, via, address)
    _verified[place] = Verified(True, person.encoded, now + VERIFIED_FOR)
    return person, now + VERIFIED_FOR


def _tell_now_and_then(person: Living, via: str, address: str) -> None:
    # A client signs in again and again all day; once an hour says it.
    who, now = (settings.LADING_DRIVE["home"], person.principal, via, address), time.time_ns()
    if len(_told) > _MOST:
        _told.clear()
    if _told.get(who, 0) + _TOLD_FOR <= now:
        tell(person, via=via, address=address)
        _told[who] = now
