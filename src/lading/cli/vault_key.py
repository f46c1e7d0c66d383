"""
`lading vault key`, `lading vault unlock`: who can open a vault, and locks that nobody holds any more.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from lading.cli.consent import agreed
from lading.cli.options import json_option
from lading.cli.output import answer, person, say, speak
from lading.cli.vault_work import at_work, new_secret, vault_argument
from lading.model.errors import DIFFERENT
from lading.model.text import Language, Text, language_of
from lading.vault.keyring import State, add_key, known_keys, named, remove_key, rotate_key
from lading.vault.locks import locks
from lading.vault.locks import unlock as take_away
from lading.vault.snapshots import snapshots

_KEY = Text(
    "Say who can open a vault: key slots, each with a secret of its own.",
    "管理可打开保管库的密钥槽，各有独立口令或密钥文件。",
)
_LIST = Text(
    "List the key slots of VAULT: there, removed, or lost. Exit codes: 0; 10 one is lost.",
    "列出保管库 VAULT 的密钥槽：存在、已移除或已丢失。退出码：0；10 有密钥槽丢失。",
)
_ADD = Text("Let another secret open VAULT.", "增加可打开保管库 VAULT 的口令或密钥文件。")
_REMOVE = Text(
    "Let the slot SLOT open VAULT no more; the last one stays.",
    "移除保管库 VAULT 的密钥槽 SLOT；最后一个不可移除。",
)
_ROTATE = Text(
    "Give the slot SLOT of VAULT another secret.", "更换保管库 VAULT 中密钥槽 SLOT 的口令或密钥文件。"
)
_LABEL = Text("What people call the slot.", "密钥槽的称呼。")
_NEW_FILE = Text(
    "A file whose content is the new secret; otherwise LADING_VAULT_NEW_PASSWORD, or it is asked for.",
    "以其内容为新密钥的文件；未指定时使用 LADING_VAULT_NEW_PASSWORD，否则提示输入。",
)
_UNLOCK = Text(
    """Remove the locks of VAULT whose holders are no more.

    Make sure of that first: a lock may be of a run on another machine.""",
    """移除保管库 VAULT 中持有者已不存在的锁。

    请先确认：锁可能属于另一台机器上正在运行的任务。""",
)
_YES = Text("Do not ask.", "不询问。")
_SURE = Text("Has all of this ended? [y/N] ", "以上任务是否均已结束？[y/N] ")
_NO_LOCKS = Text("There are no locks.", "没有锁。")
_UNLOCKED = Text("Removed: {count:,} locks.", "已移除锁 {count:,} 个。")
_SLOT = Text("slot {name}", "密钥槽 {name}")
_GONE = Text("slot {name} opens the vault no more", "密钥槽 {name} 已移除")
_STATES = {
    State.THERE: Text("there", "存在"),
    State.REMOVED: Text("removed", "已移除"),
    State.LOST: Text("lost", "已丢失"),
}


@click.group(help=speak(_KEY))
def key() -> None:
    """The group of commands about key slots."""


def _new_key_option(function: Any) -> Any:
    return click.option("--new-key-file", metavar="FILE", help=speak(_NEW_FILE))(function)


@key.command("list", help=speak(_LIST))
@vault_argument
@json_option
def list_command(vault: str, vault_opt: tuple[str, ...], key_file: str | None, as_json: bool) -> int:
    """List key slots."""
    with at_work(vault, vault_opt, key_file) as it:
        seen = {slot for one in snapshots(it.store, it.master) for slot in one.slots}
        known = known_keys(it.store, it.opened, seen)
    code = DIFFERENT if any(slot.state is State.LOST for slot in known) else 0
    if as_json:
        answer("vault key list", {"slots": [slot._asdict() for slot in known]}, exit_code=code)
        return code
    for slot in known:
        when = (
            datetime.fromtimestamp(slot.when // 10**9, UTC).strftime("%Y-%m-%d %H:%M UTC")
            if slot.when
            else "-"
        )
        click.echo(f"{slot.name[:16]}  {speak(_STATES[slot.state])}  {when}  {slot.label}")
    return code


@key.command(help=speak(_ADD))
@vault_argument
@_new_key_option
@click.option("--label", default="", help=speak(_LABEL))
@json_option
def add(
    vault: str,
    vault_opt: tuple[str, ...],
    key_file: str | None,
    new_key_file: str | None,
    label: str,
    as_json: bool,
) -> int:
    """Add a key slot."""
    with at_work(vault, vault_opt, key_file) as it:
        new = new_secret(new_key_file)
        name = add_key(it.store, it.opened, new, label=label)
    return _told("vault key add", name, _SLOT, as_json)


@key.command(help=speak(_REMOVE))
@vault_argument
@click.argument("slot", metavar="SLOT")
@json_option
def remove(vault: str, vault_opt: tuple[str, ...], key_file: str | None, slot: str, as_json: bool) -> int:
    """Remove a key slot."""
    with at_work(vault, vault_opt, key_file) as it:
        name = named(it.store, slot)
        remove_key(it.store, it.opened, name, who=person())
    return _told("vault key remove", name, _GONE, as_json)


@key.command(help=speak(_ROTATE))
@vault_argument
@click.argument("slot", metavar="SLOT")
@_new_key_option
@json_option
def rotate(
    vault: str,
    vault_opt: tuple[str, ...],
    key_file: str | None,
    slot: str,
    new_key_file: str | None,
    as_json: bool,
) -> int:
    """Give a key slot another secret."""
    with at_work(vault, vault_opt, key_file) as it:
        name = named(it.store, slot)
        new = new_secret(new_key_file)
        name = rotate_key(it.store, it.opened, name, new, who=person())
    return _told("vault key rotate", name, _SLOT, as_json)


@click.command(help=speak(_UNLOCK))
@vault_argument
@click.option("--yes", is_flag=True, help=speak(_YES))
@json_option
def unlock(vault: str, vault_opt: tuple[str, ...], key_file: str | None, yes: bool, as_json: bool) -> int:
    """Remove locks."""
    with at_work(vault, vault_opt, key_file) as it:
        found = list(locks(it.store, it.master))
        for lock in found:
            click.echo(lock.says.zh if language_of() is Language.ZH else lock.says.en, err=True)
        sure = not found or yes or agreed(speak(_SURE), about="unlock", as_json=as_json)
        for lock in found if sure else ():
            take_away(it.store, lock.name)
    count = len(found) if sure else 0
    if as_json:
        answer("vault unlock", {"removed": count})
    elif found:
        say(_UNLOCKED, count=count)
    else:
        say(_NO_LOCKS)
    return 0


def _told(command: str, name: str, text: Text, as_json: bool) -> int:
    if as_json:
        answer(command, {"slot": name})
    else:
        say(text, name=name)
    return 0
