"""
Any changes in any order: nobody comes to both sides of a wall, and nothing else is refused.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from unittest.mock import patch

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.drive.actor import SYSTEM
from lading.drive.errors import Walled
from lading.drive.models import Grant, Membership, Principal, Space, Wall, WallSide
from lading.drive.people import principals as people
from lading.drive.rights.grants import add_grant
from lading.drive.rights.roles import Role
from lading.drive.rights.walls import check_walls, extend_wall, make_wall
from lading.drive.writing import writing
from lading.model.errors import LadingError
from unit.drive.rights_ground import Deal, allow, everybody, principal, security

SLOW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def on_both() -> set[int]:
    """Who is on both sides, from the tables alone: walk up from everybody, and look at their grants."""
    rows = {one.id: one for one in Principal.objects.all()}
    groups = set(Membership.objects.values_list("member", "group"))
    now = time.time_ns()
    grants = [
        (grant.principal_id, grant.node.space_id)
        for grant in Grant.objects.filter(deny=False, node__space__deleted=None).select_related("node")
        if grant.expires is None or grant.expires > now
    ]
    sides = list(WallSide.objects.values_list("wall", "side", "space"))
    found = set()
    for who in rows:
        ids = _counts_as(who, rows, groups)
        spaces = {space for one, space in grants if one in ids}
        on = {(wall, side) for wall, side, space in sides if space in spaces}
        if any((wall, 1 - side) in on for wall, side in on):
            found.add(who)
    return found


def _counts_as(who: int, rows: dict[int, Principal], groups: set[tuple[int, int]]) -> set[int]:
    found: set[int] = set()
    todo = [who]
    while todo:
        one = todo.pop()
        if one in found or not rows[one].active:
            continue
        found.add(one)
        todo += [group for member, group in groups if member == one]
        todo += [parent for parent in [rows[one].parent_id] if parent]
    if rows[who].kind == "person" and found:
        found |= {one for one, row in rows.items() if row.kind == "everybody"}
    return found


class Ground:
    """Three deals, two people, a guest, two groups, two departments, and what can be done with them."""

    def __init__(self) -> None:
        self.deals = [Deal(), Deal(), Deal()]
        self.admin = security()
        self.people = [principal("ann"), principal("bob"), principal("gil", "guest")]
        self.groups = [principal("g1", "group"), principal("g2", "group")]
        self.offices = [principal("d1", "department"), principal("d2", "department")]
        # A wall and people on each side from the start; else few walks would come near one.
        self.first = make_wall(self.admin, "first", [self.deals[0].space.id], [self.deals[1].space.id])
        for deal, who in ((0, self.groups[0]), (1, self.offices[0]), (1, self.people[0])):
            allow(self.deals[deal].root, who, Role.PREVIEW)

    def everyone(self) -> list[Principal]:
        return [*self.people, *self.groups, *self.offices, everybody()]

    def changes(self) -> list[Callable[[st.DataObject], Callable[[], object]]]:
        return [
            self.grant,
            self.grant,
            self.join,
            self.join,
            self.hang,
            self.leave,
            self.wall,
            self.extend,
            self.remove,
        ]

    def grant(self, data: st.DataObject) -> Callable[[], object]:
        deal, who = data.draw(st.sampled_from(self.deals)), data.draw(st.sampled_from(self.everyone()))
        deny = data.draw(st.integers(0, 4)) == 0
        node = data.draw(st.sampled_from([deal.root, deal.file]))
        return lambda: add_grant(deal.manager, node.id, who.id, Role.PREVIEW, deny=deny)

    def join(self, data: st.DataObject) -> Callable[[], object]:
        member = data.draw(st.sampled_from(self.everyone()[:-1]))
        group = data.draw(st.sampled_from([*self.groups, *self.offices]))
        return lambda: people.join(SYSTEM, member.id, group.id)

    def hang(self, data: st.DataObject) -> Callable[[], object]:
        child, parent = data.draw(st.permutations(self.offices))
        above = data.draw(st.sampled_from([parent.id, None]))
        return lambda: people.change(SYSTEM, child.id, parent=above)

    def leave(self, data: st.DataObject) -> Callable[[], object]:
        who = data.draw(st.sampled_from([*self.people, *self.groups, *self.offices]))
        active = Principal.objects.get(id=who.id).active
        return lambda: (people.leave if active else people.come_back)(SYSTEM, who.id)

    def wall(self, data: st.DataObject) -> Callable[[], object]:
        one, other = data.draw(st.permutations(self.deals))[:2]
        return lambda: make_wall(self.admin, f"w{Wall.objects.count()}", [one.space.id], [other.space.id])

    def extend(self, data: st.DataObject) -> Callable[[], object]:
        deal, side = data.draw(st.sampled_from(self.deals)), data.draw(st.integers(0, 1))
        return lambda: extend_wall(self.admin, self.first.id, side, deal.space.id)

    def remove(self, data: st.DataObject) -> Callable[[], object]:
        deal = data.draw(st.sampled_from(self.deals))
        deleted = Space.objects.get(id=deal.space.id).deleted

        def change() -> None:
            with writing(SYSTEM) as work:
                Space.objects.filter(id=deal.space.id).update(deleted=None if deleted else 5)
                check_walls(work, spaces=[deal.space.id])

        return change


class TakenBack(Exception):
    """End a trial."""


@given(st.data())
@SLOW
def test_nobody_ever_comes_to_both_sides_and_nothing_else_is_refused(data: st.DataObject):
    """
    After each change nobody is on both sides; each refusal was of a change that would have brought somebody there.
    """
    with suppress(TakenBack), transaction.atomic():  # each example begins with the same empty drive
        ground = Ground()
        for _ in range(data.draw(st.integers(6, 16))):
            change = data.draw(st.sampled_from(ground.changes()))(data)
            try:
                with transaction.atomic():
                    change()
            except Walled:
                assert _would_bring(change)
            except LadingError:
                continue
            assert set() == on_both()
        raise TakenBack


def _would_bring(change: Callable[[], object]) -> bool:
    """Whether *change* brings somebody to both sides if nobody looks at walls."""
    found = False
    with (
        suppress(TakenBack),
        transaction.atomic(),
        patch("lading.drive.rights.walls.crossing", return_value=[]),
    ):
        change()
        found = bool(on_both())
        raise TakenBack
    return found
