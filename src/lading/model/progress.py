"""
How far a piece of work has come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """What has been done so far in *stage*; totals are None until they are known."""

    stage: str
    objects: int
    bytes: int
    objects_total: int | None = None
    bytes_total: int | None = None


Publish = Callable[[Progress], None]


def nobody_listens(progress: Progress) -> None:
    """Publish to nobody."""
