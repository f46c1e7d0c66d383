"""
Changes of the directory: what they refuse, and what ends with them.
"""

import pytest

from lading.drive.actor import EVERYTHING, SYSTEM, Actor
from lading.drive.errors import Unfit, Walled
from lading.drive.models import Account, Event, Grant, Membership, Node, Principal, Space, Wall, WallSide
from lading.drive.people.accounts import make_account, sign_in
from lading.drive.people.directory import known
from lading.drive.people.first import invite, redeem
from lading.drive.people.principals import (
    add,
    change,
    closure,
    come_back,
    directory,
    find,
    get,
    join,
    leave,
    members,
    part,
)
from lading.drive.people.tokens import actor_for_token, make_token
from lading.drive.writing import epoch
from lading.model.errors import AlreadyExists, Forbidden, LoginFailed, NotFound, WrongKind

LATER = 2**62
GOOD = "correct horse 电池"


def put(kind: str, key: str, **facts: object) -> int:
    return int(add(SYSTEM, kind, key, **facts).id)  # type: ignore[arg-type]


def walled(one: int, other: int) -> None:
    wall = Wall.objects.create(name="w", created=1)
    for side, principal in enumerate((one, other)):
        space = Space.objects.create(key=f"s{side}", name="s", created=1)
        root = Node.objects.create(space=space, name="", kind=1, saved=1, created=1)
        Grant.objects.create(node=root, principal_id=principal, role=3, created=1)
        WallSide.objects.create(wall=wall, side=side, space=space)


def test_every_change_of_the_directory_moves_the_epoch_and_is_told() -> None:
    """
    Added, changed, joined, parted, left, returned: each once.
    """
    moved, at = [], epoch()

    def note() -> None:
        nonlocal at
        moved.append(epoch() > at)
        at = epoch()

    who = put("person", "p1", name="李伟", mail="li@example.com")
    note()
    group = put("group", "g1")
    note()
    for do in (
        lambda: change(SYSTEM, who, name="Li Wei"),
        lambda: join(SYSTEM, who, group),
        lambda: part(SYSTEM, who, group),
        lambda: leave(SYSTEM, who),
        lambda: come_back(SYSTEM, who),
    ):
        do()
        note()
    told = list(Event.objects.order_by("id").values_list("kind", flat=True))
    kinds = ["person.added", "group.added", "person.changed", "group.changed", "group.changed"]
    assert [*kinds, "person.left", "person.returned"] == told
    assert all(moved)


def test_only_a_system_admin_changes_the_directory() -> None:
    """
    Neither a person nor another admin, nor a system admin's token without that scope.
    """
    who = put("person", "p1")
    group = put("group", "g1")
    for actor in (
        Actor(who, "p1"),
        Actor(who, "p1", "security"),
        Actor(who, "p1", "system", EVERYTHING - {"admin"}),  # type: ignore[operator]
        Actor(None, "link:system"),
    ):
        for do in (
            lambda a=actor: add(a, "group", "x"),
            lambda a=actor: change(a, who, name="x"),
            lambda a=actor: join(a, who, group),
            lambda a=actor: part(a, who, group),
            lambda a=actor: leave(a, who),
            lambda a=actor: come_back(a, who),
        ):
            with pytest.raises(Forbidden):
                do()


def test_nothing_belongs_to_itself() -> None:
    """
    Neither departments nor groups, nor both together, over any number of steps.
    """
    top = put("department", "d1")
    low = put("department", "d3", parent=put("department", "d2", parent=top))
    one, two = put("group", "g1"), put("group", "g2")
    join(SYSTEM, one, two)
    join(SYSTEM, top, one)

    for do in (
        lambda: change(SYSTEM, top, parent=low),
        lambda: change(SYSTEM, top, parent=top),
        lambda: join(SYSTEM, two, one),
        lambda: join(SYSTEM, one, one),
        lambda: join(SYSTEM, two, low),
    ):
        with pytest.raises(Unfit, match="belong to itself"):
            do()
    change(SYSTEM, low, parent=None)
    join(SYSTEM, two, low)


def test_values_that_cannot_be_are_refused() -> None:
    """
    Wrong kinds, missing owners, ends that are no time, taken keys: each with its own error.
    """
    who, group = put("person", "p1"), put("group", "g1")
    for error, do in [
        (AlreadyExists, lambda: put("group", "p1")),
        (Unfit, lambda: put("everybody", "x")),
        (Unfit, lambda: put("robot", "x")),
        (Unfit, lambda: put("guest", "x")),
        (Unfit, lambda: put("guest", "x", owner=group, until=LATER)),
        (Unfit, lambda: put("guest", "x", owner=who, until=2**70)),
        (NotFound, lambda: put("guest", "x", owner=10**9, until=LATER)),
        (Unfit, lambda: put("person", "x", until=LATER)),
        (Unfit, lambda: put("person", "link:x")),
        (Unfit, lambda: put("person", "x", mail="nobody")),
        (WrongKind, lambda: put("department", "x", parent=group)),
        (WrongKind, lambda: join(SYSTEM, group, who)),
        (WrongKind, lambda: join(SYSTEM, find("everybody").id, group)),
        (WrongKind, lambda: leave(SYSTEM, find("everybody").id)),
        (NotFound, lambda: part(SYSTEM, who, group)),
        (NotFound, lambda: get(10**9)),
        (NotFound, lambda: find("no\0body{}")),
        (NotFound, lambda: come_back(SYSTEM, who)),
    ]:
        with pytest.raises(error):
            do()
    assert 3 == Principal.objects.count()


