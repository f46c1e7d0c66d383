"""Walls, and what is hidden behind them from whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lading.manifest.access.veil import Veil, veil_for
from lading.manifest.access.walls import Checked, Wall, check_walls
from lading.model.access import Effect, Principal, Reach, Role
from unit.access.firm import (
    ANNA,
    BEN,
    CARL,
    DEALS,
    EMIL,
    EVERYBODY,
    GUEST,
    LATER,
    LEFT,
    SENIOR,
    allow,
    deny,
    ends,
    firm,
    one,
)
from unit.access.ground import NOW, database, tables
from unit.access.oracle import World

WALL = Wall("Falcon ⟂ Hawk", (("Falcon",), ("Hawk",)))
KEY = b"k"


def checked(world: World, *walls: Wall, now: int = NOW) -> Checked:
    with database() as connection:
        return check_walls(connection, [tables(world)], walls or (WALL,), now)


def crossing(world: World, now: int = NOW) -> set[str]:
    return {key for it in checked(world, now=now).crossings for key in it.whom}


def test_a_wall_that_holds_is_told_to_hold() -> None:
    """In the firm nobody stands on both sides, and both paths are known."""
    found = checked(firm())

    assert [] == found.crossings
    assert [] == found.missing
    falcon, hawk = (
        {"u:anna", "u:ben", "u:guest", "g:falcon team", "g:senior"},
        {"u:carl", "u:dora", "g:hawk team"},
    )
    assert (falcon, hawk) == found.on[0]


@pytest.mark.parametrize(
    ("who", "whom"),
    [
        (ANNA, {"u:anna"}),
        (SENIOR, {"u:ben", "g:senior"}),
        (DEALS, {"u:anna", "u:ben"}),
        (EVERYBODY, {"u:anna", "u:ben"}),
        (GUEST, {"u:guest"}),
        (LEFT, set()),
    ],
)
def test_one_grant_on_the_other_side_is_found(who: Principal, whom: set[str]) -> None:
    """Whoever the grant names, and whoever is in it, is told, also groups and departments; who left is not."""
    world = firm()
    world.grants.append(allow("Hawk/model.xlsx", who, Role.PREVIEW))

    assert whom == crossing(world)


def test_whoever_has_leave_is_told_apart() -> None:
    """Who is meant to stand on both sides is no crossing; others that the same grants let there are."""
    world = firm()
    world.grants += [allow("Hawk", ANNA, Role.EDIT), allow("Hawk", SENIOR, Role.PREVIEW)]
    wall = WALL._replace(both=frozenset({"u:anna", "u:carl"}))
    found = checked(world, wall)

    assert {"u:ben", "g:senior"} == {key for it in found.crossings for key in it.whom}
    assert {"u:anna"} == found.tolerated


def test_what_two_accounts_are_told_counts_together() -> None:
    """Each account sees one side; whoever stands on both is found from the manifests of both, and nobody else is."""
    world = firm()
    world.grants.append(allow("Hawk/model.xlsx", SENIOR, Role.PREVIEW))
    falcon, hawk = (_part(world, hidden) for hidden in ("Hawk", "Falcon"))
    with database() as connection:
        alone = [check_walls(connection, [tables(one)], [WALL], NOW) for one in (falcon, hawk)]
        whole = check_walls(connection, [tables(falcon), tables(hawk)], [WALL], NOW)

    assert [(["Hawk"], []), (["Falcon"], [])] == [(one.missing, one.crossings) for one in alone]
    assert ([], checked(world).on) == (whole.missing, whole.on)
    assert {"u:ben", "g:senior"} == {key for it in whole.crossings for key in it.whom}


def test_a_manifest_may_begin_at_a_folder() -> None:
    """What was scanned from a folder on stands where the folder is; whoever crosses is found there."""
    world = firm()
    world.grants.append(allow("Hawk/model.xlsx", SENIOR, Role.PREVIEW))
    hawk = replace(
        world,
        entries={path[1:] for path in world.entries if path[0] == "Hawk" != path[-1]},
        grants=[replace(it, path=it.path[1:]) for it in world.grants if it.path[:1] == ("Hawk",)],
    )
    with database() as connection:
        parts = [tables(_part(world, "Hawk")), tables(hawk)]
        found = check_walls(connection, parts, [WALL], NOW, roots=["", "Hawk"])

    assert ([], checked(world).on) == (found.missing, found.on)
    assert {"u:ben", "g:senior"} == {key for it in found.crossings for key in it.whom}


def _part(world: World, hidden: str) -> World:
    """*world* without *hidden* and what lies below it."""
    return replace(
        world,
        entries={path for path in world.entries if path[0] != hidden},
        grants=[it for it in world.grants if it.path[:1] != (hidden,)],
    )


def test_a_group_without_anybody_counts() -> None:
    """A group with a grant on both sides is found, though nobody is in it."""
    world = firm()
    empty = one("group", "empty")
    world.principals.append(empty)
    world.grants += [allow(path, empty, Role.PREVIEW) for path in ("Falcon", "Hawk")]

    assert {"g:empty"} == crossing(world)


def test_what_is_allowed_counts_though_it_is_denied() -> None:
    """Neither a denial nor a break takes anybody off a side; an end does, and so does a reach into the future."""
    world = firm()
    world.grants += [
        allow("Hawk/drafts", ANNA, Role.EDIT, expires=LATER),
        deny("Hawk", ANNA, Role.PREVIEW),
        ends("Hawk/drafts"),
    ]

    assert {"u:anna"} == crossing(world)
    assert set() == crossing(world, now=LATER)

    world = firm()
    world.grants.append(allow("Hawk", ANNA, Role.EDIT, reach=Reach.LATER))

    assert set() == crossing(world)


def test_a_grant_above_both_sides_counts_unless_it_is_ended() -> None:
    """What stands above reaches both sides; a break on one of them keeps it out."""
    world = firm()
    world.grants.append(allow("", EMIL, Role.PREVIEW))

    assert {"u:emil"} == crossing(world)

    world.grants.append(ends("Falcon"))

    assert set() == crossing(world)


def test_a_crossing_names_both_grants() -> None:
    """The finding tells the grant of either side."""
    world = firm()
    world.members.add(("hawk team", "ben"))
    (found,) = checked(world).crossings

    assert ("u:ben",) == found.whom
    assert [("falcon team", "Falcon"), ("hawk team", "Hawk")] == [
        (it.principal, it.path) for it in found.grants
    ]


def test_a_path_that_is_not_there_is_told() -> None:
    """A misspelt side does not pass for a wall that holds."""
    assert ["Hwak"] == checked(firm(), Wall("w", (("Falcon",), ("Hwak",)))).missing


def veil(world: World, *readers: str) -> Veil:
    return veil_for(KEY, (WALL,), [checked(world)], readers or None)


def test_who_is_on_neither_side_reads_no_name() -> None:
    """Paths, groups and the wall itself are ids for an outsider, the same for the same path; other names stand."""
    outside = veil(firm())

    assert "Falcon" not in outside.path("Falcon/board/secret.docx")
    assert outside.path("Falcon/board") == outside.path("Falcon/board")
    assert outside.path("Falcon/board") != outside.path("Falcon")
    assert outside.path("Falcon") != Veil(b"other", ("Falcon",)).path("Falcon")
    assert None is outside.exact("Hawk")
    assert "falcon" not in outside.principal("g:falcon team", "falcon team")
    assert "#1" == outside.wall(0, WALL)
    assert "/Common/forms" == outside.path("Common/forms")
    assert "/Falconry" == outside.path("Falconry")


def test_who_is_on_a_side_reads_its_names_only() -> None:
    """Somebody of Falcon reads Falcon, not Hawk; who would be on both reads neither."""
    inside = veil(firm(), "u:anna")

    assert "/Falcon/board" == inside.path("Falcon/board")
    assert inside.hides("Hawk")
    assert "falcon team" == inside.principal("g:falcon team", "falcon team")

    world = firm()
    world.members.add(("hawk team", "ben"))
    both = veil(world, "u:ben")

    assert both.hides("Falcon")
    assert both.hides("Hawk")


def test_access_by_mistake_opens_no_name() -> None:
    """Somebody whom the move let in wrongly is not on the side, since the first drive does not have them there."""
    wrong = firm()
    wrong.grants.append(allow("Falcon", EMIL, Role.EDIT, effect=Effect.ALLOW))
    found = veil_for(KEY, (WALL,), [checked(firm()), checked(wrong)], ("u:emil", "u:emil"))

    assert found.hides("Falcon/board")


def test_carl_stays_on_his_side() -> None:
    """The other side works the same way."""
    assert not veil(firm(), f"u:{CARL.id}").hides("Hawk/model.xlsx")
    assert veil(firm(), f"u:{BEN.id}").hides("Hawk/model.xlsx")
