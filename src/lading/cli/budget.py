"""
`lading budget`: how many calls an upgrade needs, and when they suffice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import click

from lading.cli.findings_telling import tell_findings, told_findings
from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.connectors.kinds import kinds
from lading.connectors.profile import Profile
from lading.manifest.read import open_manifest
from lading.model.errors import BadRequest
from lading.model.text import Text
from lading.stages.readiness.calls import calls_of, earliest
from lading.stages.readiness.factfile import write_facts
from lading.stages.readiness.facts.budgets import CallFacts
from lading.stages.readiness.gather.budgets import calls_facts, loads_of
from lading.stages.readiness.judging import judge
from lading.stages.readiness.plain import to_plain

_HELP = Text(
    """Count the calls that moving what MANIFEST holds costs on a drive of KIND, and say not before which day they suffice.

    Exit codes: 0 told; 2 to 5 bad request; 20 to 39 a file cannot be read or written; 40 no manifest.""",
    """计算将 MANIFEST 所列内容迁移时，KIND 类网盘所需的调用次数，并说明最早何日能够完成。

    退出码：0 已列出；2 至 5 请求有误；20 至 39 文件无法读写；40 不是清单。""",
)
_KIND = Text(
    "The kind of drive whose calls are counted (lading drives).",
    "计算调用次数的网盘种类（见 lading drives）。",
)
_OUT = Text(
    "Count reading from that drive, instead of writing into it.", "计算从该网盘读出（默认为写入）的调用。"
)
_SECOND = Text("Calls that the platform allows in a second.", "平台每秒允许的调用次数。")
_MONTH = Text(
    "Calls that it allows in a month (wedrive: 100,000).", "平台每月允许的调用次数（企业微盘：100,000）。"
)
_USED = Text("Calls of this month that are gone already.", "本月已使用的次数。")
_GRANTS = Text("Rights go along, asked for entry by entry.", "权限随行，逐个条目查询。")
_START = Text("The first day; today if not given.", "开始日期；默认今天。")
_DUE = Text("The day on which it has to be done.", "须完成的日期。")
_OUTPUT = Text("The file to write the facts to.", "写入事实的文件。")
_NEEDED = Text(
    "{total:,} calls: scan {scan:,}, copy {copy:,}, versions {versions:,}, verification {verify:,}",
    "共 {total:,} 次调用：扫描 {scan:,}，复制 {copy:,}，历史版本 {versions:,}，核验 {verify:,}",
)
_DAY = Text("not before {day}", "最早于 {day} 完成")
_NEVER = Text("not within ten years", "十年内无法完成")
_SPACE = Text("  {name}: {calls:,}", "  {name}：{calls:,}")
_SHOWN = 20


@click.command("budget", help=speak(_HELP))
@click.argument("manifest")
@click.option("--kind", required=True, metavar="KIND", help=speak(_KIND))
@click.option("--out-of", is_flag=True, help=speak(_OUT))
@click.option("--second", type=click.FloatRange(0.001, 1e6), default=None, metavar="N", help=speak(_SECOND))
@click.option("--month", type=click.IntRange(1, 10**12), default=None, metavar="N", help=speak(_MONTH))
@click.option("--used", type=click.IntRange(0, 10**12), default=0, metavar="N", help=speak(_USED))
@click.option("--grants", is_flag=True, help=speak(_GRANTS))
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default=None, help=speak(_START))
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), default=None, help=speak(_DUE))
@click.option("-o", "--output", default=None, metavar="FILE", help=speak(_OUTPUT))
@json_option
def command(manifest: str, kind: str, as_json: bool, **given: Any) -> int:
    """Count calls."""
    known = {it.kind for it in kinds()}
    if kind not in known:
        raise BadRequest("--kind", ", ".join(sorted(known)))
    start = _day(given["start"]) or datetime.now(UTC).date()
    profile = Profile(kind=kind, address=kind, calls_per_second=given["second"], local=kind == "folder")
    facts = calls_facts(
        loads_of(open_manifest(manifest), grants=given["grants"]),
        profile,
        start,
        into=not given["out_of"],
        month=given["month"],
        used=given["used"],
        due=_day(given["due"]),
    )
    if given["output"]:
        write_facts(given["output"], facts, datetime.now(UTC))
    findings = judge([facts])
    if as_json:
        answer("budget", {**_figures(facts), "facts": to_plain(facts), "findings": told_findings(findings)})
        return 0
    _tell(facts)
    tell_findings(findings)
    return 0


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _figures(facts: CallFacts) -> dict[str, Any]:
    needed = calls_of(facts.spaces, facts.costs)
    found = earliest(needed.total, facts.allowance, facts.start)
    return {
        "calls": {**to_plain(needed), "total": needed.total},
        "not_before": str(found.day or ""),
        "binds": found.binds,
    }


def _tell(facts: CallFacts) -> None:
    needed = calls_of(facts.spaces, facts.costs)
    say(_NEEDED, total=needed.total, **to_plain(needed))
    found = earliest(needed.total, facts.allowance, facts.start)
    say(_DAY, day=found.day) if found.day else say(_NEVER)
    each = sorted(((calls_of([it], facts.costs).total, it.name) for it in facts.spaces), reverse=True)
    for calls, name in each[:_SHOWN]:
        say(_SPACE, name=name, calls=calls)
