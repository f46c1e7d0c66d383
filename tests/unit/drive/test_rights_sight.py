"""
What one actor sees: grants, breaks, denials, expiry, passing through, trash.
"""

from lading.drive.models import Node
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import sight
from unit.drive.rights_ground import Deal, acting, allow, principal


def seen(who, node: Node) -> Role:
    return sight(acting(who)).role(node.trail, node.id)


def test_a_grant_counts_on_its_node_and_below_and_opens_the_way_to_it():
    """
    Folders above something visible can be passed; their other content stays hidden.
    """
    deal, ann = Deal(), principal("ann")
    allow(deal.folder, ann, Role.EDIT)

    assert (Role.PASS, Role.EDIT, Role.EDIT) == tuple(seen(ann, n) for n in (deal.root, deal.folder, deal.file))
    assert (deal.space.id,) == sight(acting(ann)).spaces()
