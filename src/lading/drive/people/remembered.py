"""
What this process worked out about people, as long as the epoch of the drive stands still.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.conf import settings

Value = TypeVar("Value")
_MOST = 20_000


class Remembered(Generic[Value]):
    """
    A dictionary per epoch of the drive in use.

    An answer must be kept in the very dictionary that `at` gave before it was worked out:
    what was read before a change then never counts after it.
    """

    def __init__(self) -> None:
        # One value, so that another thread never sees the dictionary of one epoch under another.
        self._state: tuple[Any, int, dict[bytes, Value]] = (None, -1, {})

    def at(self, epoch: int) -> dict[bytes, Value]:
        """The dictionary of *epoch*; empty when the epoch has moved."""
        site, of_epoch, held = self._state
        if epoch != of_epoch or site is not settings.LADING_DRIVE or len(held) > _MOST:
            held = {}
            self._state = (settings.LADING_DRIVE, epoch, held)
        return held
