"""
`lading access`: who can do what, who gained and who lost, and why.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from lading.cli import access_facts as facts
from lading.cli import access_tell_one, access_telling
from lading.cli.access_files import identities_in, moved_in, path_from, tolerated_in
from lading.cli.access_options import look, look_options, views, views_of_one
from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.manifest.access.comparing import MOMENTS, Compared, Wish, compare_access
from lading.manifest.access.opened import resolved, tables_of
from lading.manifest.access.places import who as who_can
from lading.manifest.access.places import why as explain
from lading.manifest.access.tables import Tables, key_of
from lading.manifest.files import UNFINISHED, local_errors, publish_file
from lading.manifest.read import open_manifest
from lading.model.access import PrincipalKind
from lading.model.errors import DIFFERENT, GAINED, ON_BOTH_SIDES, BadRequest
from lading.model.text import Text

_DIFF = Text(
    """Say who gained and who lost access between the manifests A and B, grouped by cause.

    A and B are folders that `lading scan --with people,grants,links` wrote.

    Exit codes: 0 nobody gained or lost anything; 12 somebody gained; 13 somebody stands on both sides of
    a wall; 10 access was lost only, entries could not be asked, or an account was not told all grants; 2 to 5 bad request; 30 no room on the disk; 40 a manifest is damaged or
    lacks a table.""",
    """说明清单 A 与 B 之间谁获得、谁失去了访问权限，并按原因归类。

    A 和 B 是 `lading scan --with people,grants,links` 写出的文件夹。

    退出码：0 无人获得或失去；12 有人获得；13 有人同时位于隔离墙两侧；10 仅有失去，或有条目无法查询，或账号看不到全部授权；2 至 5 请求有误；
    30 磁盘空间不足；40 清单损坏或缺少所需的表。""",
)
_WHY = Text(
    """Explain what PERSON (an id) may do on PATH: every grant, membership, break, denial and link that has a part in it.

    Exit codes: 0 explained; 21 there is no such person or entry; 2 to 5 bad request; 40 a manifest is damaged or lacks a table.""",
    """解释 PERSON（标识）对 PATH 的权限：列出有关的每一条授权、成员关系、继承中断、拒绝和链接。

    退出码：0 已解释；21 没有此人或此项；2 至 5 请求有误；40 清单损坏或缺少所需的表。""",
)
_WHO = Text(
    """Say who can do what on PATH, grouped by the grant that decides.

    Exit codes: 0 told; 21 there is no such entry; 2 to 5 bad request; 40 a manifest is damaged or lacks a table.""",
    """说明谁对 PATH 拥有何种权限，按起决定作用的授权归类。

    退出码：0 已列出；21 没有此项；2 至 5 请求有误；40 清单损坏或缺少所需的表。""",
)
_WALLED = Text(
    """Say who stands on both sides of a wall on one drive.

    Where no account may see both sides, give the manifests of several accounts: what one of them tells, counts.

    Exit codes: 0 nobody; 13 somebody; 10 entries could not be asked, or an account was not told all grants; 2 to 5 bad request; 40 a manifest is damaged or lacks a table.""",
    """说明在同一网盘中谁同时位于某道隔离墙的两侧。

    若没有账号可以看到两侧，请给出多个账号各自的清单：任何一份清单所示均计入。

    退出码：0 无人；13 有人；10 有条目无法查询，或账号看不到全部授权；2 至 5 请求有误；40 清单损坏或缺少所需的表。""",
)
_ALSO = Text(
    "A manifest whose root is PATH on the drive; may be repeated.",
    "根目录为网盘中 PATH 的清单；可重复给出。",
)
_NO_MANIFEST = Text("name a manifest", "请给出清单")
_NO_WALLS = Text("name a file of walls", "请给出隔离墙文件")
_PEOPLE = Text(
    "Who is who: a CSV with kind, id, new_id (default: the same id is the same person).",
    "人员对应表：含 kind、id、new_id 列的 CSV（默认：标识相同即为同一人）。",
)
_MOVED = Text(
    "Paths that changed on the way: a CSV with old, new.", "迁移中变更的路径：含 old、new 列的 CSV。"
)
_TOLERATE = Text(
    "Gains that are accepted: a .toml file with [[gain]] tables.",
    "可接受的新增权限：含 [[gain]] 表的 .toml 文件。",
)
_MOMENTS = Text(
    "Look at up to N moments in all at which grants end (default: {count}).",
    "最多查看 N 个时刻，包括授权到期的时刻（默认 {count}）。",
)
_LIST = Text(
    "Write all causes to FILE, one JSON object per line.", "将全部原因写入 FILE，每行一个 JSON 对象。"
)
_IN = Text("The manifest to look at; may be repeated.", "要查看的清单；可重复给出。")


@click.group(
    "access",
    help=speak(
        Text(
            "Say who can do what, who gained, who lost, and why.",
            "说明谁拥有何种权限、谁获得、谁失去，以及原因。",
        )
    ),
)
def command() -> None:
    """The group of commands about access."""


@command.command(help=speak(_DIFF))
@click.argument("a")
@click.argument("b")
@click.option("--people", default=None, metavar="FILE.csv", help=speak(_PEOPLE))
@click.option("--moved", default=None, metavar="FILE.csv", help=speak(_MOVED))
@click.option("--tolerate", default=None, metavar="FILE.toml", help=speak(_TOLERATE))
@click.option(
    "--moments",
    type=click.IntRange(1, 100),
    default=MOMENTS,
    metavar="N",
    help=speak(_MOMENTS, count=MOMENTS),
)
@click.option("--list", "file", default=None, metavar="FILE", help=speak(_LIST))
@look_options
@json_option
def diff(a: str, b: str, file: str | None, as_json: bool, **how: Any) -> int:
    """Compare who can do what."""
    given = {name: how.pop(name) for name in ("people", "moved", "tolerate", "moments")}
    asked = look(**how)
    moved = moved_in(given["moved"]) if given["moved"] else []
    wish = Wish(
        asked.now,
        identities_in(given["people"]) if given["people"] else None,
        moved,
        tolerated_in(given["tolerate"]) if given["tolerate"] else (),
        given["moments"],
    )
    old, new = _opened([a, b])
    seen = views(asked, (old, new), moved)
    found = resolved(lambda db: compare_access(db, old, new, wish))
    if file:
        _write(file, facts.lines(found, asked.walls, seen.checked, seen.file))
    code = _code(found, bool(any(one.crossings for one in seen.checked)))
    if as_json:
        notes = {"notes": list(access_telling.notes(found))}
        told = facts.compared(found, asked.walls, seen.checked, seen.terminal)
        answer("access diff", told | notes, exit_code=code)
    else:
        access_telling.tell(found, asked.walls, seen.checked, seen.terminal)
    return code


@command.command(help=speak(_WHY))
@click.argument("person")
@click.argument("path")
@click.option("--in", "manifests", multiple=True, required=True, metavar="MANIFEST", help=speak(_IN))
@look_options
@json_option
def why(person: str, path: str, manifests: tuple[str, ...], as_json: bool, **how: Any) -> int:
    """Explain one person on one entry."""
    asked, sides = look(**how), _opened(manifests)
    seen = views(asked, sides)
    key, place = key_of(PrincipalKind.PERSON, person), path_from(path)

    def told(side: Tables) -> access_tell_one.Told:
        found = resolved(lambda db: explain(db, side, key, place, asked.now))
        return access_tell_one.why(found, side.name, seen.terminal)

    return _tell("access why", list(map(told, sides)), as_json)


@command.command(help=speak(_WHO))
@click.argument("path")
@click.option("--in", "manifests", multiple=True, required=True, metavar="MANIFEST", help=speak(_IN))
@look_options
@json_option
def who(path: str, manifests: tuple[str, ...], as_json: bool, **how: Any) -> int:
    """Say who can do what on one entry."""
    asked, sides = look(**how), _opened(manifests)
    seen = views(asked, sides)
    place = path_from(path)

    def told(side: Tables) -> access_tell_one.Told:
        found = resolved(lambda db: who_can(db, side, place, asked.now))
        return access_tell_one.who(found, side.name, place, seen.terminal)

    return _tell("access who", list(map(told, sides)), as_json)


@command.command("walls", help=speak(_WALLED))
@click.argument("manifests", nargs=-1, metavar="MANIFEST…")
@click.option("--also", nargs=2, multiple=True, default=(), metavar="PATH MANIFEST", help=speak(_ALSO))
@look_options
@json_option
def walled(manifests: tuple[str, ...], also: tuple[tuple[str, str], ...], as_json: bool, **how: Any) -> int:
    """Say who stands on both sides of a wall."""
    asked = look(**how)
    parts = _opened([*manifests, *(manifest for _, manifest in also)])
    if not parts:
        raise BadRequest("MANIFEST", _NO_MANIFEST)
    if not asked.walls:
        raise BadRequest("--walls", _NO_WALLS)
    seen = views_of_one(asked, parts, [*("" for _ in manifests), *(path_from(path) for path, _ in also)])
    (checked,) = seen.checked
    unknown = any(part.unasked or not part.rules.complete for part in parts)
    code = ON_BOTH_SIDES if checked.crossings else DIFFERENT if unknown else 0
    if as_json:
        answer("access walls", facts.crossed(parts, asked.walls, checked, seen.terminal), exit_code=code)
    else:
        access_telling.tell_walls(parts, asked.walls, checked, seen.terminal)
    return code


def _opened(manifests: Sequence[str]) -> list[Tables]:
    return [tables_of(open_manifest(manifest)) for manifest in manifests]


def _code(found: Compared, crossed: bool) -> int:
    if found.gained:
        return GAINED
    if crossed:
        return ON_BOTH_SIDES
    unknown = found.unseen or any(side.unasked or not side.rules.complete for side in found.sides)
    return DIFFERENT if found.differs or unknown else 0


def _tell(name: str, told: Sequence[access_tell_one.Told], as_json: bool) -> int:
    if as_json:
        answer(name, {"manifests": [one.values for one in told]})
    else:
        for one in told:
            for sentence in one.sentences:
                say(Text("{sentence}", "{sentence}"), sentence=sentence)
    return 0


def _write(file: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write *lines* to *file*, which appears under its name when it is whole."""
    unfinished = file + UNFINISHED
    with local_errors(file):
        try:
            with open(unfinished, "w", encoding="utf-8") as stream:
                for line in lines:
                    stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            publish_file(unfinished, file)
        finally:
            if os.path.exists(unfinished):
                os.unlink(unfinished)
