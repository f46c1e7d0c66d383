"""Machines that work with the old drive by themselves, and how far the logs can be trusted at all."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.compatibility import ClientFacts, Integration
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

ENOUGH_DAYS = 28
"""Days of logs in which the work of a month's end shows."""
BROKEN_SHARE = 0.05

MISSING = Rule(
    "compatibility.integration_calls",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Integrations whose calls the new system does not have", "所用调用在新系统中不存在的集成"),
    Text(
        "Nobody sits before them: they fail in the night, and a report or a backup is missing days later.",
        "它们无人值守：夜间失败，数日后才发现缺少报表或备份。",
    ),
    Text(
        "Find the owner of the account, and change and try the integration before the wave.",
        "请找到该账号的负责人，并在批次之前完成集成的改造与测试。",
    ),
    Text(
        "RFC 4918 names the methods of WebDAV; everything beside them differs from system to system",
        "WebDAV 的方法由 RFC 4918 规定，其余接口因系统而异",
    ),
)
PRESENT = Rule(
    "compatibility.integration",
    Severity.ADVICE,
    Owner.IT_LEAD,
    Text("Integrations that have to be pointed to the new system", "需要改接到新系统的集成"),
    Text(
        "Addresses and accounts change, even where all calls are there.",
        "即使调用都具备，地址和账号也会改变。",
    ),
    Text(
        "Give each a new account and address, with its owner's name.",
        "请为每项集成分配新账号和地址，并登记负责人。",
    ),
    Text("Engineering rule: whoever calls must be told of the move", "工程规则：每个调用方都须获知迁移"),
)
BLIND = Rule(
    "compatibility.blind",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("What the logs cannot tell", "日志无法说明的情况"),
    Text(
        "A client that no log shows is found by its user on the first day.",
        "日志中没有出现的客户端，将在首日由使用者发现。",
    ),
    Text(
        "Gather logs of four weeks with user names and user agents, and a table of people.",
        "请收集四周包含用户名与用户代理的日志，并提供人员表。",
    ),
    Text(
        "Engineering rule: work at the end of a month shows only in a month of logs",
        "工程规则：月末工作只有整月日志才能体现",
    ),
)


def judge(facts: ClientFacts) -> Iterator[Finding]:
    """One finding for each integration, and one for each thing that cannot be known."""
    for it in facts.integrations:
        yield _integration(it)
    for subject, count, said in _unknown(facts):
        yield Finding(BLIND, Severity.RISK, subject, count, said)


def _integration(it: Integration) -> Finding:
    evidence = {
        "program": it.program,
        "calls": it.calls,
        "why": list(it.why),
        "operations": dict(it.operations),
        "missing": list(it.missing),
    }
    subject = f"{it.account} · {it.program}"
    if not it.missing:
        said = Text(
            f"{it.calls:,} calls, all of kinds that the new system has", f"{it.calls:,} 次调用，新系统均支持"
        )
        return Finding(PRESENT, Severity.ADVICE, subject, it.calls, said, evidence)
    lost = sum(it.operations[name] for name in it.missing)
    some = ", ".join(it.missing[:5])
    more = len(it.missing) - 5
    said = Text(
        f"{lost:,} of {it.calls:,} calls are of kinds that the new system has not: {some}{f', and {more} more' if more > 0 else ''}",
        f"{it.calls:,} 次调用中有 {lost:,} 次新系统不支持：{some}{f'，另有 {more} 种' if more > 0 else ''}",
    )
    return Finding(MISSING, Severity.RISK, subject, lost, said, evidence)


def _unknown(facts: ClientFacts) -> Iterator[tuple[str, int, Text]]:
    if not facts.lines:
        yield "logs", 0, Text("unknown: no log was given, only devices", "未知：未提供日志，仅有设备表")
        return
    days = (facts.last - facts.first).days + 1 if facts.first and facts.last else 0
    if days < ENOUGH_DAYS:
        yield (
            "days",
            days,
            Text(
                f"unknown: the logs cover {days} days, {ENOUGH_DAYS} are needed",
                f"未知：日志仅覆盖 {days} 天，需要 {ENOUGH_DAYS} 天",
            ),
        )
    if facts.broken > BROKEN_SHARE * facts.lines:
        yield (
            "lines",
            facts.broken,
            Text(
                f"unknown: {facts.broken:,} of {facts.lines:,} lines cannot be read",
                f"未知：{facts.lines:,} 行中有 {facts.broken:,} 行无法读取",
            ),
        )
    if facts.unnamed > facts.people:
        yield (
            "users",
            facts.unnamed,
            Text(
                f"unknown: {facts.unnamed:,} addresses without a user name, against {facts.people:,} people",
                f"未知：{facts.unnamed:,} 个地址没有用户名，而已知人员为 {facts.people:,} 人",
            ),
        )
    if facts.unplaced is None or facts.unplaced:
        count = facts.people if facts.unplaced is None else facts.unplaced
        yield (
            "departments",
            count,
            Text(f"unknown: the departments of {count:,} people", f"未知：{count:,} 人所属的部门"),
        )
    if facts.forgotten:
        yield (
            "kept",
            facts.forgotten,
            Text(
                f"unknown: {facts.forgotten:,} calls of more people and programs than are kept apart",
                f"未知：{facts.forgotten:,} 次调用的人员与程序超出了分别统计的上限",
            ),
        )


CHECK = Check(ClientFacts, (MISSING, PRESENT, BLIND), judge)
