"""
What one actor sees: scopes, guests, trash, break-glass, what is kept in memory.
"""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from lading.drive.actor import EVERYTHING, SYSTEM, Scope
from lading.drive.models import Account, BreakGlass, Grant, Node, Principal
from lading.drive.rights.decide import Range
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import sight
from lading.model.errors import Forbidden, NotFound
from unit.drive.rights_ground import (
    Deal,
    acting,
    allow,
    changed,
    deny,
    everybody,
    file,
    folder,
    principal,
)


def seen(who: Principal, node: Node, **facts: object) -> Role:
    return sight(acting(who, **facts)).role(node.trail, node.id)


def test_a_grant_counts_on_its_node_and_below_and_opens_the_way_to_it():
    """
    Folders above something visible can be passed; their other content stays hidden.
    """
    deal, ann = Deal(), principal("ann")
    allow(deal.folder, ann, Role.EDIT)
    other = file(deal.root, "other")

    roles = [seen(ann, node) for node in (deal.root, deal.folder, deal.file, other)]
    assert [Role.PASS, Role.EDIT, Role.EDIT, Role.NONE] == roles
    assert (deal.space.id,) == sight(acting(ann)).spaces()


def test_a_denial_wins_wherever_it_stands_and_through_whomever():
    """
    A denial above, to everybody, cuts a grant below to the person, also behind a break.
    """
    deal, ann = Deal(), principal("ann")
    inner = folder(deal.folder, "inner", breaks=True)
    allow(inner, ann, Role.EDIT)
    deny(deal.root, everybody(), Role.DOWNLOAD)

    assert Role.PREVIEW == seen(ann, inner)

    deny(deal.folder, everybody(), Role.PREVIEW)
    assert Role.NONE == seen(ann, inner)
    assert () == sight(acting(ann)).spaces()


def test_a_guest_never_manages_whatever_a_group_of_theirs_may():
    """
    MANAGE of a group is EDIT for the guests in it.
    """
    deal, group, guest = Deal(), principal("bidders", "group"), principal("gil", "guest")
    guest.belongs.create(group=group)
    allow(deal.root, group, Role.MANAGE)

    assert Role.EDIT == seen(guest, deal.file)


@pytest.mark.parametrize(
    ("scopes", "role", "share"),
    [
        (EVERYTHING, Role.MANAGE, Role.MANAGE),
        ({Scope.READ, Scope.WRITE}, Role.MANAGE, Role.EDIT),
        ({Scope.READ, Scope.SHARE}, Role.DOWNLOAD, Role.MANAGE),
        ({Scope.READ}, Role.DOWNLOAD, Role.EDIT),
        ({Scope.WRITE, Scope.SHARE}, Role.NONE, Role.NONE),
        (set(), Role.NONE, Role.NONE),
    ],
)
def test_a_token_never_does_more_than_its_scopes(scopes: set[Scope], role: Role, share: Role):
    """
    Without `read` nothing is visible; without `write` content is only read; grants ask for `share`.
    """
    deal = Deal()
    seeing = sight(acting(deal.boss, scopes=frozenset(scopes)))

    assert role == seeing.role(deal.file.trail, deal.file.id)
    assert share == seeing.share_role(deal.file.trail, deal.file.id)
    assert bool(role) == bool(seeing.spaces())
    assert bool(role) == bool(seeing.ranges(deal.space.id))


def test_who_is_nobody_sees_nothing():
    """
    The drive itself, people who left, ended guests and unknown ids see no space.
    """
    deal = Deal()
    gone, ended = principal("gone", active=False), principal("ended", "guest", until=5)
    for who in (gone, ended):
        allow(deal.root, who, Role.EDIT)

    assert () == sight(SYSTEM).spaces()
    assert [Role.NONE] * 2 == [seen(who, deal.root) for who in (gone, ended)]
    assert Role.NONE == sight(acting(Principal(id=10**9, key="x"))).role("", deal.root.id)


