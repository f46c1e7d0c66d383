"""The arrays `auth_info`: members of spaces and of files with their rights."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .access import DEPARTMENT, PERSON
from .call import Call
from .codes import BAD_DEPARTMENT, BAD_JSON, BAD_USERID, NO_PREVIEW, TOO_MANY_MEMBERS, Refused
from .fields import Body, number, objects, text
from .store import Row

ADMIN = 7
PREVIEW = 4
ADMINS = 3  # of one space, those that are there already included


@dataclass(frozen=True, slots=True)
class Member:
    """*key* is a userid in small letters or the digits of a department; *auth* 0 where none is asked for."""

    kind: int
    key: str
    auth: int


def members(call: Call, allowed: Iterable[int] | None) -> list[Member]:
    """
    The members under `auth_info`, each of whom exists; without *allowed* no right is read.

    Raises:
        Refused: absent, of another shape, unknown, or with a right that is not *allowed*.
    """
    rights = None if allowed is None else frozenset(allowed)
    found = objects(call.body, "auth_info", call.switches.code_parameter)
    return [_member(call, it, rights) for it in found]


def _member(call: Call, body: Body, rights: frozenset[int] | None) -> Member:
    kind = number(body, "type", call.switches.code_parameter)
    if kind not in {PERSON, DEPARTMENT}:
        raise Refused(call.switches.code_parameter, "type")
    key = _person(call, body) if kind == PERSON else _department(call, body)
    if rights is None:
        return Member(kind, key, 0)
    auth = number(body, "auth", call.switches.code_right)
    if auth not in rights or (auth == ADMIN and kind == DEPARTMENT):
        raise Refused(call.switches.code_right)
    if auth == PREVIEW and not call.switches.professional:
        raise Refused(NO_PREVIEW)
    return Member(kind, key, auth)


def _person(call: Call, body: Body) -> str:
    userid = text(body, "userid", BAD_USERID)
    if call.store.one("SELECT 1 FROM persons WHERE userid = ?", userid.lower()) is None:
        raise Refused(BAD_USERID)
    return userid.lower()


def _department(call: Call, body: Body) -> str:
    value: Any = body.get("departmentid")
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if value is None:
        raise Refused(BAD_DEPARTMENT)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(BAD_JSON, "departmentid")
    if not 0 <= value < 1 << 32 or not call.store.one("SELECT 1 FROM departments WHERE id = ?", value):
        raise Refused(BAD_DEPARTMENT)
    return str(value)


def add(call: Call, holder: str, new: Iterable[Member]) -> None:
    """Give *new* their rights on *holder*, a spaceid or fileid; the last word counts."""
    for it in new:
        call.store.run("INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?)", holder, it.kind, it.key, it.auth)


def check_space_members(call: Call, spaceid: str) -> None:
    """
    Raises:
        Refused: more than three admins, or more members than a space may have.
    """
    admins = call.store.count("SELECT count(*) FROM members WHERE holder = ? AND auth = ?", spaceid, ADMIN)
    if admins > ADMINS:
        raise Refused(call.switches.code_admins, "too many admins")
    held = call.store.count("SELECT count(*) FROM members WHERE holder = ?", spaceid)
    if call.switches.member_limit and held > call.switches.member_limit:
        raise Refused(TOO_MANY_MEMBERS)


def remove(call: Call, holder: str, old: Iterable[Member]) -> None:
    """Take the rights of *old* on *holder* away; who has none loses nothing."""
    for it in old:
        call.store.run(
            "DELETE FROM members WHERE holder = ? AND kind = ? AND member = ?", holder, it.kind, it.key
        )


def told(call: Call, holder: str) -> list[dict[str, Any]]:
    """The members of *holder* as replies show them."""
    rows = call.store.all("SELECT * FROM members WHERE holder = ? ORDER BY kind, member", holder)
    return [_told(call, it) for it in rows]


def _told(call: Call, row: Row) -> dict[str, Any]:
    if row["kind"] == DEPARTMENT:
        number = row["member"] if call.switches.department_as == "string" else int(row["member"])
        return {"type": DEPARTMENT, "departmentid": number, "auth": row["auth"]}
    return {"type": PERSON, "userid": shown(call, row["member"]), "auth": row["auth"]}


def shown(call: Call, userid: str) -> str:
    """The userid in the spelling of the directory."""
    person = call.store.one("SELECT shown FROM persons WHERE userid = ?", userid)
    return str(person["shown"]) if person is not None else userid


def people_of(call: Call, holder: str) -> list[str]:
    """The persons among the members of *holder*, and those of its departments with all below them."""
    rows = call.store.all("SELECT kind, member FROM members WHERE holder = ?", holder)
    named = {it["member"] for it in rows if it["kind"] == PERSON}
    heads = {int(it["member"]) for it in rows if it["kind"] == DEPARTMENT}
    if heads:
        inside = below(call, heads)
        for person in call.store.all("SELECT userid, departments FROM persons"):
            if inside & set(json.loads(person["departments"])):
                named.add(person["userid"])
    return sorted(named)


def below(call: Call, heads: Iterable[int]) -> set[int]:
    """The departments *heads* and all below them."""
    children: dict[int, list[int]] = {}
    for row in call.store.all("SELECT id, parentid FROM departments"):
        children.setdefault(row["parentid"], []).append(row["id"])
    found: set[int] = set()
    todo = list(heads)
    while todo:
        if (it := todo.pop()) not in found:
            found.add(it)
            todo += children.get(it, [])
    return found
