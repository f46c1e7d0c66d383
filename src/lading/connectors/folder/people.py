"""
Who the numbers on files are: the accounts and groups of this machine, or of a file server whose lists are given.

Ids are those of the file system: `1000` is the user with that number, `g1000` the group.  A number
that no list names is a principal without a name, in grants only.
"""

from __future__ import annotations

import csv
import functools
import grp
import os
import pwd
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.errors import NotFound
from lading.model.text import Text

EVERYBODY = Principal(PrincipalKind.EVERYBODY, "everybody")
COLUMNS = ("kind", "id", "name", "login", "mail", "groups")
_NUMBERS = 2**32


class BadPeople(ValueError):
    """A list of people cannot be read; *said* says where and why."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


class User(NamedTuple):
    """An account, and the numbers of the groups that it names itself."""

    number: int
    login: str
    name: str
    groups: tuple[int, ...]
    mail: str = ""


class Group(NamedTuple):
    """A group, and the logins of its members."""

    number: int
    name: str
    logins: tuple[str, ...] = ()


@dataclass(frozen=True)
class People:
    """*users* and *groups* as their lists tell them, and the principals that they are."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    local: bool = False
    """This machine can be asked for a number that its lists leave out, as those of a directory service may."""

    def principals(self) -> Iterator[Principal]:
        """Users, groups and everybody."""
        yield from self._persons.values()
        yield from self._units.values()
        yield EVERYBODY

    def members(self, group: str) -> Iterator[Principal]:
        """The users in *group*."""
        if group not in {unit.id for unit in self._units.values()}:
            raise NotFound(group, Text("there is no such group", "没有此群组"))
        return (self._persons[int(one.member)] for one in self.memberships() if one.group == group)

    def memberships(self) -> Iterator[Membership]:
        """Each user in their first group, and in those that list them; groups hold users only."""
        return iter(self._memberships)

    def person(self, number: int) -> Principal:
        """The user with *number*."""
        login = "" if number in self._persons or not self.local else _local_login(number)
        return self._persons.get(number) or Principal(
            PrincipalKind.PERSON, str(number), login or str(number), login=login
        )

    def group(self, number: int) -> Principal:
        """The group with *number*."""
        name = "" if number in self._units or not self.local else _local_group(number)
        return self._units.get(number) or Principal(PrincipalKind.GROUP, f"g{number}", name or str(number))

    @cached_property
    def _persons(self) -> dict[int, Principal]:
        # Of two accounts with one number the first counts, as for the system itself.
        return {
            user.number: Principal(
                PrincipalKind.PERSON, str(user.number), user.name or user.login, user.mail, user.login
            )
            for user in reversed(self.users)
        }

    @cached_property
    def _units(self) -> dict[int, Principal]:
        return {
            group.number: Principal(PrincipalKind.GROUP, f"g{group.number}", group.name)
            for group in reversed(self.groups)
        }

    @cached_property
    def _memberships(self) -> tuple[Membership, ...]:
        numbers = {user.login: user.number for user in reversed(self.users)}
        pairs = {
            (number, user.number) for user in self.users for number in user.groups if number in self._units
        }
        pairs |= {
            (group.number, numbers[login])
            for group in self.groups
            for login in group.logins
            if login in numbers
        }
        return tuple(Membership(f"g{group}", str(user)) for group, user in sorted(pairs))


class LazyPeople:
    """The people facet: *people*, asked for when somebody wants to know."""

    def __init__(self, people: Callable[[], People]) -> None:
        self._people = people

    def principals(self) -> Iterator[Principal]:
        """Users, groups and everybody."""
        return self._people().principals()

    def members(self, group: str) -> Iterator[Principal]:
        """The users in *group*."""
        return self._people().members(group)

    def memberships(self) -> Iterator[Membership]:
        """Each user in their groups."""
        return self._people().memberships()


def of_this_machine() -> People:
    """The accounts and groups that this machine knows, wherever it has them from."""
    users = (User(one.pw_uid, one.pw_name, _full_name(one.pw_gecos), (one.pw_gid,)) for one in pwd.getpwall())
    groups = (Group(one.gr_gid, one.gr_name, tuple(one.gr_mem)) for one in grp.getgrall())
    return People(tuple(users), tuple(groups), local=True)


def from_lists(place: str) -> People:
    """
    The people in the folder *place* (files `passwd` and `group` as below `/etc`), or in the CSV file *place*.

    Raises:
        BadPeople: a line cannot be understood.
        OSError: it cannot be read.
    """
    if os.path.isdir(place):
        users = map(_user, _fields(os.path.join(place, "passwd"), 7))
        groups = map(_group, _fields(os.path.join(place, "group"), 4))
        return People(tuple(users), tuple(groups))
    with open(place, encoding="utf-8-sig", errors="replace", newline="") as lines:
        try:
            return _from_csv(place, csv.DictReader(lines))
        except csv.Error as problem:
            raise BadPeople(Text(f"{place}: no CSV: {problem}", f"{place}：不是 CSV：{problem}")) from None


def _from_csv(place: str, rows: csv.DictReader[str]) -> People:
    named = set(rows.fieldnames or ())
    if not {"kind", "id"} <= named <= set(COLUMNS):
        wanted = ", ".join(COLUMNS)
        raise BadPeople(Text(f"{place}: its columns are {wanted}", f"{place}：列应为 {wanted}"))
    users, groups = [], []
    for number, row in enumerate(rows, start=2):
        where = f"{place}:{number}"
        values = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if values["kind"] == "person":
            inside = tuple(_number(one, where) for one in values["groups"].split())
            users.append(
                User(_number(values["id"], where), values["login"], values["name"], inside, values["mail"])
            )
        elif values["kind"] == "group":
            groups.append(Group(_number(values["id"], where), values["name"]))
        else:
            raise BadPeople(Text(f"{where}: kind is person or group", f"{where}：kind 应为 person 或 group"))
    return People(tuple(users), tuple(groups))


def _fields(place: str, count: int) -> Iterator[tuple[str, list[str]]]:
    """Where each line stands, and its *count* fields; comments and the marks of NIS are left out."""
    with open(place, encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.rstrip("\n")
            if not text.strip() or text[0] in "#+-":
                continue
            fields = text.split(":")
            if len(fields) != count:
                said = Text(
                    f"{place}:{number}: expected {count} fields", f"{place}:{number}：应有 {count} 个字段"
                )
                raise BadPeople(said)
            yield f"{place}:{number}", fields


def _user(line: tuple[str, list[str]]) -> User:
    where, (login, _, user, group, gecos, _, _) = line
    return User(_number(user, where), login, _full_name(gecos), (_number(group, where),))


def _group(line: tuple[str, list[str]]) -> Group:
    where, (name, _, number, logins) = line
    return Group(_number(number, where), name, tuple(filter(None, logins.split(","))))


def _number(text: str, where: str) -> int:
    # Groups of a CSV may be written as we tell them.
    digits = text.removeprefix("g")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 11 and int(digits) < _NUMBERS):
        raise BadPeople(
            Text(f"{where}: “{text}” is no number of an account", f"{where}：“{text}”不是有效的账号编号")
        )
    return int(digits)


def _full_name(gecos: str) -> str:
    return gecos.partition(",")[0].strip()


@functools.cache
def _local_login(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return ""


@functools.cache
def _local_group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except (KeyError, OverflowError):
        return ""
