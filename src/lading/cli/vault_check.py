"""
`lading vault check`, `lading vault repair`: is everything there, and an index made anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from lading.cli.options import json_option
from lading.cli.output import answer, person, progress_bar, say, speak
from lading.cli.vault_work import at_work, vault_argument
from lading.model.errors import DIFFERENT
from lading.model.text import Language, Text, language_of
from lading.vault.check import Report
from lading.vault.check import check as look_at
from lading.vault.findings import Finding
from lading.vault.locks import Mode, locked
from lading.vault.rebuild import rebuild

_CHECK = Text(
    """Check VAULT: every object, and that all that each snapshot needs is there.

    Exit codes: 0 every snapshot can be had back; 10 something is wrong.""",
    """检查保管库 VAULT：每个对象，以及每个快照所需的全部内容。

    退出码：0 所有快照均可恢复；10 发现问题。""",
)
_READ = Text(
    "Read all packs, decrypt every record and hold it against its name.",
    "读取全部数据包，解密每条记录并与其名称核对。",
)
_REPAIR = Text(
    """Write the index of VAULT anew from its packs, each of which is read and verified whole.

    What is good in a damaged pack goes into a new one.  Exit codes: 0 all packs were whole; 10 some were not.""",
    """由数据包重建保管库 VAULT 的索引；每个数据包均完整读取并校验。

    受损数据包中完好的记录会写入新的数据包。退出码：0 所有数据包完好；10 有数据包受损。""",
)
_LOOKED = Text(
    "{snapshots:,} snapshots, {packs:,} packs, {records:,} records, {bytes:,} bytes, {read:,} records read",
    "快照 {snapshots:,} 个，数据包 {packs:,} 个，记录 {records:,} 条，共 {bytes:,} 字节，已读取记录 {read:,} 条",
)
_SOUND = Text("Every snapshot is whole.", "所有快照均完整。")
_WRONG = Text("Something is wrong: {count:,} findings.", "发现问题：{count:,} 项。")
_REBUILT = Text(
    "The index tells of {packs:,} packs and {records:,} records; {rescued:,} records rescued.",
    "索引现有数据包 {packs:,} 个、记录 {records:,} 条；抢救记录 {rescued:,} 条。",
)


@click.command(help=speak(_CHECK))
@vault_argument
@click.option("--read-data", is_flag=True, help=speak(_READ))
@json_option
def check(
    vault: str, vault_opt: tuple[str, ...], key_file: str | None, read_data: bool, as_json: bool
) -> int:
    """Check the vault."""
    with at_work(vault, vault_opt, key_file) as it, progress_bar(quiet=as_json) as publish:
        how = {"who": person(), "purpose": "check"}
        with locked(it.store, it.master, Mode.SHARED, needed=False, **how) as held:
            report = look_at(it, read_data=read_data, own_lock=held.name, publish=publish)
    code = 0 if report.sound else DIFFERENT
    if as_json:
        answer("vault check", _facts(report), exit_code=code)
    else:
        _tell(report)
    return code


@click.command(help=speak(_REPAIR))
@vault_argument
@json_option
def repair(vault: str, vault_opt: tuple[str, ...], key_file: str | None, as_json: bool) -> int:
    """Write the index anew."""
    with at_work(vault, vault_opt, key_file) as it, progress_bar(quiet=as_json) as publish:
        with locked(it.store, it.master, Mode.ALONE, who=person(), purpose="repair") as held:
            done = rebuild(it, held, publish)
    code = DIFFERENT if done.findings else 0
    counts = {"packs": done.packs, "records": done.records, "rescued": done.rescued}
    if as_json:
        answer("vault repair", {**counts, "findings": list(map(_finding, done.findings))}, exit_code=code)
    else:
        _tell_all(done.findings)
        say(_REBUILT, **counts)
    return code


def _facts(report: Report) -> dict[str, Any]:
    return {
        "sound": report.sound,
        "snapshots": report.snapshots,
        "packs": report.packs,
        "records": report.records,
        "bytes": report.bytes,
        "read": report.read,
        "findings": list(map(_finding, report.findings)),
    }


def _finding(one: Finding) -> dict[str, Any]:
    facts = {key: value.en if isinstance(value, Text) else value for key, value in one.facts.items()}
    return {
        "code": one.code,
        "wrong": one.wrong,
        "subject": one.subject,
        "facts": facts,
        "message": {language.value: one.message(language) for language in Language},
        "remedy": {language.value: one.remedy(language) for language in Language},
    }


def _tell(report: Report) -> None:
    _tell_all(report.findings)
    say(
        _LOOKED,
        snapshots=report.snapshots,
        packs=report.packs,
        records=report.records,
        bytes=report.bytes,
        read=report.read,
    )
    if report.sound:
        say(_SOUND)
    else:
        say(_WRONG, count=sum(one.wrong for one in report.findings))


def _tell_all(findings: Iterable[Finding]) -> None:
    language = language_of()
    for one in findings:
        click.echo(one.message(language))
        click.echo(f"    {one.remedy(language)}")
