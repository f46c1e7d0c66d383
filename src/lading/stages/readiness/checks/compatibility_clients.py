"""Programs and operating systems that people use, against what the new system supports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from lading.model.text import Text
from lading.stages.readiness.facts.compatibility import ClientFacts, Ruling, Used
from lading.stages.readiness.findings import Check, Finding, Hit, Owner, Rule, Severity

SOON = timedelta(days=180)
"""Before the end of a maker's support in which replacing is a project of its own."""

UNSUPPORTED = Rule(
    "compatibility.unsupported",
    Severity.BLOCKER,
    Owner.DESKTOP_TEAM,
    Text("Programs that cannot work with the new system", "无法与新系统配合使用的程序"),
    Text(
        "On the first morning their users stand before an error, and work goes on in the old drive.",
        "切换后的第一个早晨，使用者将面对报错，工作会继续在旧网盘中进行。",
    ),
    Text(
        "Roll out a supported program to these people before their wave, or move them to a later wave.",
        "请在所属批次之前为这些人员部署受支持的程序，或将其移至后续批次。",
    ),
    Text(
        "Nextcloud's clients speak interfaces of its own: https://docs.nextcloud.com/server/latest/developer_manual/client_apis/",
        "Nextcloud 客户端使用其专有接口：https://docs.nextcloud.com/server/latest/developer_manual/client_apis/",
    ),
)
TOO_OLD = Rule(
    "compatibility.too_old",
    Severity.BLOCKER,
    Owner.DESKTOP_TEAM,
    Text("Programs older than the new system needs", "版本低于新系统要求的程序"),
    Text(
        "What works for most fails for those who never updated, and they are found one by one after the switch.",
        "多数人正常，而未更新者失败，并在切换后逐个暴露。",
    ),
    Text("Update the program on these devices before the wave.", "请在批次之前更新这些设备上的程序。"),
    Text(
        "Rule of the compatibility file: the minimum version that it states",
        "依据兼容性文件：其中所列的最低版本",
    ),
)
ENDED = Rule(
    "compatibility.ended",
    Severity.RISK,
    Owner.DESKTOP_TEAM,
    Text("Systems and programs whose maker mends nothing any more", "厂商已停止维护的系统和程序"),
    Text(
        "They get no repairs and soon no encryption that servers accept; each is a way in.",
        "它们不再获得修复，不久也将不支持服务器要求的加密，并成为入侵途径。",
    ),
    Text("Replace them, or keep them away from the new drive.", "请予以更换，或不允许其访问新网盘。"),
    Text(
        "Makers' lifecycle pages, e.g. https://learn.microsoft.com/lifecycle/products/windows-10-home-and-pro",
        "厂商生命周期页面，例如 https://learn.microsoft.com/lifecycle/products/windows-10-home-and-pro",
    ),
)
UNTRIED = Rule(
    "compatibility.untried",
    Severity.RISK,
    Owner.IT_LEAD,
    Text("Programs that nobody has tried with the new system", "尚未在新系统上测试的程序"),
    Text(
        "What nobody tried works by hope; mounts and sync clients differ in locks, names and times.",
        "未经测试只能寄望于运气；挂载与同步客户端在锁、名称和时间上各不相同。",
    ),
    Text(
        "Let two people of these departments work with it for a day, then write the result into the compatibility file.",
        "请由这些部门的两名人员试用一天，并将结果写入兼容性文件。",
    ),
    Text(
        "Engineering rule: try what people really use before they depend on it",
        "工程规则：在人员依赖之前，先测试其真正使用的程序",
    ),
)
_BEFORE = ("mount", "sync", "office")


def judge(facts: ClientFacts) -> Iterator[Finding]:
    """The findings about *facts*: at most one for a program and rule."""
    programs = {it.name: it for it in facts.rulings if not it.version}
    systems = {(it.name, it.version): it for it in facts.rulings if it.version}
    for used in facts.used:
        if used.kind == "system":
            yield from _ended_versions(used, systems, facts.today)
        elif ruling := programs.get(used.name):
            yield from _ruled(used, ruling, facts.today)
        elif used.kind in _BEFORE:
            yield _untried(used, None)


