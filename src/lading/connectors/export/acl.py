"""
Access lists of a Windows file server, as PowerShell exports them: a row for each line of each list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lading.connectors.export.facts import bad
from lading.connectors.export.members import split
from lading.connectors.export.table import BadTable, Row, read_table
from lading.connectors.ntfs import INHERITED, Ace, Acl, Who, flags_of, grants_of, mask_of, untold
from lading.model.access import Grant
from lading.model.paths import Path
from lading.model.text import Text

NEEDED = ("path", "identityreference", "filesystemrights", "accesscontroltype", "isinherited")
ALSO = ("inheritanceflags", "propagationflags", "protected")
SOURCE = "ntfs"
_KINDS = {"allow": True, "deny": False}
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_ALIASES = {"areaccessrulesprotected": "protected"}
_PROVIDER = "::"


class Lists(NamedTuple):
    """The list of each path, and how many of their lines are no grant."""

    of: Mapping[Path, Acl]
    untold: int

    def grants(self, path: Path, who: Who, *, folder: bool) -> tuple[Grant, ...]:
        """What the list of the entry at *path* adds to that of its folder; nothing where the table has none."""
        own = self.of.get(path)
        if own is None:
            return ()
        return grants_of(path, own, who, above=self._above(path), folder=folder, source=SOURCE)

    def _above(self, path: Path) -> Acl | None:
        """The list of the nearest folder that has one; None at the top."""
        for depth in range(len(path) - 1, -1, -1):
            if (found := self.of.get(path[:depth])) is not None:
                return found
        return None


def read_acl(file: str, *, encoding: str, root: str) -> Lists:
    """
    The lists in *file*, whose paths begin with *root*; without one, with the path that all others lie below.

    Raises:
        BadTable: with the line, if one cannot be understood; or no path lies above all.
        OSError: it cannot be read.
    """
    table = read_table(file, _ALIASES, encoding=encoding)
    if missing := [name for name in NEEDED if name not in table.columns]:
        named = ", ".join(missing)
        raise BadTable(file, Text(f"no column {named}", f"缺少列 {named}"))
    found: dict[Path, list[Ace]] = {}
    protected: dict[Path, bool] = {}
    first: dict[Path, str] = {}
    for row in table.rows:
        path = _names(row.get("path"))
        first.setdefault(path, row.where)
        protected[path] = protected.get(path, False) or _boolean(row, "protected", empty=False)
        lines = found.setdefault(path, [])
        # An empty list has one row that names nobody: without it, it would look like no list at all.
        if row.get("identityreference"):
            lines.append(_ace(row))
    top = _names(root) if root else _top(file, found)
    lists = {_below(path, top, first[path]): Acl(tuple(found[path]), protected[path]) for path in found}
    return Lists(lists, untold(ace for acl in lists.values() for ace in acl.aces))


def _names(text: str) -> Path:
    """The names of a Windows path; `Microsoft.PowerShell.Core\\FileSystem::` in front is left out."""
    before, mark, after = text.partition(_PROVIDER)
    return split((after if mark else before).lstrip("\\/"), backslashes=True)


def _top(file: str, paths: Iterable[Path]) -> Path:
    top = min(paths, key=len, default=())
    for path in paths:
        if path[: len(top)] != top:
            raise BadTable(
                file,
                Text(
                    "no path lies above all others: say aclroot=PATH",
                    "没有位于所有路径之上的路径：请用 aclroot=路径 说明",
                ),
            )
    return top


def _below(path: Path, top: Path, where: str) -> Path:
    if path[: len(top)] != top:
        shown = "\\".join(path)
        raise BadTable(where, Text(f"{shown} does not lie below aclroot", f"{shown} 不在 aclroot 之下"))
    return path[len(top) :]


def _ace(row: Row) -> Ace:
    kind = _KINDS.get(row.get("accesscontroltype").lower())
    if kind is None:
        raise bad(row, "accesscontroltype")
    try:
        mask = mask_of(row.get("filesystemrights"))
    except ValueError:
        raise bad(row, "filesystemrights") from None
    column = "inheritanceflags"
    try:
        flags = flags_of(row.get(column), "")
        column = "propagationflags"
        flags |= flags_of("", row.get(column))
    except ValueError:
        raise bad(row, column) from None
    inherited = INHERITED if _boolean(row, "isinherited", empty=None) else 0
    return Ace(kind, row.get("identityreference"), mask, flags | inherited)


def _boolean(row: Row, column: str, *, empty: bool | None) -> bool:
    value = row.get(column).lower()
    if not value and empty is not None:
        return empty
    if value not in _BOOLEANS:
        raise bad(row, column)
    return _BOOLEANS[value]
