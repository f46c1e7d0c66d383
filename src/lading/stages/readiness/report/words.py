"""The words of an assessment for people, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lading.evidence.report.plot import duration
from lading.model.text import Text
from lading.stages.readiness.findings import OWNERS as OWNERS
from lading.stages.readiness.findings import Family, Severity
from lading.stages.readiness.making import Count

SUBJECTS: Mapping[tuple[str, str], Text] = {
    ("compatibility.blind", "logs"): Text("Logs", "日志"),
    ("compatibility.blind", "days"): Text("Days of logs", "日志天数"),
    ("compatibility.blind", "lines"): Text("Lines of the logs", "日志行"),
    ("compatibility.blind", "users"): Text("User names", "用户名"),
    ("compatibility.blind", "departments"): Text("Departments", "部门"),
    ("compatibility.blind", "kept"): Text("Calls kept apart", "分别统计的调用"),
}
"""Subjects that are no names: the words for people, by code and subject."""
SEVERITIES: Mapping[str, Text] = {
    "blocker": Text("Blocker", "阻断"),
    "risk": Text("Risk", "风险"),
    "advice": Text("Advice", "建议"),
}
FAMILIES: Mapping[str, Text] = {
    Family.COMPATIBILITY: Text("Compatibility", "兼容性"),
    Family.NETWORK: Text("Network", "网络"),
    Family.SERVERS: Text("Servers", "服务器"),
    Family.CONTENT: Text("Content", "内容"),
    Family.RIGHTS: Text("Rights", "权限"),
    Family.BUDGETS: Text("Budgets", "配额"),
    Family.MANAGEMENT: Text("Management", "管理"),
}
LEVELS: Mapping[str, Text] = {
    "ready": Text("Ready", "已就绪"),
    "risks": Text("Ready with risks", "可以开始，但有风险"),
    "not_ready": Text("Not ready", "未就绪"),
}
WEIGHT = {Severity(it).name.lower(): -int(it) for it in Severity}
_TAKES = Text(
    "{least} to {most}, most likely {likely}; what binds: {binds}",
    "{least} 至 {most}，最可能 {likely}；瓶颈：{binds}",
)
_UNKNOWN = Text("unknown: {why}", "情况不明：{why}")
_CHANGED = Text(
    "since {since}: {new} new, {gone} gone, {same} as before",
    "自 {since} 以来：新增 {new} 项，消失 {gone} 项，{same} 项不变",
)
_FIRST = Text("this is the first assessment", "这是首次评估")
_COUNTS = Text(
    "{blockers} {blockers:blocker|blockers}, {risks} {risks:risk|risks}, {advice} {advice:piece|pieces} of advice, {waived} waived",
    "阻断 {blockers} 项，风险 {risks} 项，建议 {advice} 项，已豁免 {waived} 项",
)
_MORE = Text("and {hidden} whose names are not shown here", "另有 {hidden} 项名称不在此显示")
_HIT = Text("{who}: {people:,} {people:person|people}", "{who}：{people} 人")
_CRITICAL = Text(
    "{who}: {people:,} {people:person|people}, {critical:,} of them critical",
    "{who}：{people} 人，其中关键人员 {critical} 人",
)
_ALL = Text("all", "全部")
_WAIVED = Text(
    "waived by {one} and {other} until {until}: {reason}", "由 {one} 和 {other} 豁免至 {until}：{reason}"
)


def counts(stand: Mapping[str, Any]) -> Text:
    """How many findings of each severity stand."""
    return _filled(
        _COUNTS, **{name: Count(stand[name]) for name in ("blockers", "risks", "advice", "waived")}
    )


def takes(estimate: Mapping[str, Any]) -> Text:
    """How long it takes, or why nobody knows."""
    if estimate["likely"] is None:
        why = estimate["missing"]
        return Text(_UNKNOWN.en.format(why=why["en"]), _UNKNOWN.zh.format(why=why["zh"]))
    spans = {name: duration(estimate[name]) for name in ("least", "likely", "most")}
    zh = {name: _chinese(span) for name, span in spans.items()}
    return Text(
        _TAKES.en.format(**spans, binds=estimate["binds"]), _TAKES.zh.format(**zh, binds=estimate["binds"])
    )


def changed(changes: Mapping[str, Any]) -> Text:
    """What changed since the last time."""
    if changes["since"] is None:
        return _FIRST
    news = {"new": len(changes["new"]), "gone": len(changes["gone"])}
    return _filled(_CHANGED, since=changes["since"][:16].replace("T", " "), same=changes["same"], **news)


def more(hidden: int) -> Text:
    """That *hidden* names are left out."""
    return _filled(_MORE, hidden=hidden)


def hit(told: Mapping[str, Any]) -> Text:
    """Whom a finding hits."""
    who = " · ".join(part for part in (told["branch"], told["department"]) if part)
    said = _CRITICAL if told["critical"] else _HIT
    facts = {"people": Count(told["people"]), "critical": told["critical"]}
    return Text(said.en.format(who=who or _ALL.en, **facts), said.zh.format(who=who or _ALL.zh, **facts))


def waived(told: Mapping[str, Any]) -> Text:
    """Who waived a finding, and why."""
    one, other = told["by"]
    return _filled(_WAIVED, one=one, other=other, until=told["until"], reason=told["reason"])


def text(told: Mapping[str, str]) -> Text:
    """A text of a document."""
    return Text(told["en"], told["zh"])


def subject(it: Mapping[str, Any]) -> Text:
    """What the finding *it* (as `finding_facts` made it) is about: its name as it is, or words."""
    name = str(it["subject"])
    return SUBJECTS.get((it["code"], name)) or Text(name, name)


def by_owner(document: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """The findings of *document* by owner, the owner of the worst first; worst first with each; waived ones last."""
    ranked = sorted(
        document["findings"], key=lambda it: (it["waived"] is not None, WEIGHT[it["severity"]], it["key"])
    )
    owners: dict[str, list[Mapping[str, Any]]] = {}
    for finding in ranked:
        owners.setdefault(finding["owner"], []).append(finding)
    return owners


def _chinese(span: str) -> str:
    for unit, word in (("min", "分"), ("d", "天"), ("h", "小时"), ("s", "秒")):
        span = span.replace(f" {unit}", f" {word}")
    return span


def _filled(said: Text, **facts: object) -> Text:
    return Text(said.en.format(**facts), said.zh.format(**facts))
