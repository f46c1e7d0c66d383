"""
Who is meant by the names in an export: a table of people, and whoever is only named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lading.connectors.export.table import BadTable, Row, read_table
from lading.connectors.export.words import KINDS
from lading.connectors.ntfs import EVERYBODY as WINDOWS_EVERYBODY
from lading.connectors.ntfs import names_everybody
from lading.model.access import ANYBODY, Membership, Principal, PrincipalKind
from lading.model.errors import NotFound
from lading.model.text import Text

COLUMNS = ("kind", "id", "name", "login", "mail", "groups", "active", "parent")
_ALIASES = {
    "类型": "kind",
    "编号": "id",
    "姓名": "name",
    "名称": "name",
    "登录名": "login",
    "邮箱": "mail",
    "群组": "groups",
}
_NO = ("no", "false", "0", "n", "否")


class People:
    """
    The people facet; who is named in grants or as an author and stands in no table is told by that name alone.

    A name is looked up as an id, then as a login, then as a name, without regard to case, and without the domain in
    front (`FIRM\\ann`) where the whole is not known.
    """

    def __init__(self, listed: Iterable[Principal], groups: Iterable[Membership] = ()) -> None:
        self._by_id = {one.id: one for one in listed}
        self._known: dict[str, Principal] = {}
        for part in ("name", "login", "id"):
            self._known |= {
                getattr(one, part).lower(): one for one in self._by_id.values() if getattr(one, part)
            }
        above = {(one.parent, one.id) for one in self._by_id.values() if one.parent}
        pairs = above | {(one.group, one.member) for one in groups}
        self._memberships = tuple(Membership(group, member) for group, member in sorted(pairs))

    def called(self, name: str, kind: PrincipalKind) -> Principal:
        """Who *name* is; one of *kind* where nobody has told."""
        known = self._known.get(name.lower()) or self._known.get(name.rpartition("\\")[2].lower())
        if known is None:
            known = Principal(kind, name, name, login=name if kind is PrincipalKind.PERSON else "")
            self._by_id[known.id] = self._known[name.lower()] = known
        return known

    def author(self, name: str) -> Principal:
        """Who saved a version."""
        return self.called(name, PrincipalKind.PERSON)

    def trustee(self, name: str) -> Principal:
        """Who *name* is in an access list of Windows: a group where nobody has told, since that gives nobody anything."""
        return WINDOWS_EVERYBODY if names_everybody(name) else self.called(name, PrincipalKind.GROUP)

    def meant(self, principal: Principal) -> Principal:
        """Who the *principal* of a written grant is."""
        if principal == ANYBODY or principal.kind is PrincipalKind.EVERYBODY:
            return principal
        return self.called(principal.id, principal.kind)

    def principals(self) -> Iterator[Principal]:
        """All who are listed or named."""
        return iter(tuple(self._by_id.values()))

    def members(self, group: str) -> Iterator[Principal]:
        """The direct members of *group*."""
        if group not in self._by_id:
            raise NotFound(group, Text("there is no such group", "没有此群组"))
        return (self._by_id[one.member] for one in self._memberships if one.group == group)

    def memberships(self) -> Iterator[Membership]:
        """Every direct membership."""
        return iter(self._memberships)


class _Line(NamedTuple):
    row: Row
    principal: Principal
    groups: tuple[str, ...]


def read_people(file: str, *, encoding: str) -> People:
    """
    The people in the table *file*.

    Raises:
        BadTable: with the line, if one cannot be understood or names a group that is not in the table.
        OSError: it cannot be read.
    """
    table = read_table(file, _ALIASES, encoding=encoding)
    if not {"kind", "id"} <= set(table.columns):
        wanted = ", ".join(COLUMNS)
        raise BadTable(file, Text(f"its columns are {wanted}", f"列应为 {wanted}"))
    lines = [_line(row) for row in table.rows]
    known: set[str] = set()
    for line in lines:
        if line.principal.id in known:
            raise _bad(line.row, "id", Text("told twice", "重复出现"))
        known.add(line.principal.id)
    for line in lines:
        missing = sorted({*line.groups, *filter(None, [line.principal.parent])} - known)
        if missing:
            raise _bad(line.row, "groups", Text(f"no such group: {missing[0]}", f"没有此群组：{missing[0]}"))
    pairs = [Membership(group, line.principal.id) for line in lines for group in line.groups]
    return People([line.principal for line in lines], pairs)


def _line(row: Row) -> _Line:
    kind = KINDS.get(row.get("kind").lower())
    if kind is None or kind is PrincipalKind.EVERYBODY:
        raise _bad(
            row, "kind", Text("user, group, department or guest", "应为 user、group、department 或 guest")
        )
    if not row.get("id"):
        raise _bad(row, "id", Text("it is empty", "为空"))
    principal = Principal(
        kind,
        row.get("id"),
        row.get("name") or row.get("login") or row.get("id"),
        row.get("mail"),
        row.get("login"),
        row.get("active").lower() not in _NO,
        row.get("parent") or None,
    )
    groups = tuple(one.strip() for one in row.get("groups").split(";") if one.strip())
    return _Line(row, principal, groups)


def _bad(row: Row, column: str, why: Text) -> BadTable:
    return BadTable(row.where, Text(f"{column}: {why.en}", f"{column}：{why.zh}"))
