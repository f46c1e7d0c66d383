"""Messages that an upgrade would send to people."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.budgets import MessageFacts
from lading.stages.readiness.findings import Check, Finding, Hit, Owner, Rule, Severity

MESSAGES = Rule(
    "budgets.messages",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("People would be flooded with messages", "人员将收到大量消息"),
    Text(
        "Thousands of cards in one night bury the one message that people should read, and the help desk with it.",
        "一夜数千条卡片会淹没真正应读的通知，也会压垮服务台。",
    ),
    Text(
        "Mute notices at the new system for the wave, and try it with one space.",
        "请在批次期间关闭新系统的通知，并先以一个空间试验。",
    ),
    Text(
        "WeDrive pushes a card for an upload unless skip_push_card is set: docs/manual/wedrive.md",
        "微盘上传默认推送卡片，除非设置 skip_push_card：docs/manual/wedrive.md",
    ),
)


def judge(facts: MessageFacts) -> Iterator[Finding]:
    """One finding where messages are sent, or nobody knows."""
    count = facts.cards + facts.mails
    if not count or facts.muted:
        return
    unknown = facts.muted is None
    said = Text(
        f"{'unknown whether they are muted: ' if unknown else ''}{facts.cards:,} cards, {facts.mails:,} mails to {facts.people:,} people",
        f"{'未知是否已关闭通知：' if unknown else ''}{facts.cards:,} 条卡片、{facts.mails:,} 封邮件，涉及 {facts.people:,} 人",
    )
    hits = (Hit(facts.people),) if facts.people else ()
    yield Finding(
        MESSAGES, Severity.RISK, facts.drive, count, said, {"cards": facts.cards, "mails": facts.mails}, hits
    )


CHECK = Check(MessageFacts, (MESSAGES,), judge)