def test_a_wall_forbids_each_way_to_the_other_side() -> None:
    """
    Joining, a department that moves, coming back; and nothing of it stays.
    """
    red, blue = put("group", "red"), put("group", "blue")
    low, high = put("department", "low"), put("department", "high")
    who, back = put("person", "p1"), put("person", "p2")
    join(SYSTEM, who, red)
    join(SYSTEM, who, low)
    join(SYSTEM, high, blue)
    leave(SYSTEM, back)
    Membership.objects.bulk_create(Membership(member_id=back, group_id=one) for one in (red, blue))
    walled(red, blue)

    for do in (
        lambda: join(SYSTEM, who, blue),
        lambda: join(SYSTEM, red, blue),
        lambda: change(SYSTEM, low, parent=high),
        lambda: come_back(SYSTEM, back),
    ):
        before = epoch(), Event.objects.count(), Membership.objects.count()
        with pytest.raises(Walled):
            do()
        assert before == (epoch(), Event.objects.count(), Membership.objects.count())


def test_who_leaves_is_heard_nowhere() -> None:
    """
    Sessions, tokens and invitations end at once and stay dead; guests wait until a new owner is named.
    """
    who, heir = put("person", "p1"), put("person", "p2")
    guest = put("guest", "g1", owner=who, until=LATER)
    make_account(SYSTEM, who, "li.wei", GOOD)
    session = sign_in("li.wei", GOOD, "")[1]
    token = make_token(Actor(who, "p1"), "t", EVERYTHING, None)[1]
    theirs = make_token(Actor(guest, "g1"), "t", EVERYTHING, None)[1]
    letter = invite(SYSTEM, who)
    leave(SYSTEM, who)

    def alive() -> list[bool]:
        return [is_heard(text) for text in (session, token, theirs)]

    assert [False, False, False] == alive()
    assert (frozenset(), frozenset()) == (closure(who), closure(guest))
    with pytest.raises(LoginFailed):
        sign_in("li.wei", GOOD, "")
    with pytest.raises(Exception, match="not valid any more"):
        redeem(letter, "li.wei", "another good one")
    come_back(SYSTEM, who)
    assert [False, False, False] == alive()
    change(SYSTEM, guest, owner=heir)
    assert [False, False, True] == alive()


def is_heard(text: str) -> bool:
    try:
        return actor_for_token(text).principal is not None
    except LoginFailed:
        return False


def test_an_admin_leaves_only_without_the_role() -> None:
    """
    Otherwise a system admin could take the security admin's role away.
    """
    who = put("person", "p1")
    make_account(SYSTEM, who, "li.wei")
    Account.objects.update(admin="security")

    with pytest.raises(Forbidden, match="role away first"):
        leave(SYSTEM, who)


def test_nobody_lets_themselves_in() -> None:
    """
    A system admin changes neither their own memberships nor those of what they belong to, nor leaves.
    """
    me, mine, other = put("person", "p1"), put("group", "mine"), put("group", "other")
    team = put("department", "d")
    join(SYSTEM, me, mine)
    join(SYSTEM, me, team)
    boss = Actor(me, "p1", "system")

    for do in (
        lambda: join(boss, me, other),
        lambda: join(boss, mine, other),
        lambda: part(boss, me, mine),
        lambda: change(boss, team, parent=put("department", "e")),
        lambda: leave(boss, mine),
        lambda: leave(boss, me),
    ):
        with pytest.raises(Forbidden, match="about you"):
            do()
    join(boss, put("person", "p2"), other)


def test_a_directory_shows_what_one_may_know() -> None:
    """
    Groups are shown to those in them, a guest sees only the owner, who left is shown to admins, nobody sees nothing.

    Whoever is asked for by their key is known to the same people.
    """
    me, other = put("person", "p1", name="李伟"), put("person", "p2", mail="min@example.com")
    put("person", "p3")
    deal, secret = put("group", "deal"), put("group", "falcon")
    guest = put("guest", "g1", owner=me, until=LATER)
    join(SYSTEM, me, deal)
    join(SYSTEM, other, secret)
    leave(SYSTEM, find("p3").id)
    every = ["deal", "everybody", "falcon", "g1", "p1", "p2", "p3"]

    def whether_known(actor: Actor, key: str) -> bool:
        try:
            return known(actor, key).key == key
        except NotFound:
            return False

    def seen(actor: Actor, **how: object) -> list[str]:
        found = [one.key for one in directory(actor, **how)]  # type: ignore[arg-type]
        assert how or found == [it for it in every if whether_known(actor, it)]
        return found

    assert ["deal", "everybody", "g1", "p1", "p2"] == seen(Actor(me, "p1"))
    assert ["everybody", "falcon", "p1", "p2"] == seen(Actor(other, "p2"))
    assert ["g1", "p1"] == seen(Actor(guest, "g1"))
    assert ["deal", "everybody", "falcon", "g1", "p1", "p2", "p3"] == seen(Actor(me, "p1", "system"))
    assert [] == seen(Actor(find("p3").id, "p3")) == seen(Actor(None, "link:x"))
    assert ["p1"] == seen(Actor(me, "p1"), text="李") == seen(Actor(me, "p1"), kind="person", limit=1)
    assert ["p2"] == seen(Actor(me, "p1"), text="MIN@") == seen(Actor(me, "p1"), after="p1")
    assert [] == seen(Actor(me, "p1"), text="100%_\0\udc80")
    assert ["p1"] == [one.key for one in members(Actor(me, "p1"), deal)]
    for hidden in (secret, 10**9, me):
        with pytest.raises(NotFound):
            members(Actor(me, "p1"), hidden)
