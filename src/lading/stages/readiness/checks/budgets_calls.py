"""Calls that a platform allows, against those that an upgrade needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lading.model.text import Text
from lading.stages.readiness.calls import Way, calls_of, earliest, ways_out
from lading.stages.readiness.facts.budgets import CallFacts
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity

LONG = timedelta(days=30)
"""A copy that takes longer is overtaken by what people change meanwhile."""

CALLS = Rule(
    "budgets.calls",
    Severity.BLOCKER,
    Owner.IT_LEAD,
    Text("The platform allows too few calls", "平台允许的调用次数不足"),
    Text(
        "When the calls are used up the copy stands still until the next month, and so does every other program of the firm.",
        "调用额度用尽后，迁移须停到下月，公司的其他程序同样受阻。",
    ),
    Text("Take one of the ways out, or move the date.", "请采用其中一种办法，或调整日期。"),
    Text(
        'Published error 45009 of WeCom, "api freq out of limit"; see docs/manual/wedrive.md',
        "企业微信公开错误码 45009（api freq out of limit）；见 docs/manual/wedrive.md",
    ),
)
_LIMITS = {
    "second": Text("calls per second", "每秒调用次数"),
    "day": Text("calls per day", "每日调用次数"),
    "month": Text("calls per month", "每月调用次数"),
    "": Text("nothing", "无"),
}


def judge(facts: CallFacts) -> Iterator[Finding]:
    """At most one finding: too late, long, or not known."""
    allowance = facts.allowance
    if facts.local:
        return
    if (allowance.second, allowance.day, allowance.month) == (None, None, None):
        said = Text("unknown: how many calls the platform allows", "未知：平台允许的调用次数")
        yield Finding(CALLS, Severity.ADVICE, facts.drive, 1, said)
        return
    needed = calls_of(facts.spaces, facts.costs)
    found = earliest(needed.total, allowance, facts.start)
    late = found.day is None or (facts.due is not None and found.day > facts.due)
    if not late and (facts.due is not None or found.day is None or found.day - facts.start <= LONG):
        return
    ways = ways_out(facts)
    evidence = {
        "calls": {
            "scan": needed.scan,
            "copy": needed.copy,
            "versions": needed.versions,
            "verify": needed.verify,
        },
        "spaces": {it.name: calls_of([it], facts.costs).total for it in facts.spaces[:1000]},
        "not_before": str(found.day or ""),
        "binds": found.binds,
        "ways": [
            {"en": it.says.en, "zh": it.says.zh, "calls": it.calls, "not_before": str(it.earliest.day or "")}
            for it in ways
        ],
        "costs": facts.costs.source,
    }
    severity = Severity.BLOCKER if late else Severity.RISK
    yield Finding(
        CALLS,
        severity,
        facts.drive,
        needed.total,
        _said(needed.total, found.day, found.binds, ways),
        evidence,
    )


def _said(total: int, day: object, binds: str, ways: tuple[Way, ...]) -> Text:
    limit = _LIMITS[binds]
    en = "; ".join(
        f"{it.says.en}: {it.calls:,} calls, {it.earliest.day or 'not within ten years'}" for it in ways
    )
    zh = "；".join(f"{it.says.zh}：{it.calls:,} 次，{it.earliest.day or '十年内无法完成'}" for it in ways)
    return Text(
        f"{total:,} calls are needed, so not before {day or 'ten years'}; {limit.en} bind. Ways out: {en}",
        f"需要 {total:,} 次调用，不早于 {day or '十年后'} 完成；受限于{limit.zh}。可选办法：{zh}",
    )


CHECK = Check(CallFacts, (CALLS,), judge)
