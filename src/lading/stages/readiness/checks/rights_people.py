"""Rights: who has no counterpart, who gains, what stands open, and how far it sprawls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lading.model.text import Text
from lading.stages.readiness.facts.rights import RightsFacts, Some
from lading.stages.readiness.findings import Check, Finding, Owner, Rule, Severity
from lading.stages.readiness.making import finding, unknown

MANY_BREAKS = 50
"""Breaks of inheritance up to which nobody need look at them."""
SPRAWL = 0.5
"""Share of grants to single people from which it is sprawl, if there are `MANY_GRANTS`."""
MANY_GRANTS = 200

_LEAST = Text(
    "Least privilege: NIST SP 800-53 AC-6, https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
    "最小权限：NIST SP 800-53 AC-6，https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
)
_ACCOUNTS = Text(
    "Account management: NIST SP 800-53 AC-2, https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
    "账号管理：NIST SP 800-53 AC-2，https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
)

UNMAPPED = Rule(
    "rights.unmapped",
    Severity.BLOCKER,
    Owner.IT_LEAD,
    Text("People and groups without a counterpart in the new drive", "在新网盘中没有对应者的人员和群组"),
    Text(
        "Their grants are left out: on the first morning they see nothing.",
        "其授权不会迁移：上线首日他们什么也看不到。",
    ),
    Text(
        "Create them in the new drive, or correct the map (lading identity --write, --map).",
        "请在新网盘中创建，或更正映射表（lading identity --write、--map）。",
    ),
    _ACCOUNTS,
)
UNCERTAIN = Rule(
    "rights.uncertain",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("People whose counterpart is not certain", "对应关系不确定的人员"),
    Text(
        "A namesake would get the rights of another; Lading gives nothing until somebody decides.",
        "同名者可能获得他人的权限；在有人决定之前，Lading 不授予任何权限。",
    ),
    Text(
        "Decide line by line in the map (lading identity --write).",
        "请在映射表中逐行决定（lading identity --write）。",
    ),
    _ACCOUNTS,
)
WIDER = Rule(
    "rights.wider",
    Severity.RISK,
    Owner.SECURITY,
    Text("Groups that have more people in the new drive", "在新网盘中成员更多的群组"),
    Text("A grant to them would reach people whom it did not reach.", "对它们的授权会惠及原本没有权限的人。"),
    Text(
        "Bring the members in line, or accept it by name in the map.", "请统一成员，或在映射表中按名称接受。"
    ),
    _LEAST,
)
CROSSING = Rule(
    "rights.wall",
    Severity.BLOCKER,
    Owner.SECURITY,
    Text("People on both sides of a wall between deals", "同时位于项目隔离墙两侧的人员"),
    Text(
        "Inside information passes between deals; the upgrade would carry it on and document it.",
        "内幕信息会在项目之间流动；升级会延续并留下记录。",
    ),
    Text(
        "Take one of the two grants back (lading access walls says which).",
        "请收回两项授权之一（lading access walls 会指明）。",
    ),
    Text(
        "Information barriers: Securities Law of the PRC, article 128; FCA SYSC 10.2",
        "信息隔离：《中华人民共和国证券法》第一百二十八条；FCA SYSC 10.2",
    ),
    waivable=False,
)
GAINS = Rule(
    "rights.gains",
    Severity.BLOCKER,
    Owner.SECURITY,
    Text("People who can do more in the new drive than in the old one", "在新网盘中权限多于旧网盘的人员"),
    Text(
        "What was closed to them stands open from the first pass on, long before anybody looks.",
        "原本不可见的内容从首轮复制起就对其开放，而此时尚无人检查。",
    ),
    Text(
        "Take the grants back in the new drive; lading access diff names each and its cause.",
        "请在新网盘中收回这些授权；lading access diff 会逐一列出及其原因。",
    ),
    _LEAST,
)
OWNERLESS = Rule(
    "rights.ownerless",
    Severity.RISK,
    Owner.DEPARTMENT_HEAD,
    Text("Spaces that nobody active may manage", "没有在职管理者的空间"),
    Text(
        "Nobody can accept them after the move, or give and take rights.",
        "迁移后无人能够验收，也无人能授予或收回权限。",
    ),
    Text("Name a manager for each.", "请为每个空间指定管理者。"),
    _ACCOUNTS,
)
OPEN_LINKS = Rule(
    "rights.open_links",
    Severity.RISK,
    Owner.SECURITY,
    Text("Links to the outside with neither password nor end", "既无密码也无期限的外部链接"),
    Text(
        "Whoever has the address reads along, for ever; the new address would give them a second life.",
        "得到网址的任何人可永久读取；新网址会使其延续。",
    ),
    Text(
        "End them, or give them a password and an end, before the move.", "请在迁移前终止，或设置密码和期限。"
    ),
    Text(
        "CWE-284, improper access control: https://cwe.mitre.org/data/definitions/284.html",
        "CWE-284，访问控制不当：https://cwe.mitre.org/data/definitions/284.html",
    ),
)
ENDLESS_LINKS = Rule(
    "rights.endless_links",
    Severity.ADVICE,
    Owner.SECURITY,
    Text("Links to the outside with a password, but without an end", "有密码但无期限的外部链接"),
    Text(
        "A password is passed on with the address; nobody remembers after the move who still reads along.",
        "密码会随网址一同转发；迁移之后已无人记得谁仍在读取。",
    ),
    Text("Give them an end before the move.", "请在迁移前设置期限。"),
    Text(
        "CWE-613, insufficient session expiration, holds for links as well: https://cwe.mitre.org/data/definitions/613.html",
        "CWE-613（会话过期不足）同样适用于链接：https://cwe.mitre.org/data/definitions/613.html",
    ),
)
EVERYBODY = Rule(
    "rights.everybody",
    Severity.RISK,
    Owner.SECURITY,
    Text("Grants to everybody", "授予所有人的权限"),
    Text(
        "On the new drive “everybody” may be more people: guests, subsidiaries.",
        "在新网盘中“所有人”可能范围更大：访客、子公司。",
    ),
    Text("Replace them by groups, or confirm each.", "请改为授予群组，或逐项确认。"),
    _LEAST,
)
GUESTS = Rule(
    "rights.ownerless_guests",
    Severity.RISK,
    Owner.SECURITY,
    Text("Guests for whom nobody answers", "无人负责的访客"),
    Text("Nobody will notice when their task ends.", "其任务结束时不会有人察觉。"),
    Text("Name an owner for each, or end them.", "请为每位访客指定负责人，或予以终止。"),
    _ACCOUNTS,
)
ENDLESS = Rule(
    "rights.endless_guests",
    Severity.ADVICE,
    Owner.SECURITY,
    Text("Guests without an end", "没有到期日的访客"),
    Text("Access that does not end by itself is forgotten.", "不会自动终止的访问权限常被遗忘。"),
    Text("Set an end, e.g. that of the deal.", "请设置到期日，例如项目结束之日。"),
    _ACCOUNTS,
)
BREAKS = Rule(
    "rights.breaks",
    Severity.ADVICE,
    Owner.IT_LEAD,
    Text("Many breaks of inheritance", "大量继承中断"),
    Text(
        "Each is a set of rights that nobody oversees, and has to be compared by itself after the move.",
        "每一处都是无人掌握全貌的独立权限，迁移后须单独核对。",
    ),
    Text("Move what has rights of its own into spaces of its own.", "请将权限独立的内容移入独立的空间。"),
    _LEAST,
)
SINGLE = Rule(
    "rights.single_people",
    Severity.ADVICE,
    Owner.IT_LEAD,
    Text("Most grants name single people", "多数授权直接授予个人"),
    Text("When people change their post, such grants stay.", "人员调岗后，这类授权往往仍然保留。"),
    Text("Give to groups what a group needs.", "群组所需的权限请授予群组。"),
    _LEAST,
)


class _Line(NamedTuple):
    what: str
    rule: Rule
    says: Text


_LINES = (
    _Line(
        "unmapped",
        UNMAPPED,
        Text(
            "{count:,} active {count:person or group has|people or groups have} no counterpart",
            "{count:,} 名在职人员或群组没有对应者",
        ),
    ),
    _Line(
        "uncertain",
        UNCERTAIN,
        Text(
            "{count:,} {count:person or group is|people or groups are} not certain",
            "{count:,} 名人员或群组尚不确定",
        ),
    ),
    _Line("wider", WIDER, Text("{count:,} {count:group is|groups are} wider", "{count:,} 个群组的成员更多")),
    _Line(
        "crossing",
        CROSSING,
        Text("{count:,} {count:person stands|people stand} on both sides", "{count:,} 人同时位于两侧"),
    ),
    _Line("gains", GAINS, Text("{count:,} {count:person|people} can do more", "{count:,} 人的权限增多")),
    _Line("ownerless", OWNERLESS, Text("{count:,} {count:space|spaces}", "{count:,} 个空间")),
    _Line("open_links", OPEN_LINKS, Text("{count:,} {count:link|links}", "{count:,} 个链接")),
    _Line("endless_links", ENDLESS_LINKS, Text("{count:,} {count:link|links}", "{count:,} 个链接")),
    _Line("everybody", EVERYBODY, Text("{count:,} {count:grant|grants}", "{count:,} 项授权")),
    _Line("ownerless_guests", GUESTS, Text("{count:,} {count:guest|guests}", "{count:,} 名访客")),
    _Line("endless_guests", ENDLESS, Text("{count:,} {count:guest|guests}", "{count:,} 名访客")),
)
_NOBODY_ASKED = Text(
    "it was not scanned or not given (see lading scan --with all, --walls)",
    "未扫描或未给出（参见 lading scan --with all、--walls）",
)


def _judge(facts: RightsFacts) -> Iterator[Finding]:
    for line in _LINES:
        some: Some | None = getattr(facts, line.what)
        if some is None:
            if line.rule is not ENDLESS_LINKS:
                # That links were not scanned is said once.
                yield unknown(line.rule, _NOBODY_ASKED)
        elif some.count:
            yield _finding(line.rule, line.says, some)
    if facts.breaks is not None and facts.breaks.count > MANY_BREAKS:
        yield _finding(BREAKS, Text("{count:,} {count:break|breaks}", "{count:,} 处继承中断"), facts.breaks)
    grants = facts.grants or 0
    if facts.single is not None and grants >= MANY_GRANTS and facts.single.count > SPRAWL * grants:
        says = Text(f"{{count:,}} of {grants:,} grants", f"{grants:,} 项授权中的 {{count:,}} 项")
        yield _finding(SINGLE, says, facts.single)


def _finding(rule: Rule, says: Text, some: Some) -> Finding:
    evidence = {"examples": list(some.examples)} | ({"hidden": some.hidden} if some.hidden else {})
    return finding(rule, says, count=some.count, evidence=evidence, hits=some.hits)


CHECK = Check(RightsFacts, (*(line.rule for line in _LINES), BREAKS, SINGLE), _judge)
