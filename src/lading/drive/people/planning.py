"""
Decide what a file of people changes: which lines hold, and what is different then.

Pure: the directory as it is and the entries of a file come in, a plan goes out.  A line is
refused if it names what is not there, or would close a circle; then lines that count on it are
looked at again.  Everything else is taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lading.drive.people.rules import shown
from lading.drive.people.table import Entry, Refused
from lading.model.text import Text

DEEPEST = 50
"""So many departments and groups may lie above each other."""

_UNITS = ("department", "group")


@dataclass(frozen=True, slots=True)
class Row:
    """A principal; *parent* and *owner* are keys."""

    kind: str
    key: str
    name: str = ""
    mail: str = ""
    parent: str | None = None
    owner: str | None = None
    until: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """The directory as it is: rows, the groups and departments of each, logins and admin roles, all by key."""

    rows: Mapping[str, Row]
    belongs: Mapping[str, frozenset[str]]
    logins: Mapping[str, str]
    admins: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    """Whoever loads and what they belong to: nobody lets themselves in."""


@dataclass(slots=True)
class Plan:
    """What to write; *accounts* are pairs of key and login."""

    added: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    joins: list[tuple[str, str]] = field(default_factory=list)
    parts: list[tuple[str, str]] = field(default_factory=list)
    accounts: list[tuple[str, str]] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    same: int = 0

    def touched(self) -> set[str]:
        """The keys of all who are other than before."""
        rows = {row.key for row in (*self.added, *self.changed)}
        return rows | {member for member, _ in self.joins} | {member for member, _ in self.parts}

    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.touched() or self.accounts or self.leaving)


class _Draft(NamedTuple):
    row: Row
    belongs: frozenset[str]


def plan(
    entries: Iterable[Entry],
    state: State,
    *,
    named: frozenset[str] | None = None,
    walled: frozenset[str] = frozenset(),
) -> Plan:
    """
    What *entries* change in *state*; the lines of the keys *walled* are known to break a wall.

    Where *named* is given, people and guests beside these keys are deactivated.
    """
    sorting = _Sorting(state)
    for entry in entries:
        sorting.take(entry)
    for key in walled:
        sorting.refuse(key, _text("a wall forbids this", "信息隔离墙禁止此操作"))
    sorting.settle()
    found = sorting.differences()
    if named is not None:
        people = [key for key, row in state.rows.items() if row.kind in ("person", "guest") and row.active]
        sorting.leave(found, [key for key in people if key not in named])
    found.refused = sorted(sorting.refused)
    return found


class _Sorting:
    def __init__(self, state: State) -> None:
        self.state = state
        self.entries: dict[str, Entry] = {}
        self.refused: list[Refused] = []
        self._logins = {login: key for key, login in state.logins.items()}
        self._users: dict[str, set[str]] = {}

    def take(self, entry: Entry) -> None:
        if (reason := self._unfit(entry)) is not None:
            self.refused.append(Refused(entry.line, entry.key, reason))
            return
        self.entries[entry.key] = entry
        if entry.login is not None:
            self._logins[entry.login] = entry.key
        for key in _references(entry):
            self._users.setdefault(key, set()).add(entry.key)

    def _unfit(self, entry: Entry) -> Text | None:
        before, other = self.state.rows.get(entry.key), self.entries.get(entry.key)
        if other is not None:
            return _text(f"the same key as line {other.line}", f"与第 {other.line} 行编号相同")
        if before is not None and before.kind != entry.kind:
            return _text(f"it is a {before.kind} already", "该编号已用于其他类型")
        if before is None and entry.kind == "guest" and (entry.owner is None or entry.until is None):
            return _text("a new guest needs an owner and an end", "新访客须有负责人和截止日期")
        if entry.login is not None:
            if self._logins.get(entry.login, entry.key) != entry.key:
                return _text("the login belongs to somebody else", "该登录名已属于他人")
            if self.state.logins.get(entry.key, entry.login) != entry.login:
                return _text("the account has another login", "该账号已有其他登录名")
        return self._guarded(entry, before)

    def _guarded(self, entry: Entry, before: Row | None) -> Text | None:
        if before is None:
            return None
        if entry.active is False and before.active and entry.key in self.state.admins:
            return _text("take the admin role away first", "请先撤销其管理角色")
        if entry.key in self.state.own:
            draft = self._draft(entry)
            moved = draft.row.parent != before.parent or draft.row.active != before.active
            if moved or draft.belongs != self.state.belongs.get(entry.key, frozenset()):
                return _text("it is about you; another admin must do this", "涉及您本人，须由其他管理员操作")
        return None

    def settle(self) -> None:
        self._refuse_unknown(list(self.entries))
        while circle := self._circle():
            for key in circle:
                self.refuse(key, _text("it would belong to itself", "将形成循环归属"))
            self._refuse_unknown(circle)
        while deep := self._too_deep():
            for key in deep:
                self.refuse(key, _text(f"more than {DEEPEST} levels", f"层级超过 {DEEPEST} 层"))
            self._refuse_unknown(deep)

    def _refuse_unknown(self, keys: Iterable[str]) -> None:
        # Whoever counted on a refused line is looked at again, and nobody else.
        waiting = deque(keys)
        while waiting:
            key = waiting.popleft()
            entry = self.entries.get(key)
            if entry is not None and (reason := self._unknown(entry)) is not None:
                self.refuse(key, reason)
                entry = None
            if entry is None:
                waiting.extend(self._users.pop(key, ()))

    def _unknown(self, entry: Entry) -> Text | None:
        for wanted, keys in (("department", entry.departments or ()), ("group", entry.groups or ())):
            for key in keys:
                if self._kind(key) != wanted:
                    return _text(f"there is no {wanted} {shown(key)}", f"没有此部门或群组：{shown(key)}")
        if entry.owner is not None and not self._may_own(entry.owner):
            who = shown(entry.owner)
            return _text(f"the owner {who} is no active person", f"负责人 {who} 不是在职人员")
        return None

    def _kind(self, key: str) -> str | None:
        known = self.entries.get(key) or self.state.rows.get(key)
        return known.kind if known else None

    def _may_own(self, key: str) -> bool:
        if self._kind(key) != "person":
            return False
        entry, before = self.entries.get(key), self.state.rows.get(key)
        if entry is not None and entry.active is not None:
            return entry.active
        return before.active if before is not None else True

    def refuse(self, key: str, reason: Text) -> None:
        entry = self.entries.pop(key, None)
        if entry is not None:
            self.refused.append(Refused(entry.line, key, reason))

    def _ups(self) -> dict[str, frozenset[str]]:
        # Only departments and groups can close a circle: nothing belongs to a person.
        units = {key for key, row in self.state.rows.items() if row.kind in _UNITS}
        units |= {key for key, entry in self.entries.items() if entry.kind in _UNITS}
        return {key: self._up(key) for key in units}

    def _up(self, key: str) -> frozenset[str]:
        entry = self.entries.get(key)
        if entry is None:
            row, belongs = self.state.rows[key], self.state.belongs.get(key, frozenset())
        else:
            row, belongs = self._draft(entry)
        return belongs | ({row.parent} if row.parent is not None else frozenset())

    def _circle(self) -> list[str]:
        """The entries that lie on circles, or between two of them."""
        ups = self._ups()
        downs: dict[str, set[str]] = {key: set() for key in ups}
        for key, above in ups.items():
            for up in above:
                downs.setdefault(up, set()).add(key)
        left = _peeled(set(ups), ups, downs)
        left = _peeled(left, downs, ups)
        return sorted(left & self.entries.keys())

    def _too_deep(self) -> list[str]:
        ups = self._ups()
        depth: dict[str, int] = {}
        for key in _upwards(ups):
            depth[key] = 1 + max((depth[up] for up in ups[key]), default=0)
        deep = [key for key in self.entries if depth.get(key, 0) > DEEPEST]
        # The uppermost first: below it things may come right by themselves.
        least = min((depth[key] for key in deep), default=0)
        return [key for key in deep if depth[key] == least]

    def _draft(self, entry: Entry) -> _Draft:
        before = self.state.rows.get(entry.key) or Row(entry.kind, entry.key)
        row = replace(
            before,
            name=before.name if entry.name is None else entry.name,
            mail=before.mail if entry.mail is None else entry.mail,
            owner=entry.owner or before.owner,
            until=entry.until or before.until,
            active=before.active if entry.active is None else entry.active,
        )
        if entry.departments is not None and entry.kind == "department":
            row = replace(row, parent=next(iter(entry.departments), None))
        return _Draft(row, self._belongs(entry))

    def _belongs(self, entry: Entry) -> frozenset[str]:
        was = self.state.belongs.get(entry.key, frozenset())
        groups, departments = entry.groups, entry.departments
        if groups is None:
            groups = tuple(key for key in was if self.state.rows[key].kind == "group")
        if departments is None or entry.kind == "department":
            departments = tuple(key for key in was if self.state.rows[key].kind == "department")
        return frozenset((*groups, *departments))

    def differences(self) -> Plan:
        found = Plan()
        for entry in self.entries.values():
            draft, before = self._draft(entry), self.state.rows.get(entry.key)
            was = self.state.belongs.get(entry.key, frozenset())
            known = self.state.logins.get(entry.key)
            if before is None:
                found.added.append(draft.row)
            elif before.active and not draft.row.active:
                found.leaving.append(entry.key)
                if replace(draft.row, active=True) != before:
                    found.changed.append(draft.row)
            elif before != draft.row:
                found.changed.append(draft.row)
            elif was == draft.belongs and (entry.login is None or known is not None):
                found.same += 1
            found.joins += [(entry.key, up) for up in sorted(draft.belongs - was)]
            found.parts += [(entry.key, up) for up in sorted(was - draft.belongs)]
            if entry.login is not None and known is None:
                found.accounts.append((entry.key, entry.login))
        return found

    def leave(self, found: Plan, keys: Iterable[str]) -> None:
        for key in keys:
            if key in self.state.admins:
                self.refused.append(
                    Refused(0, key, _text("take the admin role away first", "请先撤销其管理角色"))
                )
            elif key not in self.state.own:
                found.leaving.append(key)


def _references(entry: Entry) -> set[str]:
    owner = {entry.owner} if entry.owner is not None else set()
    return {*(entry.departments or ()), *(entry.groups or ()), *owner}


def _peeled(left: set[str], away: Mapping[str, Iterable[str]], back: Mapping[str, Iterable[str]]) -> set[str]:
    """*left* without those from whom no way along *away* goes on for ever."""
    open_ways = {key: sum(1 for one in away.get(key, ()) if one in left) for key in left}
    waiting = deque(key for key, number in open_ways.items() if number == 0)
    while waiting:
        key = waiting.popleft()
        left.discard(key)
        for one in back.get(key, ()):
            if one in left:
                open_ways[one] -= 1
                if open_ways[one] == 0:
                    waiting.append(one)
    return left


def _upwards(ups: Mapping[str, frozenset[str]]) -> list[str]:
    """The keys of *ups*, which has no circle, each behind all above it."""
    downs: dict[str, list[str]] = {}
    for key, above in ups.items():
        for up in above:
            downs.setdefault(up, []).append(key)
    missing = {key: len(above) for key, above in ups.items()}
    ordered = [key for key, number in missing.items() if number == 0]
    for key in ordered:
        for down in downs.get(key, ()):
            missing[down] -= 1
            if missing[down] == 0:
                ordered.append(down)
    return ordered


def _text(en: str, zh: str) -> Text:
    return Text(en, zh)
