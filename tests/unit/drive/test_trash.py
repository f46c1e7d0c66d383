"""
The trash: who sees what in it, where things come back to, and what is never removed.
"""

import pytest

from lading.drive.actor import Actor
from lading.drive.errors import Frozen, Held
from lading.drive.models import Event, Hold, Link, Node, Property, Space, Trash, Version
from lading.drive.rights.roles import Role
from lading.drive.tree import find
from lading.drive.tree.admin_trash import DAY, expire, give_back, list_admin_trash, purge_for_good
from lading.drive.tree.change import delete, move
from lading.drive.tree.spaces import freeze
from lading.drive.tree.trash import empty_trash, list_trash, purge, restore
from lading.drive.versions.holds import list_holds, release, set_hold
from lading.drive.versions.keep import Rule
from lading.drive.versions.letting_go import let_go_in
from lading.drive.versions.versions import remove_version
from lading.model.errors import Forbidden, NotFound
from unit.drive.tree_ground import contents, deal, eye, folder, look, names, person, rule, told, write


@pytest.fixture
def ann() -> Actor:
    return person()


@pytest.fixture
def space(ann: Actor) -> int:
    return deal(ann)


def bin_(who: Actor, space: int | None = None, **options: bool) -> list[str]:
    return sorted(row.name for row in list_trash(eye(who), space, **options))


def drop(who: Actor, space: int, *path: str) -> int:
    return delete(eye(who), look(who, space, *path))


def test_what_is_deleted_is_nowhere_but_in_the_trash(ann: Actor, space: int) -> None:
    """
    Neither by path nor by id is it found, nor anything below it; the trash says what, where and when it was.
    """
    folder(ann, space, "f")
    file = write(ann, space, "f", "a").seen.row
    trash = drop(ann, space, "f")

    for ask in (lambda: look(ann, space, "f"), lambda: find.by_id(eye(ann), file.id)):
        with pytest.raises(NotFound):
            ask()
    (row,) = list_trash(eye(ann))
    assert (trash, "f", ("f",), ann.principal, Role.MANAGE) == (row.id, row.name, row.path, row.by, row.role)


def test_the_deleter_and_managers_see_it_others_do_not(ann: Actor, space: int) -> None:
    """
    Another editor does not see it, nor who manages another folder; asking by number tells them nothing.
    """
    bob, carl, dora = person(), person(), person()
    f, g = folder(ann, space, "f"), folder(ann, space, "g")
    rule(look(ann, space).row.id, bob, Role.EDIT)
    rule(look(ann, space).row.id, carl, Role.EDIT)
    rule(g.row.id, dora, Role.MANAGE)
    write(ann, space, "f", "a")
    trash = drop(bob, space, "f", "a")

    assert (["a"], ["a"], [], []) == tuple(bin_(who) for who in (ann, bob, carl, dora))
    assert (["a"], []) == (bin_(bob, mine=True), bin_(ann, mine=True))
    for who in (carl, dora):
        for ask in (restore, purge):
            with pytest.raises(NotFound) as hidden:
                ask(eye(who), trash)
            with pytest.raises(NotFound) as missing:
                ask(eye(who), 99_999)
            assert missing.value.details == hidden.value.details
    assert f.row.id == look(ann, space, "f").row.id


def test_a_manager_who_could_not_see_it_does_not_see_it_in_the_trash(ann: Actor, space: int) -> None:
    """
    A denial or a break on it, or a denial on the folder it came from, hides it there as it did before.
    """
    bob, boss = person(), person()
    root = look(ann, space).row.id
    rule(root, boss, Role.MANAGE)
    rule(root, bob, Role.EDIT)
    denied, closed = write(ann, space, "denied").seen.row, write(ann, space, "closed").seen.row
    folder(ann, space, "f")
    write(ann, space, "f", "inner")
    rule(denied.id, boss, Role.PREVIEW, deny=True)
    Node.objects.filter(id=closed.id).update(breaks=True)
    rule(closed.id, bob, Role.EDIT)
    rule(look(ann, space, "f").row.id, boss, Role.PREVIEW, deny=True)
    for path in (("denied",), ("closed",), ("f", "inner")):
        drop(bob, space, *path)

    assert [] == bin_(boss)
    assert ["closed", "denied", "inner"] == bin_(bob)
    drop(bob, space, "f")
    assert ([], ["closed", "denied", "f", "inner"]) == (bin_(boss), bin_(bob))


