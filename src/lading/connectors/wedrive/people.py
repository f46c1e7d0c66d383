"""
The directory of the firm: members and departments, as far as the app may see them.

These calls are outside of WeDrive and its quota.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from lading.connectors.wedrive.trouble import senseless
from lading.connectors.wedrive.wire import Wire
from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.errors import Forbidden, NotFound
from lading.model.text import Text

DEPARTMENT = "department:"
"""What stands before the number of a department in its id; no member's id holds a colon."""
_SUBJECT = "directory"
_FRESH = 60.0


class _Staff(NamedTuple):
    """The directory as it was told."""

    at: float
    principals: dict[str, Principal]
    memberships: list[Membership]


class WedrivePeople:
    """Members and departments, departments in departments included."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._staff: _Staff | None = None
        self._lock = threading.Lock()

    def principals(self) -> Iterator[Principal]:
        """All that the app may see."""
        yield from self._told().principals.values()

    def members(self, group: str) -> Iterator[Principal]:
        """Direct members of a department, and the departments right below it."""
        staff = self._told()
        if group not in staff.principals:
            raise NotFound(group, Text("there is no such department", "没有该部门"))
        for membership in staff.memberships:
            if membership.group == group:
                yield staff.principals[membership.member]

    def memberships(self) -> Iterator[Membership]:
        """Every direct membership."""
        yield from self._told().memberships

    def of(self, kind: PrincipalKind, key: str) -> Principal:
        """The principal with the id *key*; one that the directory does not tell has no name."""
        staff = self._staff
        known = None if staff is None else staff.principals.get(key)
        return known or Principal(kind, key)

    def _told(self) -> _Staff:
        with self._lock:
            if self._staff is None or time.monotonic() - self._staff.at > _FRESH:
                self._staff = self._asked()
            return self._staff

    def _asked(self) -> _Staff:
        departments = self._departments()
        known = {str(row["id"]) for row in departments}
        principals: dict[str, Principal] = {}
        memberships = set[Membership]()
        for row in departments:
            parent = str(row.get("parentid"))
            above = DEPARTMENT + parent if parent in known and parent != str(row["id"]) else None
            one = Principal(
                PrincipalKind.DEPARTMENT,
                DEPARTMENT + str(row["id"]),
                name=str(row.get("name") or ""),
                parent=above,
            )
            principals[one.id] = one
            if above is not None:
                memberships.add(Membership(above, one.id))
        for department in sorted(known):
            for row in self._members(department):
                person = _person(row)
                principals[person.id] = person
                memberships.add(Membership(DEPARTMENT + department, person.id))
        return _Staff(
            time.monotonic(), principals, sorted(memberships, key=lambda one: (one.group, one.member))
        )

    def _departments(self) -> list[dict[str, Any]]:
        try:
            return _rows(self._wire.directory("department/list", {}, _SUBJECT), "department", "id")
        except Forbidden:
            # The way that the vendor advises: ids in one call, and a call for each name.
            rows = _rows(self._wire.directory("department/simplelist", {}, _SUBJECT), "department_id", "id")
            return [self._department(row) for row in rows]

    def _department(self, row: dict[str, Any]) -> dict[str, Any]:
        told = self._wire.directory("department/get", {"id": row["id"]}, _SUBJECT).get("department")
        return {**row, **told} if isinstance(told, dict) else row

    def _members(self, department: str) -> list[dict[str, Any]]:
        told = self._wire.directory("user/simplelist", {"department_id": department}, _SUBJECT)
        return _rows(told, "userlist", "userid")


def _person(row: dict[str, Any]) -> Principal:
    userid = str(row["userid"])
    return Principal(PrincipalKind.PERSON, userid, name=str(row.get("name") or ""), login=userid)


def _rows(told: dict[str, Any], name: str, needed: str) -> list[dict[str, Any]]:
    rows = told.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and needed in row for row in rows):
        raise senseless(_SUBJECT, name)
    return rows
