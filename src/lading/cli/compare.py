"""
`lading compare`: two drives or manifests, held against each other.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from lading.cli.compared_tables import FirstRows, facts_of_tables, tell_tables
from lading.cli.options import drive_option, features, json_option, with_option
from lading.cli.output import answer, say, speak
from lading.cli.people_options import who_by
from lading.cli.scan import Depth, facts_of
from lading.cli.scan_options import DIGEST, LIMIT, WORKERS
from lading.cli.sides import Given, opened
from lading.connectors.wrap.timetable import parse_timetable
from lading.manifest.compare import Comparison, Difference, Side, What, compare
from lading.manifest.compare_tables import compare_tables
from lading.manifest.files import UNFINISHED, local_errors, publish_file
from lading.manifest.read import Manifest
from lading.model.errors import DIFFERENT
from lading.model.paths import decode, shown
from lading.model.text import Text

FIRST = 20
"""Differences that are printed; `--list` has all of them."""

_HELP = Text(
    """Say what is the same, changed, missing (in A only), extra (in B only), or differs only in
    the form of its name.

    A and B are drives, or folders that `lading scan` wrote; a drive is scanned first.  Entries
    are compared by kind, size and, where both sides have one, digest; times are not compared.
    What hangs on files is compared where both sides have it: see --with, and --map where people have other ids.
    A folder that looks like a manifest is taken for a drive when written as folder:PATH.

    Exit codes: 0 only if nothing differs; 10 something differs; 2 to 5 bad request; 20 to 39 a
    drive or the disk refused; 40 a manifest is damaged or unfinished; 130 interrupted.""",
    """说明哪些相同、已更改、缺失（仅在 A 中）、多出（仅在 B 中），或仅名称形式不同。

    A 和 B 可以是网盘，或 `lading scan` 写出的文件夹；网盘会先被扫描。比较种类、大小，以及双方都有的
    摘要；不比较时间。双方都登记了附带信息时一并比较，见 --with；人员标识不同时另见 --map。形似清单的文件夹若要作为网盘，请写作 folder:路径。

    退出码：0 仅当毫无差异；10 存在差异；2 至 5 请求有误；20 至 39 网盘或磁盘拒绝；40 清单损坏或未完成；
    130 被中断。""",
)
_LIST = Text(
    "Write all differences to FILE, one JSON object per line.", "将全部差异写入 FILE，每行一个 JSON 对象。"
)
_MAP = Text(
    "Who of A is who of B: the map (CSV) that `lading identity A B` wrote (default: the same id is the same).",
    "A 与 B 的人员对应：由 `lading identity A B` 写出的映射表（CSV）；默认标识相同即为同一对象。",
)
_A = Text("drive A", "网盘 A")
_B = Text("drive B", "网盘 B")
_SUMMARY = Text(
    "same {same:,} · changed {changed:,} · missing {missing:,} · extra {extra:,} · name form only {form:,} · "
    "not comparable {unknown:,}",
    "相同 {same:,} · 已更改 {changed:,} · 缺失 {missing:,} · 多出 {extra:,} · 仅名称形式不同 {form:,} · "
    "无法比较 {unknown:,}",
)
_BY_SIZE = Text(
    "{count:,} files were compared by size only; with --digest contents are read",
    "{count:,} 个文件仅按大小比较；使用 --digest 可读取内容",
)
_EQUAL = Text("No difference.", "没有差异。")
_MORE = Text("… and {count:,} more (--list FILE writes all)", "……另有 {count:,} 处（--list FILE 写出全部）")
_NAMES = {
    What.MISSING: Text("missing", "缺失"),
    What.EXTRA: Text("extra", "多出"),
    What.KIND: Text("kind differs", "种类不同"),
    What.SIZE: Text("size differs", "大小不同"),
    What.CONTENT: Text("content differs", "内容不同"),
    What.NAME_FORM: Text("name form differs", "名称形式不同"),
    What.UNKNOWN: Text("not comparable", "无法比较"),
}


@click.command("compare", help=speak(_HELP))
@click.argument("a")
@click.argument("b")
@click.option("--digest", is_flag=True, help=speak(DIGEST))
@with_option
@drive_option("--a-opt", _A)
@drive_option("--b-opt", _B)
@click.option("--map", "map_file", default=None, metavar="FILE", help=speak(_MAP))
@click.option("--list", "file", default=None, metavar="FILE", help=speak(_LIST))
@click.option("--workers", type=click.IntRange(1, 64), default=None, metavar="N", help=speak(WORKERS))
@click.option("--limit", default="", metavar="TIMETABLE", help=speak(LIMIT))
@json_option
def command(
    a: str,
    b: str,
    file: str | None,
    as_json: bool,
    a_opt: tuple[str, ...],
    b_opt: tuple[str, ...],
    **how: Any,
) -> int:
    """Compare two sides."""
    parse_timetable(how["limit"])
    # Before a long scan, like all that was typed.
    whose = who_by(how["map_file"]) if how["map_file"] else None
    with tempfile.TemporaryDirectory(prefix="lading-compare-") as scratch:
        depth = Depth(how["digest"], features(how["wanted"]))
        sides = [
            Given(a, a_opt, os.path.join(scratch, "a"), depth),
            Given(b, b_opt, os.path.join(scratch, "b"), depth),
        ]
        # The list is opened first: a place that cannot be written must not be found out after hours.
        with _listing(file) as listing:
            one, other = opened(sides, quiet=as_json, workers=how["workers"], limit=how["limit"])
            first = _First(listing)
            rows = FirstRows(listing)
            who = whose(one, other) if whose else None
            found = compare(one, other, take=first, directory=scratch)
            tables = compare_tables(one, other, who=who, take=rows, directory=scratch)
        equal = found.equal and all(table.equal for table in tables.values())
        code = 0 if equal else DIFFERENT
        if as_json:
            facts = {**_facts(one, other, found), "equal": equal, "tables": facts_of_tables(tables)}
            answer("compare", facts, exit_code=code)
        else:
            _tell(found, first)
            tell_tables(tables, rows)
            if equal:
                say(_EQUAL)
    return code


class _First:
    """Keeps the first differences and writes all of them down."""

    def __init__(self, listing: IO[str] | None) -> None:
        self.kept: list[Difference] = []
        self._listing = listing

    def __call__(self, difference: Difference) -> None:
        if len(self.kept) < FIRST:
            self.kept.append(difference)
        if self._listing is not None:
            line = {"what": difference.what, "a": _side(difference.a), "b": _side(difference.b)}
            with local_errors(self._listing.name):
                self._listing.write(json.dumps(line, ensure_ascii=False) + "\n")


@contextmanager
def _listing(file: str | None) -> Iterator[IO[str] | None]:
    """The file for all differences; it appears under its name when it is whole."""
    if file is None:
        yield None
        return
    unfinished = file + UNFINISHED
    with local_errors(file):
        stream = open(unfinished, "w", encoding="utf-8")  # noqa: SIM115 — closed below, before it is published
    try:
        yield stream
        with local_errors(file):
            stream.close()
            publish_file(unfinished, file)
    finally:
        stream.close()
        if os.path.exists(unfinished):
            os.unlink(unfinished)


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "path": shown(decode(side.path)),
        "encoded": side.path,
        "kind": side.kind,
        "size": side.size,
        "sha256": side.sha256.hex() if side.sha256 else None,
        "problem": side.problem,
    }


def _facts(one: Manifest, other: Manifest, found: Comparison) -> dict[str, Any]:
    counts = {"same": found.same} | {what.value: count for what, count in found.differences.items()}
    return {
        "counts": {name: {"objects": count.objects, "bytes": count.size} for name, count in counts.items()},
        "by_size_only": found.by_size,
        "by_fingerprint": found.by_fingerprint,
        "a": facts_of(one),
        "b": facts_of(other),
    }


def _tell(found: Comparison, first: _First) -> None:
    counts = found.differences
    say(
        _SUMMARY,
        same=found.same.objects,
        changed=found.changed.objects,
        missing=counts[What.MISSING].objects,
        extra=counts[What.EXTRA].objects,
        form=counts[What.NAME_FORM].objects,
        unknown=counts[What.UNKNOWN].objects,
    )
    if found.by_size:
        say(_BY_SIZE, count=found.by_size)
    for difference in first.kept:
        sides = [shown(decode(side.path)) for side in (difference.a, difference.b) if side is not None]
        say(
            Text("{what}: {where}", "{what}：{where}"),
            what=speak(_NAMES[difference.what]),
            where=_where(sides),
        )
    more = sum(count.objects for count in counts.values()) - len(first.kept)
    if more:
        say(_MORE, count=more)


def _where(sides: list[str]) -> str:
    return " → ".join(dict.fromkeys(sides))
