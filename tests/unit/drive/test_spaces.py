"""
Spaces: labels, quota, freeze, deletion, and what their admins do not see.
"""

import pytest

from lading.drive.actor import SYSTEM
from lading.drive.errors import Frozen, Held, Unfit, Walled
from lading.drive.models import Node, Space, Version, Wall, WallSide
from lading.drive.rights.roles import Role
from lading.drive.tree import find
from lading.drive.tree.change import delete
from lading.drive.tree.spaces import (
    all_spaces,
    bring_back,
    delete_space,
    freeze,
    make_space,
    purge_space,
    rename,
    set_keep,
    set_quota,
    thaw,
)
from lading.drive.tree.trash import list_trash
from lading.drive.versions.holds import release, set_hold
from lading.drive.versions.keep import Rule
from lading.model.errors import AlreadyExists, Forbidden, NameRefused, NoSpace, NotFound
from unit.drive.tree_ground import deal, eye, folder, look, names, person, rule, told, write


def test_labels_are_names_and_only_the_younger_of_equals_shows_its_key() -> None:
    """
    The oldest of equal names keeps it; for who sees only the younger one, that one has the plain name.
    """
    ann, bob = person(), person()
    first, second = deal(ann, name="Deal"), deal(ann, bob, name="Deal")
    keys = {space.id: space.key for space in Space.objects.all()}

    assert ["Deal", f"Deal ({keys[second]})"] == [space.label for space in find.spaces(eye(ann))]
    assert ["Deal"] == [space.label for space in find.spaces(eye(bob))]
    assert (first, second) == (find.by_label(eye(ann), "Deal").id, find.by_label(eye(bob), "Deal").id)
    assert {"Deal": first, f"Deal ({keys[second]})": second} == find.label_ids(eye(ann))


def test_a_name_made_to_look_like_a_label_takes_nobodys_label() -> None:
    """
    A space named like the label of another gets a label of its own; a key is no name for a space.
    """
    ann = person()
    deal(ann, name="Deal"), deal(ann, name="Deal")
    key = Space.objects.order_by("id")[1].key
    deal(ann, name=f"Deal ({key})")

    labels = [space.label for space in find.spaces(eye(ann))]
    assert 3 == len(set(labels))
    assert ["Deal", f"Deal ({key})"] == labels[:2]
    with pytest.raises(NameRefused):
        deal(ann, name=key)


def test_spaces_are_found_by_id_key_and_label_and_hidden_like_missing_ones() -> None:
    """
    Who has no role in a space gets the words for one that does not exist.
    """
    ann, eve = person(), person()
    space = deal(ann)
    key = Space.objects.get().key

    assert [space] * 3 == [find.space(eye(ann), wanted).id for wanted in (space, key, "Deal")]
    with pytest.raises(NotFound) as hidden:
        find.space(eye(eve), key)
    with pytest.raises(NotFound) as missing:
        find.space(eye(eve), "s0000000000000000")
    assert hidden.value.details == missing.value.details
    assert [] == find.spaces(eye(eve))


def test_only_system_admins_make_spaces_and_get_no_role_by_it() -> None:
    """
    The maker sees the new space by its key; its managers manage it.
    """
    root, ann = person(admin="system"), person()
    space = make_space(root, "Merger", admins=[ann.principal])

    assert Role.MANAGE == find.space(eye(ann), space).role
    with pytest.raises(NotFound):
        find.space(eye(root), space)
    assert [Space.objects.get().key] == [card.name for card in all_spaces(root)]
    with pytest.raises(Forbidden):
        make_space(ann, "Mine", admins=[ann.principal])
    with pytest.raises(Forbidden):
        all_spaces(ann)


@pytest.mark.parametrize("admins", [[], [999_999]])
def test_a_space_has_a_manager_that_exists(admins: list[int]) -> None:
    """
    Nobody, or somebody unknown, is no manager.
    """
    with pytest.raises(Unfit):
        make_space(SYSTEM, "Deal", admins=admins)
    assert not Space.objects.exists()


def test_a_full_space_refuses_and_counts_versions_and_trash() -> None:
    """
    Old versions and what lies in the trash use up the quota; a refused save changes nothing.
    """
    ann = person()
    space = deal(ann, quota=10)
    write(ann, space, "a", content="1234")
    write(ann, space, "a", content="5678")
    delete(eye(ann), look(ann, space, "a"))

    with pytest.raises(NoSpace):
        write(ann, space, "b", content="123")
    write(ann, space, "b", content="12")
    assert (10, 10) == Space.objects.values_list("used", "quota").get()
    set_quota(SYSTEM, space, None)
    write(ann, space, "c", content="123")
    with pytest.raises(Forbidden):
        set_quota(ann, space, 5)
    with pytest.raises(Unfit):
        set_quota(SYSTEM, space, -1)


def test_sums_are_told_to_who_may_add() -> None:
    """
    What is used tells of what one does not see; who may only read learns neither that nor the quota.
    """
    ann, bob = person(), person()
    space = deal(ann, quota=10)
    write(ann, space, "a", content="123")
    rule(Space.objects.get().root_id, bob, Role.DOWNLOAD)

    assert (3, 10) == (find.space(eye(ann), space).used, find.space(eye(ann), space).quota)
    assert (0, None) == (find.space(eye(bob), space).used, find.space(eye(bob), space).quota)


