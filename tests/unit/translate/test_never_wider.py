"""What is set in the new drive never gives anybody more than they had: held against an oracle that asks one by one."""

from __future__ import annotations

import os
from collections.abc import Sequence

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.connectors.able import refused_grant
from lading.connectors.profile import AccessRules, Features
from lading.model.access import ANYBODY, Effect, Grant, Membership, Principal, Reach, Role
from lading.model.identity import By, IdentityMap, Match, Outcome
from lading.model.paths import decode
from lading.stages.planning.groups import with_members
from support.foreseen import EVERYBODY, GROUP, GUEST, PERSON, TREE, Side, carried, role_of, target

A, B, C = (Principal(PERSON, id_) for id_ in "abc")
GONE = Principal(PERSON, "gone", active=False)
Q = Principal(GUEST, "q", owner="a", until=50)
R = Principal(GUEST, "r", owner="gone")
G1, G2, G3 = (Principal(GROUP, id_) for id_ in ("g1", "g2", "g3"))
INDIVIDUALS = (A, B, C, GONE, Q, R)
PRINCIPALS = (*INDIVIDUALS, G1, G2, G3)
MEMBERS = [Membership(*pair.split()) for pair in ("g1 a", "g1 b", "g2 b", "g2 q", "g3 g1", "g3 c")]
NOW = (0, 60, 120)

_EXAMPLES = int(os.environ.get("LADING_TEST_EXAMPLES", "150"))
_db = duckdb.connect(":memory:", config={"threads": 1})
_principals = st.sampled_from((*PRINCIPALS, EVERYBODY))
_roles = st.sampled_from(list(Role))
_paths = st.sampled_from([decode(path) for path in TREE])
_kinds = st.sampled_from([PERSON, GUEST, EVERYBODY.kind])
_effects = st.sampled_from(
    [Effect.ALLOW, Effect.ALLOW, Effect.ALLOW, Effect.DENY, Effect.DENY, Effect.BREAK, Effect.RESET]
)
_rules = st.builds(
    AccessRules,
    caps=st.dictionaries(_kinds, st.sampled_from([Role.DOWNLOAD, Role.EDIT]), max_size=2).map(
        lambda caps: tuple(caps.items())
    ),
    everybody_guests=st.booleans(),
    owned_guests=st.booleans(),
)
_features = st.builds(
    Features,
    roles=st.frozensets(st.sampled_from(list(Role)[1:])) | st.just(frozenset(list(Role)[2:])),
    effects=st.frozensets(st.sampled_from(Effect)).map(lambda it: it | {Effect.ALLOW}),
    reaches=st.frozensets(st.sampled_from(Reach)) | st.just(frozenset({Reach.ALL})),
    expiry=st.booleans(),
    expiry_grain=st.sampled_from([1, 1, 7, 25, 50, 100]),
    expiry_offset=st.sampled_from([0, 3]),
    principals=st.frozensets(st.sampled_from([PERSON, GROUP, GUEST, EVERYBODY.kind]), min_size=2)
    | st.just(frozenset([PERSON, GROUP, GUEST, EVERYBODY.kind])),
)


def _plain(
    path: tuple[str, ...], who: Principal, effect: Effect, reach: Reach, role: Role, ends: int | None
) -> Grant:
    if effect in (Effect.BREAK, Effect.RESET):
        return Grant(path, ANYBODY, frozenset(), effect)
    return Grant(path, who, frozenset(), effect, reach, role=role, expires=ends)


_plain_grants = st.lists(
    st.builds(
        _plain,
        _paths,
        _principals,
        st.sampled_from(Effect),
        st.sampled_from(Reach),
        _roles,
        st.sampled_from([None, 40, 90]),
    ),
    min_size=1,
    max_size=8,
)


@st.composite
def _posix_grants(draw: st.DrawFn) -> list[Grant]:
    """Lists as a scan of a POSIX folder writes them: a reset and ranked rules, on the root and wherever they differ."""
    found = []
    for path in [(), *draw(st.lists(_paths.filter(bool), unique=True, max_size=4))]:
        found.append(Grant(path, ANYBODY, frozenset(), Effect.RESET))
        rules = [(0, draw(st.sampled_from([A, B, C])))]
        rules += [(1, who) for who in draw(st.lists(st.sampled_from([A, B, C]), unique=True, max_size=2))]
        rules += [(2, who) for who in draw(st.lists(st.sampled_from([G1, G2, G3]), min_size=1, unique=True))]
        rules += [(3, EVERYBODY)]
        for rank, who in rules:
            role = draw(st.sampled_from([Role.NONE, Role.PASS, Role.DOWNLOAD, Role.EDIT]))
            found.append(Grant(path, who, frozenset(), role=role, rank=rank))
    return found


