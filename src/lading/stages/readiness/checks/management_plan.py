"""Whether there is a plan, and whether it is whole: goal, people, approvals, waves, risks, provider."""

from __future__ import annotations

from collections.abc import Iterator

from lading.model.text import Text
from lading.stages.readiness.facts.plan import PlanFacts, WavePlan
from lading.stages.readiness.findings import OWNERS as ROLE_WORDS
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding, unknown

ROLES = tuple(role for role in Owner if role is not Owner.PROVIDER)
"""Roles that every upgrade has to name somebody for."""
_TSB = "https://tsb.co.uk/news-releases/slaughter-and-may.html"
_TAUGHT = Text(
    f"TSB's migration of 2018, independent review: {_TSB}", f"TSB 2018 年系统迁移的独立审查：{_TSB}"
)
_RULE = Text(
    "Engineering rule: a step without an owner is done by nobody", "工程规则：没有负责人的步骤不会有人去做"
)

INCOMPLETE = Rule(
    "management.plan_incomplete",
    Severity.BLOCKER,
    Owner.IT_LEAD,
    Text("The plan is not complete", "计划不完整"),
    Text(
        "A start without goal, scope, windows, answers to risks and a way back is a start in a rush.",
        "没有目标、范围、窗口、风险对策和退路就开始，是仓促上马。",
    ),
    Text("Write down what is missing.", "请补充所缺内容。"),
    _TAUGHT,
)
OWNERS = Rule(
    "management.owners",
    Severity.BLOCKER,
    Owner.IT_LEAD,
    Text("Roles without a name", "未指定人员的角色"),
    Text(
        "Findings go to a role; where nobody has it, nobody acts.",
        "问题按角色分派；角色无人担任，就无人处理。",
    ),
    Text("Name one person for each role.", "请为每个角色指定一人。"),
    _RULE,
)
APPROVAL = Rule(
    "management.approval",
    Severity.BLOCKER,
    Owner.BUSINESS_OWNER,
    Text("Nobody but the author has approved the plan", "除作者外无人批准计划"),
    Text("Who wrote a plan does not see what it lacks.", "编写计划的人看不到其中的缺漏。"),
    Text("Have somebody who answers for the business read and approve it.", "请由对业务负责的人审阅并批准。"),
    Text(
        "Separation of duties: NIST SP 800-53 AC-5, https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
        "职责分离：NIST SP 800-53 AC-5，https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
    ),
    waivable=False,
)
DEALS = Rule(
    "management.deal_date",
    Severity.BLOCKER,
    Owner.BUSINESS_OWNER,
    Text("A window lies on a day of a deal", "迁移窗口与交易日期冲突"),
    Text(
        "On the day of a drawdown or a signing nobody may look for a document.",
        "在提款日或签约日，绝不能找不到文件。",
    ),
    Text("Move the window or the space to another wave.", "请调整窗口，或将该空间移至其他批次。"),
    _RULE,
)
TRAINING = Rule(
    "management.training",
    Severity.RISK,
    Owner.DEPARTMENT_HEAD,
    Text("Too few people of a wave are trained", "批次中受训人员不足"),
    Text(
        "People who do not know the new way go back to mail and memory sticks.",
        "不熟悉新方式的人会重新使用邮件和 U 盘。",
    ),
    Text("Train them before the window, or move it.", "请在窗口之前完成培训，或推迟窗口。"),
    _RULE,
)
PROVIDER = Rule(
    "management.provider",
    Severity.RISK,
    Owner.IT_LEAD,
    Text(
        "An outside provider is not assessed, or its access has no end",
        "外部服务商未经评估，或其访问没有期限",
    ),
    Text("The firm answers for what its provider does.", "服务商的行为由公司负责。"),
    Text(
        "Assess it against what it promises, and give its access an end.",
        "请对照其承诺进行评估，并为其访问设置期限。",
    ),
    _TAUGHT,
)
PAST = Rule(
    "management.window_past",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("A window that lies in the past", "窗口已经过去"),
    Text("The plan is older than what it plans.", "计划已经落后于实际。"),
    Text("Set a new window, or take the wave out.", "请重新确定窗口，或移除该批次。"),
    _RULE,
)


def _judge(plan: PlanFacts) -> Iterator[Finding]:
    yield from _missing(plan)
    named = {role for role, name in plan.owners if name.strip()}
    lacking = [role for role in ROLES if role.value not in named]
    if lacking:
        says = Text("{count} {count:role has|roles have} no name: {en}", "{count} 个角色未指定人员：{zh}")
        en = ", ".join(ROLE_WORDS[role].en for role in lacking)
        zh = "、".join(ROLE_WORDS[role].zh for role in lacking)
        evidence = {"roles": [role.value for role in lacking]}
        yield finding(OWNERS, says, count=len(lacking), evidence=evidence, en=en, zh=zh)
    author = plan.author.strip().casefold()
    if not any(it.by.strip() and it.by.strip().casefold() != author for it in plan.approvals):
        own = bool(plan.approvals)
        says = (
            Text("only its author approved it", "仅由作者本人批准")
            if own
            else Text("nobody approved it", "无人批准")
        )
        yield finding(APPROVAL, says)
    if plan.deals is None:
        yield unknown(DEALS, Text("the plan names no deals ([[deal]])", "计划未列出交易（[[deal]]）"))
    for wave in plan.waves:
        yield from _wave(plan, wave)
    yield from _providers(plan)


