"""
What the report says in one line, and why.

A pure decision over the facts.  The worst reason gives the headline; all of
them are listed, so that nothing bad hides behind something worse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from lading.evidence.report.facts import Account, Facts, Pass, Verification
from lading.evidence.report.rates import Sample
from lading.model.text import Text


class Level(IntEnum):
    """How good the news is; a higher one is worse."""

    GOOD = 0
    ATTENTION = 1
    BAD = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that decides, by a stable *code*."""

    level: Level
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst level, its code and headline, and every reason."""

    level: Level
    code: str
    headline: Text
    reasons: tuple[Reason, ...]


HEADLINES = {
    "complete": Text(
        "Everything that was to arrive arrived, and a second reading proves it",
        "应到达的全部到达，并经二次读取证实",
    ),
    "sampled": Text(
        "Everything that was to arrive arrived, and a second reading of a sample agrees",
        "应到达的全部到达，抽样二次读取结果一致",
    ),
    "nothing": Text("No copy has run yet", "尚未进行复制"),
    "running": Text("A run is at work: this is how far it is", "任务正在运行：以下为当前进度"),
    "unfinished": Text("Unfinished: the last pass did not come to its end", "未完成：最近一轮没有运行到底"),
    "unverified": Text("The account closes, but nothing was verified yet", "账目已平，但尚未校验"),
    "failures": Text("Not everything arrived: some objects failed", "未全部到达：部分对象失败"),
    "differences": Text("The second reading found differences", "二次读取发现差异"),
    "account_open": Text("The account does not close: do not switch over", "账目不平：请勿切换"),
    "ledger_broken": Text(
        "The records were changed: this report cannot be relied on", "记录被改动：本报告不可信赖"
    ),
}


def decide(facts: Facts) -> Verdict:
    """The verdict about *facts*; every rule is looked at, even after one has failed."""
    # Among equals "complete" comes last: whatever else there is to say limits it.
    reasons = tuple(sorted(_reasons(facts), key=lambda reason: (-reason.level, reason.code == "complete")))
    worst = reasons[0]
    return Verdict(worst.level, worst.code, HEADLINES[worst.code], reasons)


def _reasons(facts: Facts) -> Iterator[Reason]:
    yield from _about_ledger(facts)
    if not facts.passes:
        yield Reason(
            Level.ATTENTION,
            "nothing",
            Text("There is no pass in this state folder.", "此状态文件夹中没有任何轮次。"),
        )
        return
    last = facts.passes[-1]
    yield from _about_end(facts, last)
    for it in reversed(facts.passes):
        if it.account:
            yield from _about_account(it.number, it.account)
            break
    if last.account:
        yield from _about_verification(last.number, last.account, facts.verifications)


def _about_ledger(facts: Facts) -> Iterator[Reason]:
    ledger = facts.ledger
    if ledger.torn:
        text = Text(
            "The last record is torn off, as by a kill or a power cut; the next run sets it aside and says so.",
            "最后一条记录不完整，可能由于进程被终止或断电；下次运行会将其移出保存并记录。",
        )
        yield Reason(Level.ATTENTION, "unfinished", text)
    elif ledger.problem:
        yield Reason(
            Level.BAD,
            "ledger_broken",
            Text("The chain of records is broken; see “Ledger” below.", "记录链已断裂；详见下方“记录链”。"),
        )
    for it in facts.passes:
        if it.account:
            yield from _about_seal(
                it.sealed, Text(f"The account of pass {it.number}", f"第 {it.number} 轮的账目"), "unfinished"
            )
    for reading in facts.verifications:
        what = Text(f"The result of verification {reading.number}", f"第 {reading.number} 次校验的结果")
        yield from _about_seal(reading.sealed, what, "unverified")


def _about_seal(sealed: bool | None, what: Text, code: str) -> Iterator[Reason]:
    """A result that the ledger does not know proves nothing yet; one that it knows otherwise was changed."""
    if sealed is False:
        text = Text(
            f"{what.en} is not the one whose digest the ledger holds.", f"{what.zh}与记录链中所记摘要不符。"
        )
        yield Reason(Level.BAD, "ledger_broken", text)
    elif sealed is None:
        text = Text(
            f"{what.en} is not in the ledger. Run the same command again.",
            f"{what.zh}未写入记录链。请重新运行同一命令。",
        )
        yield Reason(Level.ATTENTION, code, text)


def _about_end(facts: Facts, last: Pass) -> Iterator[Reason]:
    if last.account:
        return
    done, parts = last.parts
    sample = last.last or Sample(0, 0, 0)
    so_far = f"{sample.objects:,}", f"{sample.bytes:,}"
    if facts.running:
        text = Text(
            f"Pass {last.number} is at work: {done} of {parts} partitions are done, {so_far[0]} objects with {so_far[1]} bytes so far.",
            f"第 {last.number} 轮正在运行：{parts} 个分区中已完成 {done} 个，目前 {so_far[0]} 个对象，{so_far[1]} 字节。",
        )
        yield Reason(Level.ATTENTION, "running", text)
    else:
        text = Text(
            f"Pass {last.number} stopped with {done} of {parts} partitions done, {so_far[0]} objects with {so_far[1]} bytes. Run the same command again; it goes on where it was.",
            f"第 {last.number} 轮已停止，{parts} 个分区中完成了 {done} 个，共 {so_far[0]} 个对象，{so_far[1]} 字节。重新运行同一命令，会从中断处继续。",
        )
        yield Reason(Level.ATTENTION, "unfinished", text)


def _about_account(number: int, account: Account) -> Iterator[Reason]:
    if not account.closed:
        text = Text(
            f"Pass {number}: found and accounted for are not equal. This is a fault of Lading.",
            f"第 {number} 轮：发现数与入账数不相等。这是 Lading 自身的错误。",
        )
        yield Reason(Level.BAD, "account_open", text)
        return
    text = Text(
        f"The account of pass {number} closes: every object found is in exactly one bucket.",
        f"第 {number} 轮账目已平：发现的每个对象都恰好归入一类。",
    )
    yield Reason(Level.GOOD, "complete", text)
    for bucket, en, zh in (
        ("excluded", "objects were excluded by rule", "个对象按规则排除"),
        ("waived", "objects failed and were waived by two people", "个对象失败但经两人批准豁免"),
    ):
        if left := account.whole.buckets[bucket].objects:
            yield Reason(
                Level.GOOD,
                "complete",
                Text(f"{left:,} {en}; they are listed below.", f"{left:,} {zh}，列表见下。"),
            )
    if account.losses:
        text = Text(
            "The new drive cannot keep everything; see below what.", "新网盘无法保留全部特性；详见下方。"
        )
        yield Reason(Level.GOOD, "complete", text)
    yield from _about_along(account)
    failed = account.whole.buckets["failed"].objects
    if failed:
        text = Text(
            f"{failed:,} objects failed; each is listed with its remedy.",
            f"{failed:,} 个对象失败，均已列出处理办法。",
        )
        yield Reason(Level.BAD, "failures", text)


def _about_along(account: Account) -> Iterator[Reason]:
    failed = sum(it.buckets.get("failed", 0) for it in account.along)
    if failed:
        text = Text(
            f"{failed:,} versions, rights or links failed; each is listed with its remedy, or with its file.",
            f"{failed:,} 个版本、权限或链接失败，均已列出处理办法，或随其文件列出。",
        )
        yield Reason(Level.BAD, "failures", text)
    if account.unannounced:
        codes = ", ".join(f"{code} ({count:,}/{allowed:,})" for code, count, allowed in account.unannounced)
        text = Text(
            f"Something was lost that the fidelity contract does not announce: {codes}.",
            f"出现保真约定未声明的损失：{codes}。",
        )
        yield Reason(Level.BAD, "failures", text)


def _about_verification(
    number: int, account: Account, readings: tuple[Verification, ...]
) -> Iterator[Reason]:
    after = [it for it in readings if it.started >= account.finished]
    if not after:
        text = Text(
            f"Nothing was verified since pass {number}. Run lading verify.",
            f"第 {number} 轮之后尚未校验。请运行 lading verify。",
        )
        yield Reason(Level.ATTENTION, "unverified", text)
        return
    it = after[-1]
    if not it.ok or any(it.differences.values()):
        count = sum(it.differences.values())
        text = Text(
            f"Verification {it.number} found {count:,} differences.",
            f"第 {it.number} 次校验发现 {count:,} 处差异。",
        )
        yield Reason(Level.BAD, "differences", text)
    elif it.mode == "full":
        text = Text(
            f"Verification {it.number} read all of both drives again and found no difference.",
            f"第 {it.number} 次校验重新完整读取了两侧网盘，未发现差异。",
        )
        yield Reason(Level.GOOD, "complete", text)
    else:
        text = Text(
            f"Verification {it.number} read a sample of both drives again and found no difference.",
            f"第 {it.number} 次校验抽样重新读取了两侧网盘，未发现差异。",
        )
        yield Reason(Level.GOOD, "sampled", text)
