"""
Saves that are completed together come to what each would come to alone, whatever happened since they were looked at.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lading.drive.actor import SYSTEM, Actor
from lading.drive.dav.together import Gathered, Wish
from lading.drive.rights.roles import Role
from lading.drive.tree.batch import Item
from lading.drive.tree.change import delete, move
from lading.drive.tree.expect import ABSENT, ANYTHING, Expect, Same, etag
from lading.drive.tree.saving import Saved
from lading.drive.tree.spaces import freeze, set_quota
from unit.drive.tree_ground import deal, eye, folder, look, names, person, put, rule, write

Meanwhile = Callable[[Actor, int], object]


def nothing(who: Actor, space: int) -> None:
    pass


def moved(who: Actor, space: int) -> None:
    move(eye(who), look(who, space, "in"), look(who, space, "other"), "in")


def replaced(who: Actor, space: int) -> None:
    move(eye(who), look(who, space, "in"), look(who, space), "old")
    folder(who, space, "in")


def gone(who: Actor, space: int) -> None:
    delete(eye(who), look(who, space, "in"))


def frozen(who: Actor, space: int) -> None:
    freeze(SYSTEM, space, "back on Monday")


def full(who: Actor, space: int) -> None:
    set_quota(SYSTEM, space, 12)


def revoked(who: Actor, space: int) -> None:
    rule(look(who, space).row.id, who, Role.PREVIEW, deny=True)


def lowered(who: Actor, space: int) -> None:
    rule(look(who, space, "in").row.id, who, Role.UPLOAD, deny=True)


def shadowed(who: Actor, space: int) -> None:
    folder(who, space, "in", "new")


def overtaken(who: Actor, space: int) -> None:
    write(who, space, "in", "there", content="of somebody else")
    write(who, space, "in", "new", content="of somebody else")


MEANWHILE = [nothing, moved, gone, frozen, full, revoked, lowered, shadowed, overtaken]


def ground(who: Actor, name: str) -> tuple[int, list[Wish]]:
    """A space, and saves that were looked at in it: new files, the same twice, versions, with and without conditions."""
    space = deal(who, name=name)
    folder(who, space, "in")
    folder(who, space, "other")
    there = write(who, space, "in", "there", content="1234").seen.row
    parent = look(who, space, "in")
    wishes: list[tuple[str, str, Expect]] = [
        ("new", "1", ABSENT),
        ("new", "22", ABSENT),
        ("free", "333", ANYTHING),
        ("there", "4444", Same(etag(there))),
        ("there", "5", Same(etag(there))),
        ("there", "6", ANYTHING),
    ]
    items = [Item(("in", name), put(text), expect) for name, text, expect in wishes]
    return space, [Wish(eye(who), parent, item) for item in items]


def told(answers: list[Saved | Exception]) -> list[object]:
    return [
        (answer.created, answer.seen.path, answer.seen.row.number)
        if isinstance(answer, Saved)
        else type(answer).__name__
        for answer in answers
    ]


def completed(groups: list[list[Wish]]) -> list[object]:
    answers: list[Saved | Exception] = []
    for group in groups:
        gathered = [Gathered(wish, lambda saved: answers.append(saved) or []) for wish in group]  # type: ignore[func-returns-value]
        Gathered.complete(gathered)
        for one in gathered:
            one.answer()
    return told(answers)


@pytest.mark.parametrize("meanwhile", MEANWHILE, ids=lambda do: do.__name__)
def test_together_is_as_alone(meanwhile: Meanwhile) -> None:
    """The same files under the same names in the same order, and the same refusals."""
    who = person("ann")
    first, together = ground(who, "Together")
    second, alone = ground(who, "Alone")
    meanwhile(who, first)
    meanwhile(who, second)
    found = completed([together])

    assert completed([[wish] for wish in alone]) == found
    if meanwhile is moved:
        assert ["free", "new", "there"] == sorted(names(who, first, "other", "in"))


def test_a_folder_that_took_the_place_of_another_gets_its_files() -> None:
    """Saved together, a file goes where its address leads at that moment."""
    who = person("ann")
    space, wishes = ground(who, "Deal")
    replaced(who, space)
    completed([wishes[:3]])

    assert ["free", "new"] == sorted(names(who, space, "in"))
