"""
Giving and taking rights: who may, to whom, and what must stay.
"""

import time

import pytest

from lading.drive.actor import Scope
from lading.drive.errors import Frozen, Unfit
from lading.drive.models import Event, Grant, Node, Space
from lading.drive.rights.grants import add_grant, list_grants, remove_grant, set_break
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import sight
from lading.drive.writing import epoch
from lading.model.errors import Forbidden, NotFound
from unit.drive.rights_ground import (
    Deal,
    acting,
    allow,
    deny,
    everybody,
    folder,
    join,
    principal,
    security,
    space,
)


def seen(who, node: Node) -> Role:
    return sight(acting(who)).role(node.trail, node.id)


def test_a_manager_grants_replaces_and_takes_back():
    """
    A second grant replaces the first; each change is an event of the space and counts at once.
    """
    deal, ann = Deal(), principal("ann")
    first = add_grant(deal.manager, deal.folder.id, ann.id, Role.PREVIEW)
    again = add_grant(deal.manager, deal.folder.id, ann.id, Role.EDIT)

    assert (first.id, Role.EDIT, deal.boss.key) == (again.id, again.role, again.by)
    assert Role.EDIT == seen(ann, deal.file)

    remove_grant(deal.manager, again.id)
    assert Role.NONE == seen(ann, deal.file)
    told = Event.objects.order_by("id").values_list("kind", "clock", "path")
    assert [
        ("grant.added", 1, "Contracts"),
        ("grant.added", 2, "Contracts"),
        ("grant.removed", 3, "Contracts"),
    ] == list(told)


def test_only_a_manager_may_and_the_hidden_stays_hidden():
    """
    Who edits is refused; who sees nothing hears what one hears of a node that is not there, frozen or not.
    """
    deal, ann, bob = Deal(), principal("ann"), principal("bob")
    held = allow(deal.folder, ann, Role.EDIT)
    Space.objects.update(frozen="Switch on Saturday")

    with pytest.raises(Forbidden):
        add_grant(acting(ann), deal.folder.id, bob.id, Role.PREVIEW)
    for action in (
        lambda node: add_grant(acting(bob), node, bob.id, Role.PREVIEW),
        lambda node: set_break(acting(bob), node, True),
        lambda node: list_grants(acting(bob), node),
    ):
        with pytest.raises(NotFound) as hidden:
            action(deal.folder.id)
        with pytest.raises(NotFound) as absent:
            action(10**9)
        assert str(hidden.value).replace(str(deal.folder.id), "?") == str(absent.value).replace(
            str(10**9), "?"
        )
    with pytest.raises(NotFound) as hidden:
        remove_grant(acting(bob), held.id)
    with pytest.raises(NotFound) as absent:
        remove_grant(acting(bob), 10**9)
    assert type(hidden.value) is type(absent.value)
    with pytest.raises(Frozen):
        add_grant(deal.manager, deal.folder.id, bob.id, Role.PREVIEW)


def test_a_token_without_share_gives_no_rights():
    """
    The scope `share` is asked for; `write` is not.
    """
    deal, ann = Deal(), principal("ann")
    with pytest.raises(Forbidden):
        add_grant(
            acting(deal.boss, scopes=frozenset({Scope.READ, Scope.WRITE})), deal.root.id, ann.id, Role.EDIT
        )

    add_grant(acting(deal.boss, scopes=frozenset({Scope.READ, Scope.SHARE})), deal.root.id, ann.id, Role.EDIT)
    assert Role.EDIT == seen(ann, deal.root)


@pytest.mark.parametrize("role", [Role.NONE, Role.PASS, 7, -1])
def test_only_roles_that_can_be_granted_are(role: int):
    """
    NONE and PASS follow from grants; nothing is above MANAGE.
    """
    deal = Deal()

    with pytest.raises(Unfit):
        add_grant(deal.manager, deal.root.id, deal.boss.id, role)  # type: ignore[arg-type]


def test_some_get_less_than_others():
    """
    A guest never gets MANAGE, everybody at most DOWNLOAD, the inactive nothing; all can be denied anything.
    """
    deal, guest, gone = Deal(), principal("gil", "guest"), principal("gone", active=False)
    node = folder(deal.root, "open").id
    for who, role in [(guest, Role.MANAGE), (everybody(), Role.UPLOAD), (gone, Role.PREVIEW)]:
        with pytest.raises(Unfit):
            add_grant(deal.manager, node, who.id, role)
    with pytest.raises(NotFound):
        add_grant(deal.manager, node, 10**9, Role.PREVIEW)
    with pytest.raises(Unfit):
        add_grant(deal.manager, node, guest.id, Role.PREVIEW, expires=time.time_ns() - 1)

    assert 1 == Grant.objects.count()
    add_grant(deal.manager, node, guest.id, Role.EDIT)
    add_grant(deal.manager, node, everybody().id, Role.DOWNLOAD)
    add_grant(deal.manager, node, guest.id, Role.MANAGE, deny=True)
    assert 4 == Grant.objects.count()


