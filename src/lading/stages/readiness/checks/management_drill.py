"""Whether a restore was tried, passed, and lately."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.plan import Safety
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding

_GITLAB = "https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/"

DRILL = Rule(
    "management.drill",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("No passed restore drill", "没有通过的恢复演练"),
    Text("A backup that nobody has restored is a hope.", "从未恢复过的备份只是一种希望。"),
    Text(
        "Restore to scratch, compare everything (lading drill), and give the result with --drill.",
        "请恢复到临时位置并全面比对（lading drill），再用 --drill 提供结果。",
    ),
    Text(
        f"GitLab's outage of 2017, where none of the ways of backup worked: {_GITLAB}",
        f"GitLab 2017 年的故障，各种备份方式均未奏效：{_GITLAB}",
    ),
)


def _judge(safety: Safety) -> Iterator[Finding]:
    drill = safety.drill
    if drill is None:
        yield finding(DRILL, Text("none is known", "没有演练记录"))
    elif drill.reasons:
        says = Text("the one of {day} does not count: {en}", "{day} 的演练不能作数：{zh}")
        en, zh = "; ".join(it.en for it in drill.reasons), "；".join(it.zh for it in drill.reasons)
        yield finding(DRILL, says, day=drill.finished.date(), en=en, zh=zh)


CHECK = Check(Safety, (DRILL,), _judge)