def test_what_lies_in_the_bin_is_hidden_but_can_be_asked_for_at_its_old_place():
    """
    In the bin nobody sees it; at its old place the rules there count, and those that went along with it.
    """
    deal, ann = Deal(), principal("ann")
    allow(deal.root, ann, Role.EDIT)
    secret = file(deal.folder, "secret")
    deny(secret, ann, Role.PREVIEW)
    allow(deal.folder, ann, Role.UPLOAD)
    old = deal.folder.trail
    deal.folder.parent, deal.folder.trail = deal.space.bin, f"{deal.space.bin.id}/"
    deal.folder.save()
    for child in (deal.file, secret):
        child.trail = f"{deal.folder.trail}{deal.folder.id}/"
        child.save()
    changed()
    seeing = sight(acting(ann))

    assert [Role.NONE] * 3 == [seen(ann, node) for node in (deal.folder, deal.file, secret)]
    asked = [seeing.role_in_bin(old, node.trail, node.id) for node in (deal.folder, deal.file, secret)]
    assert [Role.EDIT, Role.EDIT, Role.NONE] == asked
    assert Role.NONE == sight(acting(principal("bob"))).role_in_bin(old, deal.file.trail, deal.file.id)


def test_break_glass_opens_one_space_for_reading_until_it_ends():
    """
    It passes breaks, not denials, gives no more than DOWNLOAD, and only to a system admin.
    """
    deal, ada, eve = Deal(), principal("ada"), principal("eve")
    Account.objects.create(principal=ada, login="ada", admin="system", created=1)
    inner = folder(deal.folder, "inner", breaks=True)
    for who in (ada, eve):
        BreakGlass.objects.create(principal=who, space=deal.space, reason="r", created=1, expires=100)
    changed()

    early, late = (sight(acting(ada), now=now) for now in (50, 100))
    assert (Role.DOWNLOAD, Role.NONE) == (early.role(inner.trail, inner.id), late.role(inner.trail, inner.id))
    assert Role.NONE == sight(acting(eve), now=50).role("", deal.root.id)

    deny(inner, everybody(), Role.PREVIEW)
    assert Role.NONE == sight(acting(ada), now=50).role(inner.trail, inner.id)


def test_a_second_look_costs_one_query_until_something_changes():
    """
    What was worked out is kept until the epoch moves; the epoch is all that is read.
    """
    deal, ann = Deal(), principal("ann")
    sight(acting(ann))
    with CaptureQueriesContext(connection) as queries:
        sight(acting(ann)).role(deal.file.trail, deal.file.id)

    assert 1 == len(queries)

    allow(deal.root, ann, Role.PREVIEW)
    assert Role.PREVIEW == seen(ann, deal.file)


def test_rights_end_by_themselves_at_their_time():
    """
    Nothing has to change for a grant to expire, though what it gave is kept in memory.
    """
    deal, ann = Deal(), principal("ann")
    allow(deal.root, ann, Role.EDIT, expires=100)
    allow(deal.root, everybody(), Role.PREVIEW, expires=200)

    roles = [sight(acting(ann), now=now).space_role(deal.space.id) for now in (99, 100, 199, 200)]
    assert [Role.EDIT, Role.PREVIEW, Role.PREVIEW, Role.NONE] == roles


def test_what_a_transaction_takes_back_is_not_kept():
    """
    Rights seen inside a transaction that fails are gone with it, even if a later one reaches the same epoch.
    """
    deal, ann = Deal(), principal("ann")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        allow(deal.root, ann, Role.EDIT)
        inside = seen(ann, deal.root)
        _ = 1 / 0
    changed()

    assert Role.EDIT == inside
    assert Role.NONE == seen(ann, deal.root)


def test_ranges_leave_out_single_files_without_a_range_for_each_of_the_rest():
    """
    A denied file among many costs one exception, not a range between every two files.
    """
    deal, ann = Deal(), principal("ann")
    allow(deal.root, ann, Role.EDIT)
    deny(deal.file, ann, Role.PREVIEW)
    root, contracts = deal.root.id, deal.folder.id

    assert [
        Range(f"{root}/", f"{root}0", None, (deal.file.id,)),
        Range("", "", root),
    ] == sight(acting(ann)).ranges(deal.space.id)

    allow(deal.folder, ann, Role.UPLOAD)
    Grant.objects.filter(deny=True).delete()
    deny(deal.folder, ann, Role.PREVIEW)
    assert [
        Range(f"{root}/", f"{root}/{contracts}/", None, (contracts,)),
        Range(f"{root}/{contracts}0", f"{root}0", None, ()),
        Range("", "", root),
    ] == sight(acting(ann)).ranges(deal.space.id)


def test_hidden_is_said_like_missing_and_seen_is_said_plainly():
    """
    NONE is answered as not found, too little as forbidden with the role that is needed.
    """
    with pytest.raises(NotFound):
        need(Role.NONE, Role.PREVIEW, "a")
    with pytest.raises(Forbidden, match="edit"):
        need(Role.UPLOAD, Role.EDIT, "a")
    need(Role.EDIT, Role.EDIT, "a")
