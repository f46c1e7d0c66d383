"""
Random drives for hypothesis: trees, groups in groups, grants of every kind, and two drives that differ a little.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from lading.connectors.profile import AccessRules
from lading.model.access import ANYBODY, Effect, Grant, Principal, PrincipalKind, Reach, Role
from lading.model.paths import Path
from unit.access.oracle import SINGLE, World

# Names that sort around the slash, twins in form, and one that is not UTF-8.
NAMES = ("a", "b", "a b", "a-", "ä", "a\u0308", "A", "\udcff", "x\x01", "合同")
KINDS = ("person", "guest", "group", "group", "department", "department")
RULES = st.builds(
    AccessRules,
    passage=st.booleans(),
    everybody_guests=st.booleans(),
    owned_guests=st.booleans(),
    caps=st.sampled_from(
        [
            (),
            ((PrincipalKind.GUEST, Role.DOWNLOAD),),
            ((PrincipalKind.GUEST, Role.PASS), (PrincipalKind.EVERYBODY, Role.PREVIEW)),
        ]
    ),
)


@st.composite
def worlds(draw: st.DrawFn, rules: st.SearchStrategy[AccessRules] = RULES, ranked: bool = True) -> World:
    """A drive."""
    entries = draw(trees())
    principals = draw(people())
    world = World(entries, principals, draw(memberships(principals)), rules=draw(rules))
    world.grants = draw(grants(sorted({(), *entries}), principals, ranked))
    return world


@st.composite
def trees(draw: st.DrawFn) -> set[Path]:
    """Entries: deep rather than broad."""
    found: list[Path] = []
    for _ in range(draw(st.integers(0, 12))):
        parent = draw(st.sampled_from([(), *found, *found[-1:] * 4]))
        found.append((*parent, draw(st.sampled_from(NAMES))))
    return set(found)


@st.composite
def people(draw: st.DrawFn) -> list[Principal]:
    """Persons, guests, groups and departments; some are not active."""
    kinds = ["person", "person", "guest", *draw(st.lists(st.sampled_from(KINDS), max_size=6))]
    found = []
    for number, kind in enumerate(kinds):
        found.append(
            Principal(
                PrincipalKind(kind),
                f"p{number}",
                active=draw(st.integers(0, 7)) > 0,
                parent=draw(st.sampled_from([None, "p3", "p4", "p5"])) if kind == "department" else None,
                owner=draw(st.sampled_from([None, "p0", "p1", "p2"])) if kind == "guest" else None,
                until=draw(st.sampled_from([None, 50, 150])) if kind == "guest" else None,
            )
        )
    ids = {one.id for one in found if one.kind in ("group", "department")}
    return [replace(one, parent=one.parent if one.parent in ids else None) for one in found]


@st.composite
def memberships(draw: st.DrawFn, principals: list[Principal]) -> set[tuple[str, str]]:
    """Who belongs to whom, circles among them."""
    groups = [one.id for one in principals if one.kind in ("group", "department")]
    if not groups:
        return set()
    pairs = st.tuples(st.sampled_from(groups), st.sampled_from([one.id for one in principals]))
    return draw(st.sets(pairs, max_size=8))


@st.composite
def grants(draw: st.DrawFn, paths: list[Path], principals: list[Principal], ranked: bool) -> list[Grant]:
    """Grants, denials and ends of inheritance, with every reach; some stand where no entry is."""
    everybody = Principal(PrincipalKind.EVERYBODY, "all")
    effects = [*[Effect.ALLOW] * 5, Effect.DENY, Effect.DENY, Effect.BREAK, Effect.RESET]
    found = []
    for number in range(draw(st.integers(0, 14))):
        effect = draw(st.sampled_from(effects))
        counts = effect in (Effect.ALLOW, Effect.DENY)
        found.append(
            Grant(
                path=draw(st.sampled_from([*paths, (*paths[-1], "gone", "long ago")])),
                principal=draw(st.sampled_from([everybody, *principals])) if counts else ANYBODY,
                rights=frozenset(),
                effect=effect,
                reach=draw(st.sampled_from([Reach.ALL, Reach.ALL, Reach.ALL, *Reach])),
                source=str(number),
                role=draw(st.sampled_from(list(Role))) if counts else Role.NONE,
                rank=draw(st.sampled_from([0, 0, 1, 2])) if ranked and counts else 0,
                expires=draw(st.sampled_from([None, None, 50, 150])),
            )
        )
    return found


@st.composite
def moved_worlds(draw: st.DrawFn) -> tuple[World, World]:
    """A drive, and the same after a move that went a little wrong."""
    one = draw(worlds())
    other = draw(worlds())
    gone = {it.id for it in one.principals if it.kind in SINGLE and draw(st.integers(0, 9)) == 0}
    principals = [it for it in one.principals if it.id not in gone]
    kept = [it for it in one.grants if draw(st.integers(0, 3)) and it.principal.id not in gone]
    extra = [it for it in other.grants[:3] if known(it, principals)]
    entries = {path for path in one.entries if draw(st.integers(0, 5))} | set(sorted(other.entries)[:2])
    entries = {path[:depth] for path in entries for depth in range(1, len(path) + 1)}
    members = {pair for pair in one.members if draw(st.integers(0, 5)) and pair[1] not in gone}
    rules = draw(st.sampled_from([one.rules, one.rules, other.rules]))
    return one, World(entries, principals, members, kept + extra, rules=rules)


def known(grant: Grant, principals: list[Principal]) -> bool:
    """Whether *principals* hold whom *grant* names, as what it names."""
    return grant.principal.kind == "everybody" or any(
        (it.id, it.kind) == (grant.principal.id, grant.principal.kind) for it in principals
    )
