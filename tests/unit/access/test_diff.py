"""The comparison against the slow way: every pair is counted once, on the right side, and has one cause."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from lading.manifest.access.comparing import ANYONE, Compared, Tolerated, Wish, compare_access
from lading.model.access import Principal, Role
from lading.model.paths import Path, encode
from unit.access.firm import EMIL, LATER, allow, firm
from unit.access.ground import NOW, database, tables
from unit.access.oracle import World
from unit.access.worlds import moved_worlds

SLOW = settings(max_examples=40, deadline=None)


def compared(old: World, new: World, wish: Wish) -> Compared:
    with database() as connection:
        return compare_access(connection, tables(old, "OLD"), tables(new, "NEW"), wish)


def pairs(old: World, new: World, now: int) -> dict[tuple[str, Path], tuple[Role, Role]]:
    """The two roles of every person on every entry of either side."""
    people = {*old.people(), *new.people()}
    return {
        (who, path): tuple(
            it.role(who, path, now) if who in it.people() and path in it.entries else Role.NONE
            for it in (old, new)
        )
        for who in people
        for path in old.entries | new.entries
    }


def counts(old: World, new: World, now: int) -> dict[str, int]:
    found = Counter({"gained": 0, "lost": 0, "same": 0})
    for before, after in pairs(old, new, now).values():
        if before or after:
            found["gained" if after > before else "lost" if after < before else "same"] += 1
    return dict(found)


@given(moved_worlds())
@SLOW
def test_each_pair_is_counted_as_the_slow_way_counts_it(both: tuple[World, World]) -> None:
    """At every moment at which something ends: gained, lost and same are the oracle's, exactly."""
    found = compared(*both, Wish(NOW, moments=9))

    assert {moment: counts(*both, moment) for moment in found.outcomes} == {
        moment: {"gained": one.gained, "lost": one.lost, "same": one.same}
        for moment, one in found.outcomes.items()
    }
    assert 0 == found.unseen


@given(moved_worlds())
@SLOW
def test_causes_account_for_every_pair(both: tuple[World, World]) -> None:
    """The pairs of all causes are the pairs that changed, and every example is one of them."""
    found = compared(*both, Wish(NOW, moments=1)).outcomes[NOW]
    people = compared(*both, Wish(NOW, moments=1)).people
    known = pairs(*both, NOW)

    for gain, total, who in ((True, found.gained, found.gainers), (False, found.lost, found.losers)):
        mine = [it for it in found.causes if it.gain is gain]
        assert total == sum(it.pairs for it in mine)
        assert who == (sum_of(it.people for it in mine))
        for cause in mine:
            for path, person, before, after in cause.examples:
                name = next(key for key in people[person].keys if key).removeprefix("u:")
                assert (before, after) in {
                    roles for (one, at), roles in known.items() if one == name and encode(at) == path
                }
                assert gain is (after > before)


@given(moved_worlds(), st.sampled_from(list(Role)), st.data())
@SLOW
def test_only_what_is_listed_is_tolerated(both: tuple[World, World], most: Role, data: st.DataObject) -> None:
    """A tolerance takes out the gains below its path up to its role, the names of folders above, and nothing else."""
    top = data.draw(st.sampled_from(sorted({(), *both[1].entries})))
    found = compared(*both, Wish(NOW, tolerated=[Tolerated(ANYONE, encode(top), most)], moments=1)).outcomes[
        NOW
    ]

    gains = {key: roles for key, roles in pairs(*both, NOW).items() if roles[1] > roles[0]}
    accepted = [
        key
        for key, (_, after) in gains.items()
        if (key[1][: len(top)] == top and after <= most)
        or (after == Role.PASS and key[1] == top[: len(key[1])] and key[1] != top)
    ]
    assert len(accepted) == found.tolerated
    assert len(gains) - len(accepted) == found.gained


@given(moved_worlds())
@SLOW
def test_other_names_for_people_and_folders_change_nothing_once_they_are_said(
    both: tuple[World, World],
) -> None:
    """With the map of people and of moved folders, renaming everybody and every top folder of the first drive changes no count."""
    old, new = both
    same = {
        **{f"u:old {one}": f"u:{one}" for one in old.people()},
        **{f"u:old {one}": None for one in gone(old, new)},
    }
    moved = [(encode((f"old {path[0]}",)), encode(path[:1])) for path in {path[:1] for path in old.entries}]
    plain = compared(old, new, Wish(NOW, moments=1)).outcomes[NOW]
    found = compared(renamed(old), new, Wish(NOW, same, moved, moments=1))

    assert (plain.gained, plain.lost, plain.same) == (lambda it: (it.gained, it.lost, it.same))(
        found.outcomes[NOW]
    )
    assert len(gone(old, new)) == found.only[0].bit_count()


@given(moved_worlds())
@SLOW
def test_a_drive_held_against_itself_differs_in_nothing(both: tuple[World, World]) -> None:
    """No world gains or loses anything against itself."""
    found = compared(both[0], both[0], Wish(NOW, moments=9))

    assert not found.differs


def sum_of(bits: object) -> int:
    found = 0
    for some in bits:
        found |= some
    return found


def gone(old: World, new: World) -> list[str]:
    """People of *old* whom *new* has not."""
    return [one for one in old.people() if one not in new.people()]


def renamed(world: World) -> World:
    """*world* with other ids of people and other names of top folders."""
    people = {one: f"old {one}" for one in world.people()}

    def place(path: Path) -> Path:
        return (f"old {path[0]}", *path[1:]) if path[:1] and path[:1] in world.entries else path

    def principal(it: Principal) -> Principal:
        return replace(it, id=people.get(it.id, it.id), owner=people.get(it.owner, it.owner))

    members = {(group, people.get(member, member)) for group, member in world.members}
    found = World(
        set(map(place, world.entries)), list(map(principal, world.principals)), members, rules=world.rules
    )
    found.grants = [
        replace(it, path=place(it.path), principal=principal(it.principal)) for it in world.grants
    ]
    return found


def test_the_moments_that_differ_come_first() -> None:
    """Of many ends, those that are on one side only are looked at first, the last one always; what is left out is counted."""
    old, new = firm(), firm()
    for number in range(1, 30):
        grant = allow("Common", EMIL, Role.PREVIEW, expires=NOW + number * 10)
        old.grants.append(grant)
        new.grants.append(grant if number != 7 else replace(grant, expires=NOW + 75))

    assert [NOW, NOW + 70, NOW + 75, LATER] == list(compared(old, new, Wish(NOW, moments=4)).outcomes)
    assert 0 == compared(old, new, Wish(NOW, moments=4)).unseen
    assert 1 == compared(old, new, Wish(NOW, moments=3)).unseen
    assert [NOW] == list(compared(old, new, Wish(NOW, moments=1)).outcomes)
