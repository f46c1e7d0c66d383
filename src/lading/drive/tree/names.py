"""
Which names an entry may have, and how deep it may lie.

Almost every name is good: trailing dots, emoji, control characters, bytes that
are not UTF-8.  Names that differ in case or composition are different names.
Nothing here asks whether a name is taken.
"""

from __future__ import annotations

from lading.model.errors import NameRefused, TooDeep
from lading.model.paths import Path, encode
from lading.model.text import Text

NAME_BYTES = 1_000
DEPTH = 100
"""Names in the path of the deepest entry, below the root of its space."""

_NO_NAME = Text("this is no name", "这不是有效名称")
_TAKEN = Text("choose another name", "请使用其他名称")


def check_name(name: str, folder: Path = ()) -> str:
    """
    The form of *name* that stands in the tables.

    Raises:
        NameRefused: it is empty, `.` or `..`, holds a slash or NUL, or is longer than `NAME_BYTES`
            bytes in the form of `lading.model.paths.encode`, which is never shorter than the name.
    """
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise NameRefused((*folder, name), _NO_NAME)
    kept = encode((name,))
    # Most names are short enough to need no counting: a character has at most four bytes.
    if len(kept) * 4 > NAME_BYTES and len(kept.encode()) > NAME_BYTES:
        raise NameRefused((*folder, name), Text(f"longer than {NAME_BYTES} bytes", f"超过 {NAME_BYTES} 字节"))
    return kept


def storable(text: str) -> bool:
    """Whether a database can keep *text*: no NUL, no half characters."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


def taken(path: Path) -> NameRefused:
    """
    The refusal of a name that somebody else uses where we may not see it.

    It says nothing of what is there: not what it is, nor whose, nor since when.
    """
    return NameRefused(path, _TAKEN)


def check_depth(depth: int, subject: Path) -> None:
    """
    Hold the number of names in a path against `DEPTH`.

    Raises:
        TooDeep: it is more.
    """
    if depth > DEPTH:
        raise TooDeep(subject, Text(f"at most {DEPTH} folders below each other", f"最多 {DEPTH} 层文件夹"))
