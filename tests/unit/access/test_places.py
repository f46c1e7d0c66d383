"""One entry: who can do what on it, and why somebody can or cannot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.connectors.profile import AccessRules
from lading.manifest.access.causes import Fate
from lading.manifest.access.places import Explanation, Who, who, why
from lading.model.access import Effect, Grant, Reach, Role
from lading.model.errors import NotFound
from lading.model.paths import encode
from unit.access.firm import ANNA, EVERYBODY, FALCON, LATER, RULES, allow, at, deny, firm, one
from unit.access.ground import NOW, database, tables, tree
from unit.access.oracle import World
from unit.access.worlds import worlds

SLOW = settings(max_examples=40, deadline=None)


def asked(world: World, person: str, path: str, now: int = NOW) -> Explanation:
    with database() as connection:
        return why(connection, tables(world), f"u:{person}", path, now)


def held(world: World, path: str, now: int = NOW) -> Who:
    with database() as connection:
        return who(connection, tables(world), path, now)


@given(worlds(), st.data())
@SLOW
def test_the_answers_are_as_worked_out_the_slow_way(world: World, data: st.DataObject) -> None:
    """For any entry, `why` tells each person's role and `who` tells everybody with a role, each once."""
    path = data.draw(st.sampled_from(sorted({(), *world.entries})))
    people = world.people()
    expected = {name: role for name in people if (role := world.role(name, path, NOW))}
    holders = held(world, encode(path)).holders

    assert expected == {key.removeprefix("u:"): it.role for it in holders for key in it.people}
    assert len(expected) == sum(len(it.people) for it in holders)
    person = data.draw(st.sampled_from(people))
    assert expected.get(person, Role.NONE) == asked(world, person, encode(path)).role


def test_steps_come_from_the_top_down_with_their_ways() -> None:
    """Ben's grant comes through two groups, the denial is his own and takes away, and both decide."""
    found = asked(firm(), "ben", "Falcon/contracts/b.docx")

    assert Role.PREVIEW == found.role
    assert [
        ("Falcon", Effect.ALLOW, ("u:ben", "g:senior", "g:falcon team"), True),
        ("Falcon/contracts/b.docx", Effect.DENY, ("u:ben",), True),
    ] == [(it.verdict.item.path, it.verdict.item.effect, it.chain, it.decides) for it in found.steps]
    assert ["l2"] == [link.id for link in found.links]


def test_a_break_tells_what_it_ends() -> None:
    """Behind a break the grant from above is told as stopped, and by what."""
    found = asked(firm(), "ben", "Falcon/board/secret.docx")

    assert Role.NONE == found.role
    assert [Fate.STOPPED, Fate.COUNTS] == [it.verdict.fate for it in found.steps]
    assert Effect.BREAK is found.steps[0].verdict.by.effect


def test_what_has_ended_or_does_not_reach_is_told() -> None:
    """An expired grant and one for what will be made later are there, and count for nothing."""
    world = firm()
    world.grants.append(allow("Hawk", one("person", "emil"), Role.EDIT, reach=Reach.LATER))
    found = asked(world, "emil", "Hawk/drafts/x.docx")

    assert [Fate.ELSEWHERE, Fate.ENDED] == [it.verdict.fate for it in found.steps]
    assert Role.NONE == found.role


def test_a_name_only_and_a_cap_are_told() -> None:
    """A guest sees the name of the folder above; a grant of more than a guest can have is cut."""
    assert asked(firm(), "guest", "Falcon").names

    world = firm()
    world.grants.append(allow("Common", one("guest", "guest"), Role.MANAGE))
    found = asked(world, "guest", "Common/forms")

    assert (Role.EDIT, Role.MANAGE) == (found.role, found.granted)


def test_a_guest_whose_owner_left_counts_for_nothing() -> None:
    """Without an active owner, and at the end, a guest has nothing, and the answer says that they do not count."""
    world = firm()
    world.principals = [one("person", "anna", active=False) if it == ANNA else it for it in world.principals]

    for found in (
        asked(world, "guest", "Falcon/contracts"),
        asked(firm(), "guest", "Falcon/contracts", LATER),
    ):
        assert Role.NONE == found.role
        assert not found.alive


def test_the_topmost_folder_that_bars_the_way_is_named() -> None:
    """Where folders must be passed, a grant further down does not help, and the folder is named."""
    world = World(tree("a/b/c"), [ANNA], rules=AccessRules(passage=True))
    world.grants = [allow("", ANNA, Role.PASS, reach=Reach.HERE), allow("a/b/c", ANNA, Role.EDIT)]
    found = asked(world, "anna", "a/b/c")

    assert (Role.NONE, "a") == (found.role, found.barred)


def test_holders_are_grouped_by_what_decides() -> None:
    """Members of one group with one role are told together, who is denied something apart."""
    found = held(firm(), "Falcon/contracts/b.docx").holders

    assert [
        (Role.EDIT, "falcon team", None, ("u:anna",)),
        (Role.DOWNLOAD, "guest", None, ("u:guest",)),
        (Role.PREVIEW, "falcon team", "ben", ("u:ben",)),
    ] == [(it.role, it.grant.principal, it.cut.principal if it.cut else None, it.people) for it in found]


def test_a_list_with_ranks_lets_the_first_decide() -> None:
    """Of a POSIX list the owner's line counts for the owner, though everybody else could do more."""
    world = World(tree("f"), [EVERYBODY, ANNA, one("person", "ben")], rules=AccessRules())
    world.grants = [
        allow("f", ANNA, Role.NONE, rank=0),
        Grant(at("f"), EVERYBODY, frozenset(), role=Role.EDIT, rank=3),
    ]

    assert [(Role.EDIT, ("u:ben",))] == [(it.role, it.people) for it in held(world, "f").holders]


def test_people_and_groups_of_one_number_are_told_apart() -> None:
    """A person and a group of the same id share nothing; a membership means the person."""
    world = World(
        tree("f"), [one("person", "7"), one("group", "7"), one("group", "g"), one("person", "8")], rules=RULES
    )
    world.members = {("g", "7"), ("7", "8")}
    world.grants = [allow("f", one("group", "g"), Role.EDIT), allow("f", one("group", "7"), Role.PREVIEW)]

    assert [(Role.EDIT, ("u:7",)), (Role.PREVIEW, ("u:8",))] == [
        (it.role, it.people) for it in held(world, "f").holders
    ]


def test_whom_only_a_grant_names_counts() -> None:
    """A person and a group that no table lists are there as soon as a grant names them."""
    world = World(tree("f"), [ANNA])
    world.members = {("unlisted", "anna"), ("unlisted", "1008")}
    world.grants = [
        allow("f", one("person", "1007"), Role.EDIT),
        allow("f", one("group", "unlisted"), Role.PREVIEW),
    ]

    assert [("u:1007",), ("u:1008", "u:anna")] == [it.people for it in held(world, "f").holders]


def test_a_denial_of_nothing_takes_nothing() -> None:
    """A denial whose words touch no step of the ladder takes nothing away."""
    world = firm()
    world.grants.append(deny("Falcon", FALCON, Role.NONE))

    assert Role.EDIT == asked(world, "anna", "Falcon").role


@pytest.mark.parametrize(("person", "path"), [("nobody", "Falcon"), ("anna", "Falcon/none")])
def test_what_is_not_there_is_said(person: str, path: str) -> None:
    """Unknown people and entries are an error, not an empty answer."""
    with pytest.raises(NotFound):
        asked(firm(), person, path)
