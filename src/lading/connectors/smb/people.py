"""
Who the security identifiers on files are, by a list that is given.

`smbprotocol` cannot ask a server for accounts, so a CSV file tells them, as exported from the directory: columns
`kind` (person or group), `id` (the identifier), and optionally `name`, `login`, `mail` and `groups` (identifiers of
groups, separated by spaces).  What no line names is a principal without a name, in grants only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lading.connectors.smb.sids import EVERYONE, is_sid, kind_of, name_of
from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.errors import NotFound
from lading.model.text import Text

COLUMNS = ("kind", "id", "name", "login", "mail", "groups")
EVERYBODY = Principal(PrincipalKind.EVERYBODY, EVERYONE, name_of(EVERYONE))
_KINDS = {"person": PrincipalKind.PERSON, "group": PrincipalKind.GROUP}


class BadPeople(ValueError):
    """A list of people cannot be read; *said* says where and why."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


@dataclass(frozen=True)
class People:
    """The people facet: *listed* principals, each with the groups that they are in."""

    listed: tuple[tuple[Principal, tuple[str, ...]], ...]

    def principals(self) -> Iterator[Principal]:
        """All that the list names, and everybody."""
        yield from self._by_id.values()
        yield EVERYBODY

    def members(self, group: str) -> Iterator[Principal]:
        """Direct members of *group*."""
        found = self._by_id.get(group)
        if found is None or found.kind is not PrincipalKind.GROUP:
            raise NotFound(group, Text("there is no such group", "没有此群组"))
        return (self._by_id[one.member] for one in self.memberships() if one.group == group)

    def memberships(self) -> Iterator[Membership]:
        """Each person and group in their groups, as far as the list names these."""
        groups = {one.id for one in self._by_id.values() if one.kind is PrincipalKind.GROUP}
        pairs = {(group, one.id) for one, named in self.listed for group in named if group in groups}
        return (Membership(*pair) for pair in sorted(pairs))

    def named(self, sid: str) -> Principal:
        """Who *sid* is."""
        return self._by_id.get(sid) or Principal(kind_of(sid), sid, name_of(sid))

    @cached_property
    def _by_id(self) -> dict[str, Principal]:
        return {one.id: one for one, _ in self.listed}


def from_csv(place: str) -> People:
    """
    The people in the file *place*.

    Raises:
        BadPeople: a line cannot be understood.
        OSError, UnicodeDecodeError: it cannot be read.
    """
    with open(place, encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        named = set(rows.fieldnames or ())
        if not {"kind", "id"} <= named <= set(COLUMNS):
            wanted = ", ".join(COLUMNS)
            raise BadPeople(Text(f"{place}: its columns are {wanted}", f"{place}：列应为 {wanted}"))
        try:
            found = tuple(_told(row, f"{place}:{number}") for number, row in enumerate(rows, start=2))
        except csv.Error as problem:
            raise BadPeople(Text(f"{place}: no CSV: {problem}", f"{place}：不是 CSV：{problem}")) from None
    _demand_once(found, place)
    return People(found)


def _told(row: dict[str, str | None], where: str) -> tuple[Principal, tuple[str, ...]]:
    values = {name: (row.get(name) or "").strip() for name in COLUMNS}
    kind = _KINDS.get(values["kind"])
    if kind is None:
        raise BadPeople(Text(f"{where}: kind is person or group", f"{where}：kind 应为 person 或 group"))
    groups = tuple(values["groups"].split())
    for sid in (values["id"], *groups):
        if not is_sid(sid):
            said = Text(f"{where}: “{sid}” is no security identifier", f"{where}：“{sid}”不是有效的 SID")
            raise BadPeople(said)
    one = Principal(kind, values["id"], values["name"] or values["login"], values["mail"], values["login"])
    return one, groups


def _demand_once(found: tuple[tuple[Principal, tuple[str, ...]], ...], place: str) -> None:
    seen = {EVERYONE}
    for one, _ in found:
        if one.id in seen:
            said = Text(f"{place}: {one.id} is there twice", f"{place}：{one.id} 重复出现")
            raise BadPeople(said)
        seen.add(one.id)