@st.composite
def _new_side(draw: st.DrawFn) -> tuple[Side, IdentityMap]:
    """NEW: some of OLD are there under other ids, groups with other people in them."""
    matches, there = [], {}
    for principal in PRINCIPALS:
        until = draw(st.sampled_from([None, 30, 80])) if principal.kind is GUEST else None
        new = Principal(principal.kind, "n-" + principal.id, owner="n-a", until=until)
        there[principal.id] = new
        mapped = principal.active and draw(st.integers(0, 7)) > 0
        outcome = Outcome.MAPPED if mapped else Outcome.MISSING
        matches.append(Match(principal, outcome, new if mapped else None, By.MAIL if mapped else None))
    extra = Principal(PERSON, "n-extra")
    kept = draw(st.sampled_from([MEMBERS, MEMBERS, MEMBERS[1:], MEMBERS[:-1]]))
    members = [Membership("n-" + it.group, "n-" + it.member) for it in kept]
    if draw(st.integers(0, 4)) == 0:
        members.append(Membership(draw(st.sampled_from(["n-g1", "n-g2"])), "n-extra"))
    return Side((*there.values(), extra), members, draw(_rules)), IdentityMap(matches)


def _gains(
    grants: Sequence[Grant],
    given_: Sequence[Grant],
    old: Side,
    new: Side,
    people: IdentityMap,
    since: int = 0,
) -> list[object]:
    least = Role.NONE if new.rules.passage else Role.PASS
    found: list[object] = []
    for match in people:
        if match.old.kind is GROUP or match.new is None:
            continue
        for path in map(decode, TREE):
            for now in (it for it in NOW if it >= since):
                if match.old.until is not None and now >= match.old.until:
                    had = Role.NONE
                else:
                    had = role_of(match.old, path, grants, old, now)
                has = role_of(match.new, path, given_, new, now)
                if match.new.until is not None and now >= match.new.until:
                    has = Role.NONE
                if has > max(had, least):
                    found.append((match.old.id, path, now, had, has))
    return found


def _check(
    grants: list[Grant], old: Side, sides: tuple[Side, IdentityMap], features: Features, now: int
) -> None:
    new, people = sides
    people = with_members(people, old.circles(), new.circles())
    set_, told = carried(_db, grants, target(old, new, people, features, now=now), new)

    assert [] == [grant for grant in set_ if refused_grant(grant, features)]
    assert [] == _gains(grants, set_, old, new, people, now)
    strangers = [it for it in new.principals if it.id == "n-extra"]
    assert [] == [grant for grant in set_ if grant.effect is Effect.ALLOW and grant.principal in strangers]
    assert len(grants) == len(told)


@settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_plain_grants, _rules, _new_side(), _features, st.sampled_from(NOW))
def test_nobody_gains_where_all_grants_count(
    grants: list[Grant],
    rules: AccessRules,
    sides: tuple[Side, IdentityMap],
    features: Features,
    now: int,
) -> None:
    """Whatever NEW can hold, nobody has more on any entry at any time than they had; every grant is accounted for."""
    _check(grants, Side(PRINCIPALS, MEMBERS, rules), sides, features, now)


@settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_posix_grants(), _new_side(), _features)
def test_nobody_gains_where_the_first_rule_decides(
    grants: list[Grant], sides: tuple[Side, IdentityMap], features: Features
) -> None:
    """The same out of a POSIX folder: ranks and passage are not forgotten."""
    _check(grants, Side(PRINCIPALS, MEMBERS, AccessRules(passage=True)), sides, features, 0)


@pytest.mark.parametrize("effects", [frozenset(Effect), frozenset({Effect.ALLOW, Effect.DENY, Effect.BREAK})])
def test_the_oracle_can_tell_a_gain(effects: frozenset[Effect]) -> None:
    """A grant set as it is where the denial beside it was forgotten is a gain to the oracle."""
    old = Side(PRINCIPALS, MEMBERS)
    grants = [
        Grant(("a",), G1, frozenset(), role=Role.EDIT),
        Grant(("a", "b"), A, frozenset(), Effect.DENY, role=Role.PREVIEW),
    ]
    people = IdentityMap(Match(it, Outcome.MAPPED, it) for it in PRINCIPALS)

    assert [] == _gains(grants, grants, old, old, people)
    assert {"a"} == {gain[0] for gain in _gains(grants, grants[:1], old, old, people)}  # type: ignore[index]


def test_a_reset_is_a_break_where_nothing_is_denied_above() -> None:
    """Only a reset below a denial loses something as a break: the denial goes on to hold."""
    old = Side(PRINCIPALS, MEMBERS)
    people = IdentityMap(Match(it, Outcome.MAPPED, it) for it in PRINCIPALS)
    features = Features(
        roles=frozenset(Role),
        effects=frozenset({Effect.ALLOW, Effect.DENY, Effect.BREAK}),
        principals=frozenset({GROUP}),
    )
    resets = [Grant(path, ANYBODY, frozenset(), Effect.RESET) for path in (("a",), ("d",))]
    denial = Grant((), G1, frozenset(), Effect.DENY, role=Role.EDIT)
    plain = carried(_db, resets, target(old, old, people, features), old)[1]
    below = carried(_db, [denial, *resets], target(old, old, people, features), old)[1]

    assert {()} == {losses for _, effect, losses in plain if effect == "reset"}
    assert {("break.denials",)} == {losses for _, effect, losses in below if effect == "reset"}
