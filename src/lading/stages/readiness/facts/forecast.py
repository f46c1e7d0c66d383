"""How long a copy would take, by a trial: what `lading forecast` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lading.stages.readiness.facts.rates import RateFacts


@dataclass(frozen=True, slots=True)
class CostFacts:
    """Seconds that something costs however little is moved, and for each file, folder, byte, version and row."""

    fixed: float = 0.0
    file: float = 0.0
    folder: float = 0.0
    byte: float = 0.0
    version: float = 0.0
    row: float = 0.0


@dataclass(frozen=True, slots=True)
class ForecastFacts:
    """
    The whole copy from *old* to *new* takes *seconds*, between *least* and *most*; the term *binds* of *costs* has most of it.

    *files*, *folders*, *bytes* and *versions* are what the copy moves, *portions* how many were tried, *tried* their seconds in all.
    """

    KIND: ClassVar[str] = "forecast"
    VERSION: ClassVar[int] = 1

    old: str
    new: str
    files: int
    folders: int
    bytes: int
    versions: int
    seconds: float
    least: float
    most: float
    binds: str
    costs: CostFacts
    portions: int = 0
    tried: float = 0.0

    def rates(self) -> tuple[RateFacts, ...]:
        """The rate at which the bytes of this very copy move, all that the copy costs besides included; none where it makes no sense."""
        if min(self.bytes, self.least) <= 0 or not self.least <= self.seconds <= self.most:
            return ()
        likely, low, high = (self.bytes / it for it in (self.seconds, self.most, self.least))
        return (RateFacts(f"{self.old} → {self.new}", likely, low, high),)


FACTS = (ForecastFacts,)
