"""
Read a directory out of CSV text: bytes and lines into entries, each line by itself.

Pure: nothing here knows the drive.  A line that cannot be is refused with a reason
and harms no other; a file whose heading cannot be understood is refused whole.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from lading.drive.errors import Unfit
from lading.drive.people import rules
from lading.model.errors import LadingError
from lading.model.text import Text

LARGEST = 64 * 2**20
_MANY = "|"
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_ENDS = re.compile("\r\n|\n|\r")
_COLUMNS = {
    "kind": "kind", "类型": "kind",
    "key": "key", "id": "key", "编号": "key", "工号": "key",
    "name": "name", "姓名": "name", "名称": "name",
    "mail": "mail", "email": "mail", "邮箱": "mail",
    "department": "department", "部门": "department", "上级部门": "department",
    "groups": "groups", "群组": "groups",
    "owner": "owner", "负责人": "owner",
    "until": "until", "截止日期": "until",
    "login": "login", "登录名": "login", "账号": "login",
    "active": "active", "在职": "active", "启用": "active",
}  # fmt: skip
_KINDS = {
    "person": "person", "人员": "person", "员工": "person",
    "guest": "guest", "访客": "guest", "外部": "guest",
    "department": "department", "部门": "department",
    "group": "group", "群组": "group",
}  # fmt: skip
_TRUTH = {
    **dict.fromkeys(("yes", "true", "1", "y", "是"), True),
    **dict.fromkeys(("no", "false", "0", "n", "否"), False),
}
_FITS = {
    "person": {"department", "groups", "login"},
    "guest": {"department", "groups", "login", "owner", "until"},
    "department": {"department", "groups"},
    "group": {"groups"},
}


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One principal as a line says it; None where the file has no such column: then it stays as it is.

    *departments* is where a person or guest belongs, or the one department above a department.
    """

    line: int
    kind: str
    key: str
    name: str | None = None
    mail: str | None = None
    departments: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    owner: str | None = None
    until: int | None = None
    login: str | None = None
    active: bool | None = None


class Refused(NamedTuple):
    """A line that was not taken; *key* is empty where none could be read, *reason* has all places filled."""

    line: int
    key: str
    reason: Text


class Table(NamedTuple):
    """What a file says; *encoding* is how its bytes were read."""

    entries: list[Entry]
    refused: list[Refused]
    encoding: str


def read(content: str | bytes) -> Table:
    """
    The entries of *content*.

    Raises:
        Unfit: it is too large, in no encoding we know, or its heading cannot be understood.
    """
    if len(content) > LARGEST:
        raise Unfit("CSV", Text("it is larger than 64 MiB", "超过 64 MiB"))
    text, encoding = _decoded(content) if isinstance(content, bytes) else (content, "text")
    lines = _ENDS.split(text.removeprefix("\ufeff"))
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    separator = _separator(lines[first])
    columns = _heading(lines[first], separator)
    entries: list[Entry] = []
    refused: list[Refused] = []
    for number, line in enumerate(lines[first + 1 :], start=first + 2):
        if not line.strip(separator + " \t"):
            continue
        one = _line(number, line, separator, columns)
        (entries if isinstance(one, Entry) else refused).append(one)  # type: ignore[arg-type]
    return Table(entries, refused, encoding)


def _decoded(content: bytes) -> tuple[str, str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decode(content, "utf-16"), "utf-16"
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text = _decode(content, "gb18030")
    # Almost any bytes are *some* GB18030; a Chinese text is written with the common characters.
    strange = [sign for sign in text if ord(sign) > 127]
    common = sum(1 for sign in strange if _is_common(sign))
    if common < 0.9 * len(strange):
        raise _no_encoding()
    return text, "gb18030"


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise _no_encoding() from None


def _is_common(sign: str) -> bool:
    try:
        return bool(sign.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def _no_encoding() -> Unfit:
    return Unfit(
        "CSV",
        Text(
            "it is neither UTF-8 nor GB18030; save it as CSV UTF-8",
            "编码既不是 UTF-8 也不是 GB18030，请另存为“CSV UTF-8”",
        ),
    )


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)


def _heading(line: str, separator: str) -> list[str]:
    try:
        cells = [cell.strip() for cell in _cells(line, separator)]
    except csv.Error:
        cells = []
    unknown = [cell for cell in cells if cell.casefold() not in _COLUMNS]
    columns = [_COLUMNS[cell.casefold()] for cell in cells if cell.casefold() in _COLUMNS]
    if unknown:
        listed = rules.shown(", ".join(cell or "?" for cell in unknown))
        raise Unfit("CSV", Text(f"unknown columns: {listed}", f"未知的列：{listed}"))
    if len(set(columns)) != len(columns) or not {"kind", "key"} <= set(columns):
        raise Unfit(
            "CSV",
            Text(
                "each column stands once, kind and key are needed",
                "各列只能出现一次，且必须有“类型”和“编号”列",
            ),
        )
    return columns


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator, strict=True), [])


