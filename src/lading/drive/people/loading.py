"""
Load a directory of people from CSV.

What a file says is written in one transaction; lines that cannot be are reported and left out.
Who is missing in the file stays, unless asked otherwise.  Loading the same file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from lading.drive.actor import Actor
from lading.drive.models import Account, Membership, Principal
from lading.drive.people import planning, table
from lading.drive.people.accounts import unusable
from lading.drive.people.directory import above
from lading.drive.people.leaving import let_go
from lading.drive.people.planning import Plan, Row, State
from lading.drive.people.powers import need_admin
from lading.drive.people.table import Entry, Refused
from lading.drive.rights.walls import crossing
from lading.drive.writing import Writing, writing
from lading.model.text import Text

_ADD = "INSERT INTO drive_principal (kind, key, name, mail, until, active, created) VALUES"
_CHANGE = (
    "UPDATE drive_principal SET name = %s, mail = %s, parent_id = %s, owner_id = %s, until = %s, active = %s"
    " WHERE id = %s"
)
_JOIN = "INSERT INTO drive_membership (member_id, group_id) VALUES"
_PART = "DELETE FROM drive_membership WHERE member_id = %s AND group_id = %s"
_ACCOUNT = "INSERT INTO drive_account (password, principal_id, login, admin, created) VALUES"
# Changes nothing, but nobody else changes the directory until we are through.
_HOLD = "UPDATE drive_meta SET value = value WHERE key = 'epoch'"
_ROUNDS = 20
_AT_ONCE = 1000
_MANY = 500
_CAREFUL = Text(
    "nobody was deactivated: of some lines not even the key could be read",
    "未停用任何人员：部分行连编号都无法读取",
)


@dataclass(frozen=True, slots=True)
class Report:
    """How many were added, changed, left and stayed the same; *refused* lines with their reasons, by line."""

    added: int
    changed: int
    left: int
    same: int
    refused: tuple[Refused, ...]
    encoding: str


class _Crossing(Exception):
    """Takes back what was written: people of these ids came to both sides of a wall."""

    def __init__(self, blamed: set[str]) -> None:
        super().__init__(blamed)
        self.blamed = blamed


def load_csv(actor: Actor, text: str | bytes, *, missing_leave: bool = False) -> Report:
    """
    Bring the directory to what *text* says; see the manual for its columns.

    With *missing_leave* people and guests whom no line names are deactivated, provided that the key of every line
    could be read.  Bytes are read as UTF-8, UTF-16 with its mark, or GB18030 (GBK).

    Raises:
        Forbidden: *actor* is no system admin.
        Unfit: the file as a whole cannot be understood; nothing was changed.
    """
    need_admin(actor, "system")
    said = table.read(text)
    careful = missing_leave and not all(line.key for line in said.refused)
    named = None
    if missing_leave and not careful:
        named = frozenset([*(entry.key for entry in said.entries), *(line.key for line in said.refused)])
    with writing(actor) as work:
        _hold()
        found = _load(work, said.entries, named)
    notes = [Refused(0, "", _CAREFUL)] if careful else []
    refused = tuple(sorted([*notes, *said.refused, *found.refused]))
    touched = len(found.touched() - {row.key for row in found.added} - set(found.leaving))
    return Report(len(found.added), touched, len(found.leaving), found.same, refused, said.encoding)


def _hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HOLD)


def _load(work: Writing, entries: Iterable[Entry], named: frozenset[str] | None) -> Plan:
    listed, ids = list(entries), dict(Principal.objects.values_list("key", "id"))
    state, walled = _state(work.actor, ids), frozenset[str]()
    for turn in range(_ROUNDS):
        found = planning.plan(listed, state, named=named, walled=walled)
        if found.is_empty():
            return found
        already = {one.principal for one in crossing(_known(found, ids), work.now)}
        try:
            with transaction.atomic():
                _write(work.now, found, ids)
                _ask_walls(work.now, found, already, all_of_them=turn >= _ROUNDS - 2)
        except _Crossing as crossed:
            walled |= crossed.blamed
            continue
        _finish(work, found)
        return found
    raise AssertionError("a file of which no line is taken crosses no wall")


def _state(actor: Actor, ids: Mapping[str, int]) -> State:
    keys = {number: key for key, number in ids.items()}
    columns = ("kind", "key", "name", "mail", "parent_id", "owner_id", "until", "active")
    rows = {}
    for kind, key, name, mail, parent, owner, until, active in Principal.objects.values_list(*columns):
        rows[key] = Row(kind, key, name, mail, keys.get(parent), keys.get(owner), until, active)
    belongs: dict[str, set[str]] = {}
    for member, group in Membership.objects.values_list("member_id", "group_id"):
        belongs.setdefault(keys[member], set()).add(keys[group])
    accounts = list(Account.objects.values_list("principal_id", "login", "admin"))
    return State(
        rows,
        {key: frozenset(groups) for key, groups in belongs.items()},
        {keys[who]: login for who, login, _ in accounts},
        frozenset(keys[who] for who, _, admin in accounts if admin),
        frozenset(keys[one] for one in above(actor.principal)) if actor.principal else frozenset(),
    )


def _write(now: int, found: Plan, known: Mapping[str, int]) -> None:
    with connection.cursor() as cursor:
        added = [(row.kind, row.key, row.name, row.mail, row.until, row.active, now) for row in found.added]
        _insert(cursor, _ADD, added)
        ids = _ids(known, found)
        placed = [row for row in found.added if row.parent or row.owner]
        _many(cursor, _CHANGE, [_changed(row, ids) for row in (*placed, *found.changed)])
        _many(cursor, _PART, [(ids[member], ids[group]) for member, group in found.parts])
        _insert(cursor, _JOIN, [(ids[member], ids[group]) for member, group in found.joins])
        accounts = [(unusable(), ids[key], login, "", now) for key, login in found.accounts]
        _insert(cursor, _ACCOUNT, accounts)
        if connection.vendor == "postgresql" and len(found.added) + len(found.joins) > _MANY:
            # Until it knows that the tables have grown, it reads them whole to find one row.
            cursor.execute("ANALYZE drive_principal, drive_membership, drive_account")


def _insert(cursor: Any, sql: str, rows: list[tuple[Any, ...]]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        places = f"({', '.join(['%s'] * len(some[0]))})"
        cursor.execute(f"{sql} {', '.join([places] * len(some))}", [value for row in some for value in row])


def _many(cursor: Any, sql: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        cursor.executemany(sql, rows)


def _changed(row: Row, ids: Mapping[str, int]) -> tuple[Any, ...]:
    parent = ids[row.parent] if row.parent is not None else None
    owner = ids[row.owner] if row.owner is not None else None
    return row.name, row.mail, parent, owner, row.until, row.active, ids[row.key]


def _ids(known: Mapping[str, int], found: Plan) -> Mapping[str, int]:
    return dict(Principal.objects.values_list("key", "id")) if found.added else known


def _known(found: Plan, ids: Mapping[str, int]) -> list[int]:
    return [ids[key] for key in found.touched() if key in ids]


def _ask_walls(now: int, found: Plan, already: set[int], *, all_of_them: bool) -> None:
    """Who crosses now and did not *already* takes with them the lines that moved them, or what is above them."""
    ids = dict(Principal.objects.values_list("key", "id"))
    touched = found.touched()
    crossed = {one.principal for one in crossing(_known(found, ids), now)} - already
    if not crossed:
        return
    keys = {number: key for key, number in ids.items()}
    blamed = set(touched) if all_of_them else set()
    for who in crossed:
        owner = Principal.objects.values_list("owner_id", flat=True).get(id=who)
        blamed |= {keys[one] for one in above(who) | ({owner} if owner else set())} & touched
    raise _Crossing(blamed or set(touched))


def _finish(work: Writing, found: Plan) -> None:
    ids = dict(Principal.objects.values_list("key", "id"))
    places: dict[str, list[int]] = {row.key: [] for row in found.added}
    for member, group in found.joins:
        if member in places:
            places[member].append(ids[group])
        else:
            work.event("group.changed", of=ids[group], joined=ids[member])
    for row in found.added:
        work.event(f"{row.kind}.added", of=ids[row.key], key=row.key, groups=places[row.key])
    for row in found.changed:
        work.event(f"{row.kind}.changed", of=ids[row.key])
    for member, group in found.parts:
        work.event("group.changed", of=ids[group], parted=ids[member])
    for key, login in found.accounts:
        work.event("account.made", of=ids[key], login=login)
    kinds = dict(Principal.objects.filter(key__in=found.leaving).values_list("key", "kind"))
    for key in found.leaving:
        let_go(work, ids[key], kinds[key])
    work.event("people.loaded", added=len(found.added), changed=len(found.changed), left=len(found.leaving))
    work.rights_changed()
