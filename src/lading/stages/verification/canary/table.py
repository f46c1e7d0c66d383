"""
The canaries: each with a code, what it proves, and what it consists of.

A table and nothing else.  What a canary needs follows from what it consists of; `needs` tells which
drive can hold it.  Paths are relative to the folder of the canary, which bears its code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from lading.connectors.names import measure
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind
from lading.model.paths import Path
from lading.model.text import Text

from . import content
from .kit import SECOND, Kit

MOST_VERSIONS = 500
PINNED = 2
"""The number of the version, from 1, that a pinned link shows."""
DOWNLOADS = 5

_MOON = -14_182_940 * SECOND
_OVERFLOW = 4_294_967_296 * SECOND
_FIRST_SAVED = 1_577_836_800 * SECOND
_HOUR = 3_600 * SECOND


@dataclass(frozen=True, slots=True)
class File:
    """A file with *versions* contents, each a function of the kit and its number from 1; *modified* is the time it gets."""

    path: Path
    content: Callable[[Kit, int], bytes]
    modified: int | None = None
    versions: int = 1


@dataclass(frozen=True, slots=True)
class Given:
    """A grant: to the kit's person, or with *guest* to its guest until the end it has there."""

    path: Path
    effect: Effect = Effect.ALLOW
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """A link to a file, with *limits* by the words of `Features.links`."""

    path: Path
    limits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Move:
    """A folder that is filled and shared as *source*, and then moved to *target*."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Parts:
    """What a canary consists of; the paths are those that it has in the end."""

    files: tuple[File, ...]
    grants: tuple[Given, ...] = ()
    links: tuple[Shared, ...] = ()
    move: Move | None = None
    locked: Path | None = None
    """A file that somebody holds a lock on."""


class Canary(NamedTuple):
    """One canary."""

    code: str
    proves: Text
    parts: Callable[[Kit], Parts]


def place(kit: Kit, code: str, path: Path) -> Path:
    """Where *path* of the canary *code* is on the drive of *kit*."""
    return (*kit.base, code, *path)


def grant_of(kit: Kit, code: str, given: Given) -> Grant:
    """*given* as the grant that is set."""
    path, effect = place(kit, code, given.path), given.effect
    if effect is Effect.BREAK:
        return Grant(path, ANYBODY, frozenset(), effect)
    kind = PrincipalKind.GUEST if given.guest else PrincipalKind.PERSON
    whom = Principal(kind, kit.guest if given.guest else kit.person)
    end = kit.guest_end if given.guest else None
    return Grant(path, whom, frozenset(), effect, role=kit.role, expires=end)


def link_of(kit: Kit, code: str, shared: Shared, version: str | None) -> Link:
    """*shared* as the link that is made; *version* is the id of the version a pinned one shows."""
    limits = shared.limits
    return Link(
        place(kit, code, shared.path),
        "",
        frozenset(),
        expires=kit.link_end if "expires" in limits else None,
        has_password="password" in limits,
        role=kit.link_role,
        limit=DOWNLOADS if "limit" in limits else None,
        version=version if "version" in limits else None,
    )


def saved(number: int) -> int:
    """When version *number*, from 1, was saved, if the drive keeps such a time."""
    return _FIRST_SAVED + number * _HOUR


def label(number: int) -> str:
    """What version *number*, from 1, is called, if the drive keeps labels."""
    return f"第 {number} 版 v{number}"


def version_count(kit: Kit, file: File) -> int:
    """How many contents of *file* the drive of *kit* is given."""
    return max(1, min(file.versions, kit.versions))


def _single(code: str, name: str, modified: int | None = None) -> Callable[[Kit], Parts]:
    return lambda _: Parts((_file(code, (name,), modified=modified),))


def _named(code: str, *names: str) -> Callable[[Kit], Parts]:
    return lambda _: Parts(tuple(_file(code, (name,)) for name in names))


def _file(code: str, path: Path, *, modified: int | None = None, versions: int = 1) -> File:
    def text(kit: Kit, number: int) -> bytes:
        return content.note(kit, code, "/".join((*path, str(number))))

    return File(path, text, modified, versions)


def _made(name: str, make: Callable[[Kit, str], bytes], code: str) -> File:
    return File((name,), lambda kit, _: make(kit, code))


def _long(kit: Kit) -> Parts:
    return Parts((_file("long-name", (longest_name(kit),)),))


def longest_name(kit: Kit) -> str:
    """The longest Chinese name that the drive of *kit* holds."""
    name, ending = "融资租赁合同" * (kit.length // 6 + 1), "长.txt"
    room = kit.length - measure(ending, kit.unit)
    name = name[: room // measure("融", kit.unit)]
    return name + "x" * (room - measure(name, kit.unit)) + ending


def _deep(kit: Kit) -> Parts:
    folders = tuple(f"第{level}层" for level in range(1, kit.levels + 1))
    return Parts((_file("deep", (*folders, "底 bottom.txt")),))


def _many(_: Kit) -> Parts:
    return Parts((_file("versions", ("版本 versions.txt",), versions=MOST_VERSIONS),))


def _denied(_: Kit) -> Parts:
    below = ("内部 inner",)
    files = _file("denial", ("a.txt",)), _file("denial", (*below, "b.txt"))
    return Parts(files, (Given(()), Given(below, Effect.DENY)))


def _broken(_: Kit) -> Parts:
    below = ("内部 inner",)
    files = _file("break", ("a.txt",)), _file("break", (*below, "b.txt"))
    return Parts(files, (Given(()), Given(below, Effect.BREAK)))


def _guest(_: Kit) -> Parts:
    return Parts((_file("guest", ("a.txt",)),), (Given((), guest=True),))


def _linked(code: str, *limits: str, versions: int = 1) -> Callable[[Kit], Parts]:
    path = ("链接 link.txt",)
    return lambda _: Parts((_file(code, path, versions=versions),), links=(Shared(path, frozenset(limits)),))


def _moved(_: Kit) -> Parts:
    source, target = ("原处 before", "共享 shared"), ("新处 after", "共享 shared")
    return Parts((_file("moved", (*target, "a.txt")),), (Given(target),), move=Move(source, target))


def _locked(_: Kit) -> Parts:
    path = ("锁定 locked.txt",)
    return Parts((_file("locked", path),), locked=path)


def _scripts(_: Kit) -> Parts:
    return Parts((_made("page.html", content.html, "scripts"), _made("picture.svg", content.svg, "scripts")))


def _one(name: str, make: Callable[[Kit, str], bytes], code: str) -> Callable[[Kit], Parts]:
    return lambda _: Parts((_made(name, make, code),))


CANARIES: tuple[Canary, ...] = (
    Canary(
        "empty",
        Text("a file without any content arrives, and is not left out", "零字节文件能够到达，不会被遗漏"),
        lambda _: Parts((File(("空 empty.txt",), lambda _kit, _number: b""),)),
    ),
    Canary(
        "long-name",
        Text("a Chinese name at the limit of the drive is not cut off", "达到长度上限的中文名称不会被截断"),
        _long,
    ),
    Canary(
        "form-twins",
        Text(
            "two names that differ only in their Unicode form (NFC, NFD) stay two files",
            "仅 Unicode 形式（NFC、NFD）不同的两个名称仍是两个文件",
        ),
        _named("form-twins", "R\u00e9sum\u00e9.txt", "Re\u0301sume\u0301.txt"),
    ),
    Canary(
        "case-twins",
        Text("two names that differ only in case stay two files", "仅大小写不同的两个名称仍是两个文件"),
        _named("case-twins", "Report.txt", "report.txt"),
    ),
    Canary(
        "trailing-dot",
        Text("a name that ends with a dot arrives, or is mapped", "以点结尾的名称能够到达，或被映射"),
        _single("trailing-dot", "合同 contract."),
    ),
    Canary(
        "trailing-space",
        Text("a name that ends with a space arrives, or is mapped", "以空格结尾的名称能够到达，或被映射"),
        _single("trailing-space", "合同 contract "),
    ),
    Canary(
        "emoji",
        Text("names beyond the basic plane of Unicode arrive", "含表情符号（基本平面之外字符）的名称能够到达"),
        _single("emoji", "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3d7\ufe0f.txt"),
    ),
    Canary(
        "controls",
        Text("control characters in a name arrive, or are mapped", "名称中的控制字符能够到达，或被映射"),
        _single("controls", "line\nbreak\ttab\x1b.txt"),
    ),
    Canary(
        "deep",
        Text("deeply nested folders arrive whole", "多层嵌套的文件夹完整到达"),
        _deep,
    ),
    Canary(
        "year-1969",
        Text("a time before 1970 stays what it was", "1970 年之前的时间保持不变"),
        _single("year-1969", "登月 moon.txt", _MOON),
    ),
    Canary(
        "year-2106",
        Text("a time beyond 32 bits stays what it was", "超出 32 位的时间保持不变"),
        _single("year-2106", "溢出 overflow.txt", _OVERFLOW),
    ),
    Canary(
        "versions",
        Text(
            "500 versions arrive in their order, with times, authors and labels",
            "500 个历史版本按序到达，时间、作者与标注不变",
        ),
        _many,
    ),
    Canary(
        "denial",
        Text("a denial below an allowance goes on to hold", "授权之下的拒绝继续生效"),
        _denied,
    ),
    Canary(
        "break",
        Text("a break of inheritance below an allowance goes on to hold", "授权之下的中断继承继续生效"),
        _broken,
    ),
    Canary(
        "guest",
        Text("the grant of an outside guest keeps its end", "外部来宾的授权保留到期时间"),
        _guest,
    ),
    Canary(
        "link-expired",
        Text("a link that has ended does not come to life again", "已到期的链接不会重新生效"),
        _linked("link-expired", "expires"),
    ),
    Canary(
        "link-password",
        Text("a link with a password goes on to ask for one", "带密码的链接仍要求密码"),
        _linked("link-password", "password"),
    ),
    Canary(
        "link-limit",
        Text("a link with a limit of downloads keeps it", "限制下载次数的链接保留该限制"),
        _linked("link-limit", "limit"),
    ),
    Canary(
        "link-pinned",
        Text("a link pinned to a version goes on to show that one", "固定于某个版本的链接仍指向该版本"),
        _linked("link-pinned", "version", versions=PINNED + 1),
    ),
    Canary(
        "moved",
        Text(
            "a shared folder that was moved is in its new place alone, and still shared",
            "移动过的共享文件夹只在新位置，且仍为共享",
        ),
        _moved,
    ),
    Canary(
        "locked",
        Text("a file that somebody holds locked is carried all the same", "被他人锁定的文件照样迁移"),
        _locked,
    ),
    Canary(
        "workbook",
        Text(
            "a workbook with references to other files at the old address arrives unchanged",
            "引用旧地址其他文件的工作簿原样到达",
        ),
        _one("引用 references.xlsx", content.workbook, "workbook"),
    ),
    Canary(
        "pdf",
        Text(
            "a PDF with a link to the old address arrives unchanged", "含旧地址链接的 PDF 原样到达"
        ),
        _one("引用 references.pdf", content.pdf, "pdf"),
    ),
    Canary(
        "large",
        Text("a file of more than one block of 8 MiB is put together right", "超过一个 8 MiB 传输块的文件拼接正确"),
        _one("大文件 large.bin", content.over_a_block, "large"),
    ),
    Canary(
        "scripts",
        Text("content that looks like a script is carried, not cleaned", "形似脚本的内容原样迁移，不被“清理”"),
        _scripts,
    ),
)  # fmt: skip
"""All canaries, in the order in which they are planted."""

BY_CODE = {canary.code: canary for canary in CANARIES}
