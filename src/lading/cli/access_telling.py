"""
A comparison of access, told at the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from lading.cli import access_words as words
from lading.cli.output import say, speak
from lading.manifest.access.comparing import Compared
from lading.manifest.access.diff import Cause, Outcome
from lading.manifest.access.tables import Tables
from lading.manifest.access.veil import Veil
from lading.manifest.access.walls import Checked, Wall
from lading.model.paths import shown_name
from lading.model.text import Text

FIRST = 10
"""Causes and links of each sort that are printed; `--list` has all."""
NAMED = 5
"""People who are named where many are meant."""

_TITLES = (
    Text("moment", "时刻"),
    Text("gained", "获得"),
    Text("lost", "失去"),
    Text("same", "相同"),
    Text("tolerated", "已接受"),
)
_PAIRS = Text("pairs of a person and an entry", "人员与条目的组数")
_TITLE = {
    True: Text("Gained at {time} by {people}:", "{time}，{people}获得："),
    False: Text("Lost at {time} by {people}:", "{time}，{people}失去："),
}
_ALIKE = Text(
    "At {time} the same is gained and lost as at {before}.", "{time}，获得与失去的情况与 {before} 相同。"
)
_CAUSE = Text("  {people}, {entries}, {pairs}: {cause}", "  {people}、{entries}，共 {pairs}：{cause}")
_EXAMPLE = Text(
    "      e.g. {person} on {path}: {before} → {after}", "      例如 {person} 对 {path}：{before} → {after}"
)
_MORE = Text(
    "  … and {count:,} more (--list FILE writes all)", "  ……另有 {count:,} 个（--list FILE 写出全部）"
)
_LINK = {
    True: Text("opens more: {link}", "可打开更多：{link}"),
    False: Text("opens less: {link}", "可打开的减少：{link}"),
}
_WALL = Text(
    "wall {wall}, in {side}: {whom} on both sides: {one}; {two}",
    "隔离墙 {wall}，{side} 中：{whom} 同时位于两侧：{one}；{two}",
)
_LEAVE = Text(
    "in {side}, with leave on both sides of a wall: {whom}", "{side} 中，获准同时位于隔离墙两侧：{whom}"
)
_APART = Text("Nobody stands on both sides of a wall.", "没有人同时位于任何一道隔离墙的两侧。")
_EQUAL = Text("Nobody gained or lost anything.", "无人获得或失去任何权限。")
_ONLY = Text("in {side} only: {people}", "仅在 {side} 中：{people}")
_UNASKED = Text(
    "{side}: {count:,} entries could not be asked for grants or links; what holds there is not known",
    "{side}：有 {count:,} 项无法查询授权或链接，其权限未知",
)
_PARTIAL = Text(
    "{side}: the account that scanned is not told all grants", "{side}：扫描所用的账号看不到全部授权"
)
_NO_PEOPLE = Text(
    "{side}: people and memberships were not scanned; groups count as empty",
    "{side}：未扫描人员与成员关系，群组视为空",
)
_UNLISTED = Text(
    "{side}: {count:,} people are named by grants or groups and listed nowhere; they are taken for active",
    "{side}：授权或群组涉及的 {count:,} 人未列在人员表中，视为在职",
)
_NO_LINKS = Text(
    "links were not compared: not both manifests have them", "未比较链接：并非两个清单都含有链接"
)
_LATER = Text(
    "{count:,} more moments at which something ends on one side only were not looked at (--moments)",
    "另有 {count:,} 个仅一侧发生到期的时刻未查看（--moments）",
)


def tell(found: Compared, walls: Sequence[Wall], checked: Sequence[Checked], veil: Veil) -> None:
    """Print what *found* comes to; names that *veil* hides are ids."""
    _summary(found)
    _moments(found, veil)
    for gain in (True, False):
        changes = [change for change in found.links or () if change.gain is gain]
        for change in changes[:FIRST]:
            say(_LINK[gain], link=words.change(change, veil))
        _more(len(changes))
    for side, one in zip("AB", checked, strict=False):
        _crossings(side, one, walls, veil)
    _say(notes(found))
    if not found.differs:
        say(_EQUAL)


def tell_walls(parts: Sequence[Tables], walls: Sequence[Wall], checked: Checked, veil: Veil) -> None:
    """Print who stands on both sides of *walls* on the drive of which *parts* are manifests."""
    _crossings(", ".join(shown_name(one.name) for one in parts), checked, walls, veil)
    _say(sentence for one in parts for sentence in _gaps(one, shown_name(one.name)))
    if not checked.crossings:
        say(_APART)


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        say(Text("{sentence}", "{sentence}"), sentence=sentence)


def notes(found: Compared) -> Iterator[str]:
    """What a reader has to know about the comparison."""
    for side, tables, known, only in zip("AB", found.sides, found.directories, found.only, strict=True):
        if only:
            yield speak(_ONLY, people=words.people(only.bit_count()), side=side)
        if unlisted := sum(one.single and not one.listed for one in known.known.values()):
            yield speak(_UNLISTED, count=unlisted, side=side)
        yield from _gaps(tables, side)
    if found.links is None:
        yield speak(_NO_LINKS)
    if found.unseen:
        yield speak(_LATER, count=found.unseen)


def _gaps(tables: Tables, side: str) -> Iterator[str]:
    if tables.unasked:
        yield speak(_UNASKED, count=tables.unasked, side=side)
    if not tables.rules.complete:
        yield speak(_PARTIAL, side=side)
    if tables.principals is None or tables.members is None:
        yield speak(_NO_PEOPLE, side=side)


def named(whom: Sequence[str]) -> str:
    """The first of *whom*, and how many more there are."""
    more = f" (+{len(whom) - NAMED:,})" if len(whom) > NAMED else ""
    return speak(Text(", ", "、")).join(whom[:NAMED]) + more


def _summary(found: Compared) -> None:
    table = Table(title=speak(_PAIRS), title_justify="left")
    for title in _TITLES:
        table.add_column(speak(title), justify="left" if title is _TITLES[0] else "right")
    for moment, one in found.outcomes.items():
        counts = (one.gained, one.lost, one.same, one.tolerated)
        table.add_row(words.time_of(moment), *(f"{count:,}" for count in counts))
    Console(file=sys.stdout).print(table)


def _moments(found: Compared, veil: Veil) -> None:
    """The causes at each moment; once where a later moment has no others."""
    told: tuple[Outcome, str] | None = None
    for moment, outcome in found.outcomes.items():
        time = words.time_of(moment)
        if told is not None and outcome.causes and outcome.causes == told[0].causes:
            say(_ALIKE, time=time, before=told[1])
            continue
        for gain in (True, False):
            _causes(found, outcome, time, gain, veil)
        told = outcome, time


def _causes(found: Compared, outcome: Outcome, time: str, gain: bool, veil: Veil) -> None:
    causes = [cause for cause in outcome.causes if cause.gain is gain]
    if not causes:
        return
    who = outcome.gainers if gain else outcome.losers
    say(_TITLE[gain], time=time, people=words.people(who.bit_count()))
    for cause in causes[:FIRST]:
        _cause(found, cause, veil)
    _more(len(causes))


def _cause(found: Compared, cause: Cause, veil: Veil) -> None:
    said = words.cause(cause, found.directories, veil)
    counts = {"entries": words.entries(cause.entries), "pairs": words.pairs(cause.pairs)}
    say(_CAUSE, people=words.people(cause.count), cause=said, **counts)
    for path, person, before, after in cause.examples[:1]:
        side, key = next((side, key) for side, key in enumerate(found.people[person].keys) if key)
        who = words.principal(key, found.directories[side], veil)
        say(_EXAMPLE, person=who, path=veil.path(path), before=words.role(before), after=words.role(after))


def _crossings(side: str, checked: Checked, walls: Sequence[Wall], veil: Veil) -> None:
    for crossing in checked.crossings[:FIRST]:
        one, two = (words.grant(item, checked.directory, veil) for item in crossing.grants)
        whom = named([words.principal(key, checked.directory, veil) for key in crossing.whom])
        wall = veil.wall(walls.index(crossing.wall), crossing.wall)
        say(_WALL, wall=wall, side=side, whom=whom, one=one, two=two)
    _more(len(checked.crossings))
    if checked.tolerated:
        whom = named([words.principal(key, checked.directory, veil) for key in sorted(checked.tolerated)])
        say(_LEAVE, side=side, whom=whom)


def _more(count: int) -> None:
    if count > FIRST:
        say(_MORE, count=count - FIRST)
