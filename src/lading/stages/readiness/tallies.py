"""
From counts of entries to findings: what the checks of content have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lading.model.text import Text
from lading.stages.readiness.facts.content import ContentFacts, Tally
from lading.stages.readiness.findings import Check, Finding, Rule, Severity
from lading.stages.readiness.making import finding, size, unknown

WHY: Mapping[str, Text] = {
    "no_new": Text("no new drive was named to hold it against", "未指定新网盘，无法对照"),
    "not_scanned": Text(
        "the scan did not ask for it (lading scan --with all)", "扫描时未包含此项（lading scan --with all）"
    ),
    "not_told": Text("the old drive does not tell it", "旧网盘不提供此项"),
    "no_digest": Text(
        "contents were not read; scan with --digest to find equal files",
        "未读取内容；使用 --digest 扫描方可找出相同文件",
    ),
    "manifest_only": Text(
        "only a manifest was given; name the drive itself and --read-documents N to have documents opened",
        "仅给出清单；请指定网盘本身并使用 --read-documents N 以打开文档",
    ),
    "not_asked": Text(
        "no documents were opened; --read-documents N opens some",
        "未打开任何文档；--read-documents N 可抽查打开若干份",
    ),
}
"""Why something was not looked for."""
MINOR = frozenset({"not_told", "no_digest", "not_asked", "manifest_only"})
"""Reasons that nobody can help, or that only cost a closer look: no risk of the upgrade by themselves."""


class Line(NamedTuple):
    """What was counted, the rule that it meets, and the sentence, with `{count}`, `{size}`, `{most}`, `{saving}`."""

    what: str
    rule: Rule
    says: Text


def check_of(*lines: Line) -> Check:
    """A check that gives one finding for each of *lines* and each wave in which something was counted."""

    def judge(facts: ContentFacts) -> Iterator[Finding]:
        for line in lines:
            if line.what in facts.unknown:
                why = facts.unknown[line.what]
                # A newer program may know reasons that this one does not.
                text = WHY.get(why, Text("nobody looked for it", "无人检查"))
                yield unknown(line.rule, text, severity=Severity.ADVICE if why in MINOR else Severity.RISK)
            for wave, tally in sorted(facts.found.get(line.what, {}).items()):
                if tally.count:
                    yield _finding(line, wave, tally, facts.rate)

    return Check(ContentFacts, tuple(dict.fromkeys(line.rule for line in lines)), judge)


def _finding(line: Line, wave: str, tally: Tally, rate: float | None) -> Finding:
    evidence: dict[str, Any] = {"bytes": tally.bytes, "examples": list(tally.examples)}
    if tally.most:
        evidence["most"] = tally.most
    if tally.hidden:
        evidence["hidden"] = tally.hidden
    says = line.says
    if rate and "{saving}" in says.en:
        evidence["hours"] = round(tally.bytes / rate / 3600, 1)
    saving = (
        Text("", "")
        if "hours" not in evidence
        else Text(
            f", about {evidence['hours']:,} hours of transfer", f"，约 {evidence['hours']:,} 小时传输时间"
        )
    )
    filled = Text(says.en.replace("{saving}", saving.en), says.zh.replace("{saving}", saving.zh))
    return finding(
        line.rule,
        filled,
        count=tally.count,
        wave=wave,
        evidence=evidence,
        hits=tally.hits,
        size=size(tally.bytes),
        most=f"{tally.most:,}",
    )
