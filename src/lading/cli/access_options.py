"""
Options that the commands of `lading access` share, and what they come to.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import click

from lading.cli.access_files import walls_in
from lading.cli.output import speak
from lading.connectors.address import secret
from lading.manifest.access.ground import Moved
from lading.manifest.access.opened import resolved
from lading.manifest.access.tables import Tables, key_of
from lading.manifest.access.veil import Veil, veil_for
from lading.manifest.access.walls import Checked, Wall, check_walls
from lading.model.access import PrincipalKind
from lading.model.errors import BadRequest
from lading.model.text import Language, Text

F = TypeVar("F", bound=Callable[..., Any])

_AT = Text(
    "Look at this moment, e.g. 2026-12-31T18:00 (default: now).",
    "查看此时刻，例如 2026-12-31T18:00（默认：现在）。",
)
_WALLS = Text(
    "Walls between deals: lines “Deal A ⟂ Deal B”, or a .toml file.",
    "项目之间的隔离墙：每行“项目甲 ⟂ 项目乙”，或 .toml 文件。",
)
_READER = Text(
    "Who will read this: names on sides of walls that are not theirs are shown as ids.",
    "读者的标识：不属于其一侧的隔离内容，名称以短编号显示。",
)
_HIDE = Text("Show names behind walls as ids on the terminal, too.", "在终端上也以短编号显示隔离内容的名称。")
_KEY = Text(
    "The key of the ids (env:NAME, file:PATH), so that they are the same each time; default: a new one.",
    "短编号的密钥（env:NAME、file:PATH），使每次编号一致；默认每次新建。",
)
_LANG = Text("Speak English or Chinese.", "使用英文或中文。")
_NO_TIME = Text("it is no time such as 2026-12-31T18:00", "不是 2026-12-31T18:00 这样的时间")
_NO_READER = Text("no drive knows this person", "清单中没有此人")
_NO_PATH = Text(
    "wall {number} names a path that no manifest has", "第 {number} 条隔离墙中的路径在清单中不存在"
)


@dataclass(frozen=True, slots=True)
class Look:
    """How to look: at the moment *now*; what is walled, and who reads."""

    now: int
    walls: tuple[Wall, ...]
    reader: str | None
    hide: bool
    key: bytes


@dataclass(frozen=True, slots=True)
class Views:
    """What was *checked* of the walls, and what is hidden on the terminal and in files."""

    checked: tuple[Checked, ...]
    terminal: Veil
    file: Veil


def look_options(function: F) -> F:
    """`--at`, `--walls`, `--reader`, `--hide-walled`, `--id-key`, `--lang`: the arguments of `look`."""
    for option in (
        click.option(
            "--lang",
            type=click.Choice([it.value for it in Language]),
            is_eager=True,
            expose_value=False,
            callback=_speak,
            help=speak(_LANG),
        ),
        click.option("--id-key", default=None, metavar="REF", help=speak(_KEY)),
        click.option("--hide-walled", is_flag=True, help=speak(_HIDE)),
        click.option("--reader", default=None, metavar="PERSON", help=speak(_READER)),
        click.option("--walls", default=None, metavar="FILE", help=speak(_WALLS)),
        click.option("--at", default=None, metavar="TIME", help=speak(_AT)),
    ):
        function = option(function)
    return function


def look(
    *, at: str | None, walls: str | None, reader: str | None, hide_walled: bool, id_key: str | None
) -> Look:
    """
    What the options say.

    Raises:
        BadRequest, BadAddress: one of them makes no sense.
    """
    return Look(
        time.time_ns() if at is None else _moment(at),
        tuple(walls_in(walls)) if walls else (),
        reader,
        hide_walled,
        secret(id_key).encode() if id_key else secrets.token_bytes(32),
    )


def views(it: Look, sides: Sequence[Tables], moved: Moved = ()) -> Views:
    """
    Check the walls on each of *sides*, and decide what is hidden from whom.

    Raises:
        BadRequest: nobody knows the reader, or a wall names what is nowhere.
    """
    if not it.walls:
        return Views((), Veil(), Veil())

    def walled(number: int, side: Tables) -> Checked:
        changed = () if number else moved
        return resolved(lambda db: check_walls(db, [side], it.walls, it.now, moved=changed))

    return _shown(it, tuple(walled(number, side) for number, side in enumerate(sides)))


def views_of_one(it: Look, parts: Sequence[Tables], roots: Sequence[str]) -> Views:
    """
    Check the walls on the one drive of which *parts* are manifests, which begin at *roots*; decide what is hidden from whom.

    Raises:
        BadRequest: as `views`.
    """
    return _shown(it, (resolved(lambda db: check_walls(db, parts, it.walls, it.now, roots=roots)),))


def _shown(it: Look, checked: tuple[Checked, ...]) -> Views:
    for number, wall in enumerate(it.walls, 1):
        if any(all(top in one.missing for one in checked) for side in wall.sides for top in side):
            # The name itself stays unsaid: errors go to logs.
            raise BadRequest("--walls", Text(*(text.format(number=number) for text in _NO_PATH)))
    readers = None if it.reader is None else _reader(it.reader, checked)
    hidden = veil_for(it.key, it.walls, checked, readers)
    in_clear = it.reader is None and not it.hide and sys.stdout.isatty()
    return Views(checked, Veil() if in_clear else hidden, hidden)


def _reader(name: str, checked: Sequence[Checked]) -> tuple[str, ...]:
    key = key_of(PrincipalKind.PERSON, name)
    if not any(key in one.directory.known for one in checked):
        raise BadRequest(name, _NO_READER)
    return (key,) * len(checked)


def _moment(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp()) * 10**9
    except (ValueError, OverflowError, OSError):
        raise BadRequest(text, _NO_TIME) from None


def _speak(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del context, parameter
    if value:
        os.environ["LADING_LANG"] = value