def _ruled(used: Used, ruling: Ruling, today: date) -> Iterator[Finding]:
    if ruling.support == "no":
        severity = Severity.BLOCKER if used.people else Severity.RISK
        yield _finding(UNSUPPORTED, severity, used, used.people, ruling, _said_no(ruling))
        return
    older = {it: count for it, count in used.versions.items() if _older(it, ruling.minimum)}
    if older:
        said = Text(
            f"{_people(sum(older.values()))} with versions below {ruling.minimum}: {', '.join(sorted(older))}",
            f"{sum(older.values()):,} 人使用低于 {ruling.minimum} 的版本：{'、'.join(sorted(older))}",
        )
        yield _finding(TOO_OLD, Severity.BLOCKER, used, sum(older.values()), ruling, said, older)
    if ruling.ends:
        yield from _ended(used, ruling, used.people, today)
    if ruling.support == "untried" and used.kind in _BEFORE:
        yield _untried(used, ruling)


def _ended_versions(used: Used, systems: dict[tuple[str, str], Ruling], today: date) -> Iterator[Finding]:
    for version, people in used.versions.items():
        ruling = systems.get((used.name, version))
        if ruling is None:
            continue
        if ruling.support == "no":
            yield _finding(UNSUPPORTED, Severity.BLOCKER, used, people, ruling, _said_no(ruling), [version])
        if ruling.ends:
            yield from _ended(used, ruling, people, today)


def _ended(used: Used, ruling: Ruling, people: int, today: date) -> Iterator[Finding]:
    if ruling.ends is None or today + SOON <= ruling.ends:
        return
    over = ruling.ends < today
    said = Text(
        f"{_people(people)}; its maker's support {'ended' if over else 'ends'} on {ruling.ends}{_note(ruling).en}",
        f"{people:,} 人；厂商支持{'已' if over else '将'}于 {ruling.ends} 结束{_note(ruling).zh}",
    )
    versions = [ruling.version] if ruling.version else ()
    yield _finding(ENDED, Severity.RISK if over else Severity.ADVICE, used, people, ruling, said, versions)


def _untried(used: Used, ruling: Ruling | None) -> Finding:
    note = (
        _note(ruling)
        if ruling
        else Text("; the compatibility file does not know it", "；兼容性文件中没有该程序")
    )
    said = Text(f"used by {_people(used.people)}{note.en}", f"{used.people:,} 人在使用{note.zh}")
    return _finding(UNTRIED, Severity.RISK, used, used.people, ruling, said)


def _finding(
    rule: Rule,
    severity: Severity,
    used: Used,
    count: int,
    ruling: Ruling | None,
    said: Text,
    versions: Iterable[str] = (),
) -> Finding:
    subject = f"{used.name} {ruling.version}".strip() if ruling else used.name
    evidence = {
        "where": used.where,
        "calls": used.calls,
        "versions": dict(used.versions),
        "source": ruling.source if ruling else "",
    }
    users = used.users if count == used.people else used.users_of(versions)
    # A file of facts that was written before it told them by version: how many is known, who is not.
    hits = tuple(Hit(it.people, it.department, it.branch, it.critical) for it in users) or (Hit(count),)
    where = f"{subject} ({used.where})" if used.where == "devices" else subject
    return Finding(rule, severity, where, count, said, evidence, hits)


def _said_no(ruling: Ruling) -> Text:
    note = _note(ruling)
    return Text(f"the new system does not support it{note.en}", f"新系统不支持{note.zh}")


def _note(ruling: Ruling) -> Text:
    return Text(
        f"; {ruling.note_en}" if ruling.note_en else "", f"；{ruling.note_zh}" if ruling.note_zh else ""
    )


def _people(count: int) -> str:
    return f"{count:,} {'person' if count == 1 else 'people'}"


def _older(version: str, minimum: str) -> bool:
    """Whether *version* is below *minimum*; one that does not tell is not held to be old."""
    return bool(version and minimum) and _numbers(version) < _numbers(minimum)


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(it) for it in re.findall(r"\d{1,9}", version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


CHECK = Check(ClientFacts, (UNSUPPORTED, TOO_OLD, ENDED, UNTRIED), judge)
