"""
Any sequence of changes leaves the tables sound, and the tree as a naive model says.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.drive.models import Content, Event, Node, Space, Trash, Version
from lading.drive.rights.roles import Role
from lading.drive.tree import find
from lading.drive.tree.admin_trash import list_admin_trash, purge_for_good
from lading.drive.tree.change import Item, copy, delete, make_folder, move, save_many, touch
from lading.drive.tree.expect import ABSENT, ANYTHING
from lading.drive.tree.row import FOLDER
from lading.drive.tree.saving import Facts
from lading.drive.tree.trash import list_trash, purge, restore
from lading.drive.versions.versions import Old, add_old_versions, list_versions, remove_version
from lading.drive.versions.versions import restore as restore_version
from lading.model.errors import AlreadyExists, Forbidden, LadingError, WrongKind
from lading.model.paths import Path
from unit.drive.tree_ground import deal, eye, look, person, put, write

NAMES = ["a", "b", "A", "caf\xe9", "cafe\u0301", "x.txt", "\x01\udc80", "..."]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "save",
                "save",
                "save",
                "folder",
                "folder",
                "move",
                "copy",
                "delete",
                "restore",
                "purge",
                "remove",
                "batch",
                "old",
                "turn",
                "drop",
                "touch",
            ]
        ),
        st.integers(0, 50),
        st.integers(0, 50),
        st.sampled_from(NAMES),
        st.booleans(),
    ),
    min_size=12,
    max_size=30,
)


class Model:
    """The tree of two spaces as nested paths: folders are None, files lists of contents."""

    def __init__(self) -> None:
        self.boss = person(admin="system")
        self.spaces = [deal(self.boss), deal(self.boss)]
        self.tree: dict[tuple[int, Path], list[str] | None] = {(space, ()): None for space in self.spaces}
        self.trash: dict[int, dict[Path, list[str] | None]] = {}
        self.rows: dict[tuple[int, int], int] = {}
        self.said = 0

    def begin(self) -> None:
        """A file two folders deep, so that few steps reach far."""
        space = self.spaces[0]
        for path in (("a",), ("a", "b"), ("caf\xe9",)):
            make_folder(eye(self.boss), look(self.boss, space, *path[:-1]), path[-1])
            self.tree[space, path] = None
        write(self.boss, space, "a", "b", "x.txt", content="first")
        self.tree[space, ("a", "b", "x.txt")] = ["first"]

    def folders(self) -> list[tuple[int, Path]]:
        return sorted(place for place, what in self.tree.items() if what is None)

    def entries(self) -> list[tuple[int, Path]]:
        return sorted(place for place in self.tree if place[1])

    def files(self) -> list[tuple[int, Path]]:
        return sorted(place for place, what in self.tree.items() if what is not None)

    def below(self, place: tuple[int, Path]) -> dict[Path, list[str] | None]:
        space, path = place
        return {
            at[len(path) :]: what
            for (where, at), what in self.tree.items()
            if where == space and at[: len(path)] == path
        }

    def cut(self, place: tuple[int, Path]) -> dict[Path, list[str] | None]:
        found = self.below(place)
        for rest in found:
            del self.tree[place[0], place[1] + rest]
        return found

    def hang(self, place: tuple[int, Path], what: dict[Path, list[str] | None]) -> None:
        for rest, content in what.items():
            self.tree[place[0], place[1] + rest] = None if content is None else list(content)

    def content(self) -> str:
        self.said += 1
        return f"{self.said % 7}" * (self.said % 5)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_changes_leave_the_tables_sound_and_the_tree_as_expected(steps: list[Any]) -> None:
    """
    Trails, bytes used, names, facts of the newest version, numbers, clocks and trash fit together after
    each step, and what is seen is what a naive model of the same steps says.
    """
    model = Model()
    model.begin()
    for kind, one, two, name, flag in steps:
        STEP[kind](model, one, two, name, flag)
        _same_tree(model)
        for space in model.spaces:
            _sound(space, model)


def _pick(choices: list[Any], number: int) -> Any:
    return choices[number % len(choices)] if choices else None


def _save(model: Model, one: int, _two: int, name: str, flag: bool) -> None:
    space, path = _pick(model.folders(), one)
    there, content = model.tree.get((space, (*path, name)), ...), model.content()
    expected = None
    if there is not ...:
        expected = AlreadyExists if flag else WrongKind if there is None else None
    _check(
        expected,
        lambda: write(model.boss, space, *path, name, content=content, expect=ABSENT if flag else ANYTHING),
    )
    if expected is None:
        model.tree[space, (*path, name)] = [*(there if isinstance(there, list) else []), content]


def _folder(model: Model, one: int, _two: int, name: str, flag: bool) -> None:
    space, path = _pick(model.folders(), one)
    there = model.tree.get((space, (*path, name)), ...)
    expected = None
    if there is not ... and not (there is None and flag):
        expected = WrongKind if flag else AlreadyExists
    _check(
        expected, lambda: make_folder(eye(model.boss), look(model.boss, space, *path), name, existing_ok=flag)
    )
    if expected is None:
        model.tree.setdefault((space, (*path, name)), None)


def _move(model: Model, one: int, two: int, name: str, flag: bool) -> None:
    _transfer(model, (one, two), name, flag, move)


def _copy(model: Model, one: int, two: int, name: str, flag: bool) -> None:
    _transfer(model, (one, two), name, flag, copy)


def _transfer(model: Model, picks: tuple[int, int], name: str, flag: bool, do: Callable[..., Any]) -> None:
    source, (space, path) = _pick(model.entries(), picks[0]), _pick(model.folders(), picks[1])
    if source is None:
        return
    target = (space, (*path, name))
    there = model.tree.get(target, ...)
    expected: type[LadingError] | None = None
    if space == source[0] and path[: len(source[1])] == source[1]:
        expected = WrongKind
    elif there is not ... and flag:
        expected = AlreadyExists
    elif target == source:
        expected = None if do is move else WrongKind
    elif there is None:
        expected = WrongKind
    viewer = eye(model.boss)
    _check(
        expected,
        lambda: do(
            viewer,
            look(model.boss, source[0], *source[1]),
            look(model.boss, space, *path),
            name,
            expect=ABSENT if flag else ANYTHING,
        ),
    )
    if expected is None and target != source:
        what = model.cut(source) if do is move else model.below(source)
        if there is not ...:
            _into_trash(model, target)
        model.hang(target, what)


def _delete(model: Model, one: int, _two: int, _name: str, _flag: bool) -> None:
    if place := _pick(model.entries(), one):
        delete(eye(model.boss), look(model.boss, place[0], *place[1]))
        _into_trash(model, place)


def _into_trash(model: Model, place: tuple[int, Path]) -> None:
    newest = Trash.objects.order_by("-id").first()
    assert newest is not None
    model.trash[newest.id] = model.cut(place) if place in model.tree else {}


def _restore(model: Model, one: int, _two: int, _name: str, _flag: bool) -> None:
    if (item := _pick(list_trash(eye(model.boss)), one)) is not None:
        back = restore(eye(model.boss), item.id)
        assert (item.space, back.path) not in model.tree
        assert (item.space, back.path[:-1]) in model.tree
        model.hang((item.space, back.path), model.trash.pop(item.id))


def _purge(model: Model, one: int, _two: int, _name: str, _flag: bool) -> None:
    if (item := _pick(list_trash(eye(model.boss)), one)) is not None:
        # What hung in a folder that is no more can be put back by who deleted it, not purged.
        expected = None if item.role is Role.MANAGE else Forbidden
        _check(expected, lambda: purge(eye(model.boss), item.id))
        assert (expected is None) == (item.id not in [row.id for row in list_trash(eye(model.boss))])


def _remove(model: Model, one: int, _two: int, _name: str, _flag: bool) -> None:
    if (item := _pick(list_admin_trash(model.boss), one)) is not None:
        before = Space.objects.get(id=item.space).used
        purge_for_good(model.boss, item.id)
        assert before - item.bytes == Space.objects.get(id=item.space).used


def _batch(model: Model, one: int, two: int, name: str, flag: bool) -> None:
    space, path = _pick(model.folders(), one)
    items, expected = [], []
    for at in ((*path, name), (*path, "deep", name), (*path, name)):
        content = model.content()
        items.append(Item(at, put(content), parents=flag))
        expected.append(_batch_one(model, space, at, content, flag))
    done = save_many(eye(model.boss), space, items)
    assert expected == [not isinstance(one, LadingError) for one in done]


def _batch_one(model: Model, space: int, at: Path, content: str, parents: bool) -> bool:
    there, above = model.tree.get((space, at), ...), model.tree.get((space, at[:-1]), ...)
    if isinstance(above, list) or (above is ... and not parents) or there is None:
        return False
    if above is ...:
        model.tree[space, at[:-1]] = None
    model.tree[space, at] = [*(there if isinstance(there, list) else []), content]
    return True


def _old(model: Model, one: int, two: int, _name: str, _flag: bool) -> None:
    if place := _pick(model.files(), one):
        texts = [model.content() for _ in range(two % 3)]
        olds = [Old(put(text), Facts(saved=5, modified=4)) for text in texts]
        add_old_versions(eye(model.boss), look(model.boss, place[0], *place[1]), olds)
        there = model.tree[place]
        assert there is not None
        model.tree[place] = [*there[:-1], *texts, there[-1]]


def _turn(model: Model, one: int, two: int, _name: str, _flag: bool) -> None:
    if place := _pick(model.files(), one):
        viewer, seen, there = eye(model.boss), look(model.boss, place[0], *place[1]), model.tree[place]
        assert there is not None
        restore_version(viewer, seen, list_versions(viewer, seen)[two % len(there)].number)
        there.append(there[two % len(there)])


def _drop(model: Model, one: int, two: int, _name: str, _flag: bool) -> None:
    if place := _pick(model.files(), one):
        viewer, seen, there = eye(model.boss), look(model.boss, place[0], *place[1]), model.tree[place]
        assert there is not None
        at = two % len(there)
        expected = Forbidden if len(there) == 1 else None
        _check(expected, lambda: remove_version(viewer, seen, list_versions(viewer, seen)[at].number))
        if expected is None:
            newest = at == len(there) - 1
            del there[at]
            if newest:
                there.append(there[-1])


def _touch(model: Model, one: int, two: int, _name: str, _flag: bool) -> None:
    if place := _pick(model.entries(), one):
        touch(eye(model.boss), look(model.boss, place[0], *place[1]), two - 25)
        assert two - 25 == look(model.boss, place[0], *place[1]).row.modified


STEP = {
    "save": _save,
    "folder": _folder,
    "move": _move,
    "copy": _copy,
    "delete": _delete,
    "restore": _restore,
    "purge": _purge,
    "remove": _remove,
    "batch": _batch,
    "old": _old,
    "turn": _turn,
    "drop": _drop,
    "touch": _touch,
}


def _check(expected: type[LadingError] | None, do: Callable[[], Any]) -> None:
    """Demand that *do* is refused with this very class, or goes well."""
    try:
        do()
    except LadingError as refusal:
        assert expected is type(refusal), refusal
    else:
        assert expected is None


def _same_tree(model: Model) -> None:
    found: dict[tuple[int, Path], list[str] | None] = {}
    viewer = eye(model.boss)
    for space in model.spaces:
        waiting = [find.at(viewer, space, ())]
        while waiting:
            seen = waiting.pop()
            found[space, seen.path] = _contents(viewer, seen)
            if seen.row.kind == FOLDER:
                waiting += _listed(viewer, seen)
    assert {place: what and list(map(_digest, what)) for place, what in model.tree.items()} == {
        place: what and list(what) for place, what in found.items()
    }


def _listed(viewer: Any, folder: Any) -> list[Any]:
    """All entries of a folder, in pages of three."""
    found = find.children(viewer, folder, limit=3)
    while len(found) % 3 == 0 and (
        more := find.children(viewer, folder, after=found[-1].row.name, limit=3) if found else []
    ):
        found += more
    return found


def _contents(viewer: Any, seen: Any) -> list[str] | None:
    if seen.row.kind == FOLDER:
        return None
    return [version.digest for version in list_versions(viewer, seen)]


def _digest(content: str) -> str:
    return put(content).digest


def _sound(space: int, model: Model) -> None:
    row = Space.objects.get(id=space)
    nodes = {node.id: node for node in Node.objects.filter(space=space)}
    for node in nodes.values():
        above = nodes.get(node.parent_id)
        assert node.trail == (f"{above.trail}{above.id}/" if above else "")
        assert above is None or above.kind == FOLDER
        assert above is not None or node.id in (row.root_id, row.bin_id)
        _facts_of_the_newest(node)
    trashed = {item.node_id for item in Trash.objects.filter(space=space)}
    assert trashed == {node.id for node in nodes.values() if node.parent_id == row.bin_id}
    assert all(nodes[one].name == str(one) for one in trashed)
    versions = Version.objects.filter(node__space=space)
    assert (versions.aggregate(all=Sum("size"))["all"] or 0) == row.used
    assert not versions.exclude(digest__in=Content.objects.values("digest")).exists()
    for found in versions:
        assert model.rows.setdefault((found.node_id, found.number), found.id) == found.id
    clocks = list(
        Event.objects.filter(space=space, clock__gt=0).order_by("id").values_list("clock", flat=True)
    )
    assert sorted(clocks) == clocks
    assert not clocks or clocks[-1] <= row.clock


def _facts_of_the_newest(node: Node) -> None:
    newest = Version.objects.filter(node=node).order_by("-number").first()
    if node.kind == FOLDER:
        assert (None, 0, 0, "") == (newest, node.number, node.size, node.digest)
        return
    assert newest is not None
    assert (newest.number, newest.size, newest.digest, newest.modified, newest.saved, newest.author_id) == (
        node.number,
        node.size,
        node.digest,
        node.modified,
        node.saved,
        node.author_id,
    )
