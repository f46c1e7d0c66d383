"""
Files that people give to `lading access`: walls, tolerated gains, who is who, what has moved.

What is not understood is refused, with its line: a wall that is misspelt must not pass for one that holds.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from lading.manifest.access.comparing import ANYONE, Same, Tolerated
from lading.manifest.access.tables import key_of
from lading.manifest.access.walls import Wall, inside
from lading.model.access import PrincipalKind, Role
from lading.model.errors import BadRequest
from lading.model.paths import encode
from lading.model.text import Text

T = TypeVar("T")

SEPARATOR = re.compile(r"\s+(?:⟂|\|\|)\s+")
# A group that may stand on both sides would be no wall.
_SINGLE = (PrincipalKind.PERSON, PrincipalKind.GUEST)
ROLES = {role.name.lower(): role for role in Role if role}

_UNREADABLE = Text("it cannot be read: {why}", "无法读取：{why}")
_NO_WALL = Text("it has no wall", "其中没有隔离墙")
_LINE = Text("line {number}: it is not of the form SIDE ⟂ SIDE", "第 {number} 行：应为“一侧 ⟂ 另一侧”")
_SIDES = Text(
    "wall {number}: a and b must be lists of paths that are not empty",
    "第 {number} 条隔离墙：a 与 b 必须是非空的路径列表",
)
_BOTH = Text("wall {number}: one side lies inside the other", "第 {number} 条隔离墙：一侧位于另一侧之内")
_LEAVE = Text(
    "both {number}: it needs a reason, and one of person or guest",
    "第 {number} 条 both：须有 reason，并给出 person、guest 之一",
)
_NO_GAIN = Text("it needs one or more [[gain]] tables", "其中应有一个或多个 [[gain]] 表")
_GAIN = Text(
    "gain {number}: it needs path, role ({roles}) and reason, and one of person, guest, group, department, everybody or anyone",
    "第 {number} 条：须有 path、role（{roles}）和 reason，并给出 person、guest、group、department、everybody、anyone 之一",
)
_COLUMNS = Text("its first line must name the columns {names}", "首行必须包含列名 {names}")
_KIND = Text("line {number}: an unknown kind or an empty id", "第 {number} 行：类型未知或标识为空")
_TWICE = Text("line {number}: it stands there already", "第 {number} 行：重复出现")


def path_from(text: str) -> str:
    """The encoded form of a path that a person typed: names between slashes, one before the first if they like."""
    names = tuple(name for name in text.split("/") if name)
    # What is encoded already has escapes, which begin with a sign that nobody types.
    return "/".join(names) if "\x01" in text else encode(names)


def walls_in(file: str) -> list[Wall]:
    """
    The walls in *file*: TOML with [[wall]] tables and perhaps [[both]], or lines such as `Deal A ⟂ Deal B`.

    Raises:
        BadRequest: it cannot be read, or a wall is not whole.
    """
    text = _content(file)
    found = _tables(file, text) if file.endswith(".toml") else _lines(file, text)
    if not found:
        raise _bad(file, _NO_WALL)
    for number, wall in enumerate(found, 1):
        one, two = wall.sides
        if any(inside(a, b) or inside(b, a) for a in one for b in two):
            raise _bad(file, _BOTH, number=number)
    return found


def tolerated_in(file: str) -> list[Tolerated]:
    """
    The gains that the TOML *file* accepts.

    Raises:
        BadRequest: it cannot be read, or one of them is not whole.
    """
    rows = _toml(file, _content(file)).get("gain")
    if not isinstance(rows, list) or not rows:
        raise _bad(file, _NO_GAIN)
    return [_gain(file, number, row) for number, row in enumerate(rows, 1)]


def identities_in(file: str) -> Same:
    """
    Who is who, from a CSV with the columns kind, id and new_id; the identity map is one.

    Raises:
        BadRequest: it cannot be read, or a line makes no sense.
    """
    found: dict[str, str | None] = {}
    for number, row in _rows(file, ("kind", "id", "new_id")):
        kind, old, new = (_bare(row[name]) for name in ("kind", "id", "new_id"))
        if kind not in set(PrincipalKind) or not old:
            raise _bad(file, _KIND, number=number)
        key = key_of(kind, old)
        if key in found:
            raise _bad(file, _TWICE, number=number)
        found[key] = key_of(_bare(row.get("new_kind") or kind), new) if new else None
    return found


def moved_in(file: str) -> list[tuple[str, str]]:
    """
    Which paths have changed, from a CSV with the columns old and new (paths, encoded); each counts for all below it.

    Raises:
        BadRequest: it cannot be read.
    """
    return [(row["old"].strip("/"), row["new"].strip("/")) for _, row in _rows(file, ("old", "new"))]


def _lines(file: str, text: str) -> list[Wall]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        sides = SEPARATOR.split(line.strip())
        if len(sides) != 2 or not all(path_from(side) for side in sides):
            raise _bad(file, _LINE, number=number)
        found.append(Wall(line.strip(), ((path_from(sides[0]),), (path_from(sides[1]),))))
    return found


def _tables(file: str, text: str) -> list[Wall]:
    content = _toml(file, text)
    rows = content.get("wall")
    if not isinstance(rows, list):
        return []
    found, both = [], _both(file, content.get("both", []))
    for number, row in enumerate(rows, 1):
        sides = [row.get(side) if isinstance(row, dict) else None for side in ("a", "b")]
        if not all(map(_paths, sides)):
            raise _bad(file, _SIDES, number=number)
        one, two = (tuple(map(path_from, side)) for side in sides if side)
        found.append(Wall(str(row.get("name") or number), (one, two), both))
    return found


def _both(file: str, rows: Any) -> frozenset[str]:
    """The keys of people who are meant to stand on both sides of every wall."""
    if not isinstance(rows, list):
        raise _bad(file, _LEAVE, number=1)
    found = set()
    for number, row in enumerate(rows, 1):
        told = row if isinstance(row, dict) else {}
        whom = [name for name in _SINGLE if isinstance(told.get(name), str) and told[name].strip()]
        if len(whom) != 1 or not isinstance(told.get("reason"), str) or not told["reason"].strip():
            raise _bad(file, _LEAVE, number=number)
        found.add(key_of(whom[0], told[whom[0]]))
    return frozenset(found)


def _paths(side: Any) -> bool:
    return isinstance(side, list) and bool(side) and all(isinstance(it, str) and path_from(it) for it in side)


def _gain(file: str, number: int, row: Any) -> Tolerated:
    told = row if isinstance(row, dict) else {}
    whom = [name for name in (*PrincipalKind, "anyone") if told.get(name)]
    role = ROLES.get(str(told.get("role")))
    texts = all(isinstance(told.get(name), str) and told[name].strip() for name in ("path", "reason"))
    if len(whom) != 1 or role is None or not texts:
        raise _bad(file, _GAIN, number=number, roles=", ".join(ROLES))
    key = ANYONE if whom[0] == "anyone" else key_of(whom[0], str(told[whom[0]]))
    return Tolerated(key, path_from(told["path"]), role)


def _rows(file: str, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(io.StringIO(_content(file)))
    if not set(columns) <= set(reader.fieldnames or ()):
        raise _bad(file, _COLUMNS, names=", ".join(columns))
    for number, row in enumerate(reader, 2):
        yield number, {name: value if isinstance(value, str) else "" for name, value in row.items() if name}


def _bare(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell.startswith("'") else cell


def _toml(file: str, text: str) -> Mapping[str, Any]:
    return _understood(file, lambda: tomllib.loads(text))


def _content(file: str) -> str:
    def read() -> str:
        with open(file, encoding="utf-8-sig", newline="") as stream:
            return stream.read()

    return _understood(file, read)


def _understood(file: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except OSError as problem:
        raise _bad(file, _UNREADABLE, why=problem.strerror) from None
    except ValueError as problem:
        raise _bad(file, _UNREADABLE, why=problem) from None


def _bad(file: str, text: Text, **facts: object) -> BadRequest:
    return BadRequest(file, Text(text.en.format(**facts), text.zh.format(**facts)))
