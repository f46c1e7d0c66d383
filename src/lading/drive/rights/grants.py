"""
Give and take rights.

Whoever has MANAGE on a node decides who else may do what there; MANAGE is the highest role, so nobody grants
above their own.  A guest never gets MANAGE, and `everybody` never more than DOWNLOAD: what the whole
firm can change has no owner.  A security admin may list grants and remove them, without reading content.
"""

from __future__ import annotations

import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass

from lading.drive.actor import Actor
from lading.drive.errors import Unfit
from lading.drive.models import Grant, Node, Principal
from lading.drive.rights.managers import manager_stays
from lading.drive.rights.need import missing
from lading.drive.rights.places import Place, is_security, managed, place_of
from lading.drive.rights.roles import GRANTABLE, Role
from lading.drive.rights.walls import check_walls
from lading.drive.writing import Writing, writing
from lading.model.errors import NotFound
from lading.model.paths import decode
from lading.model.text import Text


@dataclass(frozen=True, slots=True)
class GrantRow:
    """
    A grant or, with *deny*, a denial of *role* and all above it.

    *key*, *name* and *kind* are those of the principal; *expires* and *created* are nanoseconds since 1970.
    *inherited* tells that it stands on a node above the one asked about.
    """

    id: int
    node: int
    principal: int
    key: str
    name: str
    kind: str
    role: Role
    deny: bool
    expires: int | None
    by: str | None
    created: int
    inherited: bool = False


def add_grant(
    actor: Actor, node: int, principal: int, role: Role, *, deny: bool = False, expires: int | None = None
) -> GrantRow:
    """
    Give *principal* the *role* on *node* and all below it until *expires*, or deny it.

    One of each stands on a node for a principal: a second one replaces the first.

    Raises:
        NotFound: the node or the principal is not there.
        Forbidden: *actor* may not, or the last manager would be gone.
        Unfit: the role or the time cannot be, or not for this principal.
        Walled: somebody would be on both sides of a wall.
    """
    if role not in GRANTABLE:
        raise Unfit("role", Text("it is none that can be granted", "该角色不可授予"))
    place = managed(actor, node)
    with writing(actor, place.space) as work:
        place = _still(managed(actor, node), work)
        if expires is not None and expires <= work.now:
            raise Unfit("expires", Text("it is in the past", "到期时间已过"))
        receiver = _receiver(principal, Role(role), deny)
        work.rights_changed()
        before = _standing(place, receiver, deny)
        # An allowance takes from nobody what they manage, unless it takes the place of that one.
        harmless = not deny and (before is None or before.role < Role.MANAGE)
        with nullcontext() if harmless else manager_stays(place, work.now, deep=deny):
            grant = _put(work, place, receiver, (Role(role), deny, expires), before)
        if not deny:
            check_walls(work, principals=[principal], subject=receiver.key)
    return row_of(grant)


def remove_grant(actor: Actor, grant: int) -> None:
    """
    Take back a grant or a denial.

    A security admin may do so everywhere, also while the space is frozen.

    Raises:
        NotFound: it is not there, or stands on a node hidden from *actor*.
        Forbidden: *actor* may not, or the last manager would be gone.
    """
    node = Grant.objects.filter(id=grant).values_list("node_id", flat=True).first()
    place = reachable(actor, node, str(grant))
    with writing(actor, place.space, thawed=is_security(actor)) as work:
        place = _still(reachable(actor, place.node, str(grant)), work)
        found = Grant.objects.select_related("principal").filter(id=grant, node=place.node).first()
        if found is None:
            raise missing(str(grant))
        work.rights_changed()
        with manager_stays(place, work.now, deep=False):
            found.delete()
        _tell(work, "grant.removed", place, found)


def drop_grant(actor: Actor, node: int, principal: str, *, deny: bool) -> None:
    """
    Take back what the principal with the key *principal* was given on *node*, with *deny* what they were denied.

    What is not there is no error.

    Raises:
        NotFound, Forbidden: as for `add_grant`.
    """
    place = managed(actor, node)
    grant = Grant.objects.filter(node=place.node, principal__key=principal, deny=deny).first()
    if grant is not None:
        with suppress(NotFound):  # somebody else was faster
            remove_grant(actor, grant.id)


def set_break(actor: Actor, node: int, breaks: bool) -> None:
    """
    End the inheritance of allowances at *node*, or let it pass again.  Denials pass a break always.

    Whoever ends it keeps MANAGE there by a grant of their own.

    Raises:
        NotFound, Forbidden: as for `add_grant`.
        Unfit: nothing stands above the root of a space.
    """
    place = managed(actor, node)
    with writing(actor, place.space) as work:
        place = _still(managed(actor, node), work)
        if place.root:
            raise Unfit(decode(place.path), Text("nothing stands above a space", "空间之上没有可继承的权限"))
        if place.breaks == breaks:
            return
        work.rights_changed()
        Node.objects.filter(id=node).update(breaks=breaks)
        work.event("break.set" if breaks else "break.lifted", space=place.space, node=node, path=place.path)
        if breaks:
            _keep_managing(work, place)


