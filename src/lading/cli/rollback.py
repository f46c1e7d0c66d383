"""
`lading rollback`: back to OLD with the work that was done in NEW.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path as LocalPath
from typing import Any

import click

from lading.cli.copy import target_of
from lading.cli.meter import Meter
from lading.cli.options import address, drive_option, json_option
from lading.cli.output import person, speak
from lading.cli.people_options import who_given
from lading.cli.rollback_telling import (
    tell_closed,
    tell_ended,
    tell_entry,
    tell_mark,
    tell_plan,
    tell_status,
)
from lading.cli.rollback_work import (
    at_work,
    carried,
    finished,
    found,
    journaled,
    planned,
    record,
    told_clients,
    whose,
    write_messages,
)
from lading.cli.who_options import who_options
from lading.connectors.crew import Crew
from lading.manifest.files import local_errors
from lading.model.errors import BadRequest, NotMarked, Unavailable
from lading.model.failpoints import failpoint
from lading.model.text import Text
from lading.stages.cutover.closing import check_open, day_of, two_people
from lading.stages.cutover.marking import Switch, mark
from lading.stages.cutover.rights import Ask
from lading.stages.cutover.state import Mark, home_of, mark_in, write_facts
from lading.stages.cutover.stopping import telling_stops
from lading.stages.planning.contract import side
from lading.stages.transfer.apart import check_apart
from lading.stages.transfer.state import job_at

_HELP = Text(
    """Go back to OLD and take along what people did in NEW since the switch.

    Without a command: journal what changed in NEW, carry it into OLD as new versions, and prove that OLD is whole. Nothing in OLD is
    overwritten or deleted. It may be cut off and run again; a second run changes nothing. With --plan: show what would be done.

    Exit codes: 0 OLD is whole and everything was carried; 11 some objects could not be carried; 65 stopped, go on later;
    66 the point of no return has been passed; 67 no switch is marked; 68 OLD is not whole; 69 rights wait for a decision.""",
    """回退到 OLD，并带回切换之后在 NEW 中完成的工作。

    不带子命令时：登记 NEW 的变更，以新版本的形式带回 OLD，并证明 OLD 完整。不会覆盖或删除 OLD 中的任何内容。可中断后重新运行；
    第二次运行不会再改变任何内容。使用 --plan 只显示将执行的操作。

    退出码：0 OLD 完整且全部带回；11 部分对象未能带回；65 已停止，可稍后继续；66 已过不可回退点；67 尚未标记切换；68 OLD 不完整；69 有权限变更等待决定。""",
)
_STATE = Text("Folder that keeps the state of the job.", "保存任务状态的文件夹。")
_JOB = Text("The job, where the state folder holds several.", "任务编号（状态文件夹中有多个任务时）。")
_WORKERS = Text("Worker processes; default one per processor.", "工作进程数；默认每个处理器一个。")
_PLAN = Text("Show what would be done; write nothing to OLD.", "只显示将执行的操作，不写入 OLD。")
_RIGHTS = Text(
    "Rights that changed in NEW: ask-file (decide each in a file), keep-old, carry.",
    "NEW 中变更的权限：ask-file（在文件中逐项决定）、keep-old（保留 OLD 原样）、carry（带回）。",
)
_OFFLINE = Text("NEW is not reachable: go by the journal as it is.", "NEW 无法访问：以现有日志为准。")
_MARK = Text(
    """Write down OLD and NEW as they are at the switch from OLD to NEW; from then on what changes in NEW is later work.

    Needs a finished pass of `lading copy OLD NEW` in the same state folder.

    Exit codes: 0 written down; 67 there was no finished pass.""",
    """在从 OLD 切换到 NEW 的时刻登记两侧网盘；此后 NEW 中的变更即为切换后的工作。

    同一状态文件夹中须有已完成的 `lading copy OLD NEW` 的一轮。

    退出码：0 已登记；67 没有已完成的一轮。""",
)
_UNTIL = Text(
    "The last day on which rolling back is possible (YYYY-MM-DD).", "可以回退的最后一天（YYYY-MM-DD）。"
)
_AGAIN = Text(
    "Mark another switch; the journal of the last one is put aside. Takes two people.",
    "重新标记切换；上一次的日志将另行保存。须由两人确认。",
)
_JOURNAL = Text(
    """Journal what changed in NEW since the last time, and keep the contents. Run it e.g. each hour.

    Exit codes: 0 an entry was appended; 11 some contents could not be read.""",
    """登记自上次以来 NEW 的变更并保存其内容。可每小时运行一次。

    退出码：0 已追加一条；11 部分内容无法读取。""",
)
_WHOLE = Text("Scan NEW whole, even where it tells what changed.", "即使 NEW 能提供增量变更，也完整扫描。")
_STATUS = Text(
    """Say how things stand: the switch, the journal, the last run, the next safe action, the point of no return.

    Exit codes: 0 told; 67 no switch is marked.""",
    """说明当前状况：切换、日志、上次运行、下一步安全操作、不可回退点。

    退出码：0 已说明；67 尚未标记切换。""",
)
_CLOSE = Text(
    """Pass the point of no return: from now on rolling back is refused. Or set its day, with --until. Takes two people.

    Exit codes: 0 done; 66 it was closed before.""",
    """越过不可回退点：此后拒绝回退；或用 --until 设定截止日期。须由两人确认。

    退出码：0 已执行；66 此前已关闭。""",
)
_BY = Text("The second person, who confirms it.", "确认此操作的第二人。")
_NO_PASS = Text("no pass of these drives has finished here", "此处没有这两个网盘已完成的一轮")
_BLIND = "`lading rollback --offline`"
_MARKED = Text("this switch is marked already; --again marks another", "该切换已标记；使用 --again 重新标记")


def _shared(function: Any) -> Any:
    """`--state`, `--job`, `--workers`, `--json`."""
    for option in (
        json_option,
        click.option("--workers", "asked", type=click.IntRange(1, 64), metavar="N", help=speak(_WORKERS)),
        click.option("--job", default=None, metavar="ID", help=speak(_JOB)),
        click.option(
            "--state",
            default=".lading",
            type=click.Path(path_type=LocalPath),
            show_default=True,
            help=speak(_STATE),
        ),
    ):
        function = option(function)
    return function


@click.group(invoke_without_command=True, help=speak(_HELP))
@click.option("--plan", "only_plan", is_flag=True, help=speak(_PLAN))
@click.option(
    "--rights",
    type=click.Choice([it.value for it in Ask]),
    default=Ask.FILE.value,
    show_default=True,
    help=speak(_RIGHTS),
)
@click.option("--offline", is_flag=True, help=speak(_OFFLINE))
@_shared
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Go back to OLD."""
    if context.invoked_subcommand is not None:
        return 0
    it = found(given["state"], given["job"])
    check_open(it, datetime.now(UTC))
    ask, quiet, actor = Ask(given["rights"]), given["as_json"], person()
    with at_work(it.home, quiet=quiet, asked=given["asked"]) as (crew, meter):
        if given["only_plan"]:
            if not given["offline"]:
                journaled(it, crew, meter, whole=True, actor=actor)
            return tell_plan(planned(it, crew, ask), it, as_json=quiet)
        with telling_stops(it.home, time.time):
            if not given["offline"]:
                _journaled(it, crew, meter, actor)
            ended = carried(it, crew, meter, ask=ask, actor=actor)
            write_messages(it)
            ended = told_clients(it, ended)
            facts = finished(ended)
            failpoint("rollback.before_record")
            record(it, "rollback.finished", facts, actor)
            state = "finished" if ended.proof.holds else "not_whole"
            write_facts(it.home.last, {"state": state, "at": time.time(), **facts})
    return tell_ended(ended, it, as_json=quiet)


