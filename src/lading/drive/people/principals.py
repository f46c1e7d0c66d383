"""
Changes of the directory: people, guests, departments, groups.

Each change is one transaction that first moves the epoch, so changes of the directory never run
side by side, and last asks the walls.  A system admin changes nobody's place in the tree who is
themselves: nobody lets themselves in.
"""

from __future__ import annotations

from typing import TypedDict, Unpack

from lading.drive.actor import Actor
from lading.drive.errors import Unfit
from lading.drive.models import Account, Membership, Principal
from lading.drive.people import rules
from lading.drive.people.closure import EVERYBODY, Reach, closure, reach
from lading.drive.people.directory import above, directory, find, get, members, missing
from lading.drive.people.leaving import let_go
from lading.drive.people.loading import load_csv
from lading.drive.people.powers import need_admin
from lading.drive.rights.walls import check_walls
from lading.drive.writing import writing
from lading.model.errors import AlreadyExists, Forbidden, WrongKind
from lading.model.text import Text

__all__ = [
    "EVERYBODY",
    "Facts",
    "Reach",
    "above",
    "add",
    "change",
    "closure",
    "come_back",
    "directory",
    "find",
    "get",
    "join",
    "leave",
    "load_csv",
    "members",
    "part",
    "reach",
]

Kind = Principal.Kind
_UNITS = (Kind.GROUP, Kind.DEPARTMENT)
_PEOPLE = (Kind.PERSON, Kind.GUEST)
_FACTS_OF = {
    Kind.PERSON: {"name", "mail"},
    Kind.GUEST: {"name", "mail", "owner", "until"},
    Kind.DEPARTMENT: {"name", "mail", "parent"},
    Kind.GROUP: {"name", "mail"},
}


class Facts(TypedDict, total=False):
    """What is known of a principal: ids of others, *until* in nanoseconds."""

    name: str
    mail: str
    parent: int | None
    owner: int
    until: int


def add(actor: Actor, kind: str, key: str, **facts: Unpack[Facts]) -> Principal:
    """
    A new person, guest, department or group; a guest needs an *owner* and an end (*until*).

    Raises:
        Forbidden: *actor* is no system admin.
        AlreadyExists: the key is taken.
        Unfit: a value cannot be.
        NotFound: parent or owner are not there.
    """
    need_admin(actor, "system")
    if kind not in _FACTS_OF:
        raise Unfit(rules.shown(kind), Text("there is no such kind", "没有此类型"))
    name = rules.key(key)
    if kind == Kind.GUEST and not {"owner", "until"} <= facts.keys():
        raise Unfit(rules.shown(name), Text("a guest needs an owner and an end", "访客须有负责人和截止时间"))
    with writing(actor) as work:
        work.rights_changed()
        if Principal.objects.filter(key=name).exists():
            raise AlreadyExists(rules.shown(name), Text("this id is taken", "此编号已被使用"))
        who = Principal(kind=kind, key=name, created=work.now)
        _put(who, facts)
        who.save()
        work.event(f"{kind}.added", of=who.id, key=name)
    return who


def change(actor: Actor, principal: int, **facts: Unpack[Facts]) -> Principal:
    """
    Change *facts* of somebody; the others stay.  A new *owner* brings a guest back whose owner left.

    Raises:
        Forbidden: *actor* is no system admin, or moves a department of their own.
        NotFound: the principal, parent or owner is not there.
        Unfit: a value cannot be, or the department would lie below itself.
        Walled: somebody would come to both sides of a wall.
    """
    need_admin(actor, "system")
    with writing(actor) as work:
        work.rights_changed()
        who = _changeable(principal)
        if "parent" in facts:
            _not_own(actor, principal)
        _put(who, facts)
        who.save()
        work.event(f"{who.kind}.changed", of=principal, changed=sorted(facts))
        check_walls(work, principals=[principal], subject=who.key)
    return who


def join(actor: Actor, member: int, group: int) -> None:
    """
    Let *member* (a person, guest, department or group) belong to *group* (a group or department).

    Raises:
        Forbidden: *actor* is no system admin, or would let themselves in.
        NotFound, WrongKind: as they say.
        Unfit: the group would belong to itself.
        Walled: somebody would come to both sides of a wall.
    """
    need_admin(actor, "system")
    with writing(actor) as work:
        work.rights_changed()
        who, unit = _changeable(member), _unit(group)
        _not_own(actor, member)
        if member in above(group):
            raise _circle(who.key)
        if not Membership.objects.filter(member_id=member, group_id=group).exists():
            Membership.objects.create(member=who, group=unit)
            work.event(f"{unit.kind}.changed", of=group, joined=member)
            check_walls(work, principals=[member], subject=who.key)


