"""
What the bearer of a link sees.
"""

import pytest

from lading.drive.models import Link, Principal
from lading.drive.rights.of_links import sight_of_link
from lading.drive.rights.roles import Role
from unit.drive.rights_ground import Deal, acting, allow, changed, deny, file, folder, principal


def link(deal: Deal, **facts: object) -> Link:
    given = {
        "key": "k",
        "digest": "d",
        "role": Role.DOWNLOAD,
        "node": deal.folder,
        "by": deal.boss,
        "created": 1,
    }
    return Link.objects.create(**given | facts)


def role(seeing, node) -> Role:
    return seeing.role(node.trail, node.id)


def test_a_link_shows_its_folder_and_nothing_around_it():
    """
    Not even the names of the folders above, nor that there is a space.
    """
    deal = Deal()
    beside = file(deal.root, "beside")
    seeing = sight_of_link(link(deal))

    assert [Role.NONE, Role.NONE, Role.DOWNLOAD, Role.DOWNLOAD] == [
        role(seeing, node) for node in (deal.root, beside, deal.folder, deal.file)
    ]
    assert () == seeing.spaces()
    pieces = seeing.ranges(deal.space.id)
    below = f"{deal.folder.trail}{deal.folder.id}/"
    assert [(below, None), (deal.folder.trail, deal.folder.id)] == [
        (piece.low, piece.node) for piece in pieces
    ]


def test_a_link_to_a_file_shows_that_file_alone():
    """
    A file beside it stays hidden.
    """
    deal = Deal()
    beside = file(deal.folder, "beside")
    seeing = sight_of_link(link(deal, node=deal.file, role=Role.PREVIEW))

    assert (Role.PREVIEW, Role.NONE) == (role(seeing, deal.file), role(seeing, beside))
    assert [deal.file.id] == [piece.node for piece in seeing.ranges(deal.space.id)]


def test_a_link_gives_no_more_than_its_maker_has_now():
    """
    Denials to the maker, breaks below and the end of their role cut what the link shows, at once.
    """
    deal, ann = Deal(), principal("ann")
    allow(deal.root, ann, Role.EDIT)
    secret, closed = file(deal.folder, "secret"), folder(deal.folder, "closed", breaks=True)
    deny(secret, ann, Role.PREVIEW)
    made = link(deal, by=ann)

    assert [Role.DOWNLOAD, Role.NONE, Role.NONE] == [
        role(sight_of_link(made), node) for node in (deal.file, secret, closed)
    ]

    deny(deal.folder, ann, Role.DOWNLOAD)
    assert Role.PREVIEW == role(sight_of_link(made), deal.file)

    Principal.objects.filter(id=ann.id).update(active=False)
    changed()
    assert Role.NONE == role(sight_of_link(made), deal.file)


@pytest.mark.parametrize("facts", [{"revoked": 5}, {"expires": 5}])
def test_a_link_that_is_over_shows_nothing(facts: dict[str, int]):
    """
    Revoked or expired, whatever its maker has.
    """
    deal = Deal()

    assert Role.NONE == role(sight_of_link(link(deal, **facts)), deal.file)


def test_a_link_to_what_lies_in_the_bin_shows_nothing():
    """
    It works again once the node is back.
    """
    deal = Deal()
    made = link(deal, node=deal.file)
    home = deal.file.trail
    for trail, expected in ((f"{deal.space.bin.id}/", Role.NONE), (home, Role.DOWNLOAD)):
        deal.file.trail = trail
        deal.file.save()
        changed()

        assert expected == role(sight_of_link(made), deal.file)


def test_a_link_for_people_inside_asks_for_one():
    """
    Guests, those who left and those who are not signed in see nothing; a colleague without rights does.
    """
    deal = Deal()
    made = link(deal, inside=True)
    cases = [
        (None, Role.NONE),
        (acting(principal("gil", "guest")), Role.NONE),
        (acting(principal("gone", active=False)), Role.NONE),
        (acting(principal("ann")), Role.DOWNLOAD),
    ]

    assert [expected for _, expected in cases] == [
        role(sight_of_link(made, who), deal.file) for who, _ in cases
    ]
