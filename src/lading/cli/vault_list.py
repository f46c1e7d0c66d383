"""
`lading vault list`.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from lading.cli.options import json_option
from lading.cli.output import answer, hint, say, speak
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.cli.vault_telling import facts_of, time_of
from lading.cli.vault_which import as_of_option, moment
from lading.model.errors import BadVault
from lading.model.text import Text
from lading.vault.snapshots import Snapshot, readable

_LIST = Text(
    """List the snapshots in VAULT, the oldest first; then those that are damaged.

    Exit codes: 0 listed; 2 to 5 bad request; 20 to 39 the drive refused; 58 listed, and the vault is damaged; 59 wrong secret.""",
    """列出 VAULT 中的快照，由旧到新；其后列出已损坏的快照。

    退出码：0 已列出；2 至 5 请求有误；20 至 39 网盘拒绝；58 已列出，但保管库有损坏；59 密钥错误。""",
)
_NONE = Text("There are no snapshots yet.", "尚无快照。")
_DAMAGED = Text(
    "{name} is damaged: which is `latest` cannot be told, and others are restored by their names; `lading vault check` says more.",
    "{name} 已损坏：无法确定哪个是 `latest`，其他快照须按名称恢复；详情请运行 `lading vault check`。",
)


@click.command("list", help=speak(_LIST))
@click.argument("vault")
@as_of_option
@vault_options
@json_option
def list_command(vault: str, as_of: str | None, as_json: bool, **given: Any) -> int:
    """List the snapshots."""
    until = None if as_of is None else moment(as_of)
    with opened(vault_address(vault, given)) as it:
        every, damaged = readable(it.store, it.master)
    found = [one for one in every if until is None or one.taken <= until]
    code = BadVault.exit_code if damaged else 0
    if as_json:
        told = {"snapshots": [facts_of(one) for one in found], "damaged": [one.subject for one in damaged]}
        answer("vault list", told, exit_code=code)
        return code
    if not found and not damaged:
        say(_NONE)
    for one in found:
        sys.stdout.write(_line(one))
    for problem in damaged:
        hint(_DAMAGED, name=problem.subject)
    return code


def _line(it: Snapshot) -> str:
    mark = " " if it.complete else "!"
    return f"{it.name[:12]}  {time_of(it.taken)}  {mark} {it.bytes:>16,} B  {it.drive['kind']}:{it.drive['place']}\n"
