"""Whether a restore was tried, passed, and lately."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.plan import Safety
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding

FRESH_DAYS = 30
_GITLAB = "https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/"

DRILL = Rule(
    "management.drill",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("No passed restore drill", "没有通过的恢复演练"),
    Text("A backup that nobody has restored is a hope.", "从未恢复过的备份只是一种希望。"),
    Text(
        "Restore to scratch, compare everything, and give the result with --facts.",
        "请恢复到临时位置并全面比对，再用 --facts 提供结果。",
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
    elif not drill.passed:
        yield finding(
            DRILL,
            Text("the last one, of {day}, failed", "最近一次（{day}）未通过"),
            day=drill.finished.date(),
        )
    elif (drill.finished.date() - safety.today).days > 1:
        yield finding(DRILL, Text("it is dated in the future", "其日期在未来"))
    elif (days := (safety.today - drill.finished.date()).days) > FRESH_DAYS:
        says = Text(
            "the last one is {days} days old, at most {most} are fresh",
            "最近一次在 {days} 天前，要求不超过 {most} 天",
        )
        yield finding(DRILL, says, days=days, most=FRESH_DAYS)


CHECK = Check(Safety, (DRILL,), _judge)
