"""
Which wrappers a drive is used through.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.connectors.api import Drive


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a drive is treated: plain data that can be handed to other processes."""

    attempts: int = 6
    """How often a call that failed with advice `retry` is tried in all."""
    read_only: bool = False
    """Refuse every change before it reaches the drive."""
    limits: str = ""
    """A weekly timetable of bandwidth and calls; see `lading.connectors.wrap.timetable`."""


def wrapped(drive: Drive, policy: Policy) -> Drive:
    """*drive* seen through the wrappers that *policy* asks for."""
    return drive
