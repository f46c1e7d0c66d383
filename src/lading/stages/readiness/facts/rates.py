"""Rates that somebody measured: of a line, a server, a trial copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RateFacts:
    """
    How fast *where* moves data, in bytes per second: *low*, *likely* and *high*, measured.

    *objects* is how many objects per second it handles besides, None if nobody measured.
    """

    KIND: ClassVar[str] = "rate"
    VERSION: ClassVar[int] = 1

    where: str
    likely: float
    low: float | None = None
    high: float | None = None
    objects: float | None = None
    bytes: int | None = None
    """What of the content goes through *where*; None: all of it."""

    def rates(self) -> tuple[RateFacts, ...]:
        """Itself: other facts that know rates have such a method too."""
        return (self,)


FACTS = (RateFacts,)
