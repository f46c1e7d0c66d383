"""What was worked out about people, kept in the memory of one process while it holds."""

from __future__ import annotations

import threading
from typing import Generic, Protocol, TypeVar

from django.conf import settings
from django.db import connection


class Timed(Protocol):
    """Something that holds until a time (None: as long as the epoch)."""

    @property
    def until(self) -> int | None: ...


T = TypeVar("T", bound=Timed)


class Kept(Generic[T]):
    """
    Values by principal, all of one epoch of one drive; a newer epoch empties it.

    At *most* so many are held; then the oldest goes.  Safe between threads.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._of: tuple[str, str, int] = ("", "", -1)
        self._values: dict[int, T] = {}

    def get(self, principal: int, epoch: int, now: int) -> T | None:
        """What is known of *principal* in *epoch*, unless it has expired."""
        with self._lock:
            value = self._values.get(principal) if self._of == _drive(epoch) else None
        if value is None or (value.until is not None and value.until <= now):
            return None
        return value

    def put(self, principal: int, epoch: int, value: T) -> None:
        """Keep *value*, unless something of a newer epoch is known already."""
        drive = _drive(epoch)
        with self._lock:
            if self._of[:2] == drive[:2] and self._of[2] > epoch:
                return
            if self._of != drive:
                self._of, self._values = drive, {}
            self._values.pop(principal, None)
            while len(self._values) >= self._most:
                del self._values[next(iter(self._values))]
            self._values[principal] = value

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._of, self._values = ("", "", -1), {}


def _drive(epoch: int) -> tuple[str, str, int]:
    return settings.LADING_DRIVE["home"], str(connection.settings_dict["NAME"]), epoch
