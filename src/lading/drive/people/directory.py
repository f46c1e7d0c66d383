"""
Looking people up: who is there, who belongs where.

Groups are often named after deals, so an ordinary person sees only the groups they belong to, and
a guest only those, themselves and their owner.
"""

from __future__ import annotations

from collections.abc import Iterable

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
    found = None if "\0" in key else _visible(actor).filter(key=_storable(key)).first()
    if found is None:
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


def _visible(actor: Actor) -> QuerySet[Principal]:
    everyone = Principal.objects.all()
    if is_admin(actor, "system", "security", "audit"):
        return everyone
    if actor.principal is None:
        return everyone.none()
    mine, active = closure(actor.principal), everyone.filter(active=True)
    if not mine:
        return everyone.none()
    me = get(actor.principal)
    if me.kind == Kind.GUEST:
        return active.filter(Q(id__in=mine) | Q(id=me.owner_id or 0))
    return active.filter(
        Q(kind__in=[Kind.PERSON, Kind.DEPARTMENT, Kind.EVERYBODY]) | Q(id__in=mine) | Q(owner_id=me.id)
    )


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
