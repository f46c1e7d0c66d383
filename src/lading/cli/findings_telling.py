"""Findings on the terminal and in JSON, as the commands tell them that gather facts."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from lading.cli.output import say, speak
from lading.model.text import Language, Text
from lading.stages.readiness.findings import Finding, Severity
from lading.stages.readiness.plain import to_plain

SEVERITIES = {
    Severity.BLOCKER: Text("BLOCKER", "阻断"),
    Severity.RISK: Text("risk", "风险"),
    Severity.ADVICE: Text("advice", "建议"),
}
_NONE = Text("Nothing was found that stands in the way.", "未发现妨碍升级的问题。")
_LINE = Text("{severity}: {title}: {subject}: {said}", "{severity}：{title}：{subject}：{said}")
_REMEDY = Text("    → {remedy} [{code}]", "    → {remedy} [{code}]")
_PEOPLE = Text("    people hit: {hits}", "    受影响人员：{hits}")


def tell_findings(findings: Iterable[Finding]) -> None:
    """Say each finding with its remedy and the people hit, the worst first."""
    told = False
    for it in findings:
        told = True
        say(
            _LINE,
            severity=speak(SEVERITIES[it.severity]),
            title=speak(it.rule.title),
            subject=it.subject,
            said=speak(it.says),
        )
        if it.hits:
            say(
                _PEOPLE,
                hits=" · ".join(
                    f"{hit.department or '?'}/{hit.branch or '?'} {hit.people:,} ({hit.critical:,}!)"
                    for hit in it.hits[:8]
                ),
            )
        say(_REMEDY, remedy=speak(it.rule.remedy), code=it.rule.code)
    if not told:
        say(_NONE)
    sys.stdout.flush()


def told_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The same for `--json`, in both languages."""
    return [
        {
            "code": it.rule.code,
            "severity": it.severity.name.lower(),
            "owner": it.rule.owner.value,
            "subject": it.subject,
            "count": it.count,
            "says": {language.value: it.says.to(language) for language in Language},
            "remedy": {language.value: it.rule.remedy.to(language) for language in Language},
            "evidence": to_plain(it.evidence),
            "hits": to_plain(it.hits),
        }
        for it in findings
    ]
