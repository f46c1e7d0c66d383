"""
What stands in headers of an answer: dates, lengths, ranges.

Pure functions; what makes no sense is None.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

SECOND = 1_000_000_000
_MONTHS = {
    name: number
    for number, name in enumerate("JanFebMarAprMayJunJulAugSepOctNovDec"[i : i + 3] for i in range(0, 36, 3))
}
_HTTP_DATE = re.compile(
    r"[A-Za-z]{3,9}, (\d\d)[ -]([A-Z][a-z]{2})[ -](\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC|\+0000)"
)
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


def moment(text: str | None) -> int | None:
    """Nanoseconds of an RFC 1123 date, None if it is none."""
    found = _HTTP_DATE.fullmatch(text.strip()) if text else None
    if not found:
        return None
    day, month, year, hour, minute, second = found.groups()
    try:
        number = _MONTHS[month] + 1
        when = datetime(int(year), number, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
    except (KeyError, ValueError):
        return None
    leap = int(second) - min(int(second), 59)
    return (int(when.timestamp()) + leap) * SECOND


def length_of(text: str | None) -> int | None:
    """A count of bytes, None if *text* is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def content_range(text: str | None) -> tuple[int | None, int | None, int | None] | None:
    """First byte, last byte and total of a `Content-Range`, None where it says `*`; None if it is none."""
    found = _RANGE.fullmatch(text.strip()) if text else None
    if not found:
        return None
    first, last, total = (None if part in (None, "*") else int(part) for part in found.groups())
    return first, last, total
