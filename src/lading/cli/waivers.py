"""
The file of waivers: failures that two people accept until a day.

Refused is whatever would make a waiver weaker than it says: one person under
two spellings, no reason, or an end that is no day.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path as LocalPath
from typing import Any

from lading.model.errors import BadRequest
from lading.model.text import Text
from lading.stages.transfer.rules import Waiver

UNREADABLE = Text("the waivers cannot be read: {why}", "无法读取豁免清单：{why}")
NO_LIST = Text("it needs one or more [[waiver]] tables", "其中应有一个或多个 [[waiver]] 表")
WORDS = Text(
    "waiver {number}: {field} must be a text that is not empty", "第 {number} 条豁免：{field} 必须是非空文本"
)
PEOPLE = Text(
    "waiver {number}: by must name two different people", "第 {number} 条豁免：by 必须列出两个不同的人"
)
DAY = Text(
    "waiver {number}: until must be a day such as 2026-12-31",
    "第 {number} 条豁免：until 必须是日期，例如 2026-12-31",
)


def waivers_in(file: LocalPath) -> tuple[Waiver, ...]:
    """
    The waivers in the TOML *file*.

    Raises:
        BadRequest: it cannot be read, or one of them is not whole.
    """
    try:
        with open(file, "rb") as stream:
            rows = tomllib.load(stream).get("waiver")
    except OSError as problem:
        raise _bad(file, UNREADABLE, why=problem.strerror) from None
    except ValueError as problem:
        raise _bad(file, UNREADABLE, why=problem) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _bad(file, NO_LIST)
    return tuple(_waiver(file, number, row) for number, row in enumerate(rows, 1))


def _waiver(file: LocalPath, number: int, row: Mapping[str, Any]) -> Waiver:
    for field in ("pattern", "reason"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            raise _bad(file, WORDS, number=number, field=field)
    return Waiver(
        pattern=row["pattern"],
        reason=row["reason"],
        by=_people(file, number, row.get("by")),
        until=_day(file, number, row.get("until")),
    )


def _people(file: LocalPath, number: int, by: Any) -> tuple[str, str]:
    # A single text would be taken for its letters.
    if isinstance(by, list) and len(by) == 2 and all(isinstance(name, str) for name in by):
        one, other = (name.strip() for name in by)
        if one and other and one.casefold() != other.casefold():
            return one, other
    raise _bad(file, PEOPLE, number=number)


def _day(file: LocalPath, number: int, until: Any) -> str:
    if isinstance(until, date) and not isinstance(until, datetime):
        return until.isoformat()
    if isinstance(until, str) and len(until) == len("2026-12-31"):
        try:
            return date.fromisoformat(until).isoformat()
        except ValueError:
            pass
    raise _bad(file, DAY, number=number)


def _bad(file: LocalPath, text: Text, **facts: object) -> BadRequest:
    said = Text(text.en.format(**facts), text.zh.format(**facts))
    return BadRequest(str(file), said)
