"""
May we start?  Ready, ready with risks, or not ready: for each wave, and in all.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from lading.model.text import Text
from lading.stages.readiness.findings import Finding, Severity
from lading.stages.readiness.waivers import Waiver


class Level(IntEnum):
    """How ready; a higher one is worse."""

    READY = 0
    RISKS = 1
    NOT_READY = 2


WORDS: Mapping[Level, Text] = {
    Level.READY: Text("Ready", "已就绪"),
    Level.RISKS: Text("Ready with risks", "可以开始，但有风险"),
    Level.NOT_READY: Text("Not ready", "未就绪"),
}
_OF = {Severity.BLOCKER: Level.NOT_READY, Severity.RISK: Level.RISKS, Severity.ADVICE: Level.READY}


@dataclass(frozen=True, slots=True)
class Stand:
    """How ready one wave is, or all: *counts* of findings that stand, by severity, and of those *waived*."""

    level: Level
    counts: Mapping[Severity, int]
    waived: int
    reasons: tuple[Finding, ...]
    """The findings of the worst severity that stand; none where it is ready."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The stand *overall*, of each of *waves*, and which findings are *waived* (by key) by whom."""

    overall: Stand
    waves: Mapping[str, Stand]
    waived: Mapping[str, Waiver]
    expired: tuple[Waiver, ...]
    """Waivers that would cover a finding and have ended."""


def verdict(
    findings: Sequence[Finding], waivers: Iterable[Waiver], waves: Iterable[str], today: date
) -> Verdict:
    """
    The verdict on *today*.

    A finding of no wave concerns all of them; a waiver counts through its last day.
    """
    given = tuple(waivers)
    valid = [it for it in given if it.until >= today]
    waived: dict[str, Waiver] = {}
    for finding in findings:
        covering = next((it for it in valid if it.covers(finding)), None)
        if covering is not None:
            waived[finding.key] = covering
    ended = [it for it in given if it.until < today]
    expired = tuple(it for it in ended if any(it.covers(one) and one.key not in waived for one in findings))
    names = tuple(dict.fromkeys((*waves, *(it.wave for it in findings if it.wave))))
    by_wave = {name: _stand([it for it in findings if it.wave in ("", name)], waived) for name in names}
    return Verdict(_stand(findings, waived), by_wave, waived, expired)


def _stand(findings: Sequence[Finding], waived: Mapping[str, Waiver]) -> Stand:
    standing = [it for it in findings if it.key not in waived]
    counts = {severity: sum(it.severity is severity for it in standing) for severity in Severity}
    level = max((_OF[it.severity] for it in standing), default=Level.READY)
    reasons = tuple(it for it in standing if _OF[it.severity] is level) if level is not Level.READY else ()
    return Stand(level, counts, len(findings) - len(standing), reasons)
