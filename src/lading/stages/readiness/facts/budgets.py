"""Calls and messages as planned resources: what an upgrade needs, and what the platform allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SpaceLoad:
    """What one space holds, itself among its *folders*; *blocks* are those of its *large* files, *small* files need none."""

    name: str
    folders: int = 0
    small: int = 0
    large: int = 0
    blocks: int = 0
    versions: int = 0
    """Earlier versions that go along."""
    grants: int = 0
    """Entries that are asked for their rights one by one; 0 where rights do not go along."""

    @property
    def files(self) -> int:
        """Small and large ones."""
        return self.small + self.large


@dataclass(frozen=True, slots=True)
class CallCosts:
    """
    Calls that one thing costs on the drive whose calls are counted; 0 where that drive has no part in it.

    *block* is what each block of a large file costs besides; *source* says where the figures come from.
    """

    listing: float = 1.0
    folder: float = 0.0
    small: float = 1.0
    large: float = 1.0
    block: float = 0.0
    version: float = 0.0
    grant: float = 0.0
    reading_back: float = 1.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the platform allows; None is no known limit. *used* calls of the month are gone already."""

    second: float | None = None
    day: int | None = None
    month: int | None = None
    used: int = 0


@dataclass(frozen=True, slots=True)
class CallFacts:
    """
    The calls of an upgrade on the drive *drive* of kind *kind*, from *start* on, to be done by *due* (None: not said).

    *local* drives have no calls to count.
    """

    KIND: ClassVar[str] = "calls"
    VERSION: ClassVar[int] = 1

    drive: str
    kind: str
    start: date
    costs: CallCosts
    allowance: Allowance
    spaces: tuple[SpaceLoad, ...] = ()
    due: date | None = None
    local: bool = False


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """
    Messages that people would get: *cards* in chats, *mails*; *muted* is None where nobody knows whether they are sent.
    """

    KIND: ClassVar[str] = "messages"
    VERSION: ClassVar[int] = 1

    drive: str
    cards: int = 0
    mails: int = 0
    people: int = 0
    muted: bool | None = None


FACTS = (CallFacts, MessageFacts)
