"""
Saving, moving, copying and deleting: what is promised, what is refused, and what stays hidden.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from lading.drive.actor import Actor, Scope
from lading.drive.errors import Unfit
from lading.drive.models import Content, Event, Grant, Node, Property, Space, Trash, Version
from lading.drive.rights.roles import Role
from lading.drive.store import Stored
from lading.drive.tree import find
from lading.drive.tree.change import Facts, Item, copy, delete, make_folder, move, save, save_many, touch
from lading.drive.tree.expect import ABSENT, ANYTHING, Same, etag
from lading.drive.versions.versions import list_versions
from lading.model.errors import (
    AlreadyExists,
    Changed,
    Forbidden,
    LadingError,
    NameRefused,
    NoSpace,
    NotEmpty,
    NotFound,
    Unavailable,
    WrongKind,
)
from unit.drive.tree_ground import contents, deal, eye, folder, look, names, person, put, rule, told, write


@pytest.fixture
def ann() -> Actor:
    return person()


@pytest.fixture
def space(ann: Actor) -> int:
    return deal(ann)


def test_a_save_over_a_file_is_its_next_version(ann: Actor, space: int) -> None:
    """
    The file keeps its id; author, time, size and digest are those of the last save, the earlier stay.
    """
    first = write(ann, space, "a.txt", content="one")
    second = write(ann, space, "a.txt", content="three", facts=Facts(modified=-5, label="signed"))

    assert (True, False) == (first.created, second.created)
    assert first.seen.row.id == second.seen.row.id
    assert ["one", "three"] == contents(first.seen.row.id)
    row = look(ann, space, "a.txt").row
    assert second.seen.row == row
    assert (2, 5, -5, ann.principal) == (row.number, row.size, row.modified, row.author)
    assert ["", "signed"] == list(Version.objects.order_by("number").values_list("label", flat=True))


def test_two_who_save_at_once_both_get_a_version(ann: Actor, space: int) -> None:
    """
    However many save one file at the same moment: nobody's content is lost and no number is given twice.
    """
    bob = person()
    rule(look(ann, space).row.id, bob, Role.EDIT)
    failed: list[BaseException] = []

    def work(who: Actor, said: str) -> None:
        try:
            for number in range(5):
                write(who, space, "minutes.txt", content=f"{said}{number}")
        except BaseException as problem:
            failed.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in ((ann, "a"), (bob, "b"), (ann, "c"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failed
    row = look(ann, space, "minutes.txt").row
    assert sorted(f"{said}{number}" for said in "abc" for number in range(5)) == sorted(contents(row.id))
    assert (15, 15) == (row.number, Version.objects.filter(node=row.id).count())


def test_a_save_may_ask_for_what_is_there(ann: Actor, space: int) -> None:
    """
    ABSENT refuses what exists, an etag refuses any later save, and a folder is never replaced.
    """
    saved = write(ann, space, "a").seen
    folder(ann, space, "f")
    tag = Same(etag(saved.row))
    write(ann, space, "a", content="by bob", expect=tag)

    for path, expect, refusal in (
        ("a", ABSENT, AlreadyExists),
        ("a", tag, Changed),
        ("none", tag, NotFound),
        ("f", ANYTHING, WrongKind),
        ("f", ABSENT, AlreadyExists),
        ("f", tag, WrongKind),
    ):
        with pytest.raises(refusal):
            write(ann, space, path, expect=expect)
    assert ["text", "by bob"] == contents(saved.row.id)


@pytest.mark.parametrize(
    ("role", "new", "over"),
    [
        (Role.PREVIEW, Forbidden, Forbidden),
        (Role.DOWNLOAD, Forbidden, Forbidden),
        (Role.UPLOAD, None, Forbidden),
        (Role.EDIT, None, None),
    ],
)
def test_each_role_may_save_what_it_may(
    ann: Actor, space: int, role: Role, new: type[LadingError] | None, over: type[LadingError] | None
) -> None:
    """
    UPLOAD adds files, EDIT also saves over; less is refused, and changes nothing.
    """
    bob = person()
    saved = write(ann, space, "a").seen.row
    rule(saved.parent or 0, bob, role)

    _expect(new, lambda: write(bob, space, "b"))
    _expect(over, lambda: write(bob, space, "a"))
    assert (1 if over else 2) == Version.objects.filter(node=saved.id).count()


def test_who_sees_nothing_gets_the_words_for_nothing(ann: Actor, space: int) -> None:
    """
    A hidden folder, what is in it and what never was are one and the same to who may not see them.
    """
    eve = person()
    folder(ann, space, "f")
    hidden = write(ann, space, "f", "a").seen
    rule(folder(ann, space, "open").row.id, eve, Role.EDIT)

    said = set()
    for ask in (("f",), ("f", "a"), ("never",), ("f", "never")):
        with pytest.raises(NotFound) as refusal:
            look(eve, space, *ask)
        said.add(refusal.value.details)
    with pytest.raises(NotFound) as refusal:
        find.by_id(eye(eve), hidden.row.id)
    assert {refusal.value.details} == said
    assert ["open"] == names(eve, space)


def test_a_name_in_use_where_one_may_not_see_is_refused_in_neutral_words(ann: Actor, space: int) -> None:
    """
    Neither what has the name nor that it is a file or folder can be read from the refusal; the same for a
    move, a copy and a folder.  Who may not add anything is only told that.
    """
    bob, carl = person(), person()
    root = look(ann, space)
    secret = write(ann, space, "plan.doc").seen.row
    for who, role in ((bob, Role.EDIT), (carl, Role.PREVIEW)):
        rule(root.row.id, who, role)
        rule(secret.id, who, Role.PREVIEW, deny=True)
    mine = write(bob, space, "mine").seen

    for attempt in (
        lambda: write(bob, space, "plan.doc"),
        lambda: write(bob, space, "plan.doc", expect=ABSENT),
        lambda: folder(bob, space, "plan.doc"),
        lambda: move(eye(bob), mine, look(bob, space), "plan.doc"),
        lambda: copy(eye(bob), mine, look(bob, space), "plan.doc", expect=ANYTHING),
    ):
        with pytest.raises(NameRefused, match="choose another name"):
            attempt()
    for name in ("plan.doc", "other"):
        with pytest.raises(Forbidden):
            write(carl, space, name)
    assert ["mine"] == names(bob, space)
    assert 1 == Version.objects.filter(node=secret.id).count()


def test_a_right_taken_away_counts_at_once(ann: Actor, space: int) -> None:
    """
    Who looked before a denial came may not change anything after it, with what they saw then.
    """
    bob = person()
    root = look(ann, space).row.id
    rule(root, bob, Role.EDIT)
    before, seen = eye(bob), look(bob, space)
    rule(root, bob, Role.UPLOAD, deny=True)

    with pytest.raises(Forbidden):
        save(before, seen, "late", put("x"))
    Grant.objects.filter(principal=bob.principal).delete()
    rule(root, person(), Role.EDIT)
    with pytest.raises(NotFound):
        save(before, seen, "late", put("x"))


def test_what_was_deleted_or_moved_meanwhile_is_not_changed_where_it_was(ann: Actor, space: int) -> None:
    """
    A save into a folder that went to the trash is refused; into one that moved, it lands where the folder is.
    """
    seen = folder(ann, space, "f")
    folder(ann, space, "g")
    viewer = eye(ann)
    move(eye(ann), seen, look(ann, space, "g"), "f2")

    assert ("g", "f2", "a") == save(viewer, seen, "a", put("x")).seen.path
    assert "g/f2/a" == Event.objects.order_by("-id")[0].path
    delete(eye(ann), look(ann, space, "g"))
    with pytest.raises(NotFound):
        save(viewer, seen, "b", put("x"))


def test_times_and_authors_of_the_past_ask_for_import(ann: Actor, space: int) -> None:
    """
    A manager with the scope may say when and by whom; an editor, or a token without the scope, may not.
    """
    bob = person()
    rule(look(ann, space).row.id, bob, Role.EDIT)
    facts = Facts(saved=7, author=bob.principal)
    tokened = Actor(ann.principal, ann.name, scopes=frozenset({Scope.READ, Scope.WRITE}))

    row = write(ann, space, "a", facts=facts).seen.row
    assert (7, bob.principal) == (row.saved, row.author)
    assert 7 < Version.objects.get().stored
    for who in (bob, tokened):
        with pytest.raises(Forbidden):
            write(who, space, "b", facts=facts)
    for bad in (Facts(author=99_999), Facts(modified=2**63), Facts(label="x" * 101), Facts(label="\0")):
        with pytest.raises(Unfit):
            write(ann, space, "c", facts=bad)
    assert ["a"] == names(ann, space)


def test_a_batch_saves_what_it_can_and_says_what_failed(ann: Actor, space: int) -> None:
    """
    Each item has its own answer; versions of one path come in order; folders are made where asked.
    """
    write(ann, space, "there")
    items = [
        Item(("new", "deep", "a"), put("1"), parents=True),
        Item(("new", "deep", "a"), put("2")),
        Item(("missing", "b"), put("3")),
        Item(("there",), put("4"), expect=ABSENT),
        Item(("there", "x"), put("5"), parents=True),
        Item((), put("6")),
        Item(("..", "x"), put("7"), parents=True),
        Item(("new", "c"), put("8"), facts=Facts(modified=3)),
    ]
    done = save_many(eye(ann), space, items)

    kinds = [type(one).__name__ for one in done]
    assert [
        "Saved",
        "Saved",
        "NotFound",
        "AlreadyExists",
        "NotFound",
        "NameRefused",
        "NameRefused",
        "Saved",
    ] == kinds
    assert ["1", "2"] == contents(look(ann, space, "new", "deep", "a").row.id)
    assert 3 == look(ann, space, "new", "c").row.modified
    assert ["folder.made", "folder.made", "file.saved", "file.saved", "file.saved"] == told()[-5:]
    assert 7 == Space.objects.get().used


def test_a_batch_stops_at_the_quota_and_not_before(ann: Actor) -> None:
    """
    What still fits is saved, also after one that did not.
    """
    space = deal(ann, quota=5)
    done = save_many(
        eye(ann),
        space,
        [Item((name,), put(text)) for name, text in (("a", "123"), ("b", "456"), ("c", "78"))],
    )

    assert [False, True, False] == [isinstance(one, NoSpace) for one in done]
    assert (["a", "c"], 5) == (names(ann, space), Space.objects.get().used)


def test_what_a_batch_refuses_leaves_no_folders_behind(ann: Actor) -> None:
    """
    Folders are made for what is saved, not for what has no room, a fact that cannot be, or too long a path.
    """
    space = deal(ann, quota=2)
    items = [
        Item(("a", "b", "x"), put("123"), parents=True),
        Item(("c", "x"), put(""), facts=Facts(modified=2**64), parents=True),
        Item(("d", "x"), put(""), expect=Same('"1-1"'), parents=True),
        Item((*(["e"] * 100), "x"), put(""), parents=True),
        Item(("f", "..", "x"), put(""), parents=True),
        Item(("g", "x"), put("12"), parents=True),
    ]
    done = save_many(eye(ann), space, items)

    kinds = [type(one).__name__ for one in done]
    assert ["NoSpace", "Unfit", "NotFound", "TooDeep", "NameRefused", "Saved"] == kinds
    assert ["g"] == names(ann, space)


def test_a_batch_of_somebody_without_rights_changes_nothing(ann: Actor, space: int) -> None:
    """
    Rights count for each item.
    """
    bob = person()
    write(ann, space, "a")
    rule(look(ann, space, "a").row.id, bob, Role.PREVIEW)
    items = [Item(("a",), put("x")), Item(("b",), put("x")), Item(("f", "c"), put("x"), parents=True)]

    assert [Forbidden] * 3 == [type(one) for one in save_many(eye(bob), space, items)]
    with pytest.raises(NotFound):
        save_many(eye(person()), space, items)
    assert ["a"] == names(ann, space)


def test_a_move_keeps_identity_and_all_that_hangs_on_it(ann: Actor, space: int) -> None:
    """
    Ids, versions, grants and what lies below stay; the feed hears of the old place and of the new one.
    """
    bob = person()
    source = folder(ann, space, "f")
    inner = write(ann, space, "f", "a").seen.row
    write(ann, space, "f", "a", content="two")
    rule(source.row.id, bob, Role.DOWNLOAD)
    folder(ann, space, "g")
    moved = move(eye(ann), look(ann, space, "f"), look(ann, space, "g"), "h")

    assert (source.row.id, ("g", "h")) == (moved.row.id, moved.path)
    assert inner.id == look(bob, space, "g", "h", "a").row.id
    assert ["text", "two"] == contents(inner.id)
    events = Event.objects.filter(kind="folder.moved").order_by("id").values_list("path", "facts")
    assert [("f", True), ("g/h", False)] == [(path, "gone" in facts) for path, facts in events]


def test_a_new_name_asks_for_upload_too(ann: Actor, space: int) -> None:
    """
    Who may edit a file needs UPLOAD to give it a new name where it is, or to put it elsewhere.
    """
    bob = person()
    folder(ann, space, "g")
    rule(look(ann, space, "g").row.id, bob, Role.DOWNLOAD)
    rule(write(ann, space, "a").seen.row.id, bob, Role.EDIT)

    for target in ((), ("g",)):
        with pytest.raises(Forbidden):
            move(eye(bob), look(bob, space, "a"), look(bob, space, *target), "b")
    rule(look(ann, space).row.id, bob, Role.UPLOAD)
    move(eye(bob), look(bob, space, "a"), look(bob, space), "b")
    assert ["b", "g"] == names(bob, space)


def test_what_cannot_be_moved(ann: Actor, space: int) -> None:
    """
    No root moves, nothing moves into itself, onto a folder, onto what is there, or against an etag.
    """
    root, deep = look(ann, space), folder(ann, space, "f")
    below = folder(ann, space, "f", "g")
    file, other = write(ann, space, "a").seen, write(ann, space, "b").seen

    for node, parent, name, expect, refusal in (
        (root, deep, "x", ABSENT, WrongKind),
        (deep, deep, "x", ABSENT, WrongKind),
        (deep, below, "x", ABSENT, WrongKind),
        (file, root, "f", ANYTHING, WrongKind),
        (file, root, "b", ABSENT, AlreadyExists),
        (file, root, "a", ABSENT, AlreadyExists),
        (file, root, "b", Same('"1-1"'), Changed),
        (file, root, "c", Same('"1-1"'), NotFound),
        (file, other, "c", ABSENT, NotFound),
    ):
        with pytest.raises(refusal):
            move(eye(ann), node, parent, name, expect=expect)
    assert ["a", "b", "f"] == names(ann, space)


@pytest.mark.parametrize("do", [move, copy])
def test_what_a_move_or_copy_replaces_goes_to_the_trash(
    ann: Actor, space: int, do: Callable[..., Any]
) -> None:
    """
    The file that was there keeps its id and its versions in the trash.
    """
    source, target = write(ann, space, "a", content="new").seen, write(ann, space, "b", content="old").seen
    put_there = do(eye(ann), source, look(ann, space), "b", expect=Same(etag(target.row)))

    assert put_there.row.id == look(ann, space, "b").row.id != target.row.id
    assert ["new"] == contents(put_there.row.id)
    assert target.row.id == Trash.objects.get().node_id
    assert ["old"] == contents(target.row.id)


def test_a_move_to_another_space_takes_bytes_along_and_leaves_grants_behind(ann: Actor) -> None:
    """
    Nobody gains by it: grants and breaks go, with an event for each, denials stay; both quotas follow.
    """
    bob, eve = person(), person()
    one, two = deal(ann, name="One"), deal(ann, eve, name="Two")
    top = folder(ann, one, "f")
    file = write(ann, one, "f", "a", content="12345").seen.row
    rule(top.row.id, bob, Role.EDIT)
    rule(file.id, eve, Role.PREVIEW, deny=True)
    moved = move(eye(ann), look(ann, one, "f"), look(ann, two), "f")

    assert (top.row.id, two) == (moved.row.id, moved.row.space)
    assert [0, 5] == list(Space.objects.order_by("id").values_list("used", flat=True))
    assert [] == names(eve, two, "f")
    with pytest.raises(NotFound):
        look(bob, two, "f")
    assert "grant.removed" in told()
    last = Event.objects.filter(kind="folder.moved").order_by("id").values_list("space", flat=True)
    assert [one, two] == list(last)
    assert {two} == set(Node.objects.filter(id__in=(file.id, top.row.id)).values_list("space_id", flat=True))


def test_a_move_to_another_space_needs_room_and_rights_on_all_of_it(ann: Actor) -> None:
    """
    A full target refuses, and so does anything below that the mover may not edit, seen or unseen.
    """
    bob = person()
    one, two = deal(ann, name="One"), deal(ann, bob, name="Two", quota=3)
    folder(ann, one, "f")
    file = write(ann, one, "f", "a", content="12345").seen.row
    with pytest.raises(NoSpace):
        move(eye(ann), look(ann, one, "f"), look(ann, two), "f")
    rule(look(ann, one).row.id, bob, Role.EDIT)
    rule(file.id, bob, Role.PREVIEW, deny=True)

    with pytest.raises(Forbidden):
        move(eye(bob), look(bob, one, "f"), look(bob, two), "f")
    assert ([5, 0], ["a"]) == (
        list(Space.objects.order_by("id").values_list("used", flat=True)),
        names(ann, one, "f"),
    )


def test_a_copy_has_its_own_identity_and_all_versions(ann: Actor, space: int) -> None:
    """
    Contents are shared, rows are not; properties come along, grants do not; bytes count again.
    """
    bob = person()
    folder(ann, space, "f")
    source = write(ann, space, "f", "a", content="1").seen.row
    write(ann, space, "f", "a", content="22")
    rule(source.id, bob, Role.EDIT)
    Property.objects.create(node_id=source.id, name="{x}y", value="z")
    made = copy(eye(ann), look(ann, space, "f"), look(ann, space), "g")

    twin = look(ann, space, "g", "a").row
    assert (made.row.id, source.id) != (look(ann, space, "f").row.id, twin.id)
    assert ["1", "22"] == contents(twin.id) == contents(source.id)
    assert "z" == Property.objects.get(node_id=twin.id).value
    assert not Grant.objects.filter(node_id=twin.id).exists()
    assert 6 == Space.objects.get().used
    write(ann, space, "g", "a", content="333")
    assert 2 == len(contents(source.id))


def test_a_copy_without_versions_is_the_copiers_first_version(ann: Actor, space: int) -> None:
    """
    Only the newest content is copied, as version 1 by who copied it, with the client's time.
    """
    bob = person()
    rule(look(ann, space).row.id, bob, Role.EDIT)
    write(ann, space, "a", content="1")
    write(ann, space, "a", content="22", facts=Facts(modified=9))
    made = copy(eye(bob), look(bob, space, "a"), look(bob, space), "b", with_versions=False)

    found = list_versions(eye(bob), made)
    assert [(1, 2, 9, bob.principal)] == [(one.number, one.size, one.modified, one.author) for one in found]


def test_a_copy_takes_what_is_seen_and_stops_at_what_may_not_be_read(ann: Actor, space: int) -> None:
    """
    What is hidden from the copier is left out without a word; what they see and may not download refuses all.
    """
    bob = person()
    folder(ann, space, "f")
    write(ann, space, "f", "a")
    hidden, shown = write(ann, space, "f", "b").seen.row, write(ann, space, "f", "c").seen.row
    rule(look(ann, space).row.id, bob, Role.EDIT)
    rule(hidden.id, bob, Role.PREVIEW, deny=True)
    copy(eye(bob), look(bob, space, "f"), look(bob, space), "g")
    rule(shown.id, bob, Role.DOWNLOAD, deny=True)

    assert ["a", "c"] == names(ann, space, "g")
    with pytest.raises(Forbidden):
        copy(eye(bob), look(bob, space, "f"), look(bob, space), "h")
    assert ["f", "g"] == names(ann, space)


def test_deleting_asks_for_edit_and_what_is_expected(ann: Actor, space: int) -> None:
    """
    Roots stay; a changed file, a folder that is not empty where it should be, and too low a role refuse.
    """
    bob = person()
    folder(ann, space, "f")
    file = write(ann, space, "f", "a").seen
    rule(look(ann, space).row.id, bob, Role.UPLOAD)

    with pytest.raises(Forbidden):
        delete(eye(ann), look(ann, space))
    with pytest.raises(Forbidden):
        delete(eye(bob), look(bob, space, "f"))
    with pytest.raises(NotEmpty):
        delete(eye(ann), look(ann, space, "f"), empty_only=True)
    with pytest.raises(Changed):
        delete(eye(ann), file, expect=Same('"1-1"'))
    delete(eye(ann), file, expect=Same(etag(file.row)))
    with pytest.raises(NotFound):
        delete(eye(ann), file)
    delete(eye(ann), look(ann, space, "f"), empty_only=True)
    assert [] == names(ann, space)


def test_an_empty_folder_is_one_in_which_nothing_is_seen(ann: Actor, space: int) -> None:
    """
    A refusal would tell of what is hidden; it goes to the trash with its folder, where managers find it.
    """
    bob = person()
    folder(ann, space, "f")
    hidden = write(ann, space, "f", "a").seen.row
    rule(look(ann, space).row.id, bob, Role.EDIT)
    rule(hidden.id, bob, Role.PREVIEW, deny=True)
    delete(eye(bob), look(bob, space, "f"), empty_only=True)

    assert [] == names(ann, space)
    assert ["text"] == contents(hidden.id)


def test_times_of_folders_and_files_are_set(ann: Actor, space: int) -> None:
    """
    A touch changes the client's time alone: no version, no other etag; it asks for EDIT.
    """
    bob = person()
    made = make_folder(eye(ann), look(ann, space), "f", modified=11)
    file = write(ann, space, "a").seen
    touched = touch(eye(ann), file, 2**62)
    again = make_folder(eye(ann), look(ann, space), "f", modified=12, existing_ok=True)

    assert (11, 12, 2**62) == (made.row.modified, again.row.modified, touched.row.modified)
    assert (made.row.id, etag(file.row)) == (again.row.id, etag(look(ann, space, "a").row))
    rule(look(ann, space).row.id, bob, Role.UPLOAD)
    with pytest.raises(Forbidden):
        touch(eye(bob), file, 1)
    with pytest.raises(Unfit):
        touch(eye(ann), file, 2**64)


def test_a_listing_pages_over_what_is_hidden(ann: Actor, space: int) -> None:
    """
    Pages are full of what is visible, in the order of bytes, each name once, however much is hidden between.
    """
    bob = person()
    rule(look(ann, space).row.id, bob, Role.PREVIEW)
    save_many(eye(ann), space, [Item((f"{number:02}",), put("x")) for number in range(30)])
    for row in Node.objects.filter(name__in=[f"{number:02}" for number in range(30) if number % 3]):
        rule(row.id, bob, Role.PREVIEW, deny=True)
    viewer, root = eye(bob), look(bob, space)

    pages, after = [], None
    while page := find.children(viewer, root, after=after, limit=4):
        pages.append([one.row.name for one in page])
        after = pages[-1][-1]
    assert [4, 4, 2] == [len(page) for page in pages]
    assert [f"{number:02}" for number in range(0, 30, 3)] == [name for page in pages for name in page]
    with pytest.raises(WrongKind):
        find.children(viewer, look(bob, space, "00"))


def test_a_look_and_a_listing_are_one_query(ann: Actor, space: int) -> None:
    """
    However deep the entry and however long the list.
    """
    path = ("a", "b", "c", "d")
    for depth in range(1, 5):
        folder(ann, space, *path[:depth])
    save_many(eye(ann), space, [Item((*path, f"{number}"), put("x")) for number in range(300)])
    viewer = eye(ann)
    with CaptureQueriesContext(connection) as queries:
        seen = find.at(viewer, space, path)
        assert 300 == len(find.children(viewer, seen))

    # On SQLite the quick cursor goes by without being counted.
    assert len(queries) in (0, 2)


def test_paths_too_deep_for_one_query_are_found(ann: Actor, space: int) -> None:
    """
    Seventy levels are followed in pieces; a missing name anywhere is not found.
    """
    path = tuple(f"{level}" for level in range(70))
    save_many(eye(ann), space, [Item((*path, "end"), put("x"), parents=True)])

    assert (*path, "end") == find.by_id(eye(ann), look(ann, space, *path, "end").row.id).path
    for at in (0, 29, 30, 31, 60, 69):
        with pytest.raises(NotFound):
            look(ann, space, *path[:at], "no", *path[at + 1 :])


def test_content_that_was_swept_is_not_saved(ann: Actor, space: int) -> None:
    """
    A content the sweeper took out for good has to be put again; until then nothing is saved.
    """
    empty = put("")
    Content.objects.create(digest="0" * 64, size=5, seen=0)
    lost = Stored("0" * 64, 5)
    with pytest.raises(Unavailable):
        save(eye(ann), look(ann, space), "a", lost)
    done = save_many(eye(ann), space, [Item(("a",), lost), Item(("b",), empty)])
    assert [True, False] == [isinstance(one, Unavailable) for one in done]
    assert (["b"], 0) == (names(ann, space), Space.objects.get().used)


def _expect(refusal: type[LadingError] | None, do: Callable[[], Any]) -> None:
    if refusal is None:
        do()
        return
    with pytest.raises(refusal):
        do()
