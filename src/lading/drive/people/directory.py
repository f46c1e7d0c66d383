"""
Looking people up: who is there, who belongs where.

Groups are often named after deals, so an ordinary person sees only the groups they belong to, and
a guest only those, themselves and their owner.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from lading.drive.actor import Actor
from lading.drive.models import Membership, Principal
from lading.drive.people.closure import closure
from lading.drive.people.powers import is_admin
from lading.drive.people.rules import shown
from lading.model.errors import NotFound
from lading.model.text import Text

Kind = Principal.Kind
LARGEST_PAGE = 1000
_OPEN = (Kind.PERSON, Kind.DEPARTMENT, Kind.EVERYBODY)
"""Whom everybody who is no guest may know."""

_ABOVE = """
WITH RECURSIVE way(n) AS (SELECT 0 UNION ALL SELECT 1), up(id, parent) AS (
    SELECT id, parent_id FROM drive_principal WHERE id = %s
    UNION
    SELECT p.id, p.parent_id
    FROM up CROSS JOIN way w
    LEFT JOIN drive_membership m ON m.member_id = up.id AND w.n = 0
    JOIN drive_principal p ON p.id = CASE w.n WHEN 0 THEN m.group_id ELSE up.parent END
)
SELECT id FROM up
"""


def above(principal: int) -> set[int]:
    """*principal* and all groups and departments above, whether active or not."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [principal])
        return {row[0] for row in cursor.fetchall()}


def get(principal: int) -> Principal:
    """
    Raises:
        NotFound: there is no such principal.
    """
    found = Principal.objects.filter(id=principal).first()
    if found is None:
        raise missing()
    return found


def find(key: str) -> Principal:
    """
    The principal of the firm's own id *key*.

    Raises:
        NotFound: there is none.
    """
    found = None if "\0" in key else Principal.objects.filter(key=_storable(key)).first()
    if found is None:
        raise missing(key)
    return found


def known(actor: Actor, key: str) -> Principal:
    """
    The principal of the firm's own id *key*, if *actor* may know it.

    Raises:
        NotFound: there is none, or not for them.
    """
    # First of all: how long the answer takes must not tell whether somebody hidden has this key.
    side = _side(actor)
    found = None if "\0" in key else Principal.objects.filter(key=_storable(key)).first()
    if found is None or not _sees(side, found):
        raise missing(key)
    return found


def directory(
    actor: Actor, *, kind: str | None = None, text: str = "", after: str = "", limit: int = 100
) -> list[Principal]:
    """
    Whom *actor* may know, in the order of their keys, from behind *after*; inactive ones only for admins.

    *text* is looked for in key, name and mail, whatever its case.
    """
    found = _visible(actor)
    if kind is not None:
        found = found.filter(kind=kind)
    if text.strip():
        wanted = _storable(text.strip())
        found = found.filter(Q(key__icontains=wanted) | Q(name__icontains=wanted) | Q(mail__icontains=wanted))
    if after:
        found = found.filter(key__gt=_storable(after))
    return list(found.order_by("key")[: max(1, min(limit, LARGEST_PAGE))])


def members(actor: Actor, group: int) -> list[Principal]:
    """
    Who belongs directly to *group* (a group or department, or its departments below), by key.

    Raises:
        NotFound: *actor* may not know it.
    """
    if not shown_units(actor).filter(id=group).exists():
        raise missing()
    direct = Membership.objects.filter(group_id=group).values("member_id")
    found = Principal.objects.filter(Q(id__in=direct) | Q(parent_id=group))
    if not is_admin(actor, "system", "security", "audit"):
        found = found.filter(active=True)
    return list(found.order_by("key"))


def shown_units(actor: Actor) -> QuerySet[Principal]:
    """The groups and departments whose members *actor* may know."""
    return _visible(actor).filter(kind__in=[Kind.GROUP, Kind.DEPARTMENT])


def of_keys(keys: Iterable[str]) -> dict[str, int]:
    """The ids of those of *keys* that exist."""
    return dict(Principal.objects.filter(key__in=list(keys)).values_list("key", "id"))


def missing(subject: str = "") -> NotFound:
    """There is no such principal, or the actor may not know of it: the same words."""
    return NotFound(shown(subject) or "person", Text("there is nobody of this id", "没有此编号的对象"))


class _Side(NamedTuple):
    """Who asks: with *all* they see everybody; *mine* is what they count as (nothing: they see nobody), *owner* whose guest they are."""

    all: bool
    me: int = 0
    mine: frozenset[int] = frozenset()
    guest: bool = False
    owner: int | None = None


def _side(actor: Actor) -> _Side:
    if is_admin(actor, "system", "security", "audit"):
        return _Side(True)
    if actor.principal is None:
        return _Side(False)
    mine = frozenset(closure(actor.principal))
    if not mine:
        return _Side(False)
    me = get(actor.principal)
    return _Side(False, me.id, mine, me.kind == Kind.GUEST, me.owner_id)


def _sees(side: _Side, other: Principal) -> bool:
    """Whether *other* is among what `_visible` gives."""
    if side.all or not (side.mine and other.active):
        return side.all
    if other.id in side.mine:
        return True
    return other.id == side.owner if side.guest else other.kind in _OPEN or other.owner_id == side.me


def _visible(actor: Actor) -> QuerySet[Principal]:
    side, everyone = _side(actor), Principal.objects.all()
    if side.all:
        return everyone
    if not side.mine:
        return everyone.none()
    theirs = Q(id=side.owner or 0) if side.guest else Q(kind__in=_OPEN) | Q(owner_id=side.me)
    return everyone.filter(active=True).filter(Q(id__in=side.mine) | theirs)


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
