"""
`lading drive people`, `person`, `token`: who uses the drive.
"""

from __future__ import annotations

import click

from lading.cli.drive_options import desk, home_option
from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.model.errors import FAILED_OBJECTS, BadRequest
from lading.model.paths import shown_name
from lading.model.text import Text

SCOPES = ("read", "write", "share", "import", "admin")
_LOAD = Text(
    """Load people, departments and groups from a CSV file.

    The first line names the columns: key, kind, name, mail, parent, groups, owner, until (see the manual).
    Rows that cannot be are listed with the reason, the others are loaded.

    Exit codes: 0 all rows are loaded; 11 some were refused.""",
    """从 CSV 文件导入人员、部门和群组。

    首行为列名：key、kind、name、mail、parent、groups、owner、until（参见手册）。
    无法导入的行会连同原因列出，其余照常导入。

    退出码：0 全部导入；11 有行被拒绝。""",
)
_MISSING = Text("Deactivate people and guests whom no line names.", "停用文件中未列出的人员和外部访客。")
_LOADED = Text(
    "{added:,} added, {changed:,} changed, {left:,} left, {same:,} as before, {refused:,} refused",
    "新增 {added:,}，更改 {changed:,}，离开 {left:,}，未变 {same:,}，拒绝 {refused:,}",
)
_REFUSED = Text("line {line} ({key}): {reason}", "第 {line} 行（{key}）：{reason}")
_NAME = Text("Their name (default: the key).", "姓名（默认与标识相同）。")
_LOGIN = Text(
    "Also make an account with this login, and an invitation.", "同时以此登录名创建账号，并生成邀请。"
)
_ADDED = Text("{key} is added.", "已添加 {key}。")
_INVITED = Text(
    "Within seven days they open this once, give the login {login} and choose a password: {url}",
    "请其在七天内打开以下地址（仅限一次），输入登录名 {login} 并设置密码：{url}",
)
_TITLE = Text("What it is for.", "用途说明。")
_SCOPE = Text(
    "What it may be used for (default: read); may be repeated.", "允许的用途（默认：read）；可重复给出。"
)
_DAYS = Text("Days until it ends (default: 90; 0 is never).", "有效天数（默认 90；0 为永久）。")


@click.group(help=speak(Text("Load people from the firm's directory.", "从企业通讯录导入人员。")))
def people() -> None:
    """The group of commands about all people."""


@people.command(help=speak(_LOAD))
@click.argument("file", metavar="FILE.csv")
@click.option("--missing-leave", is_flag=True, help=speak(_MISSING))
@home_option
@json_option
def load(file: str, missing_leave: bool, home: str, as_json: bool) -> int:
    """Load a CSV file."""
    report = desk(home, "people").load(_content(file), missing_leave=missing_leave)
    refused = report.pop("refused")
    code = FAILED_OBJECTS if refused else 0
    if as_json:
        told = [{**row, "reason": {"en": row["reason"].en, "zh": row["reason"].zh}} for row in refused]
        answer("drive people load", {**report, "refused": told}, exit_code=code)
        return code
    for row in refused:
        say(_REFUSED, line=row["line"], key=shown_name(row["key"]), reason=speak(row["reason"]))
    say(_LOADED, refused=len(refused), **report)
    return code


@click.group(help=speak(Text("Add single people.", "添加单个人员。")))
def person() -> None:
    """The group of commands about one person."""


@person.command(help=speak(Text("Add the person KEY.", "添加标识为 KEY 的人员。")))
@click.argument("key")
@click.option("--name", default="", help=speak(_NAME))
@click.option("--mail", default="")
@click.option("--login", default="", help=speak(_LOGIN))
@home_option
@json_option
def add(key: str, name: str, mail: str, login: str, home: str, as_json: bool) -> int:
    """Add a person."""
    facts = desk(home, "people").add(key, name, mail, login)
    if as_json:
        answer("drive person add", facts)
        return 0
    say(_ADDED, key=shown_name(key))
    if facts["invitation"]:
        say(_INVITED, login=login, url=facts["invitation"])
    return 0


@click.group(help=speak(Text("Make access tokens.", "创建访问令牌。")))
def token() -> None:
    """The group of commands about tokens."""


@token.command(
    help=speak(
        Text(
            "Make an access token of the person KEY and write it to standard output, this once.",
            "为人员 KEY 创建访问令牌并写到标准输出，仅显示一次。",
        )
    )
)
@click.argument("key")
@click.option("--name", default="command line", help=speak(_TITLE))
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=("read",), help=speak(_SCOPE)
)
@click.option("--days", type=click.IntRange(0, 36500), default=90, metavar="N", help=speak(_DAYS))
@home_option
@json_option
def make(key: str, name: str, scopes: tuple[str, ...], days: int, home: str, as_json: bool) -> int:
    """Make a token."""
    facts = desk(home, "people").token(key, name, scopes, days or None)
    if as_json:
        answer("drive token make", facts)
    else:
        # Alone on its line, for scripts.
        say(Text("{token}", "{token}"), token=facts["token"])
    return 0


def _content(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as problem:
        raise BadRequest(file, problem.strerror or str(problem)) from None
