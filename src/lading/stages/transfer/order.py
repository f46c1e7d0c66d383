"""
What a person asks of a copy, and what they get.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lading.manifest.read import Manifest
from lading.model.fidelity import Contract
from lading.model.identity import IdentityMap
from lading.stages.transfer.plan import Plan
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.state import Pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person asked for."""

    rules: Rules
    old_limits: str = ""
    new_limits: str = ""
    new_pass: bool = False
    """Give up an unfinished pass and start another."""
    actor: str = "operator"
    who: Callable[[Manifest, Manifest], IdentityMap] | None = None
    """Who of OLD is who of NEW, by the manifests of both; needed where something goes along with the files."""
    only: str = ""
    """A local file of the only paths of OLD that are copied, as `lading.connectors.wrap.narrow` keeps them."""
    contract: Contract | None = None
    """What was announced to be lost."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A pass that has ended, its account, and how many seconds were *spent* on each stage of its plans in the sitting that ended it."""

    it: Pass
    account: dict[str, Any]
    resumed: bool
    spent: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planned:
    """A dry run; *existed* says whether NEW is there already."""

    plan: Plan
    existed: bool


def workers(asked: int | None) -> int:
    """Worker processes: as *asked*, else one for each processor, at most eight."""
    return asked or min(
        8, max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2)
    )
