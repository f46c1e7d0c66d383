"""
Lines about a drive out of what it answered: pure, nothing is asked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from lading.connectors.profile import Profile
from lading.connectors.trial.asking import Answer, Seen, Written
from lading.model.errors import DriveError
from lading.model.paths import shown
from lading.model.text import Text

SECOND = 1_000_000_000
APART = 5 * SECOND
"""Clocks that differ more make times of versions misleading; calls and coarse grains stay below."""


class Verdict(StrEnum):
    """How it stands with one thing."""

    YES = "yes"
    PART = "part"
    """It works, but not all of it, or something is to be known about it."""
    NO = "no"
    """The account may not, or it failed."""
    NONE = "none"
    """The system has no such thing."""
    UNTRIED = "untried"


class Line(NamedTuple):
    """One *thing*, how it stands, and what is to be said about it; *code* is that of the error that stood in the way."""

    thing: str
    verdict: Verdict
    said: Text
    code: str = ""


class Known(NamedTuple):
    """What the drive says of itself."""

    profile: Profile
    server: str
    notes: tuple[Text, ...]


def judged(known: Known, seen: Seen) -> tuple[Line, ...]:
    """The lines about a drive that let us in."""
    return (
        Line("sign in", Verdict.YES, Text("the drive lets us in", "已登录网盘")),
        _listing(seen),
        _reading(seen),
        *_writing(seen.written),
        _facet("versions", seen, seen.versions, Text("{count} of one file", "一个文件有 {count} 个")),
        _grants(known, seen),
        _facet(
            "links", seen, seen.links, Text("told: {count} on one entry", "可读取：一个条目上有 {count} 个")
        ),
        _facet("people", seen, seen.people, Text("{count:,} known", "已知 {count:,} 个")),
        *_settings(seen),
        *_room(seen),
        _times(known, seen.written),
        _system(known),
        *(Line("note", Verdict.PART, note) for note in known.notes),
    )


def troubled(lines: tuple[Line, ...]) -> bool:
    """Whether the account may not do something that was tried, or is told only a part."""
    return any(line.verdict in (Verdict.NO, Verdict.PART) for line in lines)


def _refused(thing: str, error: DriveError) -> Line:
    return Line(thing, Verdict.NO, error.details, error.code)


def _listing(seen: Seen) -> Line:
    if isinstance(seen.listed, DriveError):
        return _refused("list", seen.listed)
    count = f"{seen.listed:,}"
    return Line("list", Verdict.YES, Text(f"{count} entries at the top", f"根目录下有 {count} 个条目"))


def _reading(seen: Seen) -> Line:
    if isinstance(seen.read, DriveError):
        return _refused("read", seen.read)
    if seen.file is None:
        return Line("read", Verdict.UNTRIED, Text("no file was found to read", "未找到可读取的文件"))
    path, count = shown(seen.file.path), f"{seen.read:,}"
    return Line("read", Verdict.YES, Text(f"{count} bytes of {path}", f"已读取 {path} 的 {count} 字节"))


_UNTRIED = Text("not tried; --write FOLDER tries it out", "未检测；可用 --write 文件夹 进行检测")


def _writing(written: Written | None) -> Iterator[Line]:
    if written is None:
        yield Line("write", Verdict.UNTRIED, _UNTRIED)
        return
    failed = [(what, error) for what, error in written.steps if error is not None]
    done = ", ".join(dict.fromkeys(what for what, error in written.steps if error is None))
    if not failed:
        yield Line("write", Verdict.YES, Text(done, done))
    for what, error in failed:
        yield Line(
            "write",
            Verdict.NO,
            Text(f"{what}: {error.details.en}", f"{what}：{error.details.zh}"),
            error.code,
        )
    if written.left is not None:
        path = shown(written.left)
        yield Line("write", Verdict.NO, Text(f"left behind: {path}", f"未能清除：{path}"))


def _facet(thing: str, seen: Seen, answer: Answer[int], text: Text) -> Line:
    if isinstance(answer, DriveError):
        return _refused(thing, answer)
    if answer is None:
        if thing == "versions" and seen.file is None:
            return Line(thing, Verdict.UNTRIED, Text("no file was found to ask about", "未找到可查询的文件"))
        return Line(thing, Verdict.NONE, Text("the drive tells none", "该网盘不提供"))
    return Line(thing, Verdict.YES, Text(*(said.format(count=answer) for said in text)))


def _grants(known: Known, seen: Seen) -> Line:
    line = _facet(
        "grants", seen, seen.grants, Text("told: {count} on one entry", "可读取：一个条目上有 {count} 个")
    )
    access = known.profile.access
    if line.verdict is not Verdict.YES:
        return line
    if access is None or not access.complete:
        said = Text("not all are told to this account", "该账号看不到全部权限")
        return Line("grants", Verdict.PART, Text(f"{line.said.en}; {said.en}", f"{line.said.zh}；{said.zh}"))
    return line._replace(said=Text(f"{line.said.en}, and all of them", f"{line.said.zh}，且为全部"))


def _settings(seen: Seen) -> Iterator[Line]:
    if seen.settings is not None:
        yield _facet(
            "settings", seen, seen.settings, Text("told: {count} at the top", "可读取：顶层有 {count} 项")
        )


def _room(seen: Seen) -> Iterator[Line]:
    """How much can be stored, where the server says so."""
    room = seen.room
    if isinstance(room, DriveError):
        yield _refused("room", room)
    elif room is not None and room.left is not None:
        of = "" if room.total is None else f" / {room.total:,}"
        verdict = Verdict.YES if room.left else Verdict.NO
        yield Line("room", verdict, Text(f"{room.left:,}{of} bytes left", f"剩余 {room.left:,}{of} 字节"))
    elif room is not None and room.total is not None:
        en = f"{room.total:,} bytes in all; what is left of them is not told"
        yield Line("room", Verdict.YES, Text(en, f"共 {room.total:,} 字节；剩余多少不得而知"))


def _times(known: Known, written: Written | None) -> Line:
    profile = known.profile
    grain = f"{profile.clock_grain / SECOND:g} s"
    if written is None or written.difference is None:
        said = Text(f"grain {grain}; the clock was not compared", f"时间精度 {grain}；未比较时钟")
        return Line("times", Verdict.UNTRIED, said)
    kept = bool(written.kept_time)
    apart = abs(written.difference) > APART + profile.clock_grain
    seconds = f"{round(written.difference / SECOND) + 0:+d} s"
    en = f"grain {grain}; given times are {'' if kept else 'not '}kept; its clock against ours {seconds}"
    zh = f"时间精度 {grain}；{'保留' if kept else '不保留'}给定的时间；其时钟与本机相差 {seconds}"
    return Line("times", Verdict.PART if apart or not kept else Verdict.YES, Text(en, zh))


def _system(known: Known) -> Line:
    profile, names = known.profile, known.profile.names
    name = known.server or profile.kind
    limits = [(f"names of {names.length} {names.unit.value}", f"名称 {names.length} {names.unit.value}")]
    if names.path_length is not None:
        limits.append((f"paths of {names.path_length}", f"路径 {names.path_length}"))
    if profile.size_limit is not None:
        limits.append((f"files of {profile.size_limit:,} bytes", f"文件 {profile.size_limit:,} 字节"))
    if profile.calls_per_second is not None:
        limits.append((f"{profile.calls_per_second:g} calls/s", f"每秒 {profile.calls_per_second:g} 次调用"))
    en, zh = ", ".join(it[0] for it in limits), "、".join(it[1] for it in limits)
    return Line("system", Verdict.YES, Text(f"{name}; at most {en}", f"{name}；上限：{zh}"))
