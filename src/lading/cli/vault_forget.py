"""
`lading vault keep`, `forget` and `prune`: which snapshots stay, and what goes with the others.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from lading.cli.consent import agreed
from lading.cli.options import json_option
from lading.cli.output import answer, person, progress_bar, say, speak
from lading.cli.vault_telling import time_of
from lading.cli.vault_work import at_work, vault_argument
from lading.model.errors import BadRequest
from lading.model.text import Language, Text, language_of
from lading.vault import keeps
from lading.vault.forget import forget as forget_these
from lading.vault.forget import verdicts
from lading.vault.keeps import Why
from lading.vault.locks import Mode, locked
from lading.vault.prune import Plan, plan_prune
from lading.vault.prune import prune as carry_out
from lading.vault.retention import Policy, Verdict
from lading.vault.snapshots import find
from lading.vault.words import SNAPSHOTS
from lading.vault.worm import locked_until

_KEEP = Text(
    "Tag SNAPSHOT of VAULT, or keep it for a campaign; --release takes that back.",
    "为保管库 VAULT 的快照 SNAPSHOT 加标签，或为迁移任务保留；--release 撤销。",
)
_FORGET = Text(
    """Remove snapshots of VAULT: the SNAPSHOTs named, or those that no rule keeps.

    The rules look at each drive for itself; a snapshot stays if one of them keeps it. Shows what it will do, and asks.
    What the removed ones alone needed goes with the next prune. Exit code 0.""",
    """移除保管库 VAULT 的快照：指定的 SNAPSHOT，或没有任何规则保留的快照。

    规则对每个网盘分别适用；满足任一规则即保留。先显示计划，再询问。仅由被移除快照使用的内容在下次 prune 时清除。退出码 0。""",
)
_PRUNE = Text(
    """Remove from VAULT what no snapshot needs. Shows what it will do, and asks.

    Stopped anywhere, the vault is whole, and another prune ends the work. Exit code 0.""",
    """清除保管库 VAULT 中快照不再需要的内容。先显示计划，再询问。

    在任何时刻中断，保管库仍完整，再次 prune 即可完成。退出码 0。""",
)
_TAG = Text("The tag.", "标签。")
_CAMPAIGN = Text("Id of the campaign that needs it.", "需要它的迁移任务编号。")
_RELEASE = Text("Take the tag or the keep away.", "撤销标签或保留。")
_COUNT = Text("Keep the last N ({what}).", "保留最近 N 个（{what}）。")
_RULES = {
    "last": Text("snapshots", "快照"),
    "daily": Text("days, the last of each", "天，每天最后一个"),
    "weekly": Text("weeks, the last of each", "周，每周最后一个"),
    "monthly": Text("months, the last of each", "月，每月最后一个"),
    "yearly": Text("years, the last of each", "年，每年最后一个"),
    "within": Text("days before the newest, all of them", "天之内，全部保留"),
}
_TAGGED = Text("Keep what is tagged so; may be repeated.", "保留带有该标签的快照；可重复给出。")
_DRY = Text("Show what would be done, and do nothing.", "只显示计划，不执行。")
_YES = Text("Do not ask.", "不询问。")
_SURE = Text("Do that? [y/N] ", "是否执行？[y/N] ")
_ONE = Text("give one of --tag and --campaign", "请给出 --tag 或 --campaign 之一")
_BOTH = Text("name snapshots or give rules, not both", "请指定快照或给出规则，二者择一")
_STAYS, _GOES = Text("stays", "保留"), Text("goes", "移除")
_FORGOTTEN = Text("Removed: {count:,} snapshots.", "已移除快照 {count:,} 个。")
_PLANNED = Text(
    "{keep:,} packs stay, {rewrite:,} are written anew ({written:,} bytes), {remove:,} go, {unknown:,} left over go, {lost:,} lost ones leave the index; {freed:,} bytes freed",
    "数据包：保留 {keep:,}，重写 {rewrite:,}（{written:,} 字节），移除 {remove:,}，遗留移除 {unknown:,}，索引中除去已丢失的 {lost:,}；释放 {freed:,} 字节",
)
_LOCKED = Text(
    "{name}  stays: the store keeps it locked until {until}", "{name}  保留：存储将其锁定至 {until}"
)
_LOCKED_PACKS = Text(
    "{count:,} packs that nothing needs, or little of, stay: the store keeps them locked, the last until {last}",
    "{count:,} 个已不需要或多半不需要的数据包保留：存储仍将其锁定，最晚至 {last}",
)
_IDLE = Text("There is nothing to do.", "无需清除。")
_DONE = Text("Done.", "完成。")
_NOTED = Text("{count:,} noted: {word}", "已记录 {count:,} 项：{word}")
_RELEASED = Text("{count:,} released: {word}", "已撤销 {count:,} 项：{word}")


@click.command(help=speak(_KEEP))
@vault_argument
@click.argument("snapshot", metavar="SNAPSHOT")
@click.option("--tag", metavar="WORD", help=speak(_TAG))
@click.option("--campaign", metavar="ID", help=speak(_CAMPAIGN))
@click.option("--release", is_flag=True, help=speak(_RELEASE))
@json_option
def keep(
    vault: str, vault_opt: tuple[str, ...], key_file: str | None, snapshot: str, as_json: bool, **given: Any
) -> int:
    """Tag or keep a snapshot."""
    if bool(given["tag"]) == bool(given["campaign"]):
        raise BadRequest("keep", _ONE)
    why = Why.TAG if given["tag"] else Why.CAMPAIGN
    word = given["tag"] or given["campaign"]
    with at_work(vault, vault_opt, key_file) as it:
        with locked(it.store, it.master, Mode.SHARED, who=person(), purpose="keep"):
            name = find(it.store, it.master, snapshot).name
            count = 1
            if given["release"]:
                count = keeps.release(it.store, it.master, why, word, snapshot=name)
            else:
                keeps.keep(it.store, it.master, name, why, word, who=person())
    if as_json:
        answer("vault keep", {"snapshot": name, "why": why, "word": word, "count": count})
    else:
        say(_RELEASED if given["release"] else _NOTED, count=count, word=word)
    return 0


def _rules(function: Any) -> Any:
    for rule, what in reversed(_RULES.items()):
        said = speak(_COUNT, what=speak(what))
        function = click.option(f"--{rule}", type=click.IntRange(0), default=0, metavar="N", help=said)(
            function
        )
    return click.option("--tag", "tags", multiple=True, metavar="WORD", help=speak(_TAGGED))(function)


@click.command(help=speak(_FORGET))
@vault_argument
@click.argument("names", metavar="[SNAPSHOT]...", nargs=-1)
@_rules
@click.option("--dry-run", is_flag=True, help=speak(_DRY))
@click.option("--yes", is_flag=True, help=speak(_YES))
@json_option
def forget(vault: str, vault_opt: tuple[str, ...], key_file: str | None, as_json: bool, **given: Any) -> int:
    """Remove snapshots."""
    policy = Policy(tags=frozenset(given["tags"]), **{rule: given[rule] for rule in _RULES})
    if given["names"] and not policy.empty:
        raise BadRequest("forget", _BOTH)
    with at_work(vault, vault_opt, key_file) as it:
        with locked(it.store, it.master, Mode.ALONE, who=person(), purpose="forget") as held:
            found: list[Verdict] = []
            if given["names"]:
                gone = [find(it.store, it.master, name).name for name in given["names"]]
            else:
                found = verdicts(
                    it, policy, now=time.time_ns(), zone=datetime.now().astimezone().tzinfo or UTC
                )
                gone = [one.snapshot.name for one in found if not one.stays]
            now = time.time_ns()
            locked_ones = locked_until(it, SNAPSHOTS, gone, now=now)
            gone = [name for name in gone if name not in locked_ones]
            if not as_json:
                _tell(found, gone)
                _tell_locked(locked_ones)
            done = bool(gone) and _wanted(given, "forget", as_json)
            if done:
                forget_these(it, gone, held, now=now)
    if as_json:
        ends = {name: time_of(until) for name, until in locked_ones.items()}
        facts = {"removed": gone if done else [], "locked": ends, "verdicts": list(map(_facts, found))}
        answer("vault forget", facts)
    elif done:
        say(_FORGOTTEN, count=len(gone))
    return 0


@click.command(help=speak(_PRUNE))
@vault_argument
@click.option("--dry-run", is_flag=True, help=speak(_DRY))
@click.option("--yes", is_flag=True, help=speak(_YES))
@json_option
def prune(vault: str, vault_opt: tuple[str, ...], key_file: str | None, as_json: bool, **given: Any) -> int:
    """Remove what nothing needs."""
    with at_work(vault, vault_opt, key_file) as it:
        with locked(it.store, it.master, Mode.ALONE, who=person(), purpose="prune") as held:
            with progress_bar(quiet=as_json) as publish:
                plan = plan_prune(it, publish)
            counts = _counts(plan)
            if not as_json:
                say(_IDLE if plan.idle else _PLANNED, **counts)
                if plan.locked:
                    last = time_of(max(plan.locked.values()))
                    say(_LOCKED_PACKS, count=len(plan.locked), last=last)
            done = not plan.idle and _wanted(given, "prune", as_json)
            if done:
                with progress_bar(quiet=as_json) as publish:
                    carry_out(it, plan, held, publish)
    if as_json:
        answer("vault prune", {"done": done, **counts})
    elif done:
        say(_DONE)
    return 0


def _wanted(given: dict[str, Any], about: str, as_json: bool) -> bool:
    if given["dry_run"]:
        return False
    return bool(given["yes"]) or agreed(speak(_SURE), about=about, as_json=as_json)


def _counts(plan: Plan) -> dict[str, int]:
    return {
        "keep": len(plan.keep),
        "rewrite": len(plan.rewrite),
        "remove": len(plan.remove),
        "unknown": len(plan.unknown),
        "lost": len(plan.lost),
        "locked": len(plan.locked),
        "freed": plan.freed,
        "written": plan.written,
    }


def _tell_locked(ends: Mapping[str, int]) -> None:
    for name, until in ends.items():
        say(_LOCKED, name=name[:16], until=time_of(until))


def _tell(found: Sequence[Verdict], gone: Sequence[str]) -> None:
    for one in found:
        at = datetime.fromtimestamp(one.snapshot.taken // 10**9, UTC).strftime("%Y-%m-%d %H:%M UTC")
        why = [why.zh if language_of() is Language.ZH else why.en for why in one.reasons]
        click.echo(
            f"{one.snapshot.name[:16]}  {at}  {speak(_STAYS if one.stays else _GOES)}  {'; '.join(why)}"
        )
    for name in gone if not found else ():
        click.echo(f"{name[:16]}  {speak(_GOES)}")


def _facts(one: Verdict) -> dict[str, Any]:
    return {
        "snapshot": one.snapshot.name,
        "stays": one.stays,
        "reasons": [{"en": why.en, "zh": why.zh} for why in one.reasons],
    }
