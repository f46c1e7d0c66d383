"""What of the old drive will not arrive in the new one as it was, by the contract between the two."""

from __future__ import annotations

from dataclasses import dataclass

from lading.model.text import Text
from lading.stages.readiness.findings import Hit


@dataclass(frozen=True, slots=True)
class LossCount:
    """
    How many things of a *feature* one loss (*code*, see docs/manual/fidelity.md) happens to.

    *rights* says whether people, grants or links are meant, *whole* whether the things do not arrive at all.  *examples*
    are as shown, *hidden* counts those whose names the reader must not see, *hits* are people of the spaces of the examples.
    """

    code: str
    feature: Text
    says: Text
    then: Text
    count: int
    rights: bool
    whole: bool
    examples: tuple[str, ...] = ()
    hidden: int = 0
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Features of which not everything is known, and *why*; *minor* where nobody can help it."""

    why: Text
    code: str
    features: tuple[Text, ...]
    minor: bool


@dataclass(frozen=True, slots=True)
class FidelityFacts:
    """The losses and gaps of a contract."""

    losses: tuple[LossCount, ...] = ()
    gaps: tuple[Gap, ...] = ()
