"""
`lading drive check`, `lading drive tidy`: is everything there, and what may go.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from lading.cli.drive_options import desk, home_argument
from lading.cli.options import json_option
from lading.cli.output import answer, progress_bar, say, speak
from lading.model.errors import DIFFERENT
from lading.model.text import Language, Text, language_of

_CHECK = Text(
    """Check the drive in HOME: every content there and right, every number in the tables true.

    It may be done while the drive is served.  Repairs go beside, never over: a damaged content is moved
    away and kept, a missing one is listed with the files it belongs to.

    Exit codes: 0 nothing is wrong; 10 something is.""",
    """检查 HOME 中的网盘：每份内容均在且无误，数据表中的每个数字均属实。

    可在网盘运行期间进行。修复只在旁侧进行，绝不覆盖：损坏的内容会移走并保留，缺失的内容会列出所属文件。

    退出码：0 一切正常；10 发现问题。""",
)
_READ = Text("Read all content and compare its SHA-256.", "读取全部内容并核对 SHA-256。")
_REPAIR = Text("Set right what can be set right.", "修复可以修复的问题。")
_LOOKED = Text(
    "{nodes:,} files and folders, {contents:,} contents, {bytes:,} bytes, {read:,} read",
    "文件与文件夹 {nodes:,}，内容 {contents:,} 份，共 {bytes:,} 字节，已读取 {read:,} 份",
)
_ROW = Text("{severity}: {says}", "{severity}：{says}")
_FIXED = Text("repaired: {says}", "已修复：{says}")
_SOUND = Text("Nothing is wrong.", "一切正常。")
_WRONG = Text(
    "Something is wrong: {errors:,} errors, {warnings:,} warnings.",
    "发现问题：错误 {errors:,} 个，警告 {warnings:,} 个。",
)
_TIDY = Text(
    """Remove from the drive in HOME what has had its time: versions by keep rule, old trash, uploads that nobody goes on
    with, contents that nothing needs.  A drive that is served does so by itself, once an hour.

    Legal holds, frozen spaces and labelled versions stay as they are.""",
    """清除 HOME 中已到期的内容：按保留规则的旧版本、过期的回收站内容、无人继续的上传、无人需要的内容。
    运行中的网盘每小时自动执行一次。

    法律保全、只读空间和已加标签的版本保持不变。""",
)
_TIDIED = Text(
    "versions {versions:,}, trash {trash:,}, uploads {uploads:,}, contents {contents:,}",
    "版本 {versions:,}，回收站 {trash:,}，上传 {uploads:,}，内容 {contents:,}",
)
_SEVERITY = {
    "error": Text("error", "错误"),
    "warning": Text("warning", "警告"),
    "notice": Text("notice", "提示"),
}


@click.command(help=speak(_CHECK))
@home_argument
@click.option("--read-data", is_flag=True, help=speak(_READ))
@click.option("--repair", is_flag=True, help=speak(_REPAIR))
@json_option
def check(home: str, read_data: bool, repair: bool, as_json: bool) -> int:
    """Check the drive in *home*."""
    at_work = desk(home, "check")
    with progress_bar(quiet=as_json) as publish:
        report = at_work.look(publish, read_data=read_data, repair=repair)
    code = 0 if report.sound else DIFFERENT
    if as_json:
        answer("drive check", _facts(report), exit_code=code)
    else:
        _tell(report)
    return code


@click.command(help=speak(_TIDY))
@home_argument
@json_option
def tidy(home: str, as_json: bool) -> int:
    """Tidy the drive in *home*."""
    at_work = desk(home, "check")
    with progress_bar(quiet=as_json) as publish:
        done = asdict(at_work.clear(publish))
    if as_json:
        answer("drive tidy", done)
    else:
        uploads = done["uploads"] + done["unfinished"]
        contents = done["swept"]["removed"]
        say(_TIDIED, versions=done["versions"], trash=done["trash"], uploads=uploads, contents=contents)
    return 0


def _facts(report: Any) -> dict[str, Any]:
    return {
        "sound": report.sound,
        "nodes": report.nodes,
        "contents": report.contents,
        "bytes": report.bytes,
        "read": report.read,
        "counts": report.counts,
        "repaired": report.repaired,
        "findings": [_finding(one) for one in report.findings],
    }


def _finding(one: Any) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "subject": one.subject,
        "facts": dict(one.facts),
        "repaired": one.repaired,
        "message": {language.value: one.message(language) for language in Language},
        "remedy": {language.value: one.remedy(language) for language in Language},
    }


def _tell(report: Any) -> None:
    language = language_of()
    for one in report.findings:
        text = _FIXED if one.repaired else _ROW
        say(text, severity=speak(_SEVERITY[one.severity.value]), says=one.message(language))
        for hit in one.facts.get("hits", ()):
            click.echo(f"    {hit.space}/{hit.path} ({hit.number})")
        if not one.repaired:
            click.echo(f"    {one.remedy(language)}")
    say(_LOOKED, nodes=report.nodes, contents=report.contents, bytes=report.bytes, read=report.read)
    if report.sound:
        say(_SOUND)
    else:
        say(_WRONG, errors=report.left("error"), warnings=report.left("warning"))
