"""
`lading vault restore`: a copy out of a snapshot.
"""

from __future__ import annotations

from pathlib import Path as LocalPath
from typing import TYPE_CHECKING, Any

import click

from lading.cli import vault_ahead
from lading.cli.along_options import along_options
from lading.cli.options import address, drive_option, json_option
from lading.cli.output import speak
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.cli.vault_which import as_of_option, part_options
from lading.model.loading import on_use
from lading.model.text import Text

if TYPE_CHECKING:
    from lading.cli import vault_restoring
else:
    # Loaded when the vault is open: to stretch a passphrase takes 64 MiB for a moment, and those shall not come on top of Arrow.
    vault_restoring = on_use("lading.cli.vault_restoring")

_RESTORE = Text(
    """Restore SNAPSHOT of VAULT into the drive DRIVE, of whatever kind.

    SNAPSHOT is the beginning of its name, or latest, with --as-of the last one by then. --path and --space restore a part. It is a copy as by `lading copy`: it closes its account, goes on where it was cut off, and
    replaces nothing that it did not put there unless --overwrite says so.

    Exit codes: those of `lading copy`; 58 the vault is damaged; 59 wrong secret.""",
    """将 VAULT 中的快照 SNAPSHOT 恢复到任意种类的网盘 DRIVE。

    SNAPSHOT 为快照名的开头，或 latest；使用 --as-of 时为截至该时间的最后一个。--path 与 --space 只恢复一部分。与 `lading copy` 相同：结清账目，可从中断处继续；除非使用 --overwrite，不会替换并非由其写入的内容。

    退出码：同 `lading copy`；58 保管库损坏；59 密钥错误。""",
)
_OVERWRITE = Text("Replace files that no earlier run put there.", "替换并非由先前运行写入的文件。")
_STATE = Text("Folder that keeps the state of the job.", "保存任务状态的文件夹。")
_WORKERS = Text("Worker processes; default one per processor.", "工作进程数；默认每个处理器一个。")


@click.command("restore", help=speak(_RESTORE))
@click.argument("vault")
@click.argument("snapshot")
@click.argument("drive")
@vault_options
@drive_option("--opt", Text("drive", "网盘"))
@as_of_option
@part_options
@along_options
@click.option("--overwrite", is_flag=True, help=speak(_OVERWRITE))
@click.option(
    "--state", default=".lading", type=click.Path(path_type=LocalPath), show_default=True, help=speak(_STATE)
)
@click.option(
    "--workers", "asked", type=click.IntRange(1, 64), default=None, metavar="N", help=speak(_WORKERS)
)
@json_option
def restore(vault: str, snapshot: str, drive: str, state: LocalPath, as_json: bool, **given: Any) -> int:
    """Restore a snapshot."""
    where, target = vault_address(vault, given), address(drive, given["opt"])
    with opened(where, vault_ahead.RESTORE) as it:
        finished, job = vault_restoring.restored(it, where, snapshot, target, state, given, quiet=as_json)
    return vault_restoring.tell(finished, job, as_json)
