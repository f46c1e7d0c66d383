"""
Walls: nobody on both sides, by whatever way they come, and no word of the other side.
"""

import pytest

from lading.drive.actor import SYSTEM, Actor
from lading.drive.errors import Unfit, Walled
from lading.drive.models import (
    Account,
    BreakGlass,
    Event,
    Grant,
    Link,
    Membership,
    Principal,
    Space,
    Wall,
    WallSide,
)
from lading.drive.people import principals as people
from lading.drive.people.glass import break_glass
from lading.drive.rights.grants import add_grant
from lading.drive.rights.of_links import sight_of_link
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import sight
from lading.drive.rights.walls import check_walls, extend_wall, list_walls, make_wall, remove_wall
from lading.drive.writing import epoch, writing
from lading.model.errors import AlreadyExists, Forbidden, NotFound
from lading.model.text import Language
from unit.drive.rights_ground import (
    FAR,
    Deal,
    acting,
    allow,
    changed,
    deny,
    everybody,
    join,
    principal,
    security,
)


class Sides:
    """Two deals with a wall between them; ann is on the side of A."""

    def __init__(self) -> None:
        self.a, self.b = Deal("Alpha"), Deal("Beta")
        self.ann = principal("ann")
        allow(self.a.folder, self.ann, Role.EDIT)
        self.wall = make_wall(security(), "deal", [self.a.space.id], [self.b.space.id])


def state() -> tuple[object, ...]:
    """What a refused change must not have touched."""
    return (
        epoch(),
        sorted(Grant.objects.values_list("node", "principal", "role", "deny")),
        sorted(Membership.objects.values_list("member", "group")),
        sorted(Principal.objects.values_list("id", "parent", "active"), key=str),
        Event.objects.count(),
        WallSide.objects.count(),
    )


def grant_on_b(sides: Sides, who: Principal) -> None:
    add_grant(sides.b.manager, sides.b.file.id, who.id, Role.PREVIEW)


def test_a_grant_to_somebody_of_the_other_side_is_refused_and_says_nothing_of_it():
    """
    Directly, to a group or department above them, or to everybody: nothing is written, and no name falls.
    """
    sides = Sides()
    team, office, head = (
        principal("team", "group"),
        principal("office", "department"),
        principal("head", "department"),
    )
    Principal.objects.filter(id=office.id).update(parent=head)
    join(sides.ann, team)
    join(sides.ann, office)
    before = state()
    for who in (sides.ann, team, office, head, everybody()):
        with pytest.raises(Walled) as refused:
            grant_on_b(sides, who)
        for language in Language:
            said = refused.value.message(language) + refused.value.next_step(language)
            assert not [word for word in ("Alpha", "deal", sides.a.space.key, "Contracts") if word in said]

    assert before == state()
    add_grant(sides.b.manager, sides.b.file.id, sides.ann.id, Role.PREVIEW, deny=True)
    grant_on_b(sides, principal("bob"))


def test_nobody_joins_or_moves_across():
    """
    Membership, nested groups, departments, coming back and guests are looked at in the change itself.
    """
    sides = Sides()
    team, inner = principal("team", "group"), principal("inner", "group")
    office, head = principal("office", "department"), principal("head", "department")
    gone, guest = principal("gone", active=False), principal("gil", "guest")
    for who in (team, head):
        allow(sides.b.root, who, Role.EDIT)
    join(inner, team)
    join(sides.ann, office)
    join(gone, office)
    for who in (gone, guest):
        allow(sides.a.root, who, Role.EDIT)
    join(gone, inner)
    before = state()
    for change in (
        lambda: people.join(SYSTEM, sides.ann.id, team.id),
        lambda: people.join(SYSTEM, sides.ann.id, inner.id),
        lambda: people.join(SYSTEM, office.id, inner.id),
        lambda: people.join(SYSTEM, guest.id, inner.id),
        lambda: people.change(SYSTEM, office.id, parent=head.id),
        lambda: people.come_back(SYSTEM, gone.id),
    ):
        with pytest.raises(Walled):
            change()
        assert before == state()

    people.join(SYSTEM, principal("bob").id, inner.id)