def _journaled(it: Mark, crew: Crew, meter: Meter, actor: str) -> None:
    """Append an entry; where NEW does not answer, say that one can go on without it."""
    try:
        journaled(it, crew, meter, whole=True, actor=actor)
    except Unavailable as error:
        en, zh = error.details
        said = Text(f"{en}; if NEW does not come back: {_BLIND}", f"{zh}；若 NEW 无法恢复：{_BLIND}")
        raise Unavailable(error.subject, said) from error


@command.command("mark", help=speak(_MARK))
@click.argument("old")
@click.argument("new")
@drive_option("--old-opt", Text("old drive", "旧网盘"))
@drive_option("--new-opt", Text("new drive", "新网盘"))
@click.option("--until", default="", metavar="DATE", help=speak(_UNTIL))
@click.option("--again", is_flag=True, help=speak(_AGAIN))
@click.option("--confirmed-by", "other", default="", metavar="NAME", help=speak(_BY))
@who_options
@_shared
def mark_command(old: str, new: str, **given: Any) -> int:
    """Mark the switch."""
    source, target = address(old, given["old_opt"]), target_of(address(new, given["new_opt"]))
    check_apart(source, target, given["state"])
    now, actor = datetime.now(UTC), person()
    until = day_of(given["until"], now) if given["until"] else ""
    job = job_at(given["state"], source, target)
    last = next((it for it in reversed(job.passes()) if it.ended.exists()), None)
    landed = None if last is None else job.landed_after(last.number)
    if last is None or landed is None or not landed.exists():
        raise NotMarked(job.id, _NO_PASS)
    home = home_of(job.folder)
    if home.mark.exists():
        if not given["again"]:
            raise BadRequest(str(home.mark), _MARKED)
        _set_aside(mark_in(home), actor, given["other"], now)
    who = who_given(given)
    switch = Switch(
        source, target, landed, last.account, lambda a, b: whose(who.of(side(a), side(b))), actor, until
    )
    with at_work(home, quiet=given["as_json"], asked=given["asked"]) as (crew, meter):
        it = mark(switch, home, crew=crew, publish=meter.show)
        facts = {name: it.facts[name] for name in ("fingerprints", "found", "account", "until")}
        record(it, "rollback.marked", {**facts, "old": str(source), "new": str(target)}, actor)
    return tell_mark(it, as_json=given["as_json"])