def test_it_comes_back_where_it_was_as_it_was(ann: Actor, space: int) -> None:
    """
    Same id, same versions, same grants, everything below it; nothing is left in the trash.
    """
    bob = person()
    top = folder(ann, space, "f")
    file = write(ann, space, "f", "a").seen.row
    rule(top.row.id, bob, Role.DOWNLOAD)
    trash = drop(ann, space, "f")
    back = restore(eye(ann), trash)

    assert (top.row.id, ("f",)) == (back.row.id, back.path)
    assert file.id == look(bob, space, "f", "a").row.id
    assert [] == bin_(ann)
    assert not Trash.objects.exists()


def test_it_comes_back_to_the_nearest_folder_that_is_left(ann: Actor, space: int) -> None:
    """
    Its folder lies in the trash, or is gone for good: then the one above it; a folder given wins.
    """
    root = person(admin="system")
    for path in (("f",), ("f", "g"), ("other",)):
        folder(ann, space, *path)
    for name in "abc":
        write(ann, space, "f", "g", name)
    a, b, c = (drop(ann, space, "f", "g", name) for name in "abc")
    g = drop(ann, space, "f", "g")

    assert ("f", "a") == restore(eye(ann), a).path
    assert ("other", "c") == restore(eye(ann), c, to=look(ann, space, "other")).path
    purge(eye(ann), g)
    purge_for_good(root, g)
    assert ("f", "b") == restore(eye(ann), b).path


def test_it_follows_its_folder_and_its_new_name(ann: Actor, space: int) -> None:
    """
    Where its folder was moved or renamed meanwhile, that is where it was.
    """
    folder(ann, space, "f")
    folder(ann, space, "g")
    write(ann, space, "f", "a")
    trash = drop(ann, space, "f", "a")
    move(eye(ann), look(ann, space, "f"), look(ann, space, "g"), "h")

    assert ("g", "h", "a") == restore(eye(ann), trash).path


@pytest.mark.parametrize(
    ("name", "back"),
    [
        ("a.tar.gz", ["a.tar (restored 2).gz", "a.tar (restored).gz", "a.tar.gz"]),
        ("README", ["README", "README (restored 2)", "README (restored)"]),
        (".env", [".env", ".env (restored 2)", ".env (restored)"]),
    ],
)
def test_a_name_that_is_taken_gets_an_addition(ann: Actor, space: int, name: str, back: list[str]) -> None:
    """
    Before its ending, with a number from the second on.
    """
    dropped = []
    for _ in range(2):
        write(ann, space, name)
        dropped.append(drop(ann, space, name))
    write(ann, space, name)
    for trash in dropped:
        restore(eye(ann), trash)

    assert back == names(ann, space)


def test_a_long_name_that_is_taken_is_cut(ann: Actor, space: int) -> None:
    """
    The addition fits in the longest name there is.
    """
    name = "项" * 332 + ".doc"
    write(ann, space, name)
    trash = drop(ann, space, name)
    write(ann, space, name)

    back = restore(eye(ann), trash).row.name
    assert back.endswith("项 (restored).doc")
    assert len(back.encode()) <= 1000


def test_coming_back_asks_for_edit_there_and_upload_where_it_goes(ann: Actor, space: int) -> None:
    """
    Who may not edit any more, or may not add to the folder, does not bring it back.
    """
    bob = person()
    folder(ann, space, "f")
    rule(look(ann, space, "f").row.id, bob, Role.EDIT)
    write(ann, space, "f", "a")
    trash = drop(bob, space, "f", "a")
    folder_gone = drop(ann, space, "f")

    with pytest.raises(NotFound):
        restore(eye(bob), trash)
    restore(eye(ann), folder_gone)
    rule(look(ann, space, "f").row.id, bob, Role.EDIT, deny=True)
    with pytest.raises(Forbidden):
        restore(eye(bob), trash)
    with pytest.raises(Forbidden):
        purge(eye(bob), trash)