def _missing(plan: PlanFacts) -> Iterator[Finding]:
    lacks = {
        Text("goal", "目标"): not plan.goal.strip(),
        Text("scope", "范围"): not plan.scope.strip(),
        Text("author", "作者"): not plan.author.strip(),
        Text("way back", "退路"): not plan.way_back.strip(),
        Text("waves", "批次"): not plan.waves,
        Text("risks with answers", "风险及对策"): not plan.risks
        or any(not it.answer.strip() for it in plan.risks),
    }
    found = [word for word, lack in lacks.items() if lack]
    if found:
        says = Text("missing: {en}", "缺少：{zh}")
        en, zh = ", ".join(it.en for it in found), "、".join(it.zh for it in found)
        yield finding(
            INCOMPLETE, says, count=len(found), en=en, zh=zh, evidence={"missing": [it.en for it in found]}
        )


def _wave(plan: PlanFacts, wave: WavePlan) -> Iterator[Finding]:
    lacks = {
        Text("spaces", "空间"): not wave.spaces,
        Text("window", "窗口"): wave.starts is None or not wave.hours,
        Text("owner", "负责人"): not wave.owner.strip(),
    }
    if found := [word for word, lack in lacks.items() if lack]:
        says = Text("the wave has no {en}", "该批次缺少：{zh}")
        en, zh = ", ".join(it.en for it in found), "、".join(it.zh for it in found)
        yield finding(INCOMPLETE, says, count=len(found), wave=wave.name, en=en, zh=zh)
    if wave.starts is not None and wave.starts.date() < plan.today:
        yield finding(
            PAST, Text("it began on {day}", "开始日期为 {day}"), wave=wave.name, day=wave.starts.date()
        )
    yield from _clashes(plan, wave)
    yield from _trained(plan, wave)


def _clashes(plan: PlanFacts, wave: WavePlan) -> Iterator[Finding]:
    """Only deals whose spaces are in the wave; their names stay unsaid, for they may be walled."""
    if wave.starts is None:
        return
    first, past = wave.starts.date(), wave.starts.hour + wave.starts.minute / 60
    days = {day for deal in plan.deals or () if set(deal.spaces) & set(wave.spaces) for day in deal.days}
    # In hours from the start on, for the last day may be the last that a calendar has.
    hit = sorted(
        day for day in days if day == first or 0 < (day - first).days * 24 - past < (wave.hours or 0)
    )
    if hit:
        says = Text(
            "{count} {count:day of its deals lies|days of its deals lie} in the window: {days}",
            "窗口内有 {count} 个交易日期：{days}",
        )
        listed = ", ".join(day.isoformat() for day in hit)
        yield finding(DEALS, says, count=len(hit), wave=wave.name, days=listed, evidence={"days": listed})


def _trained(plan: PlanFacts, wave: WavePlan) -> Iterator[Finding]:
    if wave.people is None or wave.trained is None:
        yield unknown(
            TRAINING, Text("the plan does not say how many are trained", "计划未说明受训人数"), wave=wave.name
        )
    elif wave.trained < plan.training_needed * wave.people:
        says = Text(
            "{trained} of {count} {count:person is|people are} trained, {needed:.0%} are needed",
            "{count} 人中已有 {trained} 人受训，要求达到 {needed:.0%}",
        )
        yield finding(
            TRAINING,
            says,
            count=wave.people,
            wave=wave.name,
            trained=wave.trained,
            needed=plan.training_needed,
        )


def _providers(plan: PlanFacts) -> Iterator[Finding]:
    if plan.providers is None:
        yield unknown(
            PROVIDER,
            Text(
                "the plan does not say whether there is one (provider = [] if none)",
                "计划未说明是否有服务商（没有则写 provider = []）",
            ),
        )
    for it in plan.providers or ():
        if it.assessed is None:
            yield finding(PROVIDER, Text("{subject} is not assessed", "{subject} 未经评估"), subject=it.name)
        elif it.access_ends is None:
            yield finding(
                PROVIDER,
                Text("the access of {subject} has no end", "{subject} 的访问没有期限"),
                subject=it.name,
            )


CHECK = Check(PlanFacts, (INCOMPLETE, OWNERS, APPROVAL, DEALS, TRAINING, PROVIDER, PAST), _judge)
