"""
Write the list of rules in `docs/manual/checks.md` and its Chinese twin from the checks of `lading.stages.readiness`.

Usage: tools/checks_page.py [--write].  Without `--write` it only compares, and
ends with 1 if a page on disk is not the one that the rules give.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from lading.model.text import Language, Text
from lading.stages.readiness.findings import Rule
from lading.stages.readiness.judging import all_rules
from lading.stages.readiness.report.words import FAMILIES, OWNERS, SEVERITIES

MANUAL = Path(__file__).resolve().parent.parent / "docs" / "manual"
PAGES = {Language.EN: MANUAL / "checks.md", Language.ZH: MANUAL / "checks.zh-CN.md"}
MADE = "<!-- Made by `make pages` from src/lading/stages/readiness/checks; edit there. -->\n"
INTRO = Text(
    "# Rules of the assessment\n\n"
    + MADE
    + "\nWhat [lading assess](assess.md) looks for: each rule with the worst weight of its findings, whose job it is, why "
    "it matters, what to do, and the incident, standard or limit that taught it. What could not be found out is a finding too, "
    "of at most a risk. [中文](checks.zh-CN.md)\n",
    "# 评估规则\n\n"
    + MADE
    + "\n[lading assess](assess.zh-CN.md) 检查的全部内容：每条规则列出其问题的最高级别、由谁处理、为何重要、如何处理，以及所依据的事故、标准或限制。"
    "无法查明的情况也会列为问题，级别最高为风险。[English](checks.md)\n",
)
OWNER = Text("Owner", "负责人")
REMEDY = Text("What to do", "处理办法")
SOURCE = Text("Source", "依据")
NEVER = Text("cannot be waived", "不可豁免")


def page(language: Language) -> str:
    """The page in *language*."""
    parts = [INTRO.to(language)]
    for family, rules in groupby(all_rules(), lambda rule: rule.family):
        parts.append(f"\n## {FAMILIES[family].to(language)}\n")
        parts.extend(_rule(rule, language) for rule in rules)
    return "".join(parts)


def _rule(rule: Rule, language: Language) -> str:
    title, reason, remedy, taught = (
        text.to(language) for text in (rule.title, rule.reason, rule.remedy, rule.taught)
    )
    severity = SEVERITIES[rule.severity.name.lower()].to(language)
    never = "" if rule.waivable else f" · {NEVER.to(language)}"
    heads = (
        f"**{severity}** · `{rule.code}`{never}",
        f"{OWNER.to(language)}: {OWNERS[rule.owner].to(language)}",
    )
    lines = (f"{REMEDY.to(language)}: {remedy}", f"{SOURCE.to(language)}: {taught}")
    if language is Language.ZH:
        heads, lines = (
            tuple(it.replace(": ", "：", 1) for it in heads),
            tuple(it.replace(": ", "：", 1) for it in lines),
        )
    return f"\n### {title}\n\n{' · '.join(heads)}\n\n{reason}\n\n" + "".join(f"- {line}\n" for line in lines)


def main() -> int:
    """Compare or write, as the command line says."""
    if "--write" in sys.argv[1:]:
        for language, file in PAGES.items():
            file.write_text(page(language), encoding="utf-8")
        return 0
    stale = [
        file.name
        for language, file in PAGES.items()
        if not file.is_file() or file.read_text("utf-8") != page(language)
    ]
    for name in stale:
        sys.stderr.write(f"{name} does not say what the rules say: run `make pages`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
