"""
Growing pauses between tries of a secret.

A try is counted against its account *before* the secret is looked at, so that many tries at
once gain nothing.  The pause doubles with each failure after the first few.  Nothing
is ever locked for good, and tokens are not throttled: nobody guesses 256 random bits.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from typing import Any

from django.db import connection

from lading.drive.actor import SYSTEM
from lading.drive.models import Throttle
from lading.drive.writing import writing
from lading.model.errors import Throttled
from lading.model.text import Text

SECOND = 10**9
FORGET = 3600 * SECOND
"""After so long without a try the count begins anew."""
_LONGEST = 300
_FREE = 5
# Behind one address there may be a whole office; each of its accounts is slowed down by itself anyway.
_FREE_OF_ADDRESS = 30
_LONGEST_OF_ADDRESS = 60

# Takes hold of the row, whether it was there or not: tries of one key come one after the other.
_HOLD = (
    "INSERT INTO drive_throttle (key, failures, until) VALUES (%s, 0, %s)"
    " ON CONFLICT (key) DO UPDATE SET failures = drive_throttle.failures RETURNING failures, until"
)
_COUNT = "UPDATE drive_throttle SET failures = %s, until = %s WHERE key = %s"


def of_account(login: str) -> str:
    """The key under which tries of *login* are counted, also if there is no such account."""
    return f"account:{hashlib.sha256(login.encode('utf-8', 'surrogatepass')).hexdigest()}"


def of_address(address: str) -> str:
    """The key of a network address; of IPv6 the network of one customer (/64) counts as one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"address:{hashlib.sha256(address.encode('utf-8', 'surrogatepass')).hexdigest()}"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return f"address:{parsed.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False).network_address}/64"
    return f"address:{parsed}"


def pause(failures: int, *, free: int = _FREE, longest: int = _LONGEST) -> int:
    """Seconds to wait after the *failures*-th failure: none for the first *free*, then 1, 2, 4 … up to *longest*."""
    return 0 if failures <= free else min(longest, 2 ** min(failures - free - 1, 20))


def tries(*keys: str, now: int | None = None) -> None:
    """
    Count a try against each of *keys* before the secret is looked at; against addresses only `failed` counts.

    A try that is not heard is not counted.  Must be called outside of `writing`.

    Raises:
        Throttled: one of the keys has to wait; `after` tells how many seconds.
    """
    moment = time.time_ns() if now is None else now
    with writing(SYSTEM, now=moment), connection.cursor() as cursor:
        held = {key: _hold(cursor, key, moment) for key in sorted(keys)}
        wait = max((until for _, until in held.values()), default=0) - moment
        if wait <= 0:
            for key, (failures, until) in held.items():
                # Behind an address many people may sign in at the same moment, and rightly.
                if not _is_address(key):
                    _count(cursor, key, failures, until, moment)
    if wait > 0:
        raise _throttled(-(-wait // SECOND))


def failed(*keys: str, now: int | None = None) -> None:
    """The try was wrong: it stays counted, and is counted against addresses."""
    moment = time.time_ns() if now is None else now
    with writing(SYSTEM, now=moment), connection.cursor() as cursor:
        for key in sorted(keys):
            failures, until = _hold(cursor, key, moment)
            if _is_address(key):
                _count(cursor, key, failures, until, moment)
            else:
                # The pause counts from now on, for looking at the secret took its time.
                cursor.execute(_COUNT, [failures, moment + _pause(key, failures), key])


def succeeded(*keys: str, now: int | None = None) -> None:
    """
    The try was right: an account or link starts afresh.

    Addresses do not: who has one good account gains no tries at others by it.
    """
    with writing(SYSTEM, now=now):
        Throttle.objects.filter(key__in=[key for key in keys if not _is_address(key)]).delete()


def forget(now: int) -> int:
    """Drop counts nobody added to for an hour; returns how many."""
    with writing(SYSTEM, now=now):
        return Throttle.objects.filter(until__lt=now - FORGET).delete()[0]


def _hold(cursor: Any, key: str, moment: int) -> tuple[int, int]:
    cursor.execute(_HOLD, [key, moment])
    failures, until = cursor.fetchone()
    return failures, until


def _count(cursor: Any, key: str, failures: int, until: int, moment: int) -> None:
    more = failures + 1 if until >= moment - FORGET else 1
    cursor.execute(_COUNT, [more, moment + _pause(key, more), key])


def _pause(key: str, failures: int) -> int:
    if _is_address(key):
        return pause(failures, free=_FREE_OF_ADDRESS, longest=_LONGEST_OF_ADDRESS) * SECOND
    return pause(failures) * SECOND


def _is_address(key: str) -> bool:
    return key.startswith("address:")


def _throttled(seconds: int) -> Throttled:
    text = Text(
        f"too many tries; the next one is heard in {seconds} s", f"尝试次数过多；{seconds} 秒后可再试"
    )
    return Throttled("Lading", text, after=float(seconds))