def test_a_group_without_people_cannot_lie_on_both_sides():
    """
    Else the first to join would be the one who is refused.
    """
    sides, team = Sides(), principal("team", "group")
    allow(sides.a.root, team, Role.PREVIEW)

    with pytest.raises(Walled):
        grant_on_b(sides, team)


def test_a_wall_is_not_built_through_people_and_tells_the_security_admin_whom():
    """
    Making or extending a wall over people on both sides names them by key.
    """
    a, b, c, ann = Deal(), Deal(), Deal(), principal("ann")
    for deal in (a, b, c):
        allow(deal.file, ann, Role.PREVIEW)
    admin = security()
    with pytest.raises(Walled, match="ann"):
        make_wall(admin, "deal", [a.space.id], [b.space.id])
    assert not Wall.objects.exists()

    Grant.objects.filter(principal=ann, node=b.file).delete()
    changed()
    wall = make_wall(admin, "deal", [a.space.id], [b.space.id])
    with pytest.raises(Walled, match="ann"):
        extend_wall(admin, wall.id, 1, c.space.id)
    assert (wall,) == tuple(list_walls(admin))

    extend_wall(admin, wall.id, 0, c.space.id)
    remove_wall(admin, wall.id)
    assert [] == list_walls(admin)
    allow(b.file, ann, Role.PREVIEW)
    assert Role.PREVIEW == sight(acting(ann)).role(b.file.trail, b.file.id)


def test_what_is_denied_expired_or_deleted():
    """
    Expired grants and deleted spaces do not count; what is denied does, for the denial may be lifted.
    """
    sides = Sides()
    deny(sides.a.root, sides.ann, Role.PREVIEW)
    with pytest.raises(Walled):
        grant_on_b(sides, sides.ann)

    Grant.objects.filter(principal=sides.ann, deny=False).update(expires=5)
    changed()
    grant_on_b(sides, sides.ann)

    Grant.objects.filter(principal=sides.ann, deny=False).update(expires=None)
    Space.objects.filter(id=sides.a.space.id).update(deleted=5)
    changed()
    assert Role.PREVIEW == sight(acting(sides.ann)).role(sides.b.file.trail, sides.b.file.id)


def test_a_space_does_not_come_back_to_people_of_the_other_side():
    """
    Nor do grants that arrive in a space, or a break-glass: whoever writes them asks with the space or the person.
    """
    sides, ada = Sides(), principal("ada")
    Space.objects.filter(id=sides.a.space.id).update(deleted=5)
    allow(sides.b.root, sides.ann, Role.EDIT)
    Account.objects.create(principal=ada, login="ada", admin="system", created=1)
    allow(sides.b.root, ada, Role.EDIT)

    with pytest.raises(Walled), writing(SYSTEM) as work:
        Space.objects.filter(id=sides.a.space.id).update(deleted=None)
        check_walls(work, spaces=[sides.a.space.id])
    assert 5 == Space.objects.get(id=sides.a.space.id).deleted

    Grant.objects.filter(principal=sides.ann).delete()
    Space.objects.filter(id=sides.a.space.id).update(deleted=None)
    boss = Actor(ada.id, "ada", admin="system")
    with pytest.raises(Walled):
        break_glass(boss, sides.a.space.id, "restore after ransomware", 10)
    assert not BreakGlass.objects.exists()


def test_who_stands_on_both_sides_all_the_same_sees_neither():
    """
    The last line of defence: rows that no check has seen close both sides for that person, and no other space.
    """
    sides, free = Sides(), Deal("Free")
    allow(free.root, sides.ann, Role.EDIT)
    allow(sides.b.file, sides.ann, Role.PREVIEW)

    seeing = sight(acting(sides.ann))
    assert (free.space.id,) == seeing.spaces()
    assert [] == seeing.ranges(sides.a.space.id) + seeing.ranges(sides.b.space.id)
    assert Role.NONE == seeing.role(sides.a.file.trail, sides.a.file.id)


