"""
`lading drive-check`: what the account in use may do on a drive.
"""

from __future__ import annotations

import secrets
from typing import Any

import click

from lading.cli.options import address, drive_option, json_option
from lading.cli.output import answer, say, speak
from lading.connectors.api import Drive
from lading.connectors.registry import open_drive
from lading.connectors.trial.asking import ask
from lading.connectors.trial.judging import Known, Line, Verdict, judged, troubled
from lading.connectors.wrap.readonly import ReadOnlyDrive
from lading.model.errors import DIFFERENT, BadRequest
from lading.model.paths import Path
from lading.model.text import Text

_HELP = Text(
    """Try what the account in use may do on the drive at DRIVE, and say so in about ten lines.

    Nothing is changed.  Only with --write FOLDER a new folder is made in FOLDER, used, and removed again.

    Exit codes: 0 all that was tried works; 2 to 5 bad request; 10 something was refused or is told only in part;
    20 to 39 the drive is not there or refuses the login.""",
    """检测当前账号在 DRIVE 网盘上的权限，并以约十行结果说明。

    不做任何更改。仅当给出 --write FOLDER 时，才会在 FOLDER 中新建一个文件夹，使用后随即清除。

    退出码：0 所检测的均可用；2 至 5 请求有误；10 有操作被拒绝或仅部分可见；20 至 39 网盘不可达或拒绝登录。""",
)
_WRITE = Text(
    "Also try to make, write, rename and remove, in a new folder in this one (`/` is the top).",
    "同时在此文件夹下新建的文件夹中检测创建、写入、重命名和删除（`/` 表示根目录）。",
)
DRIVE = Text("drive", "网盘")
THINGS = {
    "sign in": Text("sign in", "登录"),
    "list": Text("list", "列出"),
    "read": Text("read", "读取"),
    "write": Text("write", "写入"),
    "versions": Text("versions", "历史版本"),
    "grants": Text("grants", "权限"),
    "links": Text("links", "链接"),
    "people": Text("people", "人员"),
    "times": Text("times", "时间"),
    "system": Text("system", "系统"),
    "note": Text("note", "注意"),
}
VERDICTS = {
    Verdict.YES: Text("yes", "可以"),
    Verdict.PART: Text("in part", "部分"),
    Verdict.NO: Text("NO", "不可"),
    Verdict.NONE: Text("none", "没有"),
    Verdict.UNTRIED: Text("-", "-"),
}
_LINE = Text("{thing}: {verdict}: {said}{code}", "{thing}：{verdict}：{said}{code}")
_CREATES = Text("create=yes would change the drive; leave it out", "create=yes 会更改网盘，请去掉该选项")
_NO_PATH = Text("no path of a folder", "不是文件夹路径")


@click.command("drive-check", help=speak(_HELP))
@click.argument("drive")
@drive_option("--opt", DRIVE)
@click.option("--write", "folder", default=None, metavar="FOLDER", help=speak(_WRITE))
@json_option
def command(drive: str, opt: tuple[str, ...], folder: str | None, as_json: bool) -> int:
    """Try one drive."""
    place = address(drive, opt)
    if place.options.get("create") == "yes":
        raise BadRequest("create", _CREATES)
    path = None if folder is None else _path(folder)
    with open_drive(place) as opened:
        known = Known(opened.profile, opened.server, opened.notes)
        seen = ask(_held(opened, path), write=path, name=f"lading-check-{secrets.token_hex(4)}")
    lines = judged(known, seen)
    code = DIFFERENT if troubled(lines) else 0
    if as_json:
        facts = {"drive": str(place), "kind": known.profile.kind, "server": known.server}
        answer("drive-check", {**facts, "checks": [_facts(line) for line in lines]}, exit_code=code)
    else:
        for line in lines:
            _tell(line)
    return code


def _held(drive: Drive, write: Path | None) -> Drive:
    """*drive*, through which nothing can be changed unless that was asked for."""
    return ReadOnlyDrive(drive) if write is None else drive


def _path(folder: str) -> Path:
    names = tuple(name for name in folder.split("/") if name)
    if any(name in (".", "..") or "\0" in name for name in names):
        raise BadRequest("--write", _NO_PATH)
    return names


def _tell(line: Line) -> None:
    code = f" [{line.code}]" if line.code else ""
    say(
        _LINE,
        thing=speak(THINGS[line.thing]),
        verdict=speak(VERDICTS[line.verdict]),
        said=speak(Text(*(it.replace("{", "{{").replace("}", "}}") for it in line.said))),
        code=code,
    )


def _facts(line: Line) -> dict[str, Any]:
    return {
        "thing": line.thing,
        "verdict": line.verdict.value,
        "said": dict(line.said._asdict()),
        "code": line.code or None,
    }
