"""
What time it is for the server, by the `Date` of its answers.

The month of a quota is the server's, not that of a machine whose clock may be wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

from lading.connectors.http.headers import SECOND, moment

CHINA = timezone(timedelta(hours=8))
"""Where the months of WeCom begin; there is no summer time."""


class ServerClock:
    """The time of the server; until it has answered, that of this machine (*local*, seconds since 1970)."""

    def __init__(self, local: Callable[[], float] = time.time) -> None:
        self._local = local
        self._ahead = 0.0

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take note of the `Date` among the *headers* of an answer that has just come."""
        told = moment(headers.get("date"))
        if told is not None:
            self._ahead = told / SECOND - self._local()

    def now(self) -> datetime:
        """The present moment, in China."""
        return datetime.fromtimestamp(self._local() + self._ahead, CHINA)


def month_of(when: datetime) -> str:
    """The month of *when*, e.g. `2026-11`."""
    return f"{when:%Y-%m}"


def next_month(when: datetime) -> datetime:
    """The moment at which the month after that of *when* begins."""
    first = when.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
