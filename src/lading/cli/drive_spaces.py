"""
`lading drive space`, `freeze`, `thaw`, `grant`: spaces and who may use them.
"""

from __future__ import annotations

from typing import Any

import click

from lading.cli.drive_options import Size, desk, home_option
from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.model.paths import shown_name
from lading.model.text import Text

ROLES = ("preview", "download", "upload", "edit", "manage")
_ADMIN = Text(
    "The key of a person or group that manages it; may be repeated.",
    "管理该空间的人员或群组的标识；可重复给出。",
)
_QUOTA = Text("The most it may hold, e.g. 500GiB (default: no limit).", "容量上限，例如 500GiB（默认不限）。")
_MESSAGE = Text("What its users are told.", "显示给用户的说明。")
_BY = Text("The key of the manager in whose name it is done.", "以哪位管理者的名义授予（其标识）。")
_DENY = Text("Deny the role and all above it instead.", "改为拒绝该角色及以上的权限。")
_DAYS = Text("Days until it ends (default: never).", "有效天数（默认永久）。")
_MADE = Text("The space {name} is made: {key}", "空间 {name} 已创建：{key}")
_ROW = Text("{key}  {used:>15,} B  {name}{frozen}", "{key}  {used:>15,} 字节  {name}{frozen}")
_FROZEN_ROW = Text("  (read-only: {message})", "  （只读：{message}）")
_NONE = Text("There are no spaces yet.", "尚无空间。")
_FROZEN = Text("The space {name} is read-only now.", "空间 {name} 现为只读。")
_THAWED = Text("The space {name} can be changed again.", "空间 {name} 已恢复可写。")
_BEGUN = Text(
    "A new epoch has begun in {count:,} spaces: clients list them anew.",
    "已更换 {count:,} 个空间的同步标识：客户端将重新列出并比对。",
)
_GRANTED = Text("{principal} may {role} in {path} now.", "{principal} 现在对 {path} 拥有 {role} 权限。")
_DENIED = Text(
    "{principal} is denied {role} and above in {path} now.",
    "已拒绝 {principal} 对 {path} 的 {role} 及以上权限。",
)


@click.group(help=speak(Text("Make and list spaces.", "创建和列出空间。")))
def space() -> None:
    """The group of commands about spaces."""


@space.command(help=speak(Text("Make the space NAME.", "创建名为 NAME 的空间。")))
@click.argument("name")
@click.option("--admin", "admins", multiple=True, required=True, metavar="KEY", help=speak(_ADMIN))
@click.option("--quota", type=Size(), metavar="SIZE", help=speak(_QUOTA))
@home_option
@json_option
def make(name: str, admins: tuple[str, ...], quota: int | None, home: str, as_json: bool) -> int:
    """Make a space."""
    facts = desk(home, "spaces").make(name, admins, quota)
    return _told("drive space make", facts, as_json, _MADE, name=shown_name(name), key=facts["key"])


@space.command("list", help=speak(Text("List all spaces.", "列出全部空间。")))
@home_option
@json_option
def list_spaces(home: str, as_json: bool) -> int:
    """List all spaces."""
    found = desk(home, "spaces").all_spaces()
    if as_json:
        answer("drive space list", {"spaces": found})
        return 0
    for one in found:
        frozen = speak(_FROZEN_ROW, message=shown_name(one["frozen"])) if one["frozen"] else ""
        say(_ROW, **{**one, "name": shown_name(one["name"]), "frozen": frozen})
    if not found:
        say(_NONE)
    return 0


@click.command(
    help=speak(
        Text("Make SPACE (its key or name) read-only for a time.", "将空间 SPACE（标识或名称）暂时设为只读。")
    )
)
@click.argument("space")
@click.option("--message", required=True, metavar="TEXT", help=speak(_MESSAGE))
@home_option
@json_option
def freeze(space: str, message: str, home: str, as_json: bool) -> int:
    """Freeze a space."""
    facts = desk(home, "spaces").freeze(space, message)
    return _told("drive freeze", facts, as_json, _FROZEN, name=shown_name(facts["name"]))


@click.command(
    help=speak(Text("End the freeze of SPACE (its key or name).", "解除空间 SPACE（标识或名称）的只读状态。"))
)
@click.argument("space")
@home_option
@json_option
def thaw(space: str, home: str, as_json: bool) -> int:
    """Thaw a space."""
    facts = desk(home, "spaces").thaw(space)
    return _told("drive thaw", facts, as_json, _THAWED, name=shown_name(facts["name"]))


@click.command(
    "new-epoch",
    help=speak(
        Text(
            "Make every cursor of the change feed of SPACE (its key or name; default: all spaces) expire, so that sync"
            " clients compare anew. For after a restore or a rollback.",
            "使空间 SPACE（标识或名称；默认全部空间）变更记录的所有游标失效，让同步客户端重新比对。用于恢复或回退之后。",
        )
    ),
)
@click.argument("space", required=False)
@home_option
@json_option
def new_epoch(space: str | None, home: str, as_json: bool) -> int:
    """Begin a new epoch."""
    begun = desk(home, "spaces").begin_epoch(space)
    return _told("drive new-epoch", {"spaces": begun}, as_json, _BEGUN, count=len(begun))


@click.command(
    help=speak(
        Text(
            "Give PRINCIPAL a ROLE on PATH in SPACE and all below; PATH / is the space itself.",
            "授予 PRINCIPAL 对空间 SPACE 中 PATH 及其下全部内容的角色 ROLE；PATH 为 / 时指整个空间。",
        )
    )
)
@click.argument("space")
@click.argument("path")
@click.argument("principal")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--by", required=True, metavar="KEY", help=speak(_BY))
@click.option("--deny", is_flag=True, help=speak(_DENY))
@click.option("--days", type=click.IntRange(1, 36500), metavar="N", help=speak(_DAYS))
@home_option
@json_option
def grant(home: str, as_json: bool, **asked: Any) -> int:
    """Grant a role, or deny it."""
    terms = {name: asked[name] for name in ("by", "deny", "days")}
    facts = desk(home, "spaces").grant(
        asked["space"], asked["path"], asked["principal"], asked["role"], **terms
    )
    said = _DENIED if asked["deny"] else _GRANTED
    shown = {name: shown_name(asked[name]) for name in ("principal", "role")}
    return _told("drive grant", facts, as_json, said, path=asked["path"], **shown)


def _told(command: str, facts: dict[str, Any], as_json: bool, text: Text, **places: object) -> int:
    if as_json:
        answer(command, facts)
    else:
        say(text, **places)
    return 0
