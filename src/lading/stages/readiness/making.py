"""Findings made from rules and figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lading.model.text import Text
from lading.stages.readiness.findings import Finding, Hit, Rule, Severity

UNKNOWN = Text("Unknown: {why}", "情况不明：{why}")


class Count(int):
    """A number that knows its words: `{count:file is|files are}` is the first for one, the second for all others."""

    def __format__(self, spec: str) -> str:
        if "|" not in spec:
            return format(int(self), spec)
        one, many = spec.split("|")
        return one if self == 1 else many


def finding(
    rule: Rule,
    says: Text,
    *,
    subject: str = "",
    count: int = 1,
    wave: str = "",
    severity: Severity | None = None,
    evidence: Mapping[str, Any] | None = None,
    hits: tuple[Hit, ...] = (),
    **figures: object,
) -> Finding:
    """*rule* met, with the places of *says* filled from *count*, *subject* and *figures*."""
    filled = {"count": Count(count), "subject": subject, **figures}
    said = Text(says.en.format(**filled), says.zh.format(**filled))
    weight = rule.severity if severity is None else min(severity, rule.severity)
    return Finding(rule, weight, subject, count, said, dict(evidence or {}), hits, wave)


def unknown(
    rule: Rule,
    why: Text,
    *,
    subject: str = "",
    wave: str = "",
    severity: Severity = Severity.RISK,
    **figures: object,
) -> Finding:
    """Nobody could find out whether *rule* is met: a risk at most, never silence."""
    filled = Text(why.en.format(**figures), why.zh.format(**figures))
    said = Text(UNKNOWN.en.format(why=filled.en), UNKNOWN.zh.format(why=filled.zh))
    weight = min(rule.severity, severity, Severity.RISK)
    return Finding(rule, weight, subject, 0, said, {"unknown": True}, (), wave)


def size(amount: float) -> str:
    """*amount* bytes in a unit that fits."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:,.0f} {unit}" if unit == "B" else f"{amount:,.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"
