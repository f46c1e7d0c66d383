"""
`lading drive audit`: is the record of what happened whole, and a copy of it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from lading.cli.drive_options import desk, home_argument, home_option
from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.model.errors import AlreadyExists, BadLedger, Forbidden, LadingError
from lading.model.text import Text

_VERIFY = Text(
    """Check the audit of the drive in HOME: every record, the chain through all months, and every event
    in the tables against its record.  It may be done while the drive is served.

    Exit codes: 0 it holds; 41 something was changed, removed or added.""",
    """校验 HOME 中网盘的审计记录：逐条记录、跨月的记录链，以及数据表中每个事件与其记录是否一致。
    可在网盘运行期间进行。

    退出码：0 完好；41 有内容被更改、删除或添加。""",
)
_HEAD = Text(
    "The digest of a record noted earlier, which must still be there: shows that the end was not cut off.",
    "早先记下的某条记录的摘要，它必须仍在其中：用于证明末尾未被截断。",
)
_HOLDS = Text(
    "The audit holds: {records:,} records since {since}, {events:,} events compared. The last record is {head}.",
    "审计记录完好：自 {since} 起共 {records:,} 条，已比对 {events:,} 个事件。最后一条记录为 {head}。",
)
_TORN = Text("{torn:,} lines of reads were torn by a power cut.", "有 {torn:,} 行读取记录因断电而残缺。")
_NOTE = Text(
    "Keep this digest elsewhere and give it with --head next time.",
    "请将此摘要另行保存，下次以 --head 给出。",
)
_EXPORT = Text(
    "Write the audit to a file as lines of JSON; the export itself is recorded.",
    "将审计记录导出为 JSON 行文件；导出本身也会被记录。",
)
_BY = Text("The key of the audit admin in whose name it is done.", "以哪位审计管理员的名义导出（其标识）。")
_SINCE = Text("The first day, as 2026-01-31 (UTC).", "起始日期，例如 2026-01-31（UTC）。")
_UNTIL = Text("The day after the last one (UTC).", "截止日期的次日（UTC）。")
_OUT = Text("The file to write, which is not there yet.", "要写入的文件，须尚不存在。")
_EXPORTED = Text("{count:,} records are in {file}.", "已将 {count:,} 条记录写入 {file}。")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(help=speak(Text("Verify and export the audit.", "校验和导出审计记录。")))
def audit() -> None:
    """The group of commands about the audit."""


@audit.command(help=speak(_VERIFY))
@home_argument
@click.option("--head", default="", metavar="DIGEST", help=speak(_HEAD))
@json_option
def verify(home: str, head: str, as_json: bool) -> int:
    """Check the audit of the drive in *home*."""
    try:
        found = desk(home, "audit").verify(head)
    except BadLedger as error:
        if not as_json:
            for finding in error.facts.get("findings", ()):  # type: ignore[attr-defined]
                say(Text("{finding}", "{finding}"), finding=speak(finding))
        raise
    if as_json:
        answer("drive audit verify", found._asdict())
        return 0
    say(_HOLDS, records=found.records, since=found.since, events=found.events, head=found.head)
    if found.torn:
        say(_TORN, torn=found.torn)
    if not head:
        say(_NOTE)
    return 0


@audit.command(help=speak(_EXPORT))
@click.option("-o", "--output", required=True, metavar="FILE", help=speak(_OUT))
@click.option("--by", required=True, metavar="KEY", help=speak(_BY))
@click.option("--since", type=_DAY, metavar="DAY", help=speak(_SINCE))
@click.option("--until", type=_DAY, metavar="DAY", help=speak(_UNTIL))
@home_option
@json_option
def export(
    output: str, by: str, since: datetime | None, until: datetime | None, home: str, as_json: bool
) -> int:
    """Write the records of some days to a file."""
    at_work = desk(home, "audit")
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise AlreadyExists(output) from None
    except OSError as problem:
        raise Forbidden(output, problem.strerror or str(problem)) from None
    try:
        with open(descriptor, "wb") as out:
            count = at_work.export(by, _start(since), _start(until), out)
    except LadingError:
        # A part must not be taken for the whole.
        os.unlink(output)
        raise
    if as_json:
        answer("drive audit export", {"file": output, "records": count})
    else:
        say(_EXPORTED, count=count, file=output)
    return 0


def _start(day: datetime | None) -> int | None:
    """The first nanosecond of *day* in UTC."""
    return None if day is None else int(day.replace(tzinfo=UTC).timestamp()) * 10**9
