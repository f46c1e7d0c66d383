"""Times of the drive (nanoseconds since 1970) as HTTP and WebDAV write them, also in 1969 and 2106."""

from __future__ import annotations

import time
from functools import lru_cache

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(moment: int) -> str:
    """RFC 9110, 5.6.7; whole seconds, rounded down."""
    return _http(moment // 10**9)


def iso_date(moment: int) -> str:
    """RFC 3339, for `creationdate`."""
    it = time.gmtime(moment // 10**9)
    return f"{it[0]:04d}-{it[1]:02d}-{it[2]:02d}T{it[3]:02d}:{it[4]:02d}:{it[5]:02d}Z"


@lru_cache(8192)
def _http(seconds: int) -> str:
    it = time.gmtime(seconds)
    return f"{_DAYS[it[6]]}, {it[2]:02d} {_MONTHS[it[1] - 1]} {it[0]:04d} {it[3]:02d}:{it[4]:02d}:{it[5]:02d} GMT"
