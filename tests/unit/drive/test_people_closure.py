"""
Whom somebody counts as, worked out by the database in one query.
"""

import random
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lading.drive.models import Membership, Principal
from lading.drive.people.closure import closure, reach

NOW = 1_000
_keys = count()


def make(kind: str, **facts: object) -> Principal:
    return Principal.objects.create(kind=kind, key=f"k{next(_keys)}", created=1, **facts)


def join(member: Principal, *groups: Principal) -> None:
    for group in groups:
        Membership.objects.create(member=member, group=group)


def everybody() -> int:
    return Principal.objects.get(key="everybody").id


def test_a_person_counts_as_groups_in_groups_and_departments_above_departments() -> None:
    """
    Self, nested groups, departments with all parents, a department's groups, and everybody: in one query.
    """
    top = make("department")
    team = make("department", parent=make("department", parent=top))
    outer, inner, of_team = make("group"), make("group"), make("group")
    person = make("person")
    join(person, team, inner)
    join(inner, outer)
    join(team, of_team)
    make("person")
    make("group")

    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = closure(person.id, now=NOW)
    assert {person.id, team.id, team.parent_id, top.id, inner.id, outer.id, of_team.id, everybody()} == found
    assert 1 == len(asked)


def test_who_is_inactive_counts_as_nobody() -> None:
    """
    Neither themselves nor everybody; and who does not exist is nobody either.
    """
    person = make("person", active=False)
    join(person, make("group"))

    assert frozenset() == closure(person.id, now=NOW)
    assert frozenset() == closure(10**9, now=NOW)


def test_an_inactive_group_gives_nothing_and_passes_nothing_on() -> None:
    """
    What lies above a group that was switched off is not reached through it.
    """
    person, off, above = make("person"), make("group", active=False), make("group")
    join(person, off)
    join(off, above)

    assert {person.id, everybody()} == closure(person.id, now=NOW)


def test_a_guest_counts_until_the_end_and_only_with_an_active_owner() -> None:
    """
    No job has to run: the end date and the owner are looked at each time.
    """
    owner = make("person")
    guest, group = make("guest", owner=owner, until=NOW + 1), make("group")
    join(guest, group)

    assert {guest.id, group.id} == closure(guest.id, now=NOW)
    assert NOW + 1 == reach(guest.id, now=NOW).until
    assert frozenset() == closure(guest.id, now=NOW + 1)
    Principal.objects.filter(id=owner.id).update(active=False)
    assert frozenset() == closure(guest.id, now=NOW)
    Principal.objects.filter(id=guest.id).update(owner=None)
    assert frozenset() == closure(guest.id, now=NOW)


def test_a_circle_that_slipped_in_ends() -> None:
    """
    Even where the tables hold a circle the query comes back.
    """
    person, one, two = make("person"), make("group"), make("group")
    join(person, one)
    join(one, two)
    join(two, one)

    assert {person.id, one.id, two.id, everybody()} == closure(person.id, now=NOW)


@pytest.mark.parametrize("seed", range(20))
def test_the_query_agrees_with_a_naive_walk(seed: int) -> None:
    """
    On random nets of groups and departments the closure is what a plain walk finds.
    """
    dice = random.Random(seed)
    units = []
    for _ in range(12):
        above = [unit for unit in units if unit.kind == "department"]
        kind = dice.choice(["group", "department"])
        parent = dice.choice([*above, None]) if kind == "department" else None
        units.append(make(kind, parent=parent, active=dice.random() < 0.85))
    people = [make("person", active=dice.random() < 0.9) for _ in range(6)]
    pairs = {(dice.choice([*people, *units]).id, dice.choice(units).id) for _ in range(25)}
    Membership.objects.bulk_create(Membership(member_id=a, group_id=b) for a, b in pairs if a != b)

    for person in people:
        assert walk(person.id) == closure(person.id, now=NOW)


def walk(start: int) -> set[int]:
    active = set(Principal.objects.filter(active=True).values_list("id", flat=True))
    edges = list(Membership.objects.values_list("member_id", "group_id"))
    edges += Principal.objects.exclude(parent=None).values_list("id", "parent_id")
    if start not in active:
        return set()
    found, waiting = {start, everybody()}, [start]
    while waiting:
        below = waiting.pop()
        fresh = {b for a, b in edges if a == below and b in active} - found
        found |= fresh
        waiting.extend(fresh)
    return found
