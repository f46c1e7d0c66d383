"""
`lading drive`: our own drive, one file per group of commands.
"""

from __future__ import annotations

from importlib import import_module

import click

from lading.cli.output import speak
from lading.model.text import Text

# Command name to (module, its click command, one line of help).
COMMANDS: dict[str, tuple[str, str, Text]] = {
    "serve": ("drive_serve", "serve", Text("Serve the drive in a folder.", "为文件夹中的网盘提供服务。")),
    "space": ("drive_spaces", "space", Text("Make and list spaces.", "创建和列出空间。")),
    "grant": ("drive_spaces", "grant", Text("Give somebody a role.", "授予角色。")),
    "freeze": ("drive_spaces", "freeze", Text("Make a space read-only.", "将空间设为只读。")),
    "thaw": ("drive_spaces", "thaw", Text("End a freeze.", "解除只读。")),
    "new-epoch": (
        "drive_spaces",
        "new_epoch",
        Text("Make sync clients start anew.", "让同步客户端重新比对。"),
    ),
    "check": ("drive_check", "check", Text("Check content and tables.", "检查内容与数据表。")),
    "tidy": ("drive_check", "tidy", Text("Remove what has had its time.", "清除已到期的内容。")),
    "audit": ("drive_audit", "audit", Text("Verify and export the audit.", "校验和导出审计记录。")),
    "people": ("drive_people", "people", Text("Load people from a CSV file.", "从 CSV 文件导入人员。")),
    "person": ("drive_people", "person", Text("Add a person.", "添加人员。")),
    "token": ("drive_people", "token", Text("Make an access token.", "创建访问令牌。")),
}


class DriveCommands(click.Group):
    """Commands that are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command = getattr(import_module(f"lading.cli.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(speak(Text("Commands", "命令"))):
            formatter.write_dl([(name, speak(text)) for name, (_, _, text) in COMMANDS.items()])


@click.group(
    cls=DriveCommands,
    help=speak(
        Text(
            "Lading's own drive: spaces, versions, rights, links, WebDAV.",
            "Lading 自带的网盘：空间、版本、权限、分享链接、WebDAV。",
        )
    ),
)
def command() -> None:
    """The group of all commands about our own drive."""
