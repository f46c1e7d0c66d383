"""What a firm has decided about an upgrade: its plan, as far as it is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from lading.model.text import Text
from lading.stages.readiness.facts.rights import Some
from lading.stages.readiness.findings import Family


@dataclass(frozen=True, slots=True)
class WavePlan:
    """
    A wave: its *spaces*, when its window *starts* and how many *hours* it lasts, whose business it is (*owner*).

    *people* are those of the wave, *trained* those of them who had their training; None: not said.
    """

    name: str
    spaces: tuple[str, ...] = ()
    starts: datetime | None = None
    hours: float | None = None
    owner: str = ""
    people: int | None = None
    trained: int | None = None
    branches: tuple[str, ...] = ()
    """Branches over whose lines the content of the wave goes, as `lading probe --branch` calls them."""


@dataclass(frozen=True, slots=True)
class DealPlan:
    """A deal: the *spaces* it lives in, and the *days* on which nothing of them may move."""

    name: str
    spaces: tuple[str, ...] = ()
    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalPlan:
    """Who approved, and on which day."""

    by: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class RiskPlan:
    """A risk and the answer to it."""

    what: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """An outside provider: when it was assessed, and when its access ends."""

    name: str
    assessed: date | None = None
    access_ends: date | None = None


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """
    The plan as it is on *today*; None is what nobody wrote down.

    *owners* are names by role (`lading.stages.readiness.findings.Owner`).  *drill* and *backup* are when a restore was tried
    and whether it passed, and when the last whole backup ended.
    """

    KIND: ClassVar[str] = "plan"
    VERSION: ClassVar[int] = 1

    today: date
    goal: str = ""
    scope: str = ""
    author: str = ""
    way_back: str = ""
    owners: tuple[tuple[str, str], ...] = ()
    approvals: tuple[ApprovalPlan, ...] = ()
    waves: tuple[WavePlan, ...] = ()
    deals: tuple[DealPlan, ...] | None = None
    risks: tuple[RiskPlan, ...] = ()
    providers: tuple[ProviderPlan, ...] | None = None
    backup: date | None = None
    muted: bool | None = None
    """Whether notices of the new drive are switched off for the time of the waves."""
    training_needed: float = 0.9
    """Share of a wave's people who must be trained before it starts."""


@dataclass(frozen=True, slots=True)
class DrillFacts:
    """A restore that was tried (`docs/formats/drill.md`): when it *finished*, and why it does not count, nothing if it does."""

    finished: datetime
    reasons: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Safety:
    """The last drill, None if none is known, as it looks on *today*."""

    today: date
    drill: DrillFacts | None


@dataclass(frozen=True, slots=True)
class Scope:
    """Spaces of the drive that are in no wave, and spaces of waves that the drive does not have."""

    unplanned: Some
    absent: Some


@dataclass(frozen=True, slots=True)
class Age:
    """When what *name* names was gathered; *kind* is that of the facts."""

    name: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at for an assessment, at *now*; about the families in *missing* nobody gave any facts."""

    now: datetime
    ages: tuple[Age, ...] = ()
    missing: tuple[Family, ...] = ()


@dataclass(frozen=True, slots=True)
class Branches:
    """Branches that waves name and nobody has probed: pairs of a wave and a branch."""

    unprobed: tuple[tuple[str, str], ...] = ()
