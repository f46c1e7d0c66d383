"""
Answer "who can see this, and why" with the grants that decide.

It reads what the drive knows and works every person out anew, from the root down; the shortcuts
that make `sight` fast are not used here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lading.drive.actor import Actor
from lading.drive.models import BreakGlass, Grant, Principal
from lading.drive.rights.grants import GrantRow, counting, reachable, row_of
from lading.drive.rights.members import below, counted
from lading.drive.rights.need import missing
from lading.drive.rights.places import Place
from lading.drive.rights.roles import Role, resolve
from lading.drive.rights.walls import crossing, sides_of

_PEOPLE = (Principal.Kind.PERSON, Principal.Kind.GUEST)


@dataclass(frozen=True, slots=True)
class Access:
    """
    What one person may do on a node, and why.

    *grants* are those that decide: the allowances of the highest role, and the denials of the lowest if
    they take something away.  *glass* tells that an open break-glass gives the role, *wall* that the
    person stands on both sides of a wall and sees nothing for that.
    """

    principal: int
    key: str
    name: str
    kind: str
    role: Role
    grants: tuple[GrantRow, ...]
    glass: bool = False
    wall: bool = False


def why(actor: Actor, node: int) -> list[Access]:
    """
    Who can see *node*, and why: all who have at least PREVIEW on it, by key.

    Raises:
        NotFound, Forbidden: as for `list_grants`: asks for MANAGE on the node, or for a security admin.
    """
    now = time.time_ns()
    place = reachable(actor, node, str(node))
    grants = counting(place, now)
    people = below({grant.principal_id for grant in grants if not grant.deny}) | set(_glass(place, now))
    return [one for one in _explained(place, grants, people, now) if one.role >= Role.PREVIEW]


def why_one(actor: Actor, node: int, principal: int) -> Access:
    """
    What the person or guest *principal* may do on *node*, and why, also if that is nothing.

    Raises:
        NotFound, Forbidden: as for `why`; NotFound also if *principal* is no person or guest.
    """
    now = time.time_ns()
    place = reachable(actor, node, str(node))
    found = _explained(place, counting(place, now), {principal}, now)
    if not found:
        raise missing(str(principal))
    return found[0]


def decide_with_reasons(
    grants: Iterable[Grant], ids: set[int], floor: Role
) -> tuple[Role, tuple[Grant, ...]]:
    """The role that those of *grants* with a principal of *ids* give, and which of them decide."""
    mine = [grant for grant in grants if grant.principal_id in ids]
    highest = max((grant.role for grant in mine if not grant.deny), default=Role.NONE)
    lowest = min((grant.role for grant in mine if grant.deny), default=None)
    allowed = max(Role(highest), floor)
    role = resolve(allowed, None if lowest is None else Role(lowest))
    allowing = [grant for grant in mine if not grant.deny and grant.role == allowed]
    cutting = [grant for grant in mine if grant.deny and grant.role == lowest and role < allowed]
    return role, (*cutting, *allowing)


def _explained(place: Place, grants: Sequence[Grant], people: set[int], now: int) -> list[Access]:
    found = Principal.objects.filter(id__in=people, kind__in=_PEOPLE).order_by("key")
    counts_as = counted(people, now)
    glass = _glass(place, now)
    crossed = _crossed(place, people, now)
    return [
        _access(one, grants, counts_as.get(one.id, set()), (one.id in glass, one.id in crossed))
        for one in found
    ]


def _access(who: Principal, grants: Sequence[Grant], ids: set[int], special: tuple[bool, bool]) -> Access:
    glass, walled = special
    glass = glass and bool(ids)
    role, deciding = decide_with_reasons(grants, ids, Role.DOWNLOAD if glass else Role.NONE)
    if who.kind == Principal.Kind.GUEST:
        role = min(role, Role.EDIT)
    rows = tuple(row_of(grant) for grant in deciding)
    return Access(
        who.id, who.key, who.name, who.kind, Role.NONE if walled else role, rows, glass=glass, wall=walled
    )


def _glass(place: Place, now: int) -> set[int]:
    return set(
        BreakGlass.objects.filter(
            space=place.space, expires__gt=now, principal__account__admin="system"
        ).values_list("principal", flat=True)
    )


def _crossed(place: Place, people: set[int], now: int) -> set[int]:
    walls = {wall for wall, _ in sides_of(place.space)}
    return {one.principal for one in crossing(people, now) if one.wall in walls} if walls else set()
