"""
Checking a password against its Argon2 hash.

Whether an account exists cannot be told by the work done: without one, a hash of
nothing is checked instead.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache

from django.contrib.auth.hashers import is_password_usable, make_password, verify_password

from lading.drive.people.rules import MAX_PASSWORD
from lading.model.errors import Throttled
from lading.model.text import Text

# Each check takes 100 MiB; strangers must not be able to fill the memory.
_AT_ONCE = 2
_PATIENCE = 15.0
_room = threading.BoundedSemaphore(_AT_ONCE)


def matches(password: str, encoded: str | None) -> tuple[bool, bool]:
    """
    Whether *password* is that of *encoded*, and whether it should be hashed anew with today's settings.

    None, or an account without a password, never matches and takes as long.

    Raises:
        Throttled: too many checks wait already.
    """
    usable = encoded is not None and is_password_usable(encoded) and _typable(password)
    against = encoded if usable and encoded is not None else _nobody()
    given = unicodedata.normalize("NFC", password) if _typable(password) else ""
    with _Turn():
        right, outdated = verify_password(given, against)
    return usable and right, usable and right and outdated


def hashed(password: str) -> str:
    """The hash of *password*, which `rules.password` has accepted."""
    with _Turn():
        return make_password(password)


class _Turn:
    def __enter__(self) -> None:
        if not _room.acquire(timeout=_PATIENCE):
            raise Throttled("Lading", Text("too many sign-ins at once", "同时登录过多"), after=_PATIENCE)

    def __exit__(self, *_problem: object) -> None:
        _room.release()


def _typable(password: str) -> bool:
    return len(password) <= MAX_PASSWORD and not any("\ud800" <= sign <= "\udfff" for sign in password)


@cache
def _nobody() -> str:
    return make_password(secrets.token_urlsafe(32))
