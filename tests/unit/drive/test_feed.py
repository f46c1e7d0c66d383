"""
The change feed: in the order of commits, whole transactions, and only what the viewer may see.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.drive.actor import SYSTEM, Actor
from lading.drive.feed import Change, changes, latest, pruned_key
from lading.drive.models import Account, Event, Grant, Meta, Node, Principal, Space
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight, sight
from lading.drive.tree.change import delete, make_folder
from lading.drive.tree.find import at
from lading.drive.tree.moving import move
from lading.drive.tree.row import Seen
from lading.drive.tree.spaces import begin_epoch, make_space
from lading.drive.tree.trash import restore
from lading.drive.writing import writing
from lading.model.errors import CursorExpired, NotFound


class Place:
    """A space with a root, a bin, and Anna, who has *role* on it."""

    def __init__(self, role: Role = Role.EDIT) -> None:
        self.space = Space.objects.create(key="k", name="Deals", created=1)
        self.root = self.node(None, "")
        self.bin = self.node(None, "bin")
        Space.objects.update(root=self.root, bin=self.bin)
        self.anna = Principal.objects.create(kind="person", key="anna", created=1)
        self.grant(self.root, role)

    def node(self, parent: Node | None, name: str, *, folder: bool = True) -> Node:
        trail = f"{parent.trail}{parent.id}/" if parent else ""
        return Node.objects.create(
            space=self.space,
            parent=parent,
            name=name,
            kind=1 if folder else 2,
            trail=trail,
            saved=1,
            created=1,
        )

    def grant(self, node: Node, role: Role, *, deny: bool = False) -> None:
        Grant.objects.create(node=node, principal=self.anna, role=role, deny=deny, created=1)
        with writing(SYSTEM) as work:
            work.rights_changed()

    def tell(self, *events: tuple[str, Node | int, str, dict[str, object]]) -> None:
        with writing(SYSTEM, self.space.id) as work:
            for kind, node, path, facts in events:
                number = node.id if isinstance(node, Node) else node
                work.event(kind, space=self.space.id, node=number, path=path, **facts)

    def to_bin(self, node: Node) -> None:
        Node.objects.filter(id=node.id).update(parent=self.bin, trail=f"{self.bin.id}/", name=str(node.id))

    def sight(self) -> Sight:
        return sight(Actor(self.anna.id, "anna"))

    def seen(self, cursor: str | None = None, limit: int = 1000) -> list[tuple[str, bool]]:
        return [
            (change.path, change.removed) for change in changes(self.sight(), self.space.id, cursor, limit)[0]
        ]


def test_changes_come_with_what_when_and_who():
    """
    A saved file is told with its clock, kind, node, path and actor.
    """
    place = Place()
    folder = place.node(place.root, "A")
    file = place.node(folder, "x", folder=False)
    place.tell(("file.saved", file, "A/x", {}))
    at = Event.objects.get().at

    found, cursor = changes(place.sight(), place.space.id)

    assert [Change(1, "file.saved", file.id, "A/x", False, at, "system")] == found
    assert ([], cursor) == changes(place.sight(), place.space.id, cursor)
    assert cursor == latest(place.sight(), place.space.id)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_a_cursor_never_parts_a_transaction(limit: int):
    """
    With any limit, each page holds whole transactions, and the pages together hold each change once.
    """
    place = Place()
    file = place.node(place.root, "x", folder=False)
    for count in (1, 3, 2, 5, 1):
        place.tell(*[("file.saved", file, "x", {})] * count)

    clocks, cursor = [], None
    while True:
        found, after = changes(place.sight(), place.space.id, cursor, limit)
        if after == cursor:
            break
        assert not set(clocks) & {change.clock for change in found}
        clocks += [change.clock for change in found]
        cursor = after
    assert [1, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4, 5] == clocks


def test_a_move_is_gone_from_there_and_is_here_now():
    """
    Both halves of a move are told, in this order, under the name of each place.
    """
    place = Place()
    old, new = place.node(place.root, "Old"), place.node(place.root, "New")
    moved = place.node(new, "b")
    place.tell(
        ("folder.moved", moved, "Old/a", {"gone": True, "parent": old.id}),
        ("folder.moved", moved, "New/b", {}),
    )

    assert [("Old/a", True), ("New/b", False)] == place.seen()


def test_what_went_to_the_trash_is_told_to_who_saw_its_folder():
    """
    A trashed file is removed from its old path; its earlier changes are not told any more.
    """
    place = Place()
    folder = place.node(place.root, "A")
    file = place.node(folder, "x", folder=False)
    place.tell(("file.saved", file, "A/x", {}))
    place.to_bin(file)
    place.tell(("file.trashed", file, "A/x", {"parent": folder.id}))

    assert [("A/x", True)] == place.seen()


def test_what_was_hidden_stays_hidden_when_it_goes():
    """
    Trash, move and purge of what a viewer must not see tell them nothing, with or without its row.
    """
    place = Place()
    closed = place.node(place.root, "Closed")
    place.grant(closed, Role.PREVIEW, deny=True)
    inside = place.node(closed, "inside", folder=False)
    denied = place.node(place.root, "denied", folder=False)
    place.grant(denied, Role.PREVIEW, deny=True)
    for node, path, parent in ((inside, "Closed/inside", closed), (denied, "denied", place.root)):
        place.tell(("file.saved", node, path, {}), ("grant.added", node, path, {}))
        place.to_bin(node)
        place.tell(("file.trashed", node, path, {"parent": parent.id}))
    assert [] == place.seen()

    Grant.objects.filter(node__in=[inside, denied]).delete()
    Node.objects.filter(id__in=[inside.id, denied.id]).delete()
    place.tell(("file.purged", denied.id, "denied", {}))

    assert [] == place.seen()


def test_a_purged_file_that_anybody_saw_was_removed():
    """
    A follower who was away while a file was trashed and purged still learns that it is gone.
    """
    place = Place()
    file = place.node(place.root, "x", folder=False)
    place.tell(("file.trashed", file, "x", {"parent": place.root.id}))
    file.delete()

    assert [("x", True)] == place.seen()


def test_an_old_path_through_a_hidden_folder_is_not_told():
    """
    A file that came out of a hidden folder is told under its new path alone.
    """
    place = Place()
    closed = place.node(place.root, "Secret")
    place.grant(closed, Role.PREVIEW, deny=True)
    file = place.node(place.root, "x", folder=False)
    place.tell(("file.saved", file, "Secret/x", {}))
    place.tell(
        ("file.moved", file, "Secret/x", {"gone": True, "parent": closed.id}), ("file.moved", file, "x", {})
    )

    assert [("x", False), ("x", False)] == place.seen()


def test_changes_of_rights_are_told_to_managers_alone():
    """
    A grant is told to who may manage the node.
    """
    place = Place(Role.EDIT)
    place.tell(("grant.added", place.root, "", {}))
    assert [] == place.seen()

    Grant.objects.update(role=Role.MANAGE)
    with writing(SYSTEM) as work:
        work.rights_changed()
    assert [("", False)] == place.seen()


def test_forged_foreign_future_and_pruned_cursors_expire():
    """
    Only a cursor of this drive and space is followed, and only while all that follows it is kept.
    """
    place = Place()
    other = Space.objects.create(key="o", name="O", created=1, root=place.root)
    file = place.node(place.root, "x", folder=False)
    start = latest(place.sight(), place.space.id)
    place.tell(("file.saved", file, "x", {}))
    newest = latest(place.sight(), place.space.id)
    text, _, mark = newest.rpartition(":")

    for cursor in (
        "",
        "1",
        f"{text[:-1]}0:{mark}",
        f"{text}:{mark[:-2]}",
        newest.replace(f"{place.space.id}.", f"{other.id}."),
    ):
        with pytest.raises(CursorExpired):
            changes(place.sight(), place.space.id, cursor)

    Meta.objects.create(key=pruned_key(place.space.id), value=1)
    for cursor in (start, None):
        with pytest.raises(CursorExpired):
            changes(place.sight(), place.space.id, cursor)
    assert [] == changes(place.sight(), place.space.id, newest)[0]

    Space.objects.filter(id=place.space.id).update(clock=0)
    with pytest.raises(CursorExpired):
        changes(place.sight(), place.space.id, newest)


def test_a_space_one_does_not_see_is_not_found():
    """
    Without any role, and once it is deleted, a space has no feed.
    """
    place = Place()
    with pytest.raises(NotFound):
        changes(sight(Actor(None, "nobody")), place.space.id)

    Space.objects.update(deleted=5)
    with pytest.raises(NotFound):
        changes(place.sight(), place.space.id)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 4), max_size=12), limit=st.integers(1, 6))
def test_pages_of_any_size_give_the_same_changes(sizes: list[int], limit: int):
    """
    However the feed is paged, the same changes come in the same order.
    """
    Grant.objects.all().delete()
    Event.objects.all().delete()
    Space.objects.update(root=None, bin=None)
    Node.objects.filter(parent__isnull=False).delete()
    Node.objects.all().delete()
    Space.objects.all().delete()
    Principal.objects.filter(key="anna").delete()
    place = Place()
    file = place.node(place.root, "x", folder=False)
    for size in sizes:
        place.tell(*[("file.saved", file, "x", {})] * size)
    whole, _ = changes(place.sight(), place.space.id, None, 1000)

    found: list[Change] = []
    cursor = None
    for _ in range(sum(sizes) + 2):
        page, cursor = changes(place.sight(), place.space.id, cursor, limit)
        found += page
    assert sum(sizes) == len(whole)
    assert whole == found


def test_the_tree_tells_what_a_follower_needs():
    """
    Saves, a rename, a move, a trip to the trash and back of the real tree: who follows them holds what is there.
    """
    admin = Principal.objects.create(kind="person", key="admin", created=1)
    Account.objects.create(principal=admin, login="admin", admin="system", created=1)
    boss = Actor(admin.id, "admin", admin="system")
    number = make_space(boss, "Deals", admins=[admin.id])
    start = latest(sight(boss), number)

    def seen(*path: str) -> Seen:
        return at(sight(boss), number, path)

    make_folder(sight(boss), seen(), "A")
    make_folder(sight(boss), seen("A"), "deep")
    make_folder(sight(boss), seen(), "B")
    move(sight(boss), seen("A", "deep"), seen("B"), "deeper")
    move(sight(boss), seen("A"), seen(), "A2")
    gone = delete(sight(boss), seen("B", "deeper"))

    found, cursor = changes(sight(boss), number, start)
    assert {"A2", "B"} == _followed(found)

    restore(sight(boss), gone)
    assert {"A2", "B", "B/deeper"} == _followed(changes(sight(boss), number, start)[0])
    assert ["B/deeper"] == [change.path for change in changes(sight(boss), number, cursor)[0]]


def _followed(found: list[Change]) -> set[str]:
    there: set[str] = set()
    for change in found:
        if change.removed:
            there = {path for path in there if path != change.path and not path.startswith(f"{change.path}/")}
        elif change.kind.startswith(("file.", "folder.")):
            there.add(change.path)
    return there


def test_a_new_epoch_ends_every_earlier_cursor():
    """
    Cursors of an earlier epoch expire, also one whose clock is yet to come; later ones are good.
    """
    place = Place()
    before = latest(place.sight(), place.space.id)
    begin_epoch(SYSTEM, place.space.id)
    between = latest(place.sight(), place.space.id)
    begin_epoch(SYSTEM, place.space.id)
    now = latest(place.sight(), place.space.id)

    for cursor in (before, between):
        with pytest.raises(CursorExpired):
            changes(place.sight(), place.space.id, cursor)
    assert ([], now) == changes(place.sight(), place.space.id, now)
