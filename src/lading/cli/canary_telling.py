"""
Canaries told at the terminal: what will be planted, what became of each, what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text as Plain

from lading.cli.output import say, speak
from lading.model.paths import shown
from lading.model.text import Text
from lading.stages.verification.canary.judging import PAGE, Difference, State, Verdict
from lading.stages.verification.canary.kit import Kit
from lading.stages.verification.canary.planting import Outcome, Plan
from lading.stages.verification.canary.planting import State as Planted
from lading.stages.verification.canary.removing import Removed
from lading.stages.verification.canary.table import BY_CODE

_COLUMNS = (
    Text("canary", "金丝雀"),
    Text("result", "结果"),
    Text("what it proves", "证明什么"),
    Text("reason", "原因"),
)
_WORDS: Mapping[str, Text] = {
    State.EQUAL: Text("equal", "一致"),
    State.ANNOUNCED: Text("as announced", "符合约定"),
    State.ABSENT: Text("not planted", "未放置"),
    State.UNKNOWN: Text("not known", "不明"),
    State.CHANGED: Text("changed", "已改变"),
    State.LOST: Text("lost", "丢失"),
    Planted.PLANTED: Text("planted", "已放置"),
    Planted.THERE: Text("there already", "已在位"),
    Planted.UNABLE: Text("cannot be held", "无法容纳"),
    Planted.REFUSED: Text("refused", "被拒绝"),
}
_COLOURS: Mapping[str, str] = {
    State.EQUAL: "green",
    State.ANNOUNCED: "cyan",
    State.ABSENT: "dim",
    State.UNKNOWN: "yellow",
    State.CHANGED: "red",
    State.LOST: "bold red",
    Planted.PLANTED: "green",
    Planted.THERE: "green",
    Planted.UNABLE: "yellow",
    Planted.REFUSED: "red",
}
_WILL = Text("will be planted", "将放置")
_PAGE_PROVES = Text("the page that explains the folder is there", "说明页存在")
_PLAN = Text(
    "Campaign {campaign}: {count} canaries in the folder {place}, {unable} cannot be held.",
    "升级编号 {campaign}：在文件夹 {place} 中放置 {count} 项，{unable} 项无法容纳。",
)
_WHOM = Text("Rights in that folder, and nowhere else, are given to: {whom}", "仅在该文件夹中授权给：{whom}")
_TITLES = {"person": Text("person {id}", "人员 {id}"), "guest": Text("guest {id}", "来宾 {id}")}
_ANSWERED = Text("{well} of {count} canaries answer.", "{count} 项中有 {well} 项应答正常。")
_ALL = Text("All {count} canaries answer.", "全部 {count} 项应答正常。")
_REMOVED = Text("{count} files and folders were removed.", "已移除 {count} 个文件和文件夹。")
_LEFT = Text("left: {path} ({why})", "保留：{path}（{why}）")


def tell_plan(plan: Plan) -> None:
    """Show what will be planted, where, and why the rest cannot be."""
    kit = plan.kit
    rows = [
        _row(code, "" if code in kit.codes else Planted.UNABLE, plan.unable.get(code, ())) for code in BY_CODE
    ]
    _show(rows)
    say(_PLAN, campaign=kit.campaign, count=len(kit.codes), place=shown(kit.base), unable=len(plan.unable))
    if whom := _whom(plan):
        say(_WHOM, whom=", ".join(whom))


def tell_planted(outcomes: Sequence[Outcome]) -> None:
    """Show what became of each canary that was to be planted."""
    _show([_row(it.code, it.state, it.reasons) for it in outcomes])


def tell_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Show what became of each canary."""
    _show([_row(it.code, it.state, [one.says for one in (*it.others, *it.announced)]) for it in verdicts])
    silent = sum(it.state not in (State.EQUAL, State.ANNOUNCED, State.ABSENT) for it in verdicts)
    there = sum(it.state is not State.ABSENT for it in verdicts)
    say(_ANSWERED if silent else _ALL, well=there - silent, count=there)


def tell_removed(removed: Removed) -> None:
    """Say what went, and what is left with the reason."""
    say(_REMOVED, count=removed.entries)
    for path, why in removed.left:
        say(_LEFT, path=shown(path), why=speak(why))


def plan_facts(plan: Plan) -> dict[str, Any]:
    """*plan* as `--json` tells it."""
    return {
        **kit_facts(plan.kit),
        "plan": list(plan.kit.codes),
        "unable": {code: _both(reasons) for code, reasons in plan.unable.items()},
    }


def kit_facts(kit: Kit) -> dict[str, Any]:
    """What *kit* is, as `--json` tells it."""
    return {"campaign": kit.campaign, "place": shown(kit.base), "person": kit.person, "guest": kit.guest}


def outcome_facts(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """*outcomes* as `--json` tells them, by code."""
    return {it.code: {"state": it.state, "reasons": _both(it.reasons)} for it in outcomes}


def verdict_facts(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """*verdicts* as `--json` tells them, by code."""
    return {
        it.code: {
            "state": it.state,
            "announced": [_difference(one) for one in it.announced],
            "differences": [_difference(one) for one in it.others],
        }
        for it in verdicts
    }


def removed_facts(removed: Removed) -> dict[str, Any]:
    """*removed* as `--json` tells it."""
    left = [{"path": shown(path), "why": _both([why])[0]} for path, why in removed.left]
    return {"removed": removed.entries, "left": left}


def _difference(it: Difference) -> dict[str, Any]:
    return {"says": _both([it.says])[0], "gone": it.gone, "losses": sorted(it.losses)}


def _both(texts: Iterable[Text]) -> list[Mapping[str, str]]:
    return [text._asdict() for text in texts]


def _whom(plan: Plan) -> list[str]:
    parts = [BY_CODE[code].parts(plan.kit) for code in plan.kit.codes]
    given = [one for it in parts for one in it.grants]
    found = []
    if any(not one.guest for one in given):
        found.append(speak(_TITLES["person"], id=plan.kit.person))
    if any(one.guest for one in given):
        found.append(speak(_TITLES["guest"], id=plan.kit.guest))
    return found


def _row(code: str, state: str, reasons: Iterable[Text]) -> tuple[str, ...]:
    colour = _COLOURS.get(state, "")
    said = speak(_WORDS[state]) if state else speak(_WILL)
    proves = _PAGE_PROVES if code == PAGE else BY_CODE[code].proves
    return code, f"[{colour}]{said}" if colour else said, speak(proves), "\n".join(map(speak, reasons))


def _show(rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(speak(column), overflow="fold")
    for code, state, proves, reasons in rows:
        table.add_row(code, state, proves, Plain(reasons))
    Console().print(table)
