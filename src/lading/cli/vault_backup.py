"""
`lading vault backup`.
"""

from __future__ import annotations

from pathlib import Path as LocalPath
from typing import TYPE_CHECKING, Any

import click

from lading.cli import vault_ahead
from lading.cli.options import address, drive_option, features, json_option
from lading.cli.output import answer, speak
from lading.cli.scan_options import DRIVE, LIMIT, WORKERS
from lading.cli.vault_options import opened, vault_address, vault_options
from lading.cli.vault_telling import facts_of, tell
from lading.connectors.wrap.timetable import parse_timetable
from lading.model.errors import FAILED_OBJECTS
from lading.model.loading import on_use
from lading.model.text import Text
from lading.stages.backup.wish import LOOKS
from lading.stages.transfer.apart import check_apart

if TYPE_CHECKING:
    from lading.cli import vault_backing
else:
    # Loaded when the vault is open: to stretch a passphrase takes 64 MiB for a moment, and those shall not come on top of Arrow.
    vault_backing = on_use("lading.cli.vault_backing")

_BACKUP = Text(
    """Back the drive DRIVE up into VAULT: every content, and what hangs on files.

    Only what is new since the last snapshot is read. The drive is looked at again until two looks see the same, so that
    the snapshot is one moment; if people go on working it says that it is not. What was cut off goes on when the command is given again.

    Exit codes: 0 kept, whole; 11 kept, but entries could not be read; 2 to 5 bad request; 20 to 39 a drive refused;
    58 the vault is damaged; 59 wrong secret; 130 interrupted.""",
    """将网盘 DRIVE 备份到 VAULT：全部内容及文件所附带的信息。

    只读取自上次快照以来的新内容。会反复查看网盘，直到连续两次结果相同，使快照对应同一时刻；若仍有人在修改，快照会注明。中断后再次执行同一命令即可继续。

    退出码：0 已完整保存；11 已保存，但有条目无法读取；2 至 5 请求有误；20 至 39 网盘拒绝；58 保管库损坏；59 密钥错误；130 被中断。""",
)
_WITH = Text(
    "What to keep beside contents: people, grants, links, versions, locks, labels, comments, settings (default: all).",
    "除内容外还要保存的信息：people、grants、links、versions、locks、labels、comments、settings（默认全部）。",
)
_FULL = Text("Read every content again, whatever seems unchanged.", "重新读取全部内容，即使看似未变。")
_LOOKS = Text("Look at the drive at most N times.", "最多查看网盘 N 次。")
_STATE = Text("Folder that keeps the state of unfinished backups.", "保存未完成备份状态的文件夹。")
_FREEZE = Text(
    "Let nobody change the drive meanwhile, where it can be frozen; what was frozen before stays so.",
    "备份期间冻结网盘（若支持）；此前已冻结的空间保持不变。",
)


@click.command("backup", help=speak(_BACKUP))
@click.argument("drive")
@click.argument("vault")
@drive_option("--opt", DRIVE)
@vault_options
@click.option("--with", "wanted", default="all", metavar="LIST", help=speak(_WITH))
@click.option("--full", is_flag=True, help=speak(_FULL))
@click.option("--freeze", is_flag=True, help=speak(_FREEZE))
@click.option(
    "--looks", type=click.IntRange(1, 20), default=LOOKS, show_default=True, metavar="N", help=speak(_LOOKS)
)
@click.option(
    "--state",
    default=".lading",
    type=click.Path(path_type=LocalPath),
    show_default=True,
    help=speak(_STATE),
)
@click.option("--workers", type=click.IntRange(1, 64), default=None, metavar="N", help=speak(WORKERS))
@click.option("--limit", default="", metavar="TIMETABLE", help=speak(LIMIT))
@json_option
def backup_command(drive: str, vault: str, as_json: bool, **given: Any) -> int:
    """Back a drive up."""
    parse_timetable(given["limit"])
    source = address(drive, given["opt"])
    where = vault_address(vault, given)
    check_apart(source, where, given["state"])
    wanted = features(given["wanted"])
    with opened(where, vault_ahead.BACKUP) as it:
        kept = vault_backing.backed_up(source, where, it, given, wanted, quiet=as_json)
    code = 0 if kept.complete else FAILED_OBJECTS
    if as_json:
        answer("vault backup", facts_of(kept), exit_code=code)
    else:
        tell(kept)
    return code
