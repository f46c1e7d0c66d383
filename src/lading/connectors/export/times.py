"""
Times as tables write them: ISO 8601, the dates of Excel in any country, and Excel's day numbers.

Each comes with its grain: a date without a time of day is known to the day only, and says so.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

SECOND = 1_000_000_000
MINUTE, DAY = 60 * SECOND, 86_400 * SECOND
ORDERS = ("ymd", "mdy", "dmy")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Day 0 of Excel's calendar for all days after its false 29 February 1900.
_EXCEL = datetime(1899, 12, 30, tzinfo=UTC)
_ZONE = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?")
_TIME = re.compile(
    r"(?P<a>\d{1,4})(?P<s>[-/.年])(?P<b>\d{1,2})(?:(?P=s)|月)(?P<c>\d{1,4})日?"
    r"(?:[T\s]+(?P<noon1>上午|下午)?(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<sec>\d{2})(?:[.,](?P<frac>\d{1,9}))?)?"
    r"\s*(?P<noon2>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)


class When(NamedTuple):
    """A time in nanoseconds since 1970 UTC, known to *grain* nanoseconds."""

    at: int
    grain: int


def zone_of(text: str) -> tzinfo:
    """
    The time zone that *text* names: `UTC`, `+08:00`, `UTC+8`.

    Raises:
        ValueError: it names none.
    """
    if text.upper() in ("UTC", "GMT", "Z"):
        return UTC
    if (found := _ZONE.fullmatch(text)) is None:
        raise ValueError(text)
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes))


def when(text: str, zone: tzinfo, order: str = "") -> When:
    """
    The time that *text* writes; in *zone* where it names none, day and month in *order* where the year is not first.

    Raises:
        ValueError: it is no time; `order` where it could be two and *order* is empty.
    """
    if re.fullmatch(r"\d{1,6}([.,]\d+)?", text):
        return _day_number(text.replace(",", "."), zone)
    if (found := _TIME.fullmatch(text)) is None:
        raise ValueError(text)
    year, month, day = _date(found, order)
    if found["h"] is None:
        return When(_at(datetime(year, month, day, tzinfo=zone)), DAY)
    fraction = found["frac"] or ""
    place = zone if found["zone"] is None else zone_of(found["zone"])
    told = datetime(year, month, day, _hour(found), int(found["m"]), int(found["sec"] or 0), tzinfo=place)
    grain = MINUTE if found["sec"] is None else SECOND // 10 ** len(fraction)
    return When(_at(told) + int(fraction.ljust(9, "0") or 0), grain)


def _date(found: re.Match[str], order: str) -> tuple[int, int, int]:
    first, second, third = (found[name] for name in "abc")
    if len(first) == 4:
        return int(first), int(second), int(third)
    if len(third) != 4:
        raise ValueError(found[0])
    if found["s"] == ".":
        # Only day.month.year is written with dots.
        order = "dmy"
    if order not in ("mdy", "dmy"):
        raise ValueError("order")
    day, month = (second, first) if order == "mdy" else (first, second)
    return int(third), int(month), int(day)


def _hour(found: re.Match[str]) -> int:
    hour, noon = int(found["h"]), (found["noon1"] or found["noon2"] or "").lower()
    if not noon:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(found[0])
    return hour % 12 + (12 if noon == "下午" or noon.startswith("p") else 0)


def _day_number(text: str, zone: tzinfo) -> When:
    try:
        days = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not 61 <= days < 2_958_466:
        # Before March 1900 Excel counts a day that never was; 2958465 is the last day of 9999.
        raise ValueError(text)
    seconds = int((days * 86_400).to_integral_value())
    return When(
        _at((_EXCEL + timedelta(seconds=seconds)).replace(tzinfo=zone)), DAY if days == int(days) else SECOND
    )


def _at(told: datetime) -> int:
    since = told - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000
