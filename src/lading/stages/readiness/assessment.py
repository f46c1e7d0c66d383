"""
One assessment as a whole, and as JSON; what changed since the one before.

The format is `docs/formats/assessment.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lading.model.text import Text
from lading.stages.readiness.duration import Estimate
from lading.stages.readiness.facts.plan import Age
from lading.stages.readiness.findings import Finding, Severity
from lading.stages.readiness.plain import to_plain
from lading.stages.readiness.verdict import Stand, Verdict
from lading.stages.readiness.waivers import Waiver, to_facts

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Changes:
    """Keys of findings that are new since the assessment *since*, gone, and still there; *since* None: it is the first."""

    since: str | None
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    same: int = 0


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found *at* a time about the move from *old* to *new* ("" if not named); *owners* are names by role."""

    old: str
    new: str
    at: datetime
    findings: tuple[Finding, ...]
    verdict: Verdict
    estimate: Estimate
    changes: Changes
    looked: tuple[Age, ...] = ()
    owners: Mapping[str, str] | None = None


def changes(findings: Sequence[Finding], earlier: Mapping[str, Any] | None) -> Changes:
    """What is other than in the *earlier* assessment, a document that `to_document` made."""
    if earlier is None:
        return Changes(None)
    before = [it["key"] for it in earlier["findings"]]
    now = [it.key for it in findings]
    return Changes(
        str(earlier["at"]),
        tuple(key for key in now if key not in set(before)),
        tuple(key for key in before if key not in set(now)),
        len(set(now) & set(before)),
    )


def to_document(it: Assessment) -> dict[str, Any]:
    """*it* as plain JSON."""
    found = it.verdict
    return {
        "format": FORMAT,
        "old": it.old,
        "new": it.new,
        "at": it.at.isoformat(timespec="seconds"),
        "verdict": _stand(found.overall),
        "waves": {name: _stand(stand) for name, stand in found.waves.items()},
        "estimate": {
            **{name: _rounded(getattr(it.estimate, name)) for name in ("least", "likely", "most")},
            "binds": it.estimate.binds,
            "missing": _both(it.estimate.missing),
        },
        "changes": to_plain(it.changes),
        "facts": [to_plain(age) for age in it.looked],
        "owners": dict(it.owners or {}),
        "findings": [finding_facts(one, found.waived.get(one.key)) for one in it.findings],
        "expired_waivers": [to_facts(one) for one in found.expired],
    }


def finding_facts(it: Finding, waiver: Waiver | None = None) -> dict[str, Any]:
    """*it* as plain JSON, and the *waiver* that covers it."""
    rule = it.rule
    return {
        "key": it.key,
        "code": rule.code,
        "severity": it.severity.name.lower(),
        "owner": rule.owner.value,
        "wave": it.wave,
        "subject": it.subject,
        "count": it.count,
        "title": _both(rule.title),
        "says": _both(it.says),
        "reason": _both(rule.reason),
        "remedy": _both(rule.remedy),
        "taught": _both(rule.taught),
        "evidence": to_plain(it.evidence),
        "hits": [to_plain(hit) for hit in it.hits],
        "waivable": rule.waivable,
        "waived": to_facts(waiver) if waiver else None,
    }


def _stand(it: Stand) -> dict[str, Any]:
    return {
        "level": it.level.name.lower(),
        **{
            f"{severity.name.lower()}s" if severity is not Severity.ADVICE else "advice": count
            for severity, count in it.counts.items()
        },
        "waived": it.waived,
        "reasons": [reason.key for reason in it.reasons],
    }


def _both(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"en": text.en, "zh": text.zh}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(min(seconds, 1e12), 1)
