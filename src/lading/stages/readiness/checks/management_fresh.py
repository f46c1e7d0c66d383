"""Whether what the assessment rests on is there, and not too old."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.plan import Looked
from lading.stages.readiness.findings import Check, Family, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding, unknown

FRESH_DAYS = 30
"""Days after which any fact is too old to start on."""
MANIFEST_DAYS = 14
"""The same for a manifest: people go on working."""
NAMES = {
    Family.COMPATIBILITY: Text("nobody looked at the clients that people use", "未检查用户使用的客户端"),
    Family.NETWORK: Text("nobody probed the network at the branches", "未探测各分支机构的网络"),
    Family.SERVERS: Text("nobody looked at the servers", "未检查服务器"),
    Family.CONTENT: Text("nobody looked at the content", "未检查内容"),
    Family.RIGHTS: Text("nobody looked at rights and people", "未检查权限与人员"),
    Family.BUDGETS: Text("nobody counted the calls that the platforms allow", "未核算平台允许的调用次数"),
    Family.MANAGEMENT: Text("there is no plan (--plan)", "没有计划（--plan）"),
}

STALE = Rule(
    "management.stale_facts",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Facts that are too old", "依据过旧"),
    Text(
        "Lines, servers and people have changed since; the verdict is about an estate that is no more.",
        "线路、服务器和人员此后已有变化；结论所依据的状况已不存在。",
    ),
    Text("Probe or scan again, then assess again.", "请重新探测或扫描，然后重新评估。"),
    Text("Engineering rule: a gate opens on fresh evidence only", "工程规则：只有新的证据才能放行"),
)
MISSING = Rule(
    "management.missing_facts",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Facts that nobody gathered", "无人收集的依据"),
    Text("What nobody looked at cannot be called ready.", "没有检查过的内容不能称为就绪。"),
    Text(
        "Gather them and give the files with --facts, or say why they do not matter in a waiver.",
        "请收集并用 --facts 提供，或在豁免中说明为何无关。",
    ),
    Text("Engineering rule: silence never counts as good news", "工程规则：没有消息不等于好消息"),
)
_YOUNGER = Text("it is dated in the future: is a clock wrong?", "其日期在未来：时钟是否有误？")


def _judge(looked: Looked) -> Iterator[Finding]:
    for age in looked.ages:
        days = (looked.now - age.at).total_seconds() / 86_400
        most = MANIFEST_DAYS if age.kind == "manifest" else FRESH_DAYS
        if days < -1:
            yield finding(STALE, _YOUNGER, subject=age.name, evidence={"at": age.at.isoformat()})
        elif days > most:
            says = Text(
                "{days:.0f} days old, at most {most} are fresh", "已有 {days:.0f} 天，要求不超过 {most} 天"
            )
            yield finding(
                STALE, says, subject=age.name, days=days, most=most, evidence={"at": age.at.isoformat()}
            )
    for family in looked.missing:
        yield unknown(MISSING, NAMES[family], subject=family.value)


CHECK = Check(Looked, (STALE, MISSING), _judge)
