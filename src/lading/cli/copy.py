"""
`lading copy OLD NEW`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any

import click

from lading.cli.along_options import along_options
from lading.cli.copy_along import (
    along_rules,
    asked_in_part,
    contract_in,
    is_unannounced,
    tell_along,
)
from lading.cli.options import Percent, address, drive_option, json_option
from lading.cli.output import answer, hint, person, progress_bar, right, say, speak
from lading.cli.people_options import who_given
from lading.cli.waivers import waivers_in
from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.connectors.wrap.timetable import parse_timetable
from lading.model.errors import FAILED_OBJECTS, UNANNOUNCED, BadRequest, CallsUsedUp
from lading.model.text import Text
from lading.stages.planning.contract import side
from lading.stages.transfer.apart import check_apart
from lading.stages.transfer.copying import Copying
from lading.stages.transfer.decide import Action
from lading.stages.transfer.fresh import load_ahead
from lading.stages.transfer.order import Finished, Order, Planned, workers
from lading.stages.transfer.rates import Tally
from lading.stages.transfer.rules import Rules
from lading.stages.transfer.sofar import so_far
from lading.stages.transfer.state import Job, job_at, locked

HELP = Text(
    """Copy the drive OLD into the drive NEW.

    Each run is a pass: it moves what is new or changed and closes its account. A run that
    was cut off goes on where it was when the same command is given again.

    Exit codes: 0 everything is accounted for and nothing failed; 11 the pass ended and some
    objects failed; 14 something was lost that --contract does not announce; 42 the deletion fuse; 48 the calls that
    a drive allows in a month are used up, go on next month; others see docs/manual/errors.md.
    """,
    """将网盘 OLD 复制到网盘 NEW。

    每次运行为一轮：迁移新增或变更的内容并结清账目。中断后再次执行同一命令，会从中断处继续。

    退出码：0 全部对账且无失败；11 本轮结束但有对象失败；14 出现 --contract 未声明的损失；42 触发删除保险；48 网盘本月允许的调用次数已用完，下月继续；其余见 docs/manual/errors.md。
    """,
)


_HOW_FAR = Text(
    "Pass {number} pauses: {objects:,} objects, {size:,} bytes were moved so far.",
    "第 {number} 轮暂停：至此已迁移 {objects:,} 个对象，{size:,} 字节。",
)


@click.command(help=speak(HELP))
@click.argument("old")
@click.argument("new")
@drive_option("--old-opt", Text("old drive", "旧网盘"))
@drive_option("--new-opt", Text("new drive", "新网盘"))
@click.option(
    "--state",
    default=".lading",
    type=click.Path(path_type=LocalPath),
    show_default=True,
    help=speak(Text("Folder that keeps the state of the job.", "保存任务状态的文件夹。")),
)
@click.option(
    "--dry-run",
    is_flag=True,
    help=speak(Text("Scan and plan only; write nothing to NEW.", "只扫描并生成计划，不写入 NEW。")),
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help=speak(
        Text(
            "Leave behind what matches, e.g. '/Deal/*.tmp'; may be repeated.",
            "排除匹配的对象，例如 '/Deal/*.tmp'；可重复。",
        )
    ),
)
@click.option(
    "--overwrite",
    is_flag=True,
    help=speak(
        Text("Replace files in NEW that no earlier pass put there.", "替换 NEW 中并非由先前各轮写入的文件。")
    ),
)
@click.option(
    "--delete",
    is_flag=True,
    help=speak(
        Text(
            "Remove from NEW what earlier passes put there and OLD no longer has.",
            "从 NEW 删除先前写入而 OLD 已不存在的对象。",
        )
    ),
)
@click.option(
    "--delete-at-most",
    default=5.0,
    type=Percent(0, 100),
    show_default=True,
    metavar="PERCENT",
    help=speak(
        Text(
            "Stop if --delete would remove more than this share.", "若 --delete 将删除的比例超过此值则停止。"
        )
    ),
)
@click.option(
    "--waivers",
    type=click.Path(path_type=LocalPath),
    metavar="FILE",
    help=speak(
        Text("A TOML file of failures that two people accept.", "经两人认可的失败项清单（TOML 文件）。")
    ),
)
@along_options
@click.option(
    "--old-limit",
    default="",
    metavar="TIMETABLE",
    help=speak(
        Text(
            "Limits for reading OLD, e.g. 'mon-fri 08:00-18:30 2MiB/s 20calls/s'.",
            "读取 OLD 的限速，例如 'mon-fri 08:00-18:30 2MiB/s 20calls/s'。",
        )
    ),
)
@click.option(
    "--new-limit",
    default="",
    metavar="TIMETABLE",
    help=speak(Text("Limits for writing NEW.", "写入 NEW 的限速。")),
)
@click.option(
    "--workers",
    "asked",
    type=click.IntRange(1, 64),
    help=speak(Text("Worker processes; default one per processor.", "工作进程数；默认每个处理器一个。")),
)
@click.option(
    "--new-pass",
    is_flag=True,
    help=speak(Text("Give up an unfinished pass and start another.", "放弃未完成的一轮并开始新的一轮。")),
)
@json_option
def command(
    old: str, new: str, state: LocalPath, asked: int | None, as_json: bool, dry_run: bool, **given: Any
) -> int:
    """Copy one drive into another."""
    source = address(old, given["old_opt"])
    target = target_of(address(new, given["new_opt"]))
    order = _order(given)
    check_apart(source, target, state)
    if order.rules.archive is not None:
        check_apart(source, target, LocalPath(order.rules.archive))
    job = job_at(state, source, target)
    tally = Tally()
    load_ahead(job, order.rules)
    with locked(job):
        # The crew first: the bar of a terminal makes a thread, and then nothing would be forked.
        with (
            Crew(workers(asked), publish=tally.told, drives=(job.old, job.new)) as crew,
            progress_bar(quiet=as_json) as tally.publish,
        ):
            copying = Copying(order, job, crew, tally)
            if dry_run:
                return _tell_plan(copying.dry_run(), as_json)
            with _telling_how_far(job):
                finished = copying.run()
        tally.close()
    return tell(finished, job, as_json)


@contextmanager
def _telling_how_far(job: Job) -> Iterator[None]:
    """Where the calls of a month are used up, say what was moved until then."""
    try:
        yield
    except CallsUsedUp:
        passes = job.passes()
        if passes:
            done = so_far(passes[-1])
            hint(_HOW_FAR, number=passes[-1].number, objects=done.objects, size=done.bytes)
        raise


def target_of(it: Address) -> Address:
    """NEW may be made, and its profile may be found out by writing to it."""
    return replace(it, options={"create": "yes", "role": "target", **it.options})


def _order(given: dict[str, Any]) -> Order:
    for limits in (given["old_limit"], given["new_limit"]):
        parse_timetable(limits)
    rules = Rules(
        exclude=tuple(map(_pattern, given["exclude"])),
        overwrite=given["overwrite"],
        delete=given["delete"],
        delete_at_most=given["delete_at_most"] / 100,
        waivers=waivers_in(given["waivers"]) if given["waivers"] else (),
        **along_rules(given),
    )
    who = who_given(given)
    return Order(
        rules=rules,
        old_limits=given["old_limit"],
        new_limits=given["new_limit"],
        new_pass=given["new_pass"],
        actor=person(),
        who=lambda old, new: who.of(side(old), side(new)),
        contract=contract_in(given["contract"]) if given["contract"] else None,
    )


def _pattern(given: str) -> str:
    """A folder may be written with a slash at its end; nothing, as an unset variable gives, would match all."""
    pattern = given.rstrip("/")
    if not pattern:
        raise BadRequest(
            "--exclude", Text(f"{given!r} would leave everything behind", f"{given!r} 会排除所有内容")
        )
    return pattern


def _tell_plan(planned: Planned, as_json: bool) -> int:
    if as_json:
        answer("copy", {"dry_run": True, "new_exists": planned.existed, **planned.plan.to_json()})
        return 0
    if not planned.existed:
        say(Text("NEW does not exist yet; it would be made.", "NEW 尚不存在，将会创建。"))
    for action, count in planned.plan.actions.items():
        word = right(speak(ACTIONS[Action(action)]), 14)
        sys.stdout.write(f"{word}  {count['objects']:>12,}  {count['bytes']:>18,} B\n")
    _tell_held_back(planned.plan.held_back)
    return 0


def _tell_held_back(number: int) -> None:
    if number:
        say(
            Text(
                "Deletions held back: {number:,}, because a folder of OLD cannot be listed and they may have moved there."
                " Make it readable, or --exclude it.",
                "暂缓删除：{number:,} 个，因为 OLD 中有文件夹无法列出，它们可能已移到其中。请使其可读，或用 --exclude 排除。",
            ),
            number=number,
        )


def tell(finished: Finished, job: Job, as_json: bool) -> int:
    account = finished.account
    code = FAILED_OBJECTS if account["failures"] or asked_in_part(account) else 0
    if is_unannounced(account):
        code = UNANNOUNCED
    if as_json:
        answer(
            "copy",
            {"job": job.id, "state": str(job.folder), "resumed": finished.resumed, "account": account},
            exit_code=code,
        )
        return code
    say(
        Text(
            "Pass {number}: found {objects:,} objects, {size:,} bytes",
            "第 {number} 轮：发现 {objects:,} 个对象，{size:,} 字节",
        ),
        number=account["pass"],
        objects=account["found"]["objects"],
        size=account["found"]["bytes"],
    )
    for bucket, count in account["buckets"].items():
        word = right(speak(BUCKETS[bucket]), 10)
        sys.stdout.write(f"  {word}  {count['objects']:>12,}  {count['bytes']:>18,} B\n")
    _tell_held_back(account["held_back"])
    tell_along(account, job.folder, finished.it.folder)
    say(Text("The account closes.  State: {state}", "账目已结平。状态：{state}"), state=job.folder)
    if account["beside_failures"]:
        say(
            Text(
                "Beside the account, deletions and times of folders that failed: {number:,}",
                "账目之外失败的删除和文件夹时间设置：{number:,} 项",
            ),
            number=account["beside_failures"],
        )
    if code or account["beside_failures"]:
        say(
            Text("Failures are listed in {file}", "失败清单：{file}"),
            file=finished.it.folder / "failures.jsonl",
        )
    return code


ACTIONS = {
    Action.SAME: Text("same", "相同"),
    Action.COPY: Text("copy", "复制"),
    Action.REPLACE: Text("replace", "替换"),
    Action.CHECK: Text("compare", "比较"),
    Action.RECHECK: Text("read again", "重新读取"),
    Action.FOLDER: Text("make folder", "创建文件夹"),
    Action.RENAME: Text("rename", "改名"),
    Action.RENAMED: Text("renamed along", "随文件夹改名"),
    Action.EXCLUDE: Text("exclude", "排除"),
    Action.FAIL: Text("will fail", "将失败"),
    Action.DELETE: Text("delete", "删除"),
    Action.TIME: Text("folder time", "文件夹时间"),
}
BUCKETS = {
    "moved": Text("moved", "已迁移"),
    "same": Text("same", "相同"),
    "renamed": Text("renamed", "已改名"),
    "excluded": Text("excluded", "已排除"),
    "waived": Text("waived", "已豁免"),
    "failed": Text("failed", "失败"),
}
