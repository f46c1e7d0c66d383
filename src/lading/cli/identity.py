"""
`lading identity OLD NEW`: who of the old drive is who of the new one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.table import Table

from lading.cli.options import json_option
from lading.cli.output import answer, say, speak
from lading.cli.people_options import pair, people_options
from lading.cli.scan import Depth
from lading.manifest.files import UNFINISHED, local_errors, publish_file
from lading.manifest.tables import Feature
from lading.model.access import Principal
from lading.model.errors import DIFFERENT
from lading.model.identity import IdentityMap, Key, Match, Outcome, Why, key_of
from lading.model.paths import shown_name
from lading.model.text import Text
from lading.stages.planning.contract import weights_of
from lading.stages.planning.mapfile import written
from lading.stages.planning.who import Weight

FIRST = 20
"""Findings that are printed; --write has all."""

_HELP = Text(
    """Find for each principal of OLD who they are in NEW, and list those of whom that is not certain.

    OLD and NEW are drives, or folders that `lading scan --with people` wrote. --write gives a CSV that
    people correct and give back with --map.

    Exit codes: 0 everybody who is active is mapped; 10 somebody is not; 2 bad request or map; others
    see docs/manual/errors.md.""",
    """为旧网盘的每个人员、来宾、群组和部门找出其在新网盘中的对应，并列出无法确定者。

    OLD 与 NEW 可以是网盘，或 `lading scan --with people` 写出的文件夹。--write 写出 CSV，由人更正后用
    --map 给回。

    退出码：0 所有在用对象均已对应；10 尚有未对应者；2 请求或映射表有误；其余见 docs/manual/errors.md。""",
)
_WRITE = Text("Write the map to FILE as CSV.", "将映射表写入 FILE（CSV）。")
_OUTCOMES = {
    Outcome.MAPPED: Text("mapped", "已对应"),
    Outcome.MISSING: Text("missing, to be created", "缺失，待创建"),
    Outcome.AMBIGUOUS: Text("ambiguous", "不确定"),
    Outcome.OUTSIDE: Text("outside, to be invited", "外部，待邀请"),
    Outcome.LEFT: Text("left", "已离开"),
    Outcome.UNMAPPED: Text("left out by the map", "映射表已排除"),
}
_WHYS = {
    Why.SEVERAL_NEW: Text("several of NEW fit", "新网盘中有多个符合"),
    Why.SEVERAL_OLD: Text("several of OLD say the same", "旧网盘中有多个相同"),
    Why.MAIL_DIFFERS: Text("another mail", "邮箱不同"),
    Why.LOGIN_DIFFERS: Text("another login", "登录名不同"),
    Why.NAME_DIFFERS: Text("another name", "姓名不同"),
    Why.INACTIVE: Text("not active in NEW", "在新网盘中未启用"),
    Why.SHARED: Text("another of OLD leads to the same", "旧网盘中另有对象指向同一人"),
}
_FINDINGS = (Outcome.MISSING, Outcome.AMBIGUOUS, Outcome.OUTSIDE)
_WIDER = Text(
    "has {count:,} more people in NEW; its grants are left out", "在新网盘中多 {count:,} 人；其授权不迁移"
)
_FEWER = Text("lacks {count:,} of its people in NEW", "在新网盘中少 {count:,} 人")
_HEADS = (
    Text("finding", "情况"), Text("who in OLD", "旧网盘对象"), Text("why, or who in NEW", "原因或候选"),
    Text("grants", "授权"), Text("links", "链接"), Text("versions", "版本"), Text("entries", "条目"),
)  # fmt: skip
_MORE = Text("… and {count:,} more (--write FILE lists all)", "……另有 {count:,} 个（--write FILE 列出全部）")
_NO_PEOPLE = Text(
    "OLD tells no people; scan it with --with people, if it can tell them.",
    "旧网盘清单中没有人员；如旧网盘能够提供，请用 --with people 扫描。",
)
_ALL = Text("Everybody who is active in OLD is mapped.", "旧网盘中所有在用对象均已对应。")


class Finding(NamedTuple):
    """A match that somebody has to look at, and how much hangs on them."""

    match: Match
    weight: Weight


@click.command("identity", help=speak(_HELP))
@click.argument("old")
@click.argument("new")
@people_options
@click.option("--write", "output", default=None, metavar="FILE", help=speak(_WRITE))
@json_option
def command(old: str, new: str, output: str | None, as_json: bool, **given: Any) -> int:
    """Say who is who."""
    depth = Depth(False, (Feature.PEOPLE, Feature.GRANTS, Feature.LINKS, Feature.VERSIONS))
    with tempfile.TemporaryDirectory(prefix="lading-identity-") as scratch:
        found = pair(old, new, scratch, depth, quiet=as_json, **given)
        heavy = weights_of(found.old.manifest, scratch)
    known = found.old.manifest.has("principals")
    ordered = sorted(found.people, key=lambda match: _order(match, heavy))
    findings = [Finding(it, _weight(it, heavy)) for it in ordered if _is_finding(it)]
    code = DIFFERENT if findings or not known else 0
    if output is not None:
        _write(ordered, output)
    if as_json:
        answer("identity", _facts(found.people, findings), exit_code=code)
    else:
        _tell(found.people, findings, known=known)
    return code


def _is_finding(match: Match) -> bool:
    return match.outcome in _FINDINGS or match.widens or match.spares


def _weight(match: Match, heavy: Mapping[Key, Weight]) -> Weight:
    return heavy.get(key_of(match.old), Weight())


def _order(match: Match, heavy: Mapping[Key, Weight]) -> tuple[bool, int, Key]:
    """Findings first, of them those on whom most hangs."""
    return not _is_finding(match), -_weight(match, heavy).all, key_of(match.old)


def _write(matches: Sequence[Match], output: str) -> None:
    with local_errors(output):
        with open(output + UNFINISHED, "w", encoding="utf-8", newline="") as stream:
            stream.write(written(matches))
        publish_file(output + UNFINISHED, output)


def _facts(people: IdentityMap, findings: Sequence[Finding]) -> dict[str, Any]:
    by = Counter(match.by.value for match in people if match.by and match.outcome is Outcome.MAPPED)
    return {
        "digest": people.digest,
        "principals": len(people),
        "outcomes": {it.value: sum(match.outcome is it for match in people) for it in Outcome},
        "mapped_by": dict(sorted(by.items())),
        "findings": [_finding(it) for it in findings],
    }


def _finding(it: Finding) -> dict[str, Any]:
    match = it.match
    return {
        "outcome": match.outcome,
        "old": _principal(match.old),
        "new": _principal(match.new) if match.new else None,
        "why": match.why,
        "candidates": [_principal(one) for one in match.candidates],
        "wider": match.wider,
        "fewer": match.fewer,
        "hangs": it.weight._asdict(),
    }


def _principal(it: Principal) -> dict[str, str]:
    return {"kind": it.kind, "id": it.id, "name": it.name, "login": it.login, "mail": it.mail}


def _tell(people: IdentityMap, findings: Sequence[Finding], *, known: bool) -> None:
    counts = Counter(match.outcome for match in people)
    line = "  ·  ".join(f"{speak(text)} {counts[it]:,}" for it, text in _OUTCOMES.items() if counts[it])
    sys.stdout.write(line + "\n" if line else "")
    if not known:
        say(_NO_PEOPLE)
    elif not findings:
        say(_ALL)
    if findings:
        _table(findings[:FIRST])
    if len(findings) > FIRST:
        say(_MORE, count=len(findings) - FIRST)


def _table(findings: Sequence[Finding]) -> None:
    table = Table(box=None, pad_edge=False)
    for number, head in enumerate(_HEADS):
        table.add_column(speak(head), justify="right" if number > 2 else "left", overflow="fold")
    for it in findings:
        outcome = speak(_OUTCOMES[it.match.outcome])
        counts = (f"{count:,}" for count in it.weight)
        table.add_row(outcome, _named(it.match.old), _reason(it.match), *counts)
    Console(file=sys.stdout, markup=False, highlight=False, emoji=False).print(table)


def _named(it: Principal) -> str:
    words = (it.name, f"({it.kind} {it.id})", it.mail)
    return " ".join(shown_name(word) for word in words if word)


def _reason(match: Match) -> str:
    if match.why is not None:
        return f"{speak(_WHYS[match.why])}: " + ", ".join(map(_named, match.candidates))
    words = [speak(_WIDER, count=match.wider)] if match.widens else []
    words += [speak(_FEWER, count=match.fewer)] if match.spares else []
    return "; ".join(words)
