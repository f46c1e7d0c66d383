"""
What a person asked for: which drives, how much of them, at which pace.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.connectors.address import Address
from lading.connectors.wrap.policy import Policy


@dataclass(frozen=True, slots=True)
class Side:
    """A drive and how it is treated; *policy* refuses every change."""

    address: Address
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """
    How many files are read: all, *files* of them, or a *share* (0 to 1) of them.

    The larger of the two holds.  *seed* decides which: the same seed draws the same files.
    """

    files: int | None = None
    share: float | None = None
    seed: str = ""

    @property
    def whole(self) -> bool:
        """Whether everything is read."""
        return self.files is None and self.share is None

    def of(self, files: int) -> int:
        """How many of *files* are drawn."""
        asked = max(self.files or 0, -(-int(files * (self.share or 0.0) * 1_000_000) // 1_000_000))
        return min(files, max(1, asked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to verify, and what counts."""

    old: Side
    new: Side
    extent: Extent = Extent()
    ignore_extra: bool = False
    """What is in NEW only is listed and does not count as a difference."""
    mapped: str | None = None
    """A list of names that are others in NEW, in place of the one a copy left."""
    actor: str = "operator"
