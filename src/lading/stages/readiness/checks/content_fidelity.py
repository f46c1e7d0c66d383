"""What will not arrive as it was: losses of the fidelity contract, and what it knows nothing of."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.fidelity import FidelityFacts, LossCount
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding, unknown

_CONTRACT = Text(
    "Sign the contract that accepts it (lading fidelity --sign), or choose what keeps it.",
    "请签署接受该损失的约定（lading fidelity --sign），或改用能够保留它的方案。",
)
LOST = Rule(
    "content.lost",
    Severity.RISK,
    Owner.BUSINESS_OWNER,
    Text("What of the content does not arrive as it was", "内容中无法原样到达的部分"),
    Text(
        "Comments, versions, labels, times: what nobody was told of is missed on the day it is needed.",
        "评论、历史版本、标签、时间：未事先告知的损失，往往在急需之日才被发现。",
    ),
    _CONTRACT,
    Text(
        "Each loss is a documented limit of one of the drives: docs/manual/fidelity.md",
        "每项损失均为某一网盘的公开限制：docs/manual/fidelity.md",
    ),
)
RIGHTS_LOST = Rule(
    "rights.lost",
    Severity.RISK,
    Owner.SECURITY,
    Text("What of rights and links does not arrive as it was", "权限与链接中无法原样到达的部分"),
    Text(
        "Lading never gives more than there was, so somebody will have less and ask for it on the first morning.",
        "Lading 从不授予多于原有的权限，因此会有人权限减少，并在上线首日提出。",
    ),
    _CONTRACT,
    Text(
        "Each loss is a documented limit of one of the drives: docs/manual/fidelity.md",
        "每项损失均为某一网盘的公开限制：docs/manual/fidelity.md",
    ),
)
GAP = Rule(
    "content.fidelity_unknown",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Features of which nobody knows what becomes", "去向不明的内容"),
    Text(
        "A contract with a gap is not signed: the loss would be found by those who need the thing.",
        "有缺口的约定不予签署：损失将由需要它的人发现。",
    ),
    Text(
        "Scan with --all features (lading scan --with all), or accept the gap (lading fidelity --waive).",
        "请扫描全部内容（lading scan --with all），或接受缺口（lading fidelity --waive）。",
    ),
    Text("Engineering rule: silence never counts as good news", "工程规则：没有消息不等于好消息"),
)


def _judge(facts: FidelityFacts) -> Iterator[Finding]:
    for it in facts.losses:
        yield _loss(it)
    for gap in facts.gaps:
        severity = Severity.ADVICE if gap.minor else Severity.RISK
        en, zh = ", ".join(it.en for it in gap.features), "、".join(it.zh for it in gap.features)
        why = Text(f"{gap.why.en}: {en}", f"{gap.why.zh}：{zh}")
        found = unknown(GAP, Text("{en}", "{zh}"), subject=gap.code, severity=severity, en=why.en, zh=why.zh)
        yield found


def _loss(it: LossCount) -> Finding:
    then = Text(f". {it.then.en}" if it.then.en else "", f"。{it.then.zh}" if it.then.zh else "")
    says = Text("{count:,} × {feature}: {says}{then}", "{count:,} × {feature}：{says}{then}")
    filled = Text(
        says.en.format(count=it.count, feature=it.feature.en, says=it.says.en, then=then.en),
        says.zh.format(count=it.count, feature=it.feature.zh, says=it.says.zh, then=then.zh),
    )
    evidence = {"loss": it.code, "examples": list(it.examples)} | ({"hidden": it.hidden} if it.hidden else {})
    rule = RIGHTS_LOST if it.rights else LOST
    # Who keeps the thing and loses something of its times can live with it; less of a right is felt.
    severity = Severity.RISK if it.whole or it.rights else Severity.ADVICE
    plain = Text("{filled_en}", "{filled_zh}")
    return finding(
        rule, plain, subject=it.code, count=it.count, severity=severity, evidence=evidence, hits=it.hits,
        filled_en=filled.en, filled_zh=filled.zh,
    )  # fmt: skip


CHECK = Check(FidelityFacts, (LOST, RIGHTS_LOST, GAP), _judge)
