"""What the rights of the old drive, and who becomes whom, mean for an upgrade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lading.stages.readiness.findings import Hit


@dataclass(frozen=True, slots=True)
class Some:
    """How many, and a few of them by name; *hidden* of them have names that the reader must not see."""

    count: int
    examples: tuple[str, ...] = ()
    hidden: int = 0
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class RightsFacts:
    """
    Counts of what is odd in the rights; None is what could not be found out.

    *unmapped* are active principals without a counterpart in NEW, *wider* groups that have more people there; *crossing*
    people on both sides of a wall; *ownerless* spaces that only people who left may manage; *open_links* links for anybody
    with neither password nor end, *endless_links* those with a password alone; *everybody* grants to everybody; *ownerless_guests* guests without an active owner,
    *endless_guests* guests without an end; *breaks* breaks of inheritance; *single* grants to single people, of *grants* in all;
    *gains* people who could do more in NEW than in OLD as both stand now.
    """

    KIND: ClassVar[str] = "rights"
    VERSION: ClassVar[int] = 1

    place: str
    unmapped: Some | None = None
    uncertain: Some | None = None
    wider: Some | None = None
    crossing: Some | None = None
    ownerless: Some | None = None
    open_links: Some | None = None
    everybody: Some | None = None
    ownerless_guests: Some | None = None
    endless_guests: Some | None = None
    breaks: Some | None = None
    single: Some | None = None
    grants: int | None = None
    gains: Some | None = None
    endless_links: Some | None = None
