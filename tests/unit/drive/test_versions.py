"""
Versions: read, restored, labelled, removed, brought in, let go of.
"""

import pytest

from lading.drive.actor import Actor, Scope
from lading.drive.errors import Unfit
from lading.drive.models import Link, Space, Version
from lading.drive.rights.roles import Role
from lading.drive.tree.change import Facts, delete
from lading.drive.tree.expect import etag
from lading.drive.tree.row import Seen
from lading.drive.tree.spaces import freeze, set_keep
from lading.drive.versions.keep import DAY, Rule
from lading.drive.versions.letting_go import let_go
from lading.drive.versions.versions import (
    Old,
    add_old_versions,
    label,
    list_versions,
    remove_version,
    restore,
    version,
)
from lading.model.errors import Forbidden, NotFound, WrongKind
from unit.drive.tree_ground import contents, deal, eye, folder, look, person, put, rule, told, write


@pytest.fixture
def ann() -> Actor:
    return person()


@pytest.fixture
def space(ann: Actor) -> int:
    return deal(ann)


@pytest.fixture
def file(ann: Actor, space: int) -> Seen:
    for number in range(1, 4):
        seen = write(ann, space, "a", content="x" * number, facts=Facts(modified=number)).seen
    return seen


def numbers(who: Actor, file: Seen) -> list[int]:
    return [one.number for one in list_versions(eye(who), file)]


def used() -> int:
    return Space.objects.values_list("used", flat=True)[0]


def test_versions_are_listed_oldest_first_and_found_by_number(ann: Actor, file: Seen) -> None:
    """
    The last is the file as it is.
    """
    found = list_versions(eye(ann), file)
    assert [(1, 1, 1), (2, 2, 2), (3, 3, 3)] == [(one.number, one.size, one.modified) for one in found]
    assert (file.row.digest, file.row.saved) == (found[-1].digest, found[-1].saved)
    assert found[1] == version(eye(ann), file, 2)
    with pytest.raises(NotFound):
        version(eye(ann), file, 4)


def test_reading_versions_asks_for_download(ann: Actor, space: int, file: Seen) -> None:
    """
    Who may only preview sees the file and none of its versions; a folder has none.
    """
    bob, eve = person(), person()
    rule(file.row.id, bob, Role.PREVIEW)
    with pytest.raises(Forbidden):
        list_versions(eye(bob), file)
    with pytest.raises(NotFound):
        list_versions(eye(eve), file)
    with pytest.raises(WrongKind):
        list_versions(eye(ann), folder(ann, space, "f"))


def test_restoring_is_a_new_version(ann: Actor, file: Seen) -> None:
    """
    The old content is the newest again, by who restored it, with the client's time it had; nothing is lost.
    """
    bob = person()
    rule(file.row.id, bob, Role.EDIT)
    back = restore(eye(bob), file, 1)

    assert (4, 1, 1, bob.principal) == (back.row.number, back.row.size, back.row.modified, back.row.author)
    assert ["x", "xx", "xxx", "x"] == contents(file.row.id)
    assert 7 == used()
    with pytest.raises(NotFound):
        restore(eye(bob), file, 9)
    rule(file.row.id, bob, Role.EDIT, deny=True)
    with pytest.raises(Forbidden):
        restore(eye(bob), file, 1)


def test_a_number_is_never_given_twice_also_after_the_newest_was_removed(ann: Actor, file: Seen) -> None:
    """
    The content before it is newest again as a version of its own, so no etag means two contents.
    """
    seen = remove_version(eye(ann), file, 3)

    assert [1, 2, 4] == numbers(ann, file)
    assert (["x", "xx", "xx"], 5) == (contents(file.row.id), used())
    assert etag(file.row) != etag(seen.row)
    remove_version(eye(ann), file, 2)
    assert ([1, 4], 3) == (numbers(ann, file), used())
    assert 5 == write(ann, file.row.space, "a").seen.row.number


