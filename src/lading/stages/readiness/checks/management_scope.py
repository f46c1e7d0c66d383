"""Whether the waves of the plan and the spaces of the drive are the same."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.plan import Scope
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding

_RULE = Text(
    "Engineering rule: closed accounting, each space is in one wave or left behind knowingly",
    "工程规则：账目须结平，每个空间或属于某一批次，或在知情的情况下舍弃",
)
UNPLANNED = Rule(
    "management.space_unplanned",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Spaces that are in no wave", "不属于任何批次的空间"),
    Text("They stay on the old drive, and are lost with it.", "它们会留在旧网盘上，并随之丢失。"),
    Text(
        "Put each into a wave, or waive the finding for what stays behind.",
        "请将每个空间编入批次；对确定舍弃者予以豁免。",
    ),
    _RULE,
)
ABSENT = Rule(
    "management.space_absent",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Spaces of the plan that the old drive does not have", "计划中存在而旧网盘中没有的空间"),
    Text(
        "A misspelt name leaves the space that was meant out of its wave.",
        "名称写错会使真正的空间不在其批次中。",
    ),
    Text(
        "Correct the plan, or scan with an account that sees them.",
        "请更正计划，或使用可见这些空间的账号扫描。",
    ),
    _RULE,
)


def _judge(scope: Scope) -> Iterator[Finding]:
    for rule, some in ((UNPLANNED, scope.unplanned), (ABSENT, scope.absent)):
        if some.count:
            evidence = {"examples": list(some.examples)} | ({"hidden": some.hidden} if some.hidden else {})
            yield finding(
                rule,
                Text("{count:,} {count:space|spaces}", "{count:,} 个空间"),
                count=some.count,
                evidence=evidence,
            )


CHECK = Check(Scope, (UNPLANNED, ABSENT), _judge)