def _set_aside(it: Mark, actor: str, other: str, now: datetime) -> None:
    """Keep the folder of the switch marked before beside; a point of no return that was passed stays passed."""
    check_open(it, now)
    two_people(actor, other)
    record(it, "rollback.set_aside", {"by": [actor, other]}, actor)
    folder = it.home.folder
    with local_errors(str(folder)):
        folder.rename(folder.with_name(f"rollback-until-{now:%Y%m%dT%H%M%S}"))


@command.command("journal", help=speak(_JOURNAL))
@click.option("--whole", is_flag=True, help=speak(_WHOLE))
@_shared
def journal_command(**given: Any) -> int:
    """Append an entry to the journal."""
    it = found(given["state"], given["job"])
    with at_work(it.home, quiet=given["as_json"], asked=given["asked"]) as (crew, meter):
        entry = journaled(it, crew, meter, whole=given["whole"], actor=person())
    return tell_entry(entry, as_json=given["as_json"])


@command.command("status", help=speak(_STATUS))
@_shared
def status_command(**given: Any) -> int:
    """Say how things stand."""
    return tell_status(found(given["state"], given["job"]), as_json=given["as_json"])


@command.command("close", help=speak(_CLOSE))
@click.option("--confirmed-by", "other", required=True, metavar="NAME", help=speak(_BY))
@click.option(
    "--by",
    "actor",
    default=None,
    metavar="NAME",
    help=speak(Text("The first person; default you.", "第一人；默认为当前用户。")),
)
@click.option("--until", default="", metavar="DATE", help=speak(_UNTIL))
@_shared
def close_command(other: str, actor: str | None, until: str, **given: Any) -> int:
    """Pass the point of no return, or set its day."""
    it, now = found(given["state"], given["job"]), datetime.now(UTC)
    actor = actor or person()
    two_people(actor, other)
    check_open(it, now)
    if until:
        day = day_of(until, now)
        record(it, "rollback.until", {"until": day, "by": [actor, other]}, actor)
        it = it.changed(until=day, until_by=f"{actor}, {other}")
    else:
        record(it, "rollback.closed", {"by": [actor, other]}, actor)
        it = it.changed(closed={"by": [actor, other], "at": now.timestamp()})
    return tell_closed(it, as_json=given["as_json"])
