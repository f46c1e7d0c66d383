"""
Differences as lines of JSON, each with a sentence in both languages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from enum import StrEnum
from string import Formatter
from typing import Any, NamedTuple

from lading.model.errors import LadingError, known
from lading.model.paths import decode, encode, shown
from lading.model.text import Language, Text


class What(StrEnum):
    """In what way an object differs."""

    MISSING = "missing"
    EXTRA = "extra"
    CONTENT = "content"
    SIZE = "size"
    KIND = "kind"
    NAME = "name"
    MODIFIED = "modified"
    UNREADABLE = "unreadable"
    RECORD = "record"
    """Equal on both sides, but not what was recorded when it landed."""


EXCLUDED = "excluded"
"""Not a difference: a copy left it behind on purpose, or it is nothing that can be compared."""

NOTES = {
    What.MISSING: Text("it is not in NEW", "NEW 中没有该对象"),
    What.EXTRA: Text("it is in NEW only", "仅存在于 NEW"),
    What.SIZE: Text(
        "{size:,} bytes in OLD, {new_size:,} in NEW", "OLD 中 {size:,} 字节，NEW 中 {new_size:,} 字节"
    ),
    What.KIND: Text("{kind} in OLD, {new_kind} in NEW", "OLD 中为 {kind}，NEW 中为 {new_kind}"),
    What.NAME: Text(
        "the same but for the form of its name: case, composition or trailing characters",
        "仅名称形式不同：大小写、Unicode 组合形式或末尾字符",
    ),
    What.MODIFIED: Text("NEW tells another time of modification", "NEW 中的修改时间不同"),
    What.RECORD: Text(
        "equal on both sides, but its SHA-256 is not the one recorded when it landed",
        "两侧一致，但 SHA-256 与落盘时的记录不符",
    ),
}
CONTENT = Text(
    "the content differs from byte {at:,} on (counted from 0)", "内容自第 {at:,} 字节起不同（从 0 计）"
)
NEW_CHANGED = Text(
    "; OLD is still what had landed, so NEW was changed", "；OLD 仍与落盘时的记录一致，说明 NEW 被改动"
)
OLD_CHANGED = Text(
    "; OLD is not what had landed any more: it was changed since",
    "；OLD 与落盘时的记录不符，说明此后 OLD 被改动",
)
UNREADABLE = {
    "old": Text("OLD cannot be read ({code}): {says}", "无法读取 OLD（{code}）：{says}"),
    "new": Text("NEW cannot be read ({code}): {says}", "无法读取 NEW（{code}）：{says}"),
}
NOT_COMPARED = {
    "symlink": Text("a symbolic link; links are reported, never followed", "符号链接；只报告，从不跟随"),
    "special": Text(
        "a socket, pipe or device; it has no content to compare", "套接字、管道或设备，没有可比较的内容"
    ),
}
BY_COPY = Text("left behind on purpose by the copy", "复制时已按规则排除")


class Written(NamedTuple):
    """How many lines went where."""

    differences: int
    excluded: int


def write_lists(rows: Iterable[dict[str, Any]], differences: str, excluded: str) -> Written:
    """Write what was found to the files *differences* and *excluded*, one JSON object per line."""
    counts = [0, 0]
    with open(differences, "w", encoding="utf-8") as one, open(excluded, "w", encoding="utf-8") as other:
        for row in rows:
            aside = row["what"] == EXCLUDED
            line = exclusion(row) if aside else difference(row)
            (other if aside else one).write(json.dumps(line, ensure_ascii=False) + "\n")
            counts[aside] += 1
        for stream in (one, other):
            stream.flush()
            os.fsync(stream.fileno())
    return Written(*counts)


def difference(row: dict[str, Any]) -> dict[str, Any]:
    """One line of `differences.jsonl`; *row* is as `pairs.FOUND` says."""
    return {
        **_path(row["path"] if row["path"] is not None else row["new_path"]),
        "what": row["what"],
        "old": _side(row, "") if row["path"] is not None else None,
        "new": _side(row, "new_") if row["new_path"] is not None else None,
        **({"at": row["first"]} if row["first"] is not None else {}),
        **({"code": row["code"], "side": row["side"]} if row["what"] == What.UNREADABLE else {}),
        "note": {language.value: _note(row, language) for language in Language},
    }


def exclusion(row: dict[str, Any]) -> dict[str, Any]:
    """One line of `excluded.jsonl`."""
    reason = json.loads(row["reason"]) if row["reason"] else None
    if not reason:
        text = NOT_COMPARED.get(row["kind"], BY_COPY)
        reason = {language.value: text.to(language) for language in Language}
    return {**_path(row["path"]), "kind": row["kind"], "size": row["size"], "reason": reason}


def _path(text: str) -> dict[str, str]:
    """The path for a person, and the exact one where a person's form does not give it back."""
    path = decode(text)
    seen = shown(path)
    return {"path": seen} if seen == "/" + text else {"path": seen, "exact": encode(path)}


def _side(row: dict[str, Any], prefix: str) -> dict[str, Any]:
    facts = {**_path(row[f"{prefix}path"]), "kind": row[f"{prefix}kind"], "size": row[f"{prefix}size"]}
    if row[f"{prefix}modified"] is not None:
        facts["modified"] = row[f"{prefix}modified"]
    if not prefix and row["sha256"]:
        facts["sha256"] = row["sha256"]
    if not prefix and row["recorded"]:
        facts["recorded"] = row["recorded"]
    return facts


def _note(row: dict[str, Any], language: Language) -> str:
    what = What(row["what"])
    if what is What.UNREADABLE:
        error = known().get(row["code"], LadingError)
        says = error.remedy.to(language, **_no_facts(error.remedy))
        return UNREADABLE[row["side"]].to(language, code=row["code"], says=says)
    if what is not What.CONTENT:
        return NOTES[what].to(language, **row)
    note = CONTENT.to(language, at=row["first"])
    if row["recorded"] and row["sha256"]:
        note += (NEW_CHANGED if row["sha256"] == row["recorded"] else OLD_CHANGED).to(language)
    return note


def _no_facts(remedy: Text) -> dict[str, str]:
    """Something for each place of *remedy*: a list keeps the code of an error, not its facts."""
    places = {name for text in remedy for _, name, _, _ in Formatter().parse(text) if name}
    return {name: _LEFT_OUT.get(name, "…") for name in places}


_LEFT_OUT = dict.fromkeys(("subject", "detail", "after", "position", "expected"), "")
