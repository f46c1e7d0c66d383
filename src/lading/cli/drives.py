"""
`lading drives`: the kinds of drives that there are, and what each can do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.connectors.kinds import Told, kinds
from lading.connectors.profile import Features
from lading.model.text import Language, Text, language_of

_HELP = Text(
    """List the kinds of drives, and what each can do.

    What is told is what the system can do at most; a single account may do less: `lading drive-check` tries that out.

    Exit codes: 0 the list was told.""",
    """列出网盘的种类及各自的能力。

    所列为该系统的最大能力；具体账号可能更少：可用 `lading drive-check` 实测。

    退出码：0 已列出。""",
)
FACETS = {
    "moves": Text("renames without copying", "重命名无需复制"),
    "partials": Text("large files in several sittings", "大文件断点续传"),
    "settle": Text("lasting storage on request", "按需落盘"),
    "versions": Text("versions", "历史版本"),
    "grants": Text("grants", "权限"),
    "links": Text("links", "链接"),
    "people": Text("people", "人员"),
    "locks": Text("locks", "锁"),
    "labels": Text("labels", "标签"),
    "comments": Text("comments", "评论"),
    "settings": Text("settings", "设置"),
    "capacity": Text("room that is left", "剩余容量"),
    "changes": Text("what changed since", "增量变更"),
    "freeze": Text("read-only switch", "只读开关"),
    "brief": Text("listings that need no question about each file", "无需逐一查询文件的列表"),
    "ranges": Text("parts of a large file at once", "大文件分段并行读取"),
    "retention": Text("files that nobody can remove before a time", "到期前任何人不可删除的文件"),
    "written": Text("written down as a whole, so that nothing need be listed", "已有完整清单，无需逐级列出"),
    "batch": Text("many small files in one call", "小文件批量传输"),
}
_READS = Text("read only", "只读")
_WRITES = Text("read and write", "可读写")
_MISSING = Text("not usable here: install {modules}", "此处不可用：请安装 {modules}")
_GIVEN = Text("can be given: {what}", "可写入：{what}")
_NOTHING = Text("nothing can be given beside content", "除文件内容外不能写入其他信息")
_BY_DRIVE = Text("what can be given is known of an opened drive only", "可写入的内容须打开具体网盘后方可得知")
_ALSO = Text("also {names}", "亦称 {names}")
_GIVING = (
    ("versions", Text("versions with {it}", "历史版本（{it}）")),
    ("roles", Text("roles {it}", "角色 {it}")),
    ("effects", Text("effects {it}", "效果 {it}")),
    ("links", Text("links with {it}", "链接（{it}）")),
)


@click.command("drives", help=speak(_HELP))
@json_option
def command(as_json: bool) -> int:
    """List the kinds."""
    found = list(kinds())
    if as_json:
        answer("drives", {"drives": [_facts(one) for one in found]})
        return 0
    for one in found:
        _tell(one)
    return 0


def _tell(one: Told) -> None:
    also = f" ({speak(_ALSO, names=', '.join(one.aliases))})" if one.aliases else ""
    say(
        Text("{kind}{also}: {about}", "{kind}{also}：{about}"),
        kind=one.kind,
        also=also,
        about=speak(one.about),
    )
    if one.missing:
        say(Text("  {it}", "  {it}"), it=speak(_MISSING, modules=", ".join(one.missing)))
    if one.writes is None:
        return
    told = [speak(_WRITES if one.writes else _READS), *(speak(FACETS[name]) for name in one.facets)]
    say(Text("  {it}", "  {it}"), it=_joined(told))
    if one.writes:
        say(Text("  {it}", "  {it}"), it=_given(one.features))


def _given(features: Features | None) -> str:
    if features is None:
        return speak(_BY_DRIVE)
    parts = [
        speak(text, it=_joined(_words(getattr(features, name))))
        for name, text in _GIVING
        if getattr(features, name)
    ]
    if not parts:
        return speak(_NOTHING)
    return speak(_GIVEN, what=("；" if language_of() is Language.ZH else "; ").join(parts))


def _joined(words: Iterable[str]) -> str:
    return ("、" if language_of() is Language.ZH else ", ").join(words)


def _words(values: Iterable[Any]) -> list[str]:
    """Roles from the lowest up, words in their order."""
    return [value.name.lower() if hasattr(value, "name") else value for value in sorted(values)]


def _facts(one: Told) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "aliases": list(one.aliases),
        "about": dict(one.about._asdict()),
        "usable": not one.missing,
        "missing": list(one.missing),
        "writes": one.writes,
        "facets": list(one.facets),
        "features": None if one.features is None else _features(one.features),
    }


def _features(features: Features) -> dict[str, Any]:
    named = ("versions", "roles", "effects", "reaches", "principals", "links", "link_roles")
    return {
        **{name: _words(getattr(features, name)) for name in named},
        "version_limit": features.version_limit,
        "expiry": features.expiry,
    }
