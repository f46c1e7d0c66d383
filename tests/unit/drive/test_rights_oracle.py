"""
The rights of the product against rights worked out the slow way, on random trees and people.
"""

import itertools

from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.drive.models import (
    Account,
    BreakGlass,
    Grant,
    Kind,
    Membership,
    Node,
    Principal,
    Space,
    Wall,
    WallSide,
)
from lading.drive.rights.explain import why_one
from lading.drive.rights.roles import GRANTABLE, Role
from lading.drive.rights.sight import sight
from lading.drive.rights.visible import count_visible
from unit.drive.rights_ground import FAR, acting, changed, everybody, security
from unit.drive.rights_oracle import Rule, Thing, World

EARLY, LATE = 50, 150
"""Some rules expire at 100."""
_SPACES = 3
_names = iter(range(1, 10**9))

SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    things = [Thing(space, None) for space in range(_SPACES)] + [
        Thing(space, None, binned=True) for space in range(_SPACES)
    ]
    for _ in range(draw(st.integers(0, 14))):
        folders = [number for number, thing in enumerate(things) if thing.folder]
        # Deep rather than broad: the last folder is as likely as all others together.
        parent = draw(st.one_of(st.just(folders[-1]), st.sampled_from(folders)))
        above = things[parent]
        folder, breaks = draw(st.booleans()), draw(st.integers(0, 3)) == 0
        things.append(Thing(above.space, parent, folder or draw(st.booleans()), breaks, above.binned))
    kinds = ["everybody", "person", "person", "guest", *draw(st.lists(st.sampled_from(KINDS), max_size=6))]
    active = [True] + [draw(st.integers(0, 7)) > 0 for _ in kinds[1:]]
    world = World(things, kinds, active)
    _relate(draw, world)
    _rule(draw, world)
    return world


KINDS = ("person", "guest", "group", "group", "department", "department")


def _relate(draw: st.DrawFn, world: World) -> None:
    groups = [n for n, kind in enumerate(world.kinds) if kind in ("group", "department")]
    departments = [n for n, kind in enumerate(world.kinds) if kind == "department"]
    for one, other in itertools.pairwise(departments):
        if draw(st.booleans()):
            world.parents[other] = one
    if groups:
        pairs = st.tuples(st.integers(1, len(world.kinds) - 1), st.sampled_from(groups))
        world.members = {(a, b) for a, b in draw(st.sets(pairs, max_size=8)) if a != b}


def _rule(draw: st.DrawFn, world: World) -> None:
    rules = st.tuples(
        st.integers(0, len(world.things) - 1),
        st.integers(0, len(world.kinds) - 1),
        st.sampled_from(GRANTABLE),
        st.integers(0, 2).map(lambda n: n == 0),
        st.sampled_from([None, None, 100]),
    )
    drawn = draw(st.lists(rules, max_size=12, unique_by=lambda r: (r[0], r[1], r[3])))
    world.rules = [Rule(*rule) for rule in drawn]
    if draw(st.integers(0, 3)) == 0:
        world.deleted = {draw(st.integers(0, _SPACES - 1))}
    if draw(st.integers(0, 2)) == 0:
        world.sides = {0: 0, 1: 1}
    if draw(st.integers(0, 3)) == 0:
        world.glass = {(1, draw(st.integers(0, _SPACES - 1)))}


class Built:
    """A world in the tables."""

    def __init__(self, world: World) -> None:
        self.world = world
        with transaction.atomic():
            # `everybody` is the same in all worlds, and there is one wall at most.
            for table in (Grant, Wall, BreakGlass):
                table.objects.all().delete()
            self._people()
            self._tree()
            self._rules()
            changed()

    def _people(self) -> None:
        world = self.world
        self.people = [everybody()]
        owner = self._principal("person")
        for number, kind in enumerate(world.kinds[1:], 1):
            guest = {"owner": owner, "until": FAR} if kind == "guest" else {}
            self.people.append(self._principal(kind, active=world.active[number], **guest))
        for child, parent in world.parents.items():
            Principal.objects.filter(id=self.people[child].id).update(parent=self.people[parent])
        Membership.objects.bulk_create(
            Membership(member=self.people[a], group=self.people[b]) for a, b in world.members
        )
        for who in {who for who, _ in world.glass}:
            Account.objects.create(
                principal=self.people[who], login=f"l{next(_names)}", admin="system", created=1
            )

    def _principal(self, kind: str, **facts: object) -> Principal:
        return Principal.objects.create(kind=kind, key=f"p{next(_names)}", created=1, **facts)

    def _tree(self) -> None:
        self.spaces = [
            Space.objects.create(key=f"s{next(_names)}", name="", created=1) for _ in range(_SPACES)
        ]
        self.nodes: list[Node] = []
        for number, thing in enumerate(self.world.things):
            parent = None if thing.parent is None else self.nodes[thing.parent]
            self.nodes.append(
                Node.objects.create(
                    space=self.spaces[thing.space],
                    parent=parent,
                    name=str(number),
                    kind=Kind.FOLDER if thing.folder else Kind.FILE,
                    trail=f"{parent.trail}{parent.id}/" if parent else "",
                    breaks=thing.breaks,
                    saved=1,
                    created=1,
                )
            )
        for number, space in enumerate(self.spaces):
            space.root, space.bin = self.nodes[number], self.nodes[_SPACES + number]
            space.deleted = 5 if number in self.world.deleted else None
            space.save()

    def _rules(self) -> None:
        Grant.objects.bulk_create(
            Grant(
                node=self.nodes[rule.node],
                principal=self.people[rule.who],
                role=rule.role,
                deny=rule.deny,
                expires=rule.expires,
                created=1,
            )
            for rule in self.world.rules
        )
        BreakGlass.objects.bulk_create(
            BreakGlass(principal=self.people[a], space=self.spaces[b], reason="r", created=1, expires=FAR)
            for a, b in self.world.glass
        )
        if self.world.sides:
            wall = Wall.objects.create(name=f"w{next(_names)}", created=1)
            for space, side in self.world.sides.items():
                WallSide.objects.create(wall=wall, side=side, space=self.spaces[space])

    def move(self, node: int, to: int) -> None:
        """Move a subtree, as the tree does: trails change, and the epoch."""
        self.world.things[node].parent = to
        row, parent = self.nodes[node], self.nodes[to]
        old = f"{row.trail}{row.id}/"
        row.parent, row.trail = parent, f"{parent.trail}{parent.id}/"
        row.save()
        for other in self.nodes:
            if other.trail.startswith(old):
                other.trail = f"{row.trail}{row.id}/{other.trail.removeprefix(old)}"
                other.save()
        changed()

    def persons(self) -> list[int]:
        return [n for n, kind in enumerate(self.world.kinds) if kind in ("person", "guest")]


