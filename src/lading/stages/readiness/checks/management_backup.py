"""Whether there is a whole backup, not too old: as the plan says."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.plan import PlanFacts
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding

FRESH_DAYS = 7
_GITLAB = "https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/"

BACKUP = Rule(
    "management.backup",
    Severity.BLOCKER,
    Owner.SERVER_TEAM,
    Text("No fresh whole backup of the old drive", "没有旧网盘近期的完整备份"),
    Text(
        "Whatever goes wrong, there is no way back to the documents as they were.",
        "一旦出错，就无法恢复到原来的文件。",
    ),
    Text(
        "Back the old drive up (lading vault backup) and note the day in the plan.",
        "请备份旧网盘（lading vault backup），并在计划中记下日期。",
    ),
    Text(f"GitLab's outage of 2017: {_GITLAB}", f"GitLab 2017 年的故障：{_GITLAB}"),
)


def _judge(plan: PlanFacts) -> Iterator[Finding]:
    if plan.backup is None:
        yield finding(BACKUP, Text("none is known", "没有备份记录"))
    elif plan.backup > plan.today:
        yield finding(BACKUP, Text("it is dated in the future", "其日期在未来"))
    elif (days := (plan.today - plan.backup).days) > FRESH_DAYS:
        says = Text(
            "the last one is {days} days old, at most {most} are fresh",
            "最近一次在 {days} 天前，要求不超过 {most} 天",
        )
        yield finding(BACKUP, says, days=days, most=FRESH_DAYS)


CHECK = Check(PlanFacts, (BACKUP,), _judge)
