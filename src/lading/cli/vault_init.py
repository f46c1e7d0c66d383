"""
`lading vault init`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.cli.vault_options import vault_address, vault_options
from lading.model.text import Text
from lading.vault.opening import secret_in, store_at
from lading.vault.vault import make_vault

_INIT = Text(
    """Make an empty vault in VAULT: a folder, an S3 bucket, a WebDAV server.

    Without the passphrase or the key file nobody can read it, and nobody can help. Keep two.

    Exit codes: 0 made; 2 to 5 bad request; 20 to 39 the drive refused, e.g. since it is not empty.""",
    """在 VAULT（文件夹、S3 存储桶或 WebDAV 服务器）中创建空的保管库。

    没有口令或密钥文件，任何人都无法读取，也无法补救。请保留两份。

    退出码：0 已创建；2 至 5 请求有误；20 至 39 网盘拒绝，例如其中已有内容。""",
)
_LABEL = Text("What the first key is called.", "首个密钥的名称。")
_LOCK = Text(
    "Lock what a snapshot needs for N days, so that nobody can remove it; the bucket must have object lock.",
    "将快照所需内容锁定 N 天，期间任何人不可删除；存储桶须启用对象锁定。",
)
_MADE = Text("The vault is made in {place}. Its id is {id}.", "已在 {place} 创建保管库，其标识为 {id}。")


@click.command("init", help=speak(_INIT))
@click.argument("vault")
@click.option("--label", default="", metavar="NAME", help=speak(_LABEL))
@click.option("--lock-days", type=click.IntRange(1, 36_500), default=None, metavar="N", help=speak(_LOCK))
@vault_options
@json_option
def init(vault: str, label: str, lock_days: int | None, as_json: bool, **given: Any) -> int:
    """Make a vault."""
    where = vault_address(vault, given, new=True)
    where = replace(where, options={"store.create": "yes", **where.options})
    with store_at(where) as drive:
        made = make_vault(drive, secret_in(where), label=label, lock_days=lock_days or 0)
    if as_json:
        answer("vault init", {"vault": vault, "id": made.id, "lock_days": made.lock_days})
    else:
        say(_MADE, place=vault, id=made.id)
    return 0
