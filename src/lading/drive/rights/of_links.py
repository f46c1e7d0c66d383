"""
What the bearer of a link sees: its node and what lies below, and nothing around it.

A link never gives more than its maker has at this moment.  A person on the other side of a wall gets nothing from
it; and in a space at a wall a link for people inside opens only to those who are on its side already, since
links to both sides would make a door in the wall.
"""

from __future__ import annotations

import time

from lading.drive.actor import Actor
from lading.drive.models import Link, Principal
from lading.drive.people.closure import closure
from lading.drive.rights.decide import Region, confined, role_of
from lading.drive.rights.places import Place, place_of
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import NOTHING, Resolved, Sight, resolved_for
from lading.drive.rights.walls import on_sides, sides_of
from lading.drive.writing import epoch


def sight_of_link(link: Link, actor: Actor | None = None, *, now: int | None = None) -> Sight:
    """
    What *link* shows at *now* to *actor*, or to whoever holds it.

    It shows nothing once it is revoked or expired, once its node is gone, or where its maker sees nothing.
    A link for people inside shows nothing to guests and to those who are not signed in.  Password, limit and
    the pinned version are looked at by whoever opens it.
    """
    moment = time.time_ns() if now is None else now
    bearer = actor or Actor(None, f"link:{link.key}", via="link")
    place = place_of(link.node_id)
    if place is None or _over(link, moment) or not _may_open(link, actor, place, moment):
        return Sight(bearer, epoch(), NOTHING)
    number, maker = resolved_for(link.by_id, moment)
    return Sight(bearer, number, _cut(maker, place, Role(link.role)))


def _over(link: Link, now: int) -> bool:
    return link.revoked is not None or (link.expires is not None and link.expires <= now)


def _may_open(link: Link, actor: Actor | None, place: Place, now: int) -> bool:
    if actor is None or actor.principal is None:
        return not link.inside
    if link.inside and not _of_the_firm(actor.principal, now):
        return False
    return _wall_allows(actor.principal, place.space, now, inside=link.inside)


def _of_the_firm(principal: int, now: int) -> bool:
    person = Principal.objects.filter(id=principal, kind=Principal.Kind.PERSON).exists()
    return person and bool(closure(principal, now=now))


def _wall_allows(principal: int, space: int, now: int, *, inside: bool) -> bool:
    walls = sides_of(space)
    on = on_sides([principal], now) if walls else {}
    sides = [(side, on.get((principal, wall), set())) for wall, side in walls]
    return all(1 - side not in held and (side in held or not inside) for side, held in sides)


def _cut(maker: Resolved, place: Place, most: Role) -> Resolved:
    role = role_of(maker.decided, place.trail, place.node)
    if role < Role.PREVIEW:
        return NOTHING
    top = Region(place.below, place.node, place.trail, place.folder, role, Role.NONE)
    decided = confined(maker.decided, top, place.space, most)
    return Resolved(decided, {place.space: maker.roots[place.space]}, maker.bins, maker.until)
