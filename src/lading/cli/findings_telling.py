"""Findings on the terminal and in JSON, as all commands tell them that judge facts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from lading.cli.output import say, speak
from lading.evidence.report.words import harmless
from lading.model.text import Text
from lading.stages.readiness.assessment import finding_facts
from lading.stages.readiness.findings import Finding
from lading.stages.readiness.report import words

_LINE = Text(
    "  {severity} · {title}{where}: {says} [{code}]", "  {severity} · {title}{where}：{says} [{code}]"
)
_NONE = Text("Nothing was found that stands in the way.", "未发现妨碍升级的问题。")
_SHOWN = 8


def tell_findings(findings: Iterable[Finding]) -> None:
    """Say each finding with its remedy and the people hit, the worst first."""
    told = told_findings(findings)
    for it in told:
        tell_finding(it)
    if not told:
        say(_NONE)
    sys.stdout.flush()


def told_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The same for `--json`, in both languages."""
    return [finding_facts(it) for it in findings]


def tell_finding(it: Mapping[str, Any]) -> None:
    """Say a finding that `finding_facts` made: what, who is hit, examples, and what to do."""
    about = (it["wave"], plainly(words.subject(it)))
    where = "".join(f" · {harmless(name)}" for name in about if name)
    severity, title = plainly(words.SEVERITIES[it["severity"]]), plainly(words.text(it["title"]))
    says = harmless(plainly(words.text(it["says"])), 1000)
    line(speak(_LINE, severity=severity, title=title, where=where, says=says, code=it["code"]))
    for hit in it["hits"][:_SHOWN]:
        line(f"      {harmless(plainly(words.hit(hit)))}")
    for example in it["evidence"].get("examples", ())[:3]:
        line(f"      {harmless(example)}")
    if hidden := it["evidence"].get("hidden"):
        line(f"      {plainly(words.more(hidden))}")
    if it["waived"]:
        line(f"    ✓ {harmless(plainly(words.waived(it['waived'])), 500)}")
    else:
        line(f"    → {plainly(words.text(it['remedy']))}")


def plainly(text: Text) -> str:
    """*text*, in which braces are nothing but braces."""
    return speak(Text("{en}", "{zh}"), en=text.en, zh=text.zh)


def line(text: str) -> None:
    """Write one line."""
    sys.stdout.write(text + "\n")
