"""The emulator's time: that of the machine, moved or held still by a test."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """*held* is the time it stands still at, in Unix seconds; otherwise *offset* is added to the machine's."""

    held: float | None = None
    offset: float = 0.0

    def now(self) -> float:
        """Unix seconds."""
        return self.held if self.held is not None else time.time() + self.offset

    def advanced(self, seconds: float) -> Clock:
        """This clock moved on; one that stands still still stands."""
        if self.held is not None:
            return Clock(self.held + seconds)
        return Clock(None, self.offset + seconds)


def month_of(now: float, utc_offset: int) -> str:
    """
    The calendar month of *now* where midnight is *utc_offset* seconds before that of UTC.

    >>> month_of(0, 8 * 3600)
    '1970-01'
    """
    return f"{datetime.fromtimestamp(0, UTC) + timedelta(seconds=now + utc_offset):%Y-%m}"
