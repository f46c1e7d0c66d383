"""
How `lading compare` tells what differs in the tables of two manifests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from lading.cli.output import say, speak
from lading.manifest.compare_tables import RowDifference, RowWhat, TableComparison
from lading.manifest.files import local_errors
from lading.model.paths import decode, shown, shown_name
from lading.model.text import Text

FIRST = 20
"""Rows that are printed, of all tables together; `--list` has all of them."""

_SUMMARY = Text(
    "{table}: same {same:,} · changed {changed:,} · missing {missing:,} · extra {extra:,} · not comparable {unknown:,}",
    "{table}：相同 {same:,} · 已更改 {changed:,} · 缺失 {missing:,} · 多出 {extra:,} · 无法比较 {unknown:,}",
)
_ROW = Text("{table}: {what}: {where}", "{table}：{what}：{where}")
_CHANGED = Text("{table}: {what} ({fields}): {where}", "{table}：{what}（{fields}）：{where}")
_MORE = Text(
    "… and {count:,} more rows (--list FILE writes all)", "……另有 {count:,} 行（--list FILE 写出全部）"
)
_BY_SIZE = Text("{count:,} versions were matched by size only", "{count:,} 个历史版本仅按大小对应")
_NAMES = {
    RowWhat.MISSING: Text("missing", "缺失"),
    RowWhat.EXTRA: Text("extra", "多出"),
    RowWhat.CHANGED: Text("changed", "已更改"),
    RowWhat.UNKNOWN: Text("not comparable", "无法比较"),
}


class FirstRows:
    """Keeps the first differing rows and writes all of them to *listing*."""

    def __init__(self, listing: IO[str] | None) -> None:
        self.kept: list[RowDifference] = []
        self._listing = listing

    def __call__(self, row: RowDifference) -> None:
        if len(self.kept) < FIRST:
            self.kept.append(row)
        if self._listing is not None:
            line = {**row._asdict(), "a": _plain(row.a), "b": _plain(row.b)}
            with local_errors(self._listing.name):
                self._listing.write(json.dumps(line, ensure_ascii=False) + "\n")


def facts_of_tables(found: Mapping[str, TableComparison]) -> dict[str, Any]:
    """What *found* says, as `--json` tells it: by table, in rows."""
    return {
        name: {
            "same": one.same,
            **{what.value: count for what, count in one.differences.items()},
            "fields": dict(one.fields),
            "by_size_only": one.by_size,
        }
        for name, one in found.items()
    }


def tell_tables(found: Mapping[str, TableComparison], first: FirstRows) -> None:
    """Say what *found* says, and the *first* rows."""
    for name, one in found.items():
        counts = {what.value: count for what, count in one.differences.items()}
        say(_SUMMARY, table=name, same=one.same, **counts)
        if one.by_size:
            say(_BY_SIZE, count=one.by_size)
    for row in first.kept:
        sentence = _CHANGED if row.fields else _ROW
        words = {"what": speak(_NAMES[row.what]), "fields": ", ".join(row.fields)}
        say(sentence, table=row.table, where=_where(row), **words)
    rows = sum(
        count
        for one in found.values()
        for what, count in one.differences.items()
        if what is not RowWhat.UNKNOWN
    )
    if rows > len(first.kept):
        say(_MORE, count=rows - len(first.kept))


def _where(row: RowDifference) -> str:
    known = row.a if row.a is not None else row.b
    assert known is not None
    if "path" in known:
        return shown(decode(known["path"]))
    if "mail" in known:
        return f"{known['kind']} {shown_name(known['name'] or known['id'])}"
    return " ← ".join(shown_name(str(value)) for value in known.values())


def _plain(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """*row* as JSON can hold it."""
    if row is None:
        return None
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
