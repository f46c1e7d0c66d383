"""The resolver against the slow way, on random drives: every role of every person on every entry."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.manifest.access.decide import role_in
from lading.manifest.access.ground import Ground
from lading.manifest.access.people import Pair, directory, masks
from lading.manifest.access.walk import Place, Side, walk
from lading.model.access import Role
from lading.model.errors import BadManifest
from lading.model.paths import decode, encode
from unit.access.firm import ANNA, allow, firm
from unit.access.ground import database, tables, tree
from unit.access.oracle import World
from unit.access.worlds import worlds

SLOW = settings(max_examples=40, deadline=None)


def roles(world: World, now: int, every: bool) -> dict[tuple[str, str], int]:
    """What the product says of every person and entry; with *every*, each entry is a node of its own."""
    found: dict[tuple[str, str], int] = {}
    with database() as connection:
        told = tables(world)
        known = directory(connection, told)
        people = [Pair((f"u:{who}",)) for who in world.people()]
        asked = [encode(path) for path in world.entries] if every else []
        ground = Ground(connection, [told], asked=asked)

        def visit(place: Place) -> None:
            for bit, who in enumerate(world.people()):
                if place.there:
                    found[who, place.path] = role_in(place.sides[0].own.found, 1 << bit)
                for rest in place.rest:
                    found[who, rest.example] = role_in(place.sides[0].below.found, 1 << bit)

        walk(ground.nodes(), [Side(masks(people, 0, known, now), told.rules, now, {})], visit)
    return found


@given(worlds(), st.sampled_from([20, 100, 200]))
@SLOW
def test_every_role_is_as_worked_out_the_slow_way(world: World, now: int) -> None:
    """Whatever the rules, ranks, reaches, circles and ends: the role of each person on each entry is the oracle's."""
    expected = {
        (who, encode(path)): world.role(who, path, now) for who in world.people() for path in world.entries
    }

    assert expected == roles(world, now, every=True)


@given(worlds())
@SLOW
def test_what_is_no_node_is_as_the_nearest_node_above(world: World) -> None:
    """Entries that only count have the role of the cell they are counted in."""
    found = roles(world, 100, every=False)

    assert {key: world.role(key[0], decode(key[1]), 100) for key in found} == found


def test_names_that_sort_around_the_slash_stay_apart() -> None:
    """`a b` and `a-` sort between `a` and what lies in it, and take nothing from it."""
    world = World(tree("a/b", "a b/c", "a-/d", "a/x\x01y"), [ANNA])
    world.grants = [allow("a", ANNA, Role.EDIT), allow("a b/c", ANNA, Role.PREVIEW)]
    expected = {("anna", encode(path)): world.role("anna", path, 100) for path in world.entries}

    assert expected == roles(world, 100, every=True)


def test_a_grant_on_what_is_gone_shows_no_name() -> None:
    """A grant that stands on an entry which is not there lets nobody see the folders above."""
    world = World(tree("a/b"), [ANNA])
    world.grants = [allow("a/b/gone", ANNA, Role.EDIT)]

    assert {0} == set(roles(world, 100, every=True).values())


@pytest.mark.parametrize("column", ["effect", "reach", "principal_kind"])
def test_words_that_nobody_knows_are_refused(column: str) -> None:
    """A grant with an unknown effect, reach or kind is not passed over in silence."""
    told = tables(firm())
    at = told.grants.schema.get_field_index(column)
    strange = told.grants.set_column(at, column, pa.array(["strange"] * told.grants.num_rows))

    with database() as connection, pytest.raises(BadManifest):
        Ground(connection, [replace(told, grants=strange)])
