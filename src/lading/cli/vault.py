"""
`lading vault`: backups, one file per group of commands.
"""

from __future__ import annotations

from importlib import import_module

import click

from lading.cli.output import speak
from lading.model.loading import loading
from lading.model.text import Text

# Command name to (module, its click command, one line of help).
COMMANDS: dict[str, tuple[str, str, Text]] = {
    "init": ("vault_init", "init", Text("Make an empty vault.", "创建空的保管库。")),
    "backup": ("vault_backup", "backup_command", Text("Back a drive up.", "备份网盘。")),
    "list": ("vault_list", "list_command", Text("List the snapshots.", "列出快照。")),
    "show": ("vault_show", "show", Text("Say what a snapshot holds.", "说明快照的内容。")),
    "check": ("vault_check", "check", Text("Check that every snapshot is whole.", "检查每个快照是否完整。")),
    "repair": ("vault_check", "repair", Text("Write the index anew from the packs.", "由数据包重建索引。")),
    "keep": (
        "vault_forget",
        "keep",
        Text("Tag a snapshot, or keep it for a campaign.", "为快照加标签，或为迁移任务保留。"),
    ),
    "forget": ("vault_forget", "forget", Text("Remove snapshots by rules.", "按规则移除快照。")),
    "prune": ("vault_forget", "prune", Text("Remove what no snapshot needs.", "清除快照不再需要的内容。")),
    "key": ("vault_key", "key", Text("Say who can open the vault.", "管理可打开保管库的密钥。")),
    "unlock": ("vault_key", "unlock", Text("Remove locks of what is no more.", "移除已结束任务的锁。")),
    "browse": (
        "vault_browse",
        "browse",
        Text("Look into a snapshot: sizes, times, versions, who may.", "浏览快照：大小、时间、版本、权限。"),
    ),
    "restore": ("vault_restore", "restore", Text("Restore a snapshot into a drive.", "将快照恢复到网盘。")),
}


class VaultCommands(click.Group):
    """Commands that are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        with loading():
            command = getattr(import_module(f"lading.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(speak(Text("Commands", "命令"))):
            formatter.write_dl([(name, speak(text)) for name, (_, _, text) in COMMANDS.items()])


@click.group(
    cls=VaultCommands,
    help=speak(
        Text(
            "Full backups: contents, versions, rights, links; sealed, checked, restored.",
            "完整备份：内容、历史版本、权限、链接；加密保存，可检查，可恢复。",
        )
    ),
)
def command() -> None:
    """The group of commands about vaults."""