def test_both_sides_open_again_once_a_rule_ends_by_itself():
    """
    Who stood on both sides until a grant expired sees the side that is left, though nothing else changed.
    """
    sides = Sides()
    allow(sides.b.file, sides.ann, Role.PREVIEW, expires=100)

    roles = [sight(acting(sides.ann), now=now).role(sides.a.file.trail, sides.a.file.id) for now in (99, 100)]
    assert [Role.NONE, Role.EDIT] == roles


def test_glass_in_a_deleted_space_closes_nothing():
    """
    A break-glass of a space that is deleted since does not count as standing on its side.
    """
    sides, ada = Sides(), principal("ada")
    Account.objects.create(principal=ada, login="ada", admin="system", created=1)
    BreakGlass.objects.create(principal=ada, space=sides.a.space, reason="r", created=1, expires=FAR)
    allow(sides.b.root, ada, Role.EDIT)
    Space.objects.filter(id=sides.a.space.id).update(deleted=5)
    changed()

    assert (sides.b.space.id,) == sight(acting(ada)).spaces()


def test_a_wall_is_for_security_admins_and_made_of_what_can_be():
    """
    Others are refused before anything is looked up; bad walls are refused with what is wrong.
    """
    a, b = Deal(), Deal()
    one, other = [a.space.id], [b.space.id]
    for action in (
        lambda: make_wall(a.manager, "w", one, other),
        lambda: extend_wall(a.manager, 10**9, 0, one[0]),
        lambda: remove_wall(a.manager, 10**9),
        lambda: list_walls(a.manager),
    ):
        with pytest.raises(Forbidden):
            action()
    admin = security()
    for name, left, right in (
        ("", one, other),
        ("w" * 201, one, other),
        ("w\n", one, other),
        ("w", [], other),
        ("w", one, one),
    ):
        with pytest.raises(Unfit):
            make_wall(admin, name, left, right)
    with pytest.raises(NotFound):
        make_wall(admin, "w", one, [10**9])
    with pytest.raises(NotFound):
        remove_wall(admin, 10**9)
    wall = make_wall(admin, "w {x}", one, other)
    with pytest.raises(AlreadyExists):
        make_wall(admin, "w {x}", one, other)
    with pytest.raises(AlreadyExists):
        extend_wall(admin, wall.id, 0, other[0])
    with pytest.raises(Unfit):
        extend_wall(admin, wall.id, 2, other[0])


def link(deal: Deal, **facts: object) -> Link:
    given = {"key": f"k{Link.objects.count()}", "digest": f"d{Link.objects.count()}", "role": Role.DOWNLOAD}
    return Link.objects.create(**{**given, "node": deal.folder, "by": deal.boss, "created": 1} | facts)


def test_links_are_no_door_in_a_wall():
    """
    A signed-in person of the other side sees nothing through a link; one for people inside opens only to its own side.
    """
    sides, bob, ben = Sides(), principal("bob"), principal("ben")
    allow(sides.b.root, bob, Role.PREVIEW)
    for inside, who, role in (
        (False, None, Role.DOWNLOAD),
        (False, ben, Role.DOWNLOAD),
        (False, bob, Role.NONE),
        (True, sides.ann, Role.DOWNLOAD),
        (True, bob, Role.NONE),
        (True, ben, Role.NONE),
    ):
        seeing = sight_of_link(link(sides.a, inside=inside), acting(who) if who else None)
        assert role == seeing.role(sides.a.file.trail, sides.a.file.id)


def test_a_link_dies_with_the_side_of_its_maker():
    """
    A maker who stands on both sides gives nothing to anybody.
    """
    sides = Sides()
    made = link(sides.a)
    allow(sides.b.file, sides.a.boss, Role.PREVIEW)

    assert Role.NONE == sight_of_link(made).role(sides.a.file.trail, sides.a.file.id)
