"""
The table beside the files: one row for each file, folder or version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import NamedTuple

from lading.connectors.export.members import placed, split
from lading.connectors.export.table import BadTable, Row, Table, read_table
from lading.connectors.export.times import When, when
from lading.connectors.export.words import grants_in, links_in
from lading.model.access import Grant, Link
from lading.model.paths import Path
from lading.model.text import Text

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "path": ("路径", "文件路径", "full path", "filepath"),
    "author": ("作者", "修改者", "修改人", "modified by"),
    "modified": ("修改时间", "最后修改时间", "last modified"),
    "version": ("版本", "版本号", "revision"),
    "grants": ("权限", "permissions"),
    "saved": ("保存时间", "上传时间", "uploaded"),
    "size": ("大小", "字节", "bytes"),
    "sha256": (),
    "label": ("标签", "版本说明", "comment"),
    "deleted": ("已删除",),
    "content": ("内容", "content path"),
    "link": ("链接", "links"),
}
"""Each column, and what else it may be called (in lower case)."""
_ALIASES = {other: name for name, others in COLUMNS.items() for other in others}
_YES, _NO = ("yes", "true", "1", "y", "是"), ("", "no", "false", "0", "n", "否")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Fact(NamedTuple):
    """One row; None and empty where the table says nothing.  *content* names the member that holds this version."""

    where: str
    path: Path
    folder: bool = False
    author: str = ""
    modified: When | None = None
    saved: When | None = None
    version: str = ""
    size: int | None = None
    sha256: str = ""
    label: str = ""
    deleted: bool = False
    content: Path | None = None
    grants: tuple[Grant, ...] = ()
    links: tuple[Link, ...] = ()


class Facts(NamedTuple):
    """All rows, and what the table has: *columns* that are known, *unused* ones that are not."""

    rows: tuple[Fact, ...]
    columns: frozenset[str]
    unused: tuple[str, ...]


def read_facts(file: str, *, encoding: str, zone: tzinfo, dates: str) -> Facts:
    """
    The rows of *file*.

    Raises:
        BadTable: with the line, if one cannot be understood.
        OSError: it cannot be read.
    """
    table = read_table(file, _ALIASES, encoding=encoding)
    if "path" not in table.columns:
        wanted = ", ".join(COLUMNS)
        raise BadTable(file, Text(f"no column path; known are {wanted}", f"缺少 path 列；可用的列：{wanted}"))
    rows = tuple(_facts(table, zone, dates))
    unused = tuple(name for name in table.columns if name not in COLUMNS and name)
    return Facts(rows, frozenset(table.columns) & frozenset(COLUMNS), unused)


def path_in(row: Row, column: str) -> Path:
    """
    The path in *column*, with slashes or backslashes, with or without one in front.

    Raises:
        BadTable: it leads out of the drive.
    """
    text = row.get(column)
    names = split(text.lstrip("/\\"), backslashes="/" not in text)
    if names and placed(names) is None:
        raise bad(row, column)
    return names


def bad(row: Row, column: str, hint: Text | None = None) -> BadTable:
    """The error about what stands in *column* of *row*."""
    value = row.get(column)[:80]
    en, zh = f"{column}: “{value}” is not understood", f"{column}：无法理解“{value}”"
    return BadTable(row.where, Text(en, zh) if hint is None else Text(f"{en}; {hint.en}", f"{zh}；{hint.zh}"))


def _facts(table: Table, zone: tzinfo, dates: str) -> Iterator[Fact]:
    for number, row in enumerate(table.rows, start=1):
        yield _Reading(row, zone, dates).fact(number)


_WHICH_FIRST = Text("say dates=mdy or dates=dmy", "请用 dates=mdy 或 dates=dmy 说明月、日的顺序")


class _Reading(NamedTuple):
    row: Row
    zone: tzinfo
    dates: str

    def fact(self, number: int) -> Fact:
        """The row as a fact; *number* is in the ids of links that have none."""
        row = self.row
        path = path_in(row, "path")
        return Fact(
            where=row.where,
            path=path,
            folder=row.get("path").endswith(("/", "\\")),
            author=row.get("author"),
            modified=self.time("modified"),
            saved=self.time("saved"),
            version=row.get("version"),
            size=self.size(),
            sha256=self.sha256(),
            label=row.get("label"),
            deleted=self.deleted(),
            content=path_in(row, "content") if row.get("content") else None,
            grants=self.grants(path),
            links=self.links(path, number),
        )

    def time(self, column: str) -> When | None:
        """What stands in *column*, None where nothing does."""
        if not (text := self.row.get(column)):
            return None
        try:
            return when(text, self.zone, self.dates)
        except ValueError as problem:
            hint = _WHICH_FIRST if str(problem) == "order" else None
            raise bad(self.row, column, hint) from None

    def size(self) -> int | None:
        """Bytes; thousands may be set apart."""
        text = self.row.get("size").replace(",", "").replace(" ", "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise bad(self.row, "size")
        return int(text)

    def sha256(self) -> str:
        """The digest in lower case."""
        text = self.row.get("sha256").lower()
        if text and not _SHA256.fullmatch(text):
            raise bad(self.row, "sha256")
        return text

    def deleted(self) -> bool:
        """Whether the old drive had it in its bin."""
        text = self.row.get("deleted").lower()
        if text not in _YES + _NO:
            raise bad(self.row, "deleted")
        return text in _YES

    def grants(self, path: Path) -> tuple[Grant, ...]:
        """What column `grants` says."""
        try:
            return grants_in(self.row.get("grants"), path, self._at)
        except ValueError as problem:
            raise self._unclear("grants", problem) from None

    def links(self, path: Path, number: int) -> tuple[Link, ...]:
        """What column `link` says."""
        try:
            return links_in(self.row.get("link"), path, self._at, f"{number}")
        except ValueError as problem:
            raise self._unclear("link", problem) from None

    def _unclear(self, column: str, problem: ValueError) -> BadTable:
        hint = _WHICH_FIRST if str(problem) == "order" else Text(f"see “{problem}”", f"问题在“{problem}”")
        return bad(self.row, column, hint)

    def _at(self, text: str) -> int:
        return when(text, self.zone, self.dates).at
