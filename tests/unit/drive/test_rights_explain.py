"""
Who can see it, and why.
"""

import pytest

from lading.drive.models import Account, BreakGlass
from lading.drive.rights.explain import why, why_one
from lading.drive.rights.roles import Role
from lading.model.errors import Forbidden, NotFound
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


def test_everybody_who_sees_it_is_named_with_the_grants_that_decide():
    """
    The highest allowance, and the lowest denial where it takes something away; nothing else.
    """
    deal, ann, bob, eve = Deal(), principal("ann"), principal("bob"), principal("eve")
    team = principal("team", "group")
    join(ann, team)
    join(bob, team)
    lower = allow(deal.root, ann, Role.PREVIEW)
    edit = allow(deal.folder, team, Role.EDIT)
    cut = deny(deal.folder, bob, Role.DOWNLOAD)
    moot = deny(deal.root, ann, Role.MANAGE)
    deny(deal.root, eve, Role.PREVIEW)
    allow(deal.file, eve, Role.EDIT)
    found = {
        one.key: (one.role, [grant.id for grant in one.grants]) for one in why(deal.manager, deal.file.id)
    }
    boss = found.pop(deal.boss.key)

    assert {"ann": (Role.EDIT, [edit.id]), "bob": (Role.PREVIEW, [cut.id, edit.id])} == found
    assert Role.MANAGE == boss[0]
    assert {lower.id, moot.id}.isdisjoint(found["ann"][1])


def test_why_somebody_does_not_see_it():
    """
    The denial that hides it is named, and nothing where there is no grant at all.
    """
    deal, eve, dan = Deal(), principal("eve"), principal("dan")
    given = allow(deal.file, eve, Role.EDIT)
    hiding = deny(deal.root, everybody(), Role.PREVIEW)

    access = why_one(security(), deal.file.id, eve.id)
    assert (Role.NONE, {given.id, hiding.id}) == (access.role, {grant.id for grant in access.grants})
    assert (Role.NONE, ()) == (why_one(security(), deal.root.id, dan.id).role, ())


def test_glass_is_told():
    """
    An open break-glass shows in the answer, with no grant for it.
    """
    deal, ada = Deal(), principal("ada")
    Account.objects.create(principal=ada, login="ada", admin="system", created=1)
    BreakGlass.objects.create(principal=ada, space=deal.space, reason="r", created=1, expires=FAR)
    changed()

    (one,) = [one for one in why(deal.manager, deal.file.id) if one.key == "ada"]
    assert (Role.DOWNLOAD, True, ()) == (one.role, one.glass, one.grants)


def test_only_managers_and_security_admins_may_ask():
    """
    Others learn nothing of who else sees it.
    """
    deal, ann = Deal(), principal("ann")
    allow(deal.root, ann, Role.EDIT)
    with pytest.raises(Forbidden):
        why(acting(ann), deal.file.id)
    with pytest.raises(NotFound):
        why(acting(principal("eve")), deal.file.id)
    with pytest.raises(NotFound):
        why_one(security(), deal.file.id, 10**9)

    assert ["ann", deal.boss.key] == [one.key for one in why(security(), deal.file.id)]
