"""
`lading assess OLD [NEW]`: may we start, and if not, who has to do what first?
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import click

from lading.cli.assess_facts import Found, gather
from lading.cli.assess_telling import tell
from lading.cli.options import json_option
from lading.cli.output import answer, person, say, speak
from lading.cli.people_options import people_options
from lading.evidence.states import job_folder
from lading.manifest.files import UNFINISHED, local_errors, publish_file
from lading.model.errors import NOT_READY, RISKY, BadRequest
from lading.model.text import Text, language_of
from lading.stages.readiness import keeping
from lading.stages.readiness.assessment import Assessment, changes, to_document
from lading.stages.readiness.duration import estimate, rates_of
from lading.stages.readiness.judging import all_rules, judge
from lading.stages.readiness.report.page import page
from lading.stages.readiness.report.table import write_tables
from lading.stages.readiness.verdict import Level, verdict
from lading.stages.readiness.waivers import Waiver, checked

_HELP = Text(
    """Say whether an upgrade from OLD to NEW may start, and if not, who has to do what first.

    OLD and NEW are drives, or folders that `lading scan --with all` wrote. Nothing is changed on either
    side. What probes found at branches and on servers is given with --facts, the plan with --plan; what
    nobody looked at is a finding.

    Exit codes: 0 ready; 81 ready with risks; 80 not ready; 82 a file of facts cannot be used; 83 a finding
    cannot be waived; others see docs/manual/errors.md.""",
    """判断从 OLD 到 NEW 的升级能否开始；若不能，谁须先做什么。

    OLD 与 NEW 可以是网盘，或 `lading scan --with all` 写出的文件夹。不会改动任何一侧。各分支机构和服务器的探测结果
    用 --facts 提供，计划用 --plan 提供；没有检查过的内容会作为问题列出。

    退出码：0 已就绪；81 可以开始但有风险；80 未就绪；82 事实文件无法使用；83 问题不可豁免；其余见
    docs/manual/errors.md。""",
)
_FACTS = Text("A file that a probe wrote; may be repeated.", "探测写出的文件；可重复给出。")
_PLAN = Text(
    "The plan (TOML): waves, windows, deals, people, approvals.",
    "计划（TOML）：批次、窗口、交易、人员、审批。",
)
_DRILL = Text(
    "The result of a restore drill (drills/drill-….json of lading drill).",
    "恢复演练的结果（lading drill 写出的 drills/drill-….json）。",
)
_EARLIER = Text(
    "An earlier manifest of OLD: shows what keeps changing.", "OLD 较早的清单：用于发现持续变化的文件。"
)
_DOCUMENTS = Text(
    "Open the N newest documents of OLD and look into them.", "打开 OLD 中最新的 N 份文档进行检查。"
)
_ADDRESS = Text(
    "What links to OLD begin with, e.g. https://old.example/; may be repeated.",
    "指向 OLD 的链接开头，例如 https://old.example/；可重复给出。",
)
_YEARS = Text("Years without a change after which a file is stale.", "多少年未修改视为陈旧。")
_WALLS = Text(
    "Walls between deals; names behind them are left out of all reports.",
    "项目之间的隔离墙；其后的名称不出现在任何报告中。",
)
_WITHOUT = Text(
    "Leave names at and below PATH out of all reports; may be repeated.",
    "报告中不出现 PATH 及其下的名称；可重复给出。",
)
_WAIVE = Text(
    "Waive findings of a rule: CODE or CODE:SUBJECT; may be repeated.",
    "豁免某规则的问题：CODE 或 CODE:SUBJECT；可重复给出。",
)
_BY = Text("Who waives; give it twice, for two people.", "豁免人；须给出两次，即两个人。")
_REASON = Text("Why it is waived.", "豁免理由。")
_UNTIL = Text("The last day of the waiver, e.g. 2026-12-31.", "豁免的最后一日，例如 2026-12-31。")
_STATE = Text("Folder that keeps the state of the job.", "保存任务状态的文件夹。")
_HTML = Text("Write one page for people to FILE.", "将供人阅读的网页写入 FILE。")
_CSV = Text("Write a table for each owner into DIR.", "将每位负责人的表格写入 DIR。")
_KEPT = Text("kept as {file}", "已保存为 {file}")
_CODES = {Level.READY: 0, Level.RISKS: RISKY, Level.NOT_READY: NOT_READY}


@click.command("assess", help=speak(_HELP))
@click.argument("old")
@click.argument("new", required=False)
@click.option("--facts", "facts_files", multiple=True, metavar="FILE", help=speak(_FACTS))
@click.option("--plan", "plan_file", default=None, metavar="FILE", help=speak(_PLAN))
@click.option("--drill", "drill_file", default=None, metavar="FILE", help=speak(_DRILL))
@click.option("--earlier", default=None, metavar="MANIFEST", help=speak(_EARLIER))
@click.option(
    "--read-documents", type=click.IntRange(0, 1_000_000), default=0, metavar="N", help=speak(_DOCUMENTS)
)
@click.option("--old-address", "addresses", multiple=True, metavar="URL", help=speak(_ADDRESS))
@click.option(
    "--stale-years",
    type=click.FloatRange(0.1, 100),
    default=5.0,
    show_default=True,
    metavar="N",
    help=speak(_YEARS),
)
@click.option("--walls", default=None, metavar="FILE", help=speak(_WALLS))
@click.option("--without", multiple=True, metavar="PATH", help=speak(_WITHOUT))
@click.option("--waive", multiple=True, metavar="CODE[:SUBJECT]", help=speak(_WAIVE))
@click.option("--waived-by", "waived_by", multiple=True, metavar="NAME", help=speak(_BY))
@click.option("--reason", default="", metavar="TEXT", help=speak(_REASON))
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None, metavar="DATE", help=speak(_UNTIL))
@click.option("--state", default=".lading", show_default=True, metavar="DIR", help=speak(_STATE))
@click.option("--html", default=None, metavar="FILE", help=speak(_HTML))
@click.option("--csv", "tables", default=None, metavar="DIR", help=speak(_CSV))
@people_options
@json_option
def command(old: str, new: str | None, as_json: bool, **given: Any) -> int:
    """Gather, judge, keep, tell."""
    now = datetime.now(UTC)
    entered = _waivers(given, now.astimezone().date())
    found = gather(old, new, given, now, quiet=as_json)
    job = job_folder(given["state"], found.old, found.new or ("", ""))
    if entered:
        keeping.keep_waivers(job, entered, actor=person(), at=now)
    made = _assessed(found, job, now)
    document = to_document(made)
    file = keeping.keep(job, document, actor=person(), at=now)
    _write(document, given["html"], given["tables"])
    code = _CODES[made.verdict.overall.level]
    if as_json:
        answer("assess", {"file": file, "assessment": document}, exit_code=code)
    else:
        tell(document)
        say(_KEPT, file=file)
    return code


def _waivers(given: Mapping[str, Any], today: date) -> Sequence[Waiver]:
    if not given["waive"]:
        if given["waived_by"] or given["reason"] or given["until"]:
            raise BadRequest("--waive", Text("say what is waived", "请说明豁免什么"))
        return ()
    rules = {rule.code: rule for rule in all_rules()}
    until = given["until"].date() if given["until"] else None
    return checked(given["waive"], given["waived_by"], given["reason"], until, rules, today)


def _assessed(found: Found, job: str, now: datetime) -> Assessment:
    findings = judge(found.facts)
    stand = verdict(findings, keeping.waivers(job), found.waves, now.astimezone().date())
    return Assessment(
        old=found.old[1],
        new=found.new[1] if found.new else "",
        at=now,
        findings=findings,
        verdict=stand,
        estimate=estimate(found.bytes, found.objects, rates_of(found.facts)),
        changes=changes(findings, keeping.earlier(job)),
        looked=found.looked,
        owners=found.owners,
    )


def _write(document: Mapping[str, Any], html: str | None, tables: str | None) -> None:
    """Write what was asked for, whole or not at all."""
    if html is not None:
        with local_errors(html):
            os.makedirs(os.path.dirname(os.path.abspath(html)), exist_ok=True)
            with open(html + UNFINISHED, "w", encoding="utf-8") as stream:
                stream.write(page(document, language_of()))
            publish_file(html + UNFINISHED, html)
    if tables is not None:
        write_tables(tables, document, language_of())
