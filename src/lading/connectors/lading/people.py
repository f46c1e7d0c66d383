"""
Who is known to a drive of ours, and who holds locks in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lading.connectors.lading.wire import Wire, route
from lading.model.access import Lock, Membership, Principal, PrincipalKind
from lading.model.paths import ROOT

_KINDS = {kind.value: kind for kind in PrincipalKind}


class LadingPeople:
    """The principals that the account may know; all of them for an admin."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def principals(self) -> Iterator[Principal]:
        """All of them."""
        return map(principal_of, self._wire.paged("/principals", {}, "principals", ROOT))

    def members(self, group: str) -> Iterator[Principal]:
        """Direct members of a group or department."""
        place = route("principals", group, "members")
        return map(principal_of, self._wire.paged(place, {}, "members", group))

    def memberships(self) -> Iterator[Membership]:
        """Every direct membership; departments lie in the department above them."""
        for told in self._wire.paged("/memberships", {}, "memberships", ROOT):
            yield Membership(told["group"], told["member"])
        for principal in self.principals():
            if principal.parent is not None:
                yield Membership(principal.parent, principal.id)


class LadingLocks:
    """WebDAV locks on what the account sees."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def all(self) -> Iterator[Lock]:
        """Every lock that has not ended."""
        for path, told in self._wire.everything("locks"):
            yield Lock(path, told["holder"], told["exclusive"], told["deep"], int(told["expires"]))


def principal_of(told: dict[str, Any]) -> Principal:
    """A principal as the drive tells it, in full or by key, kind and name alone."""
    until = told.get("until")
    return Principal(
        kind=_KINDS[told["kind"]],
        id=told["key"],
        name=told.get("name") or "",
        mail=told.get("mail") or "",
        login=told.get("login") or "",
        active=told.get("active", True),
        parent=told.get("parent"),
        owner=told.get("owner"),
        until=None if until is None else int(until),
    )