def list_grants(actor: Actor, node: int) -> list[GrantRow]:
    """
    The grants and denials that count on *node*: its own first, then those inherited, the nearest first.

    Expired ones and allowances above a break are left out.

    Raises:
        NotFound, Forbidden: as for `remove_grant`.
    """
    place = reachable(actor, node, str(node))
    return [row_of(grant, place.node) for grant in counting(place, time.time_ns())]


def counting(place: Place, now: int) -> list[Grant]:
    """The grants that count on *place* at *now*, its own and those above, the nearest first."""
    chain = place.chain
    depth = {node: len(chain) - at for at, node in enumerate(chain)}
    broken = Node.objects.filter(id__in=chain, breaks=True).values_list("id", flat=True)
    reach = min((depth[one] for one in broken), default=len(chain))
    grants = Grant.objects.filter(node__in=chain).exclude(expires__lte=now).select_related("principal", "by")
    return sorted(
        (grant for grant in grants if grant.deny or depth[grant.node_id] <= reach),
        key=lambda grant: (depth[grant.node_id], grant.principal.key, grant.deny),
    )


def reachable(actor: Actor, node: int | None, subject: str) -> Place:
    """
    The place of *node* for somebody who manages it or is a security admin; *subject* is what a refusal names.

    Raises:
        NotFound, Forbidden: as `managed` does.
    """
    if node is None:
        raise missing(subject)
    if not is_security(actor):
        return managed(actor, node)
    place = place_of(node)
    if place is None:
        raise missing(subject)
    return place


def row_of(grant: Grant, node: int | None = None) -> GrantRow:
    """*grant* as a value; with *node* it tells whether it is inherited there."""
    principal = grant.principal
    return GrantRow(
        id=grant.id,
        node=grant.node_id,
        principal=principal.id,
        key=principal.key,
        name=principal.name,
        kind=principal.kind,
        role=Role(grant.role),
        deny=grant.deny,
        expires=grant.expires,
        by=grant.by.key if grant.by else None,
        created=grant.created,
        inherited=node is not None and grant.node_id != node,
    )


def _still(place: Place, work: Writing) -> Place:
    """*place* as it is inside *work*, unless its node went to another space before *work* had its turn."""
    if place.space not in work.clocks:
        raise missing(str(place.node))
    return place


def _receiver(principal: int, role: Role, deny: bool) -> Principal:
    found = Principal.objects.filter(id=principal).first()
    if found is None:
        raise NotFound(str(principal), Text("there is no such principal", "没有此用户、部门或群组"))
    if not found.active:
        raise Unfit(found.key, Text("it is not active", "已停用"))
    if not deny and found.kind == Principal.Kind.GUEST and role >= Role.MANAGE:
        raise Unfit(found.key, Text("a guest never manages", "来宾不能担任管理者"))
    if not deny and found.kind == Principal.Kind.EVERYBODY and role > Role.DOWNLOAD:
        raise Unfit(found.key, Text("everybody gets download at most", "“所有人”最多只能获得“下载”权限"))
    return found


def _standing(place: Place, receiver: Principal, deny: bool) -> Grant | None:
    return Grant.objects.filter(node=place.node, principal=receiver, deny=deny).first()


def _put(
    work: Writing,
    place: Place,
    receiver: Principal,
    terms: tuple[Role, bool, int | None],
    before: Grant | None,
) -> Grant:
    """
    Write what is granted, over what stood there *before*.

    The epoch was raised first, so that nobody else writes one there meanwhile.
    """
    role, deny, expires = terms
    grant = before or Grant(node_id=place.node, deny=deny)
    grant.principal, grant.role, grant.expires = receiver, role, expires
    grant.by_id, grant.created = work.actor.principal, work.now
    grant.save()
    _tell(work, "grant.added", place, grant)
    return grant


def _keep_managing(work: Writing, place: Place) -> None:
    assert work.actor.principal is not None  # who has MANAGE is a principal
    me = Principal.objects.get(id=work.actor.principal)
    _put(work, place, me, (Role.MANAGE, False, None), _standing(place, me, deny=False))


def _tell(work: Writing, kind: str, place: Place, grant: Grant) -> None:
    work.event(
        kind,
        space=place.space,
        node=place.node,
        path=place.path,
        grant=grant.id,
        receiver=grant.principal.key,
        role=Role(grant.role).name.lower(),
        deny=grant.deny,
        expires=grant.expires,
    )
