"""
All memberships that somebody may know of: those of the groups and departments that the directory shows them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lading.drive.actor import Actor
from lading.drive.models import Account, Membership
from lading.drive.people.directory import shown_units
from lading.drive.people.powers import is_admin

_ADMINS = ("system", "security", "audit")


class Member(NamedTuple):
    """*member* belongs to *group*: keys of principals."""

    id: int
    group: str
    member: str


def memberships(actor: Actor, after: int, limit: int) -> tuple[list[Member], int | None]:
    """Direct memberships in the order they were made, without the departments below departments."""
    found = Membership.objects.filter(id__gt=after, group__in=shown_units(actor))
    if not is_admin(actor, *_ADMINS):
        found = found.filter(member__active=True)
    rows = [
        Member._make(row)
        for row in found.order_by("id").values_list("id", "group__key", "member__key")[:limit]
    ]
    return rows, rows[-1].id if len(rows) == limit else None


def logins(actor: Actor, principals: list[Any]) -> dict[int, str]:
    """What *principals* sign in with, by id; for admins only."""
    if not is_admin(actor, *_ADMINS):
        return {}
    accounts = Account.objects.filter(principal_id__in=[one.id for one in principals])
    return dict(accounts.values_list("principal_id", "login"))
