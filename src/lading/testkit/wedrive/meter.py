"""
Frequency: calls in the running minute and hour, and who has to wait (section 2.3).

Kept in memory: a restart forgets it, the monthly quota it does not.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(slots=True)
class _Window:
    begun: float = 0.0
    calls: int = 0
    blocked_until: float = 0.0


class Meter:
    """Windows by name; a window begins with its first call."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()
        self._under_way = 0

    def blocked(self, name: str, now: float) -> bool:
        """Whether the penalty of *name* lasts."""
        with self._lock:
            window = self._windows.get(name)
            return window is not None and now < window.blocked_until

    def add(self, name: str, now: float, length: int, limit: int, penalty: int) -> bool:
        """
        Count one call in a window of *length* seconds; false from the one on that is over *limit*.

        It stays false for *penalty* seconds.  Limit 0 counts nothing.
        """
        if not limit:
            return True
        with self._lock:
            window = self._windows.setdefault(name, _Window())
            if now < window.blocked_until:
                return False
            if not window.begun <= now < window.begun + length:
                window.begun, window.calls = now, 0
            window.calls += 1
            if window.calls > limit:
                window.blocked_until = now + penalty
                window.calls = 0
                return False
            return True

    def enter(self, limit: int) -> bool:
        """One more call is under way; false if that is more than *limit*, and then it is not counted."""
        with self._lock:
            if limit and self._under_way >= limit:
                return False
            self._under_way += 1
            return True

    def leave(self) -> None:
        with self._lock:
            self._under_way -= 1

    def forget(self) -> None:
        """Begin all windows anew."""
        with self._lock:
            self._windows.clear()