def test_the_last_manager_of_a_space_stays():
    """
    No removal, no lower role, no end and no denial takes the last manager away; the first of two may go.
    """
    deal, ann = Deal(), principal("ann")
    last = Grant.objects.get(principal=deal.boss)
    before = epoch()
    for change in (
        lambda: remove_grant(deal.manager, last.id),
        lambda: remove_grant(security(), last.id),
        lambda: add_grant(deal.manager, deal.root.id, deal.boss.id, Role.EDIT),
        lambda: add_grant(deal.manager, deal.root.id, deal.boss.id, Role.MANAGE, expires=2**62),
        lambda: add_grant(deal.manager, deal.root.id, everybody().id, Role.EDIT, deny=True),
    ):
        with pytest.raises(Forbidden, match="last manager"):
            change()
    assert (before, 1) == (epoch(), Grant.objects.count())

    add_grant(deal.manager, deal.root.id, ann.id, Role.MANAGE)
    remove_grant(deal.manager, last.id)
    assert Role.NONE == seen(deal.boss, deal.root)


def test_managers_who_left_or_only_visit_do_not_count():
    """
    A manager who is inactive, or a group without active people, is no manager who stays.
    """
    deal, group = Deal(), principal("team", "group")
    join(principal("gone", active=False), group)
    join(principal("gil", "guest"), group)
    allow(deal.root, group, Role.MANAGE)
    last = Grant.objects.get(principal=deal.boss)

    with pytest.raises(Forbidden):
        remove_grant(deal.manager, last.id)

    join(principal("ann"), group)
    remove_grant(deal.manager, last.id)


def test_a_denial_above_does_not_orphan_a_broken_folder_below():
    """
    A denial counts below breaks, so it is refused if it hits the only manager of a broken folder.
    """
    deal, ann = Deal(), principal("ann")
    inner = folder(deal.folder, "inner", breaks=True)
    allow(inner, ann, Role.MANAGE)

    with pytest.raises(Forbidden):
        add_grant(deal.manager, deal.root.id, ann.id, Role.EDIT, deny=True)
    allow(inner, principal("bob"), Role.MANAGE)
    add_grant(deal.manager, deal.root.id, ann.id, Role.EDIT, deny=True)
    assert Role.UPLOAD == seen(ann, inner)


def test_a_break_hides_what_is_above_and_leaves_its_maker_in_charge():
    """
    Whoever breaks keeps MANAGE; others lose what they inherited, and get it back when the break is lifted.
    """
    deal, ann = Deal(), principal("ann")
    allow(deal.root, ann, Role.EDIT)
    set_break(deal.manager, deal.folder.id, True)

    assert (Role.NONE, Role.EDIT) == (seen(ann, deal.file), seen(ann, deal.root))
    assert Role.MANAGE == seen(deal.boss, deal.file)

    set_break(deal.manager, deal.folder.id, False)
    assert Role.EDIT == seen(ann, deal.file)
    told = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert ["break.set", "grant.added", "break.lifted"] == told
    with pytest.raises(Unfit):
        set_break(deal.manager, deal.root.id, True)


def test_a_security_admin_lists_and_removes_but_neither_grants_nor_reads():
    """
    Also while the space is frozen; a denied or unwanted grant is taken back without seeing content.
    """
    deal, ann = Deal(), principal("ann")
    held = allow(deal.folder, ann, Role.EDIT)
    admin = security()
    Space.objects.update(frozen="closed")

    rows = list_grants(admin, deal.file.id)
    assert [(held.id, True), ("boss", True)] == [
        (rows[0].id, rows[0].inherited),
        (rows[1].key.split("-")[0], rows[1].inherited),
    ]
    assert () == sight(admin).spaces()
    with pytest.raises(NotFound):
        add_grant(admin, deal.root.id, admin.principal, Role.PREVIEW)
    remove_grant(admin, held.id)
    assert Role.NONE == seen(ann, deal.file)


def test_grants_in_trash_and_deleted_spaces_cannot_be_touched():
    """
    They are answered as not there, to managers and to security admins.
    """
    deal = Deal()
    other = space("Gone", deleted=5)
    binned = folder(deal.space.bin, "x")
    grants = [allow(node, deal.boss, Role.MANAGE) for node in (binned, other.root)]

    for actor in (deal.manager, security()):
        for grant in grants:
            with pytest.raises(NotFound):
                list_grants(actor, grant.node_id)
            with pytest.raises(NotFound):
                remove_grant(actor, grant.id)


def test_only_what_counts_is_listed():
    """
    Allowances behind a break and expired ones are left out; denials from above stay.
    """
    deal, ann, bob = Deal(), principal("ann"), principal("bob")
    inner = folder(deal.folder, "inner", breaks=True)
    allow(deal.root, ann, Role.EDIT)
    barred = deny(deal.root, bob, Role.EDIT)
    own = allow(inner, deal.boss, Role.MANAGE)
    allow(inner, bob, Role.EDIT, expires=5)

    assert [(own.id, False), (barred.id, True)] == [
        (row.id, row.inherited) for row in list_grants(deal.manager, inner.id)
    ]
