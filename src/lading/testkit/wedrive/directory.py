"""The calls that map people (section 10)."""

from __future__ import annotations

import json
from typing import Any

from . import members
from .call import Call, Reply
from .codes import BAD_PARAMETER, FORBIDDEN, NO_DEPARTMENT, NO_PERSON, NO_PRIVILEGE, Refused
from .fields import number
from .store import Row

_LIST_ID_LIMIT = 10_000


def list_id(call: Call) -> Reply:
    """`user/list_id`: one row per member and department, for the contacts-sync secret alone."""
    if call.app.kind != "contacts":
        raise Refused(FORBIDDEN)
    limit = number(call.body, "limit", 0, _LIST_ID_LIMIT)
    cursor = str(call.body.get("cursor") or "0")
    if not 1 <= limit <= _LIST_ID_LIMIT or not cursor.isdigit():
        raise Refused(BAD_PARAMETER)
    rows = [
        {"userid": it["shown"], "department": number_}
        for it in call.store.all("SELECT shown, departments FROM persons ORDER BY userid")
        for number_ in json.loads(it["departments"])
    ]
    end = int(cursor) + limit
    return {"next_cursor": str(end) if end < len(rows) else "", "dept_user": rows[int(cursor) : end]}


def simple_departments(call: Call) -> Reply:
    """`department/simplelist`"""
    rows = _departments(call)
    return {
        "department_id": [{"id": it["id"], "parentid": it["parentid"], "order": it["rank"]} for it in rows]
    }


def departments(call: Call) -> Reply:
    """`department/list`"""
    if call.app.kind == "contacts" and not call.switches.contacts_list:
        raise Refused(FORBIDDEN)
    return {"department": [_department(it) for it in _departments(call)]}


def department(call: Call) -> Reply:
    """`department/get`"""
    asked = _asked(call, "id")
    if asked is None:
        raise Refused(BAD_PARAMETER, "id")
    found = [it for it in _departments(call) if it["id"] == asked]
    return {"department": _department(found[0])}


def _departments(call: Call) -> list[Row]:
    """
    The department asked for and all below it, as far as they are visible.

    Raises:
        Refused: there is no such department, or it is out of sight.
    """
    rows = call.store.all("SELECT * FROM departments ORDER BY id")
    seen = _visible(call)
    asked = _asked(call, "id")
    if asked is None:
        return [it for it in rows if seen is None or it["id"] in seen]
    if asked not in {it["id"] for it in rows}:
        raise Refused(NO_DEPARTMENT)
    if seen is not None and asked not in seen:
        raise Refused(NO_PRIVILEGE)
    inside = members.below(call, [asked])
    return [it for it in rows if it["id"] in inside and (seen is None or it["id"] in seen)]


def _asked(call: Call, key: str) -> int | None:
    value = call.query.get(key)
    if value is None or value == "":
        return None
    if not (value.isascii() and value.isdigit()):
        raise Refused(BAD_PARAMETER, key)
    return int(value)


def _visible(call: Call) -> set[int] | None:
    """The departments that the secret may see; None is all."""
    if call.app.kind == "contacts" or not call.app.visible:
        return None
    return members.below(call, call.app.visible)


def _department(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "name_en": row["name_en"],
        "department_leader": json.loads(row["leaders"]),
        "parentid": row["parentid"],
        "order": row["rank"],
    }


def simple_persons(call: Call) -> Reply:
    """`user/simplelist`: those directly in one department."""
    asked = _asked(call, "department_id")
    if asked is None:
        raise Refused(BAD_PARAMETER, "department_id")
    if call.store.one("SELECT 1 FROM departments WHERE id = ?", asked) is None:
        raise Refused(NO_DEPARTMENT)
    seen = _visible(call)
    if seen is not None and asked not in seen:
        raise Refused(NO_PRIVILEGE)
    rows = call.store.all("SELECT * FROM persons ORDER BY userid")
    return {"userlist": [_person(it) for it in rows if asked in json.loads(it["departments"])]}


def person(call: Call) -> Reply:
    """`user/get`: without telephone and e-mail, which need the member's consent."""
    userid = call.query.get("userid", "").lower()
    row = call.store.one("SELECT * FROM persons WHERE userid = ?", userid)
    if row is None:
        raise Refused(NO_PERSON)
    if not sees_person(call, userid):
        raise Refused(NO_PRIVILEGE)
    return {**_person(row), "status": 1}


def _person(row: Row) -> dict[str, Any]:
    return {"userid": row["shown"], "name": row["name"], "department": json.loads(row["departments"])}


def sees_person(call: Call, userid: str) -> bool:
    """Whether the person exists within the visible range of the secret."""
    row = call.store.one("SELECT departments FROM persons WHERE userid = ?", userid)
    seen = _visible(call)
    return row is not None and (seen is None or bool(seen & set(json.loads(row["departments"]))))
