"""What was found in the content of the old drive, counted by wave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from lading.stages.readiness.findings import Hit


@dataclass(frozen=True, slots=True)
class Tally:
    """
    How many entries, their *bytes*, and some of them by path as it is shown.

    *most* is the largest figure among them where there is one (characters, bytes, entries of a folder);
    *hidden* counts entries whose names the reader must not see: none of them is among the *examples*.
    *hits* are people who may change something in the spaces concerned.
    """

    count: int
    bytes: int = 0
    examples: tuple[str, ...] = ()
    most: int = 0
    hidden: int = 0
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """
    What of a drive's content bears on an upgrade.

    *found* has for each thing that was looked for the waves in which it was found ("" where there are no waves); *unknown*
    says why something was not looked for, as a code of `lading.stages.readiness.tallies.WHY`.  *rate* is the measured
    throughput in bytes per second, None if nobody measured.
    """

    KIND: ClassVar[str] = "content"
    VERSION: ClassVar[int] = 1

    place: str
    files: int
    folders: int
    bytes: int
    found: Mapping[str, Mapping[str, Tally]] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    documents: int = 0
    """Documents that were opened."""
    rate: float | None = None


FACTS = (ContentFacts,)