def test_what_may_not_be_removed(ann: Actor, space: int, file: Seen) -> None:
    """
    The only version, a labelled one, and anything by who does not manage the file.
    """
    bob = person()
    rule(file.row.id, bob, Role.EDIT)
    only = write(ann, space, "b").seen
    label(eye(ann), file, 1, "signed")

    for who, of, number in ((ann, only, 1), (ann, file, 1), (bob, file, 2)):
        with pytest.raises(Forbidden):
            remove_version(eye(who), of, number)
    with pytest.raises(NotFound):
        remove_version(eye(ann), file, 9)
    label(eye(ann), file, 1, "")
    remove_version(eye(ann), file, 1)
    assert [2, 3] == numbers(ann, file)


def test_labels(ann: Actor, file: Seen) -> None:
    """
    Who may edit labels; a label is short and says nothing odd.
    """
    bob = person()
    rule(file.row.id, bob, Role.UPLOAD)
    assert "as filed 归档" == label(eye(ann), file, 2, "as filed 归档").label
    assert "as filed 归档" == version(eye(ann), file, 2).label
    with pytest.raises(Forbidden):
        label(eye(bob), file, 2, "x")
    for bad in ("x" * 101, "\0", "\udc80"):
        with pytest.raises(Unfit):
            label(eye(ann), file, 2, bad)
    with pytest.raises(NotFound):
        label(eye(ann), file, 9, "x")


def test_old_versions_are_brought_in_before_the_newest(ann: Actor, file: Seen) -> None:
    """
    They have their own times and authors; the content stays what it was, and links pinned to it follow.
    """
    bob = person()
    link = Link.objects.create(
        key="k", digest="d", node_id=file.row.id, role=2, by_id=ann.principal, created=1, version=3
    )
    olds = [Old(put(text), Facts(saved=saved, author=bob.principal)) for text, saved in (("o", 5), ("oo", 6))]
    seen = add_old_versions(eye(ann), file, olds)

    assert ["x", "xx", "o", "oo", "xxx"] == contents(file.row.id)
    found = list_versions(eye(ann), file)
    assert [(4, 5, bob.principal), (5, 6, bob.principal)] == [
        (one.number, one.saved, one.author) for one in found[2:4]
    ]
    assert seen.row == look(ann, file.row.space, "a").row
    assert (6, file.row.digest, 9) == (seen.row.number, seen.row.digest, used())
    link.refresh_from_db()
    assert 6 == link.version


def test_bringing_in_asks_for_manage_and_import(ann: Actor, file: Seen) -> None:
    """
    Neither an editor nor a manager's token without the scope may change the past.
    """
    bob = person()
    rule(file.row.id, bob, Role.EDIT)
    tokened = Actor(ann.principal, ann.name, scopes=frozenset({Scope.READ, Scope.WRITE}))
    for who in (bob, tokened):
        with pytest.raises(Forbidden):
            add_old_versions(eye(who), file, [Old(put("o"), Facts(saved=5))])
    with pytest.raises(Unfit):
        add_old_versions(eye(ann), file, [Old(put("o"), Facts(author=99_999))])
    assert ([1, 2, 3], 6) == (numbers(ann, file), used())


def test_the_rule_of_a_space_lets_go_of_versions_and_gives_bytes_back(ann: Actor, space: int) -> None:
    """
    Also in the trash; labelled ones and the newest stay; other spaces and frozen ones lose nothing.
    """
    other, frozen = deal(ann, name="Other"), deal(ann, name="Frozen")
    for where in (space, other, frozen):
        for number in range(4):
            seen = write(ann, where, "a", content=f"{number}").seen
        label(eye(ann), seen, 1, "signed")
        for number in range(3):
            write(ann, where, "b", content=f"{number}")
        delete(eye(ann), look(ann, where, "b"))
    for where in (space, frozen):
        set_keep(ann, where, Rule(count=1))
    freeze(ann, frozen, "closed")

    assert 4 == let_go(seen.row.saved + DAY)
    assert [1, 4] == numbers(ann, look(ann, space, "a"))
    assert {space: 3, other: 7, frozen: 7} == {
        row.id: Version.objects.filter(node__space=row).count() for row in Space.objects.all()
    }
    assert [3, 7, 7] == list(Space.objects.order_by("id").values_list("used", flat=True))
    assert 4 == told().count("version.removed")
    assert 0 == let_go(seen.row.saved + DAY)