def test_a_key_is_given_once() -> None:
    """
    A second space of the same key is refused.
    """
    ann = person()
    make_space(SYSTEM, "One", admins=[ann.principal], key="k")

    with pytest.raises(AlreadyExists):
        make_space(SYSTEM, "Two", admins=[ann.principal], key="k")


def test_a_frozen_space_is_read_and_not_changed() -> None:
    """
    Everybody who writes is told the message; thawed, it goes on.
    """
    ann = person()
    space = deal(ann)
    write(ann, space, "a")
    freeze(ann, space, "Back on Monday")

    with pytest.raises(Frozen, match="Back on Monday"):
        write(ann, space, "a")
    with pytest.raises(Frozen):
        delete(eye(ann), look(ann, space, "a"))
    with pytest.raises(Frozen):
        delete_space(ann, space)
    assert (["a"], "Back on Monday") == (names(ann, space), find.space(eye(ann), space).frozen)
    thaw(ann, space)
    write(ann, space, "a")


def test_who_does_not_see_a_space_learns_nothing_by_trying_to_change_it() -> None:
    """
    Frozen or not, the answer is that there is none; who sees it and does not manage it is told so.
    """
    ann, bob, eve = person(), person(), person()
    space = deal(ann)
    rule(Space.objects.get().root_id, bob, Role.EDIT)
    freeze(ann, space, "secret words")

    for change in (lambda who: rename(who, space, "x"), lambda who: thaw(who, space)):
        with pytest.raises(NotFound) as hidden:
            change(eve)
        with pytest.raises(Forbidden):
            change(bob)
        assert "secret" not in str(hidden.value)
    assert "Deal" == find.space(eye(bob), space).name


def test_a_deleted_space_is_gone_for_all_and_comes_back_with_everything() -> None:
    """
    Nothing of it is found while it is deleted; back, it has its tree, versions, trash, grants and bytes.
    """
    ann, root = person(), person(admin="system")
    space = deal(ann)
    folder(ann, space, "f")
    seen = write(ann, space, "f", "a", content="one").seen
    write(ann, space, "gone")
    delete(eye(ann), look(ann, space, "gone"))
    before = Space.objects.values_list("used", "name").get()
    delete_space(ann, space)

    with pytest.raises(NotFound):
        look(ann, space, "f")
    with pytest.raises(NotFound):
        find.by_id(eye(ann), seen.row.id)
    assert ([], []) == (find.spaces(eye(ann)), list_trash(eye(ann)))
    with pytest.raises(Forbidden):
        bring_back(ann, space)

    bring_back(root, space)
    assert (["f"], ["a"], ["gone"]) == (
        names(ann, space),
        names(ann, space, "f"),
        [row.name for row in list_trash(eye(ann))],
    )
    assert before == Space.objects.values_list("used", "name").get()
    with pytest.raises(NotFound):
        bring_back(root, space)


def test_a_space_does_not_come_back_across_a_wall() -> None:
    """
    Whoever was let in on the other side meanwhile would stand on both.
    """
    ann, root = person(), person(admin="system")
    one, two = deal(ann, name="One"), deal(person(), name="Two")
    delete_space(ann, one)
    rule(Space.objects.get(id=two).root_id, ann, Role.EDIT)
    wall = Wall.objects.create(name="w", created=1)
    for side, space in enumerate((one, two)):
        WallSide.objects.create(wall=wall, side=side, space_id=space)

    with pytest.raises(Walled):
        bring_back(root, one)
    assert Space.objects.get(id=one).deleted is not None


def test_a_purged_space_leaves_no_rows_and_a_hold_prevents_it() -> None:
    """
    Only a deleted space is purged, and none in which anything is held.
    """
    ann, root, guard = person(), person(admin="system"), person(admin="security")
    space, other = deal(ann, name="One"), deal(ann, name="Two")
    folder(ann, space, "f")
    write(ann, space, "f", "a")
    write(ann, other, "stays")
    with pytest.raises(NotFound):
        purge_space(root, space)
    hold = set_hold(guard, look(ann, space, "f", "a").row.id, "case 7")
    delete_space(ann, space)
    with pytest.raises(Held, match="case 7"):
        purge_space(root, space)
    release(guard, hold)

    purge_space(root, space)
    assert [other] == list(Space.objects.values_list("id", flat=True))
    assert {other} == set(Node.objects.values_list("space_id", flat=True))
    assert 1 == Version.objects.count()
    assert "space.purged" in told()


def test_rules_of_a_space_are_checked_and_kept() -> None:
    """
    A keep rule stands in the space; zero is none.
    """
    ann = person()
    space = deal(ann)
    set_keep(ann, space, Rule(5, 30, thin=True))

    found = find.space(eye(ann), space)
    assert (5, 30, True) == (found.keep_count, found.keep_days, found.keep_thin)
    with pytest.raises(Unfit):
        set_keep(ann, space, Rule(0))