def in_ranges(built: Built, seeing, at_least: Role) -> list[int]:
    """The nodes of all spaces that the ranges of *seeing* hold, found by SQL; twice if two ranges overlap."""
    number = {node.id: at for at, node in enumerate(built.nodes)}
    found: list[int] = []
    for space in built.spaces:
        for piece in seeing.ranges(space.id, at_least):
            with connection.cursor() as cursor:
                if piece.node is not None:
                    cursor.execute("SELECT id FROM drive_node WHERE id = %s", [piece.node])
                else:
                    sql = "SELECT id FROM drive_node WHERE space_id = %s AND trail >= %s AND trail < %s"
                    cursor.execute(sql, [space.id, piece.low, piece.high])
                found += [number[row[0]] for row in cursor.fetchall() if row[0] not in piece.without]
    return sorted(found)


def compare(built: Built, now: int) -> None:
    world = built.world
    nodes = range(len(world.things))
    for who in built.persons():
        seeing = sight(acting(built.people[who]), now=now)
        expected = [world.seen(who, node, now) for node in nodes]
        roots = expected[:_SPACES]

        assert expected == [seeing.role(node.trail, node.id) for node in built.nodes]
        assert roots == [seeing.space_role(space.id) for space in built.spaces]
        assert [s.id for s, role in zip(built.spaces, roots, strict=True) if role] == list(seeing.spaces())
        for at_least in (Role.PASS, *GRANTABLE):
            visible = [n for n in nodes if expected[n] >= at_least]
            assert visible == in_ranges(built, seeing, at_least)
            assert len(visible) == count_visible(seeing, at_least=at_least)


@given(worlds())
@SLOW
def test_every_role_and_every_range_is_as_worked_out_the_slow_way(world: World):
    """
    For every person and every node, before and after rules expire: the same role, the same visible set.
    """
    built = Built(world)
    for now in (EARLY, LATE):
        compare(built, now)


@given(worlds(), st.data())
@SLOW
def test_a_move_takes_rights_along_and_puts_new_ones_on_top(world: World, data: st.DataObject):
    """
    After any move within a space the rights are those of the new place, though others were kept in memory.
    """
    built = Built(world)
    compare(built, EARLY)
    below = [n for n, thing in enumerate(world.things) if thing.parent is not None and not thing.binned]
    if below:
        node = data.draw(st.sampled_from(below))
        old = f"{built.nodes[node].trail}{built.nodes[node].id}/"
        targets = [
            n
            for n, thing in enumerate(world.things)
            if thing.folder
            and not thing.binned
            and thing.space == world.things[node].space
            and n != node
            and not built.nodes[n].trail.startswith(old)
        ]
        built.move(node, data.draw(st.sampled_from(targets)))

    compare(built, EARLY)


@given(worlds())
@SLOW
def test_reasons_lead_to_the_same_role(world: World):
    """
    The answer to "why" gives each person the role that the drive gives them, with grants that decide.
    """
    built, asking = Built(world), security()
    # Reasons are asked for at the real time, when all that expires at 100 has expired.
    living = [
        n for n, thing in enumerate(world.things) if not thing.binned and thing.space not in world.deleted
    ]
    for who in built.persons():
        for node in living:
            access = why_one(asking, built.nodes[node].id, built.people[who].id)

            assert world.role(who, node, LATE) == access.role
            if access.role > Role.NONE and not access.glass:
                assert any(not grant.deny for grant in access.grants)