def _line(number: int, line: str, separator: str, columns: list[str]) -> Entry | Refused:
    try:
        cells = _cells(line, separator)
    except csv.Error:
        return Refused(
            number, "", Text("quotation marks do not match, or a cell is too long", "引号不匹配或单元格过长")
        )
    if len(cells) != len(columns):
        there, wanted = len(cells), len(columns)
        return Refused(
            number,
            "",
            Text(f"{there} cells under {wanted} columns", f"有 {there} 个单元格，应为 {wanted} 个"),
        )
    said = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
    try:
        return _entry(number, said)
    except LadingError as problem:
        what = rules.shown(problem.subject)
        reason = Text(f"{what}: {problem.details.en}", f"{what}：{problem.details.zh}")
        return Refused(number, _readable(said["key"]), reason)


def _readable(text: str) -> str:
    try:
        return rules.key(text)
    except Unfit:
        return ""


def _entry(number: int, said: dict[str, str]) -> Entry:
    kind = _KINDS.get(said["kind"].casefold())
    if kind is None:
        raise Unfit(said["kind"], Text("there is no such kind", "没有此类型"))
    for column in ("department", "groups", "owner", "until", "login"):
        if said.get(column) and column not in _FITS[kind]:
            raise Unfit(column, Text(f"not for a {kind}", "不适用于该类型"))
    departments = _keys(said.get("department"))
    if kind == "department" and departments is not None and len(departments) > 1:
        raise Unfit("department", Text("a department has one above it", "部门只能有一个上级"))
    belongs = None if kind == "group" else departments
    return Entry(
        number,
        kind,
        rules.key(said["key"]),
        rules.name(said["name"]) if "name" in said else None,
        rules.mail(said["mail"]) if "mail" in said else None,
        belongs,
        _keys(said.get("groups")),
        rules.key(said["owner"]) if said.get("owner") else None,
        _until(said["until"]) if said.get("until") else None,
        rules.login(said["login"]) if said.get("login") else None,
        _truth(said["active"]) if said.get("active") else None,
    )


# Thousands of lines name the same few departments.
@lru_cache(maxsize=4096)
def _keys(cell: str | None) -> tuple[str, ...] | None:
    if cell is None:
        return None
    return tuple(sorted({rules.key(part) for part in _parts(cell)}))


def _parts(cell: str) -> Iterator[str]:
    return (part for part in cell.split(_MANY) if part.strip())


def _truth(cell: str) -> bool:
    if cell.casefold() not in _TRUTH:
        raise Unfit(cell, Text("it is yes or no", "应为“是”或“否”"))
    return _TRUTH[cell.casefold()]


def _until(cell: str) -> int:
    """The end of a guest in ns: a moment with its offset, or the end of a day in UTC."""
    try:
        if found := _DAY.fullmatch(cell):
            day = date(*map(int, found.groups()))
            moment = datetime.combine(day, time(), UTC) + timedelta(days=1)
        else:
            moment = datetime.fromisoformat(cell)
    except (ValueError, OverflowError):
        raise Unfit(cell, Text("it is a day like 2026-12-31", "应为日期，如 2026-12-31")) from None
    if moment.tzinfo is None or not 1970 < moment.year < 2200:
        raise Unfit(
            cell, Text("it is a day like 2026-12-31, or a time with its offset", "应为日期，或带时区的时间")
        )
    return int(moment.timestamp()) * 10**9
