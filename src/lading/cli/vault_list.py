"""
`lading vault list`.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.cli.vault_telling import facts_of, time_of
from lading.cli.vault_which import as_of_option, moment
from lading.model.text import Text
from lading.vault.snapshots import Snapshot, snapshots

_LIST = Text(
    """List the snapshots in VAULT, the oldest first.

    Exit codes: 0 listed; 2 to 5 bad request; 20 to 39 the drive refused; 58 the vault is damaged; 59 wrong secret.""",
    """列出 VAULT 中的快照，由旧到新。

    退出码：0 已列出；2 至 5 请求有误；20 至 39 网盘拒绝；58 保管库损坏；59 密钥错误。""",
)
_NONE = Text("There are no snapshots yet.", "尚无快照。")


@click.command("list", help=speak(_LIST))
@click.argument("vault")
@as_of_option
@vault_options
@json_option
def list_command(vault: str, as_of: str | None, as_json: bool, **given: Any) -> int:
    """List the snapshots."""
    until = None if as_of is None else moment(as_of)
    with opened(vault_address(vault, given)) as it:
        found = [one for one in snapshots(it.store, it.master) if until is None or one.taken <= until]
    if as_json:
        answer("vault list", {"snapshots": [facts_of(one) for one in found]})
    elif not found:
        say(_NONE)
    else:
        for one in found:
            sys.stdout.write(_line(one))
    return 0


def _line(it: Snapshot) -> str:
    mark = " " if it.complete else "!"
    return f"{it.name[:12]}  {time_of(it.taken)}  {mark} {it.bytes:>16,} B  {it.drive['kind']}:{it.drive['place']}\n"
