"""
Read a plan: a TOML file with waves, windows, deals, people and approvals (`docs/manual/assess.md`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Any

from lading.manifest.files import local_errors
from lading.model.errors import BadPlan
from lading.model.paths import encode
from lading.model.text import Text
from lading.stages.readiness.facts.plan import (
    ApprovalPlan,
    DealPlan,
    PlanFacts,
    ProviderPlan,
    RiskPlan,
    WavePlan,
)
from lading.stages.readiness.findings import Owner
from lading.stages.readiness.plain import from_plain

LARGEST = 4 << 20
LONGEST = 1000
"""Hours of a window at most."""
_TABLES = {
    "wave": WavePlan,
    "deal": DealPlan,
    "approval": ApprovalPlan,
    "risk": RiskPlan,
    "provider": ProviderPlan,
}
_FIELDS = {
    "wave": "waves",
    "deal": "deals",
    "approval": "approvals",
    "risk": "risks",
    "provider": "providers",
}
_PLAIN = ("goal", "scope", "author", "way_back", "backup", "muted", "training_needed")


@dataclass(frozen=True, slots=True)
class Critical:
    """What makes a file critical: patterns of paths, and labels; and who is."""

    patterns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """Ids, logins or mail addresses of people whom a wave cannot do without."""


def read_plan(file: str, today: date) -> tuple[PlanFacts, Critical]:
    """
    The plan in *file* as it stands *today*, and which files are critical.

    Raises:
        DriveError: it cannot be read.
        BadPlan: it cannot be understood; a word that means nothing is refused.
    """
    with local_errors(file), open(file, "rb") as stream:
        raw = stream.read(LARGEST + 1)
    try:
        if len(raw) > LARGEST:
            raise ValueError("larger than 4 MiB")
        return plan_from(tomllib.loads(raw.decode("utf-8")), today)
    except (ValueError, OverflowError, RecursionError) as problem:
        raise BadPlan(file, Text(str(problem), str(problem))) from None


def plan_from(told: Mapping[str, Any], today: date) -> tuple[PlanFacts, Critical]:
    """
    The plan that the tables in *told* say.

    Raises:
        ValueError: they say none; the message names the place.
    """
    _known(told, {*_PLAIN, *_TABLES, "owners", "critical"}, "the plan")
    owners = told.get("owners", {})
    if not isinstance(owners, dict):
        raise ValueError("owners is not a table")
    _known(owners, {role.value for role in Owner}, "owners")
    values = {name: _plain(told[name]) for name in _PLAIN if name in told}
    for name, kind in _TABLES.items():
        if name in told:
            values[_FIELDS[name]] = _rows(name, kind, told[name])
    values["owners"] = [[role, _plain(who)] for role, who in owners.items()]
    plan: PlanFacts = from_plain(PlanFacts, {"today": today.isoformat(), **values})
    if not 0 <= plan.training_needed <= 1:
        raise ValueError("training_needed is not between 0 and 1")
    if any(wave.hours is not None and not 0 < wave.hours <= LONGEST for wave in plan.waves):
        raise ValueError(f"hours of a wave are not between 0 and {LONGEST}")
    if len({wave.name for wave in plan.waves}) < len(plan.waves):
        raise ValueError("two waves have one name")
    taken = [space for wave in plan.waves for space in wave.spaces]
    if len(set(taken)) < len(taken):
        raise ValueError("a space is in two waves")
    return plan, from_plain(Critical, _plain(told.get("critical", {})))


def waves_of(plan: PlanFacts) -> dict[str, str]:
    """The wave of each space, by its encoded name."""
    return {encode((space.strip("/"),)): wave.name for wave in plan.waves for space in wave.spaces}


def _rows(name: str, kind: type, told: Any) -> list[Any]:
    if not isinstance(told, list) or not all(isinstance(row, dict) for row in told):
        raise ValueError(f"{name} is no list of [[{name}]] tables")
    for number, row in enumerate(told, 1):
        _known(row, {it.name for it in fields(kind)}, f"{name} {number}")
    return [_plain(row) for row in told]


def _known(told: Mapping[str, Any], names: set[str], place: str) -> None:
    if odd := [name for name in told if name not in names]:
        raise ValueError(f"{place}: there is no {odd[0]!r}; there are: {', '.join(sorted(names))}")


def _plain(value: Any) -> Any:
    """TOML as JSON has it: days and times as text, a time of today's place made whole."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.astimezone()).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