def part(actor: Actor, member: int, group: int) -> None:
    """
    End that *member* belongs to *group*.

    Raises:
        Forbidden: *actor* is no system admin, or it is about themselves: a group can also carry a denial.
        NotFound: *member* does not belong to it.
    """
    need_admin(actor, "system")
    with writing(actor) as work:
        work.rights_changed()
        unit = _unit(group)
        _not_own(actor, member)
        if not Membership.objects.filter(member_id=member, group_id=group).delete()[0]:
            raise missing()
        work.event(f"{unit.kind}.changed", of=group, parted=member)


def leave(actor: Actor, principal: int) -> None:
    """
    Somebody leaves: nothing of theirs is heard from now on; their guests wait for a new owner.

    What they made stays.  A group or department that leaves gives nothing any more.

    Raises:
        Forbidden: *actor* is no system admin; they have an admin role, or it is about the actor.
        NotFound: there is no such principal, or they left.
    """
    need_admin(actor, "system")
    with writing(actor) as work:
        work.rights_changed()
        who = _changeable(principal)
        _not_own(actor, principal)
        if not who.active:
            raise missing()
        if Account.objects.filter(principal_id=principal).exclude(admin="").exists():
            raise Forbidden(who.key, Text("take the admin role away first", "请先撤销其管理角色"))
        let_go(work, principal, who.kind)


def come_back(actor: Actor, principal: int) -> None:
    """
    Somebody who left is there again, in the same places; tokens and guests do not come back.

    Raises:
        Forbidden: *actor* is no system admin.
        NotFound: there is no such principal, or they never left.
        Walled: they would be on both sides of a wall.
    """
    need_admin(actor, "system")
    with writing(actor) as work:
        work.rights_changed()
        who = _changeable(principal)
        _not_own(actor, principal)
        if who.active:
            raise missing()
        Principal.objects.filter(id=principal).update(active=True)
        work.event(f"{who.kind}.returned", of=principal)
        check_walls(work, principals=[principal], subject=who.key)


def _put(who: Principal, facts: Facts) -> None:
    if wrong := facts.keys() - _FACTS_OF[Kind(who.kind)]:
        listed = ", ".join(sorted(wrong))
        raise Unfit(
            rules.shown(who.key), Text(f"not for a {who.kind}: {listed}", f"不适用于该类型：{listed}")
        )
    if "name" in facts:
        who.name = rules.name(facts["name"])
    if "mail" in facts:
        who.mail = rules.mail(facts["mail"])
    if "until" in facts:
        who.until = _time(facts["until"])
    if "owner" in facts:
        who.owner = _owner(facts["owner"])
    if "parent" in facts:
        who.parent = None if facts["parent"] is None else _parent(who, facts["parent"])


def _time(until: int) -> int:
    if not 0 < until < 2**63:
        raise Unfit("until", Text("it is a time in nanoseconds", "应为纳秒时间"))
    return until


def _owner(owner: int) -> Principal:
    found = get(owner)
    if found.kind != Kind.PERSON or not found.active:
        raise Unfit(
            rules.shown(found.key), Text("a guest's owner is an active person", "访客的负责人须为在职人员")
        )
    return found


def _parent(who: Principal, parent: int) -> Principal:
    found = get(parent)
    if found.kind != Kind.DEPARTMENT:
        raise WrongKind(rules.shown(found.key), Text("it is no department", "不是部门"))
    if who.pk is not None and who.pk in above(parent):
        raise _circle(who.key)
    return found


def _changeable(principal: int) -> Principal:
    found = get(principal)
    if found.kind == Kind.EVERYBODY:
        raise WrongKind(found.key, Text("everybody is always the same", "“全体人员”不可更改"))
    return found


def _unit(group: int) -> Principal:
    found = get(group)
    if found.kind not in _UNITS:
        raise WrongKind(rules.shown(found.key), Text("it is no group and no department", "不是群组或部门"))
    return found


def _not_own(actor: Actor, principal: int) -> None:
    if actor.principal is not None and principal in above(actor.principal):
        raise Forbidden(
            "person", Text("another admin must do this: it is about you", "涉及您本人，须由其他管理员操作")
        )


def _circle(key: str) -> Unfit:
    return Unfit(rules.shown(key), Text("it would belong to itself", "将形成循环归属"))
