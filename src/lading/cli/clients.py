"""
`lading clients`: what people and machines really use to reach the old drive.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click

from lading.cli.findings_telling import tell_findings, told_findings
from lading.cli.options import json_option
from lading.cli.output import answer, progress_bar, say, speak
from lading.model.errors import BadRequest
from lading.model.progress import Progress, Publish
from lading.model.text import Text
from lading.stages.readiness.factfile import write_facts
from lading.stages.readiness.facts.compatibility import ClientFacts
from lading.stages.readiness.gather.clients import Clients
from lading.stages.readiness.gather.logs import calls_in
from lading.stages.readiness.gather.tables import devices_in, people_in
from lading.stages.readiness.judging import judge
from lading.stages.readiness.plain import to_plain
from lading.stages.readiness.systems.matrix import OURS, matrix_in

_EVERY = 20_000
_HELP = Text(
    """Say which programs and systems reach the old drive, out of access logs LOG, and what the new system makes of them.

    The logs of nginx, Apache, IIS and Nextcloud are known, also as .gz; the formats are told apart by themselves.

    Exit codes: 0 told; 2 to 5 bad request; 20 to 39 a file cannot be read; 87 a file is no log; 88 a table cannot be
    used.""",
    """根据访问日志 LOG 列出访问旧网盘的程序和系统，并说明新系统对它们的支持情况。

    支持 nginx、Apache、IIS 与 Nextcloud 的日志，也可为 .gz；格式自动识别。

    退出码：0 已列出；2 至 5 请求有误；20 至 39 文件无法读取；87 文件不是日志；88 表格无法使用。""",
)
_DEVICES = Text(
    "Table of devices: device, login, system, system_version, program, program_version.",
    "设备表（CSV），列名：device、login、system、system_version、program、program_version。",
)
_PEOPLE = Text(
    "Table of people: login, department, branch, critical.",
    "人员表（CSV），列名：login、department、branch、critical。",
)
_SYSTEM = Text(
    "What the new system supports, as TOML; default: Lading's drive.",
    "新系统支持情况（TOML）；默认为 Lading 自带网盘。",
)
_OUTPUT = Text("The file to write the facts to.", "写入事实的文件。")
_LINES = Text("log lines", "日志行")
_DONE = Text(
    "{lines:,} lines ({broken:,} cannot be read), {first} to {last}: {people:,} people, {unnamed:,} addresses without a name",
    "共 {lines:,} 行（{broken:,} 行无法读取），{first} 至 {last}：{people:,} 人，{unnamed:,} 个无用户名的地址",
)


@click.command("clients", help=speak(_HELP))
@click.argument("logs", nargs=-1, metavar="[LOG]…")
@click.option("--devices", default=None, metavar="CSV", help=speak(_DEVICES))
@click.option("--people", default=None, metavar="CSV", help=speak(_PEOPLE))
@click.option("--system", default=None, metavar="TOML", help=speak(_SYSTEM))
@click.option("-o", "--output", default=None, metavar="FILE", help=speak(_OUTPUT))
@json_option
def command(logs: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Count clients out of logs."""
    if not logs and not given["devices"]:
        raise BadRequest("LOG", Text("give a log, or --devices", "请给出日志或 --devices"))
    matrix = matrix_in(given["system"] or str(OURS))
    people = people_in(given["people"]) if given["people"] else None
    devices = devices_in(given["devices"]) if given["devices"] else ()
    with progress_bar(quiet=as_json) as publish:
        clients = counted(logs, publish)
    now = datetime.now(UTC)
    facts = clients.facts(matrix, now.date(), people, devices)
    if given["output"]:
        write_facts(given["output"], facts, now)
    findings = judge([facts])
    if as_json:
        answer("clients", {"facts": _plain(facts), "findings": told_findings(findings)})
        return 0
    _tell(facts)
    tell_findings(findings)
    return 0


def counted(logs: tuple[str, ...], publish: Publish) -> Clients:
    """All calls of *logs*, counted."""
    clients, number = Clients(), 0
    for file in logs:
        for call in calls_in(file):
            clients.add(call)
            number += 1
            if number % _EVERY == 0:
                publish(Progress(speak(_LINES), number, 0))
    return clients


def _plain(facts: ClientFacts) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(facts)
    return plain


def _tell(facts: ClientFacts) -> None:
    if facts.lines:
        say(
            _DONE,
            lines=facts.lines,
            broken=facts.broken,
            first=facts.first or "?",
            last=facts.last or "?",
            people=facts.people,
            unnamed=facts.unnamed,
        )
    for used in sorted(facts.used, key=lambda it: -it.people)[:40]:
        versions = ", ".join(
            f"{version or '?'} × {count:,}" for version, count in list(used.versions.items())[:4]
        )
        sys.stdout.write(f"{used.people:>8,}  {used.name}  ({versions})\n")