def test_purged_by_people_it_waits_for_the_admin_who_sees_no_names(ann: Actor, space: int) -> None:
    """
    It leaves people's trash; the admin sees how much of whose, can give it back, or end it.
    """
    root = person(admin="system")
    folder(ann, space, "Project X")
    write(ann, space, "Project X", "a", content="12345")
    trash = drop(ann, space, "Project X")
    purge(eye(ann), trash)

    assert [] == bin_(ann)
    with pytest.raises(NotFound):
        restore(eye(ann), trash)
    (row,) = list_admin_trash(root)
    assert (trash, 5, ann.principal, Space.objects.get().key) == (row.id, row.bytes, row.by, row.key)
    assert "Project X" not in repr(row)
    for who in (ann, person(admin="security")):
        with pytest.raises(Forbidden):
            list_admin_trash(who)
        with pytest.raises(Forbidden):
            purge_for_good(who, trash)
    give_back(root, trash)
    assert ["Project X"] == bin_(ann)
    with pytest.raises(NotFound):
        purge_for_good(root, trash)


def test_removed_for_good_nothing_of_it_is_left_and_its_bytes_are_free(ann: Actor, space: int) -> None:
    """
    Rows of versions, grants, links, properties, holds that ended and trash go with it; what lies beside stays.
    """
    root, guard = person(admin="system"), person(admin="security")
    top = folder(ann, space, "f").row.id
    file = write(ann, space, "f", "a", content="123").seen.row.id
    write(ann, space, "f", "inner")
    drop(ann, space, "f", "inner")
    write(ann, space, "b", content="4567")
    rule(file, ann, Role.EDIT)
    Property.objects.create(node_id=file, name="n", value="v")
    Link.objects.create(key="k", digest="d", node_id=file, role=2, by_id=ann.principal, created=1)
    release(guard, set_hold(guard, file, "over"))
    trash = drop(ann, space, "f")
    purge(eye(ann), trash)
    purge_for_good(root, trash)

    assert not Node.objects.filter(id__in=(top, file)).exists()
    assert not Version.objects.filter(node=file).exists()
    assert ["inner"] == bin_(ann)
    assert 8 == Space.objects.get().used
    assert "folder.purged" in told()


def test_emptying_takes_what_one_manages_and_leaves_the_rest(ann: Actor, space: int) -> None:
    """
    What is not visible, or not theirs to purge, stays.
    """
    boss = person()
    folder(ann, space, "f")
    rule(look(ann, space, "f").row.id, boss, Role.MANAGE)
    for path in (("f", "a"), ("b",)):
        write(ann, space, *path)
        drop(ann, space, *path)

    assert 1 == empty_trash(eye(boss), space)
    assert ["b"] == bin_(ann)
    with pytest.raises(NotFound):
        empty_trash(eye(person()), space)


def test_time_moves_things_on_but_not_in_a_frozen_space(ann: Actor) -> None:
    """
    After its days in people's trash it goes to the admin's, after its days there it is gone.
    """
    one, two = deal(ann, name="One"), deal(ann, name="Two")
    for space in (one, two):
        write(ann, space, "a")
        drop(ann, space, "a")
    freeze(ann, two, "closed")
    now = Trash.objects.order_by("-at")[0].at

    def after(days: int) -> tuple[int, list[int]]:
        moved = expire(now + days * DAY, trash_days=30, admin_days=10)
        return moved, list(Trash.objects.order_by("id").values_list("stage", flat=True))

    assert (0, [1, 1]) == after(29)
    assert (1, [2, 1]) == after(31)
    Trash.objects.filter(stage=2).update(at=now + 31 * DAY)
    assert (0, [2, 1]) == after(40)
    assert (1, [1]) == after(42)
    assert 4 == Space.objects.get(id=two).used
    with pytest.raises(Frozen):
        restore(eye(ann), Trash.objects.get().id)


