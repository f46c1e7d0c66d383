"""
What an archive holds, one member at a time, whatever kind of archive it is.

Names come from strangers: one that leads out of the drive (`../`, an absolute path) or that is no name is never
followed.  It stays visible, as a file with the problem `name_refused` below the root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple, Protocol

from lading.model.entry import Kind
from lading.model.paths import Path, name_from, shown_name

NAMES = ("auto", "utf-8", "gb18030", "cp437")
"""How names are encoded of which the archive does not say it."""
_DRIVE = re.compile(r"[A-Za-z]:")


class Member(NamedTuple):
    """
    One member: *names* as the archive has them, split at slashes.

    *where* finds the content again (its meaning is the archive's own); *grain* is that of *modified*, in
    nanoseconds; *problem* is the code of an error that stands before the content, *detail* says more.
    """

    names: tuple[str, ...]
    kind: Kind
    size: int = 0
    modified: int | None = None
    grain: int = 1
    etag: str = ""
    where: object = None
    problem: str | None = None
    detail: str = ""


class Source(Protocol):
    """An archive or a folder, open for reading; used by several threads at once."""

    @property
    def encoding(self) -> str:
        """How names were read that are not marked as UTF-8; empty if there are none."""

    @property
    def marked(self) -> int:
        """How many names were read so."""

    def members(self) -> Iterable[Member]:
        """
        All members, in the order of the archive.

        Raises:
            Unreadable: the archive is damaged, so that members may be missing.
        """

    def open(self, member: Member, start: int) -> BinaryIO:
        """
        The content of *member* from byte *start* on.

        Reading it raises what `trouble` understands; a check sum that fails is told at the end.
        """

    def changed(self, member: Member) -> bool:
        """Whether *member* is another than it was when the archive was opened."""

    def close(self) -> None:
        """Give back descriptors; twice is no error."""


def split(name: str, *, backslashes: bool = False) -> tuple[str, ...]:
    """
    The names in *name*; what makes it leave the drive stays in it, for `placed` to refuse.

    Leading `./` and doubled slashes mean nothing; with *backslashes* these separate names, too.
    """
    if backslashes:
        name = name.replace("\\", "/")
    if name.startswith("/"):
        return ("", *name.split("/")[1:])
    return tuple(part for part in name.split("/") if part not in ("", "."))


def placed(names: tuple[str, ...]) -> Path | None:
    """The path that *names* are; None if they lead out of the drive or are no names."""
    if not names or _DRIVE.fullmatch(names[0]):
        return None
    if any(name in ("", ".", "..") or "\0" in name or "/" in name for name in names):
        return None
    return names


def stand_in(names: tuple[str, ...]) -> str:
    """A harmless name for *names* that cannot be placed: readable, and without any power."""
    return shown_name("/".join(names)) or "\\x00"


def encoding_for(raw: Iterable[bytes]) -> str:
    """How *raw* names are encoded that nothing marks: the first of UTF-8, GB18030 and code page 437 that fits all."""
    names = [name for name in raw if not name.isascii()]
    for encoding in ("utf-8", "gb18030"):
        if all(_fits(name, encoding) for name in names):
            return encoding
    return "cp437"


def decoded(raw: bytes, encoding: str) -> str:
    """The name *raw* in *encoding*; bytes that do not fit stay what they are."""
    if encoding == "utf-8":
        return name_from(raw)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return name_from(raw)


def _fits(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
