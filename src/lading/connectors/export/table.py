"""
Tables as people and programs export them: CSV with any usual separator, in UTF-8, UTF-16 or GB18030.

A row that cannot be understood is an error that names file and line; nothing is skipped.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lading.model.text import Text

SEPARATORS = ",;\t|"
ENCODINGS = ("utf-8", "gb18030")
"""Tried in this order where no byte order mark decides; both refuse what is not theirs, almost always."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BLOCK = 1 << 20


class BadTable(ValueError):
    """A table cannot be read; *said* says where and why."""

    def __init__(self, where: str, why: Text) -> None:
        self.said = Text(f"{where}: {why.en}", f"{where}：{why.zh}")
        super().__init__(self.said.en)


class Row(NamedTuple):
    """The *values* of one row by their column, and *where* it stands (`file:line`)."""

    where: str
    values: Mapping[str, str]

    def get(self, column: str) -> str:
        """What stands in *column*; empty where there is no such column."""
        return self.values.get(column, "")


class Table(NamedTuple):
    """The *columns* of a table as it names them, in lower case, and its *rows*."""

    columns: tuple[str, ...]
    rows: Iterator[Row]


def read_table(file: str, aliases: Mapping[str, str], *, encoding: str = "") -> Table:
    """
    The table in *file*, its columns renamed by *aliases* (in lower case).

    Raises:
        BadTable: it has no columns, one of them twice, or another encoding; so does taking rows.
        OSError: it cannot be read.
    """
    lines = _lines(file, encoding or encoding_of(file))
    first = next(((number, line) for number, line in lines if not _is_preface(line)), None)
    if first is None:
        raise BadTable(file, Text("the table is empty", "表格为空"))
    number, head = first
    separator = max(SEPARATORS, key=head.count)
    reader = csv.reader((line for _, line in lines), delimiter=separator, strict=True)
    names = next(csv.reader([head], delimiter=separator))
    columns = tuple(aliases.get(name.strip().lower(), name.strip().lower()) for name in names)
    if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
        named = ", ".join(twice)
        raise BadTable(f"{file}:{number}", Text(f"column twice: {named}", f"列重复：{named}"))
    return Table(columns, _rows(file, columns, reader, number))


def encoding_of(file: str) -> str:
    """
    How *file* is encoded: by its byte order mark, else the first of `ENCODINGS` that fits all of it.

    Raises:
        BadTable: none does.
    """
    with open(file, "rb") as stream:
        start = stream.read(4)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    for name in ENCODINGS:
        if _fits(file, name):
            return name
    raise BadTable(file, Text("neither UTF-8 nor GB18030", "既不是 UTF-8 也不是 GB18030 编码"))


def _fits(file: str, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with open(file, "rb") as stream:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _lines(file: str, encoding: str) -> Iterator[tuple[int, str]]:
    try:
        with open(file, encoding=encoding, newline="") as stream:
            yield from enumerate(stream, start=1)
    except (UnicodeError, LookupError):
        raise BadTable(file, Text(f"it is not encoded as {encoding}", f"编码不是 {encoding}")) from None


def _is_preface(line: str) -> bool:
    """What Excel (`sep=;`) and Windows PowerShell (`#TYPE …`) write before the columns, and empty lines."""
    return not line.strip() or line.lower().startswith("sep=") or line.startswith("#TYPE")


def _rows(file: str, columns: tuple[str, ...], reader: Iterator[list[str]], before: int) -> Iterator[Row]:
    last = 0
    while True:
        where = f"{file}:{before + last + 1}"
        try:
            fields = next(reader, None)
        except csv.Error as problem:
            raise BadTable(where, Text(f"no CSV: {problem}", f"不是 CSV：{problem}")) from None
        if fields is None:
            return
        last = reader.line_num  # type: ignore[attr-defined]
        if not any(field.strip() for field in fields):
            continue
        if len(fields) != len(columns):
            wanted, found = len(columns), len(fields)
            raise BadTable(
                where, Text(f"{found} fields, not {wanted}", f"有 {found} 个字段，应为 {wanted} 个")
            )
        yield Row(where, {name: field.strip() for name, field in zip(columns, fields, strict=True)})
