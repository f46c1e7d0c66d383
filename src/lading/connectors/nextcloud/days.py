"""
The days with which shares end.

Nextcloud holds the end of a share by the day, in the time zone of the account that sets it.  Until 33.0.0 a share ends
as its day begins, from 33.0.1 on with its last second (nextcloud/server, pull request 58128); what the API tells
of the time of day is true in both.  Before 29 the zone played no part in it.  The zone is the account's own, which newer
servers tell (`timezone` of `cloud/user`), else the server's `default_timezone`, which nobody is told.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lading.connectors.http.headers import SECOND

DAY = 86_400 * SECOND
_ZONED = (29,)
_WITH_ITS_DAY = (33, 0, 1)


class Days(NamedTuple):
    """Ends lie at *offset* + n × `DAY` nanoseconds since 1970 UTC; the clock of the account is *ahead* of UTC."""

    offset: int
    ahead: timedelta

    def day(self, end: int) -> str:
        """The day (YYYY-MM-DD) that stands for *end*, which is one of these moments."""
        return (datetime.fromtimestamp(end // SECOND, UTC) + self.ahead).date().isoformat()


def days_of(version: tuple[int, ...], zone: tzinfo | None, now: datetime) -> Days | None:
    """
    The ends that a server of that *version* holds for an account in *zone*; None if that is not certain.

    A zone whose clocks are put forward and back has days of different lengths, which `Features` cannot say.
    """
    ahead = None if zone is None else _ahead(zone, now)
    if ahead is None or version < _ZONED:
        return None
    last = timedelta(seconds=86_399) if version >= _WITH_ITS_DAY else timedelta()
    return Days(int((last - ahead) / timedelta(seconds=1)) * SECOND % DAY, ahead)


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone called *name*; None if there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, KeyError):
        return None


def in_zone(text: object, zone: tzinfo | None) -> object:
    """The time that the API tells, with the zone that it is told in."""
    if zone is None or not isinstance(text, str) or not text:
        return text
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat()
    except ValueError:
        return text


def _ahead(zone: tzinfo, now: datetime) -> timedelta | None:
    """How far the clocks of *zone* are ahead of UTC; None if that changes with the months."""
    months = [datetime(now.year + later, month, 1, tzinfo=zone) for later in (0, 1) for month in range(1, 13)]
    found = {moment.utcoffset() for moment in months}
    return found.pop() if len(found) == 1 else None