def test_what_is_held_is_never_removed(ann: Actor, space: int) -> None:
    """
    A hold on a folder stops the removal of what is in it, of its versions, by people, rules, admin and time; the
    reason is told.
    """
    root, guard = person(admin="system"), person(admin="security")
    top = folder(ann, space, "f").row.id
    for number in range(3):
        file = write(ann, space, "f", "a", content=f"{number}").seen
    hold = set_hold(guard, top, "case 7")
    with pytest.raises(Held, match="case 7"):
        remove_version(eye(ann), file, 1)
    assert 0 == let_go_in(space, Rule(count=1), 2**62)
    trash = drop(ann, space, "f")
    purge(eye(ann), trash)
    with pytest.raises(Held, match="case 7"):
        purge_for_good(root, trash)
    assert 0 == expire(2**62, trash_days=0, admin_days=0)

    release(guard, hold)
    purge_for_good(root, trash)
    assert 0 == Space.objects.get().used


def test_what_is_held_does_not_keep_the_rest_from_expiring(ann: Actor, space: int) -> None:
    """
    However little is moved on at a time, held entries do not take the places of others.
    """
    guard = person(admin="security")
    folder(ann, space, "f")
    set_hold(guard, write(ann, space, "f", "held").seen.row.id, "case 7")
    write(ann, space, "free")
    for path in (("f",), ("free",)):
        purge(eye(ann), drop(ann, space, *path))

    assert 1 == expire(2**62, trash_days=0, admin_days=0, limit=1)
    assert ["f"] == [Trash.objects.get().name]


def test_nobody_shakes_a_hold_off_by_moving_or_deleting(ann: Actor, space: int) -> None:
    """
    What leaves a held folder stays held, until that very hold ends.
    """
    root, guard = person(admin="system"), person(admin="security")
    hold = set_hold(guard, folder(ann, space, "f").row.id, "case 7")
    other = deal(ann, name="Other")
    for name in "abc":
        write(ann, space, "f", name)
    moved = move(eye(ann), look(ann, space, "f", "a"), look(ann, space), "a")
    far = move(eye(ann), look(ann, space, "f", "b"), look(ann, other), "b")
    gone = drop(ann, space, "f", "c")
    purge(eye(ann), gone)
    for seen in (moved, far):
        trash = delete(eye(ann), seen)
        purge(eye(ann), trash)
        with pytest.raises(Held):
            purge_for_good(root, trash)
    with pytest.raises(Held):
        purge_for_good(root, gone)

    assert 4 == Hold.objects.filter(released=None).count()
    release(guard, hold)
    assert [] == list_holds(guard)
    for trash in Trash.objects.values_list("id", flat=True):
        purge_for_good(root, trash)


def test_only_security_admins_hold_and_release(ann: Actor, space: int) -> None:
    """
    They need not see what they hold; a reason is asked for; each is told.
    """
    guard = person(admin="security")
    node = write(ann, space, "a").seen.row.id
    for who in (ann, person(admin="system"), person(admin="audit")):
        with pytest.raises(Forbidden):
            set_hold(who, node, "x")
    hold = set_hold(guard, node, "case 7")
    with pytest.raises(Forbidden):
        release(ann, hold)
    with pytest.raises(NotFound):
        set_hold(guard, 99_999, "x")
    release(guard, hold)
    with pytest.raises(NotFound):
        release(guard, hold)

    assert ["hold.set", "hold.released"] == told()[-2:]
    assert [hold] == [row.id for row in list_holds(person(admin="audit"), released=True)]


def test_events_of_the_trash_name_the_place_and_say_no_more(ann: Actor, space: int) -> None:
    """
    The feed hears of the place it left and of the place it came back to; facts hold no names.
    """
    folder(ann, space, "f")
    write(ann, space, "f", "secret.doc")
    trash = drop(ann, space, "f", "secret.doc")
    write(ann, space, "f", "secret.doc")
    restore(eye(ann), trash)

    events = Event.objects.filter(kind__in=("file.trashed", "file.restored")).order_by("id")
    assert ["f/secret.doc", "f/secret (restored).doc"] == [event.path for event in events]
    assert not any("secret" in event.facts for event in Event.objects.all())
    assert ["text"] == contents(look(ann, space, "f", "secret.doc").row.id)
