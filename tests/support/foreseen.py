"""
A small world for translations: two drives, their people, and an oracle that asks one person on one entry.

The oracle is written from the words of `AccessRules` and `Effect`, entry by entry and person by person, and shares
nothing with the translation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from lading.connectors.profile import AccessRules, Features, Profile
from lading.manifest.circles import Circles
from lading.manifest.translate.carried import carry_grants
from lading.manifest.translate.target import Target
from lading.model.access import Effect, Grant, Membership, Principal, PrincipalKind, Reach, Role
from lading.model.identity import IdentityMap
from lading.model.paths import decode, encode

PERSON, GROUP, GUEST = PrincipalKind.PERSON, PrincipalKind.GROUP, PrincipalKind.GUEST
EVERYBODY = Principal(PrincipalKind.EVERYBODY, "")

# Encoded paths, and whether each is a folder.
TREE = {"": True, "a": True, "a/b": True, "a/b/c": True, "a/b/c/f": False, "a/g": False, "d": True}

GRANTS = pa.schema(
    [
        ("path", pa.string()),
        ("effect", pa.string()),
        ("principal_kind", pa.string()),
        ("principal", pa.string()),
        ("role", pa.int8()),
        ("rank", pa.int8()),
        ("reach", pa.string()),
        ("rights", pa.list_(pa.string())),
        ("expires", pa.int64()),
        ("source", pa.string()),
    ]
)


@dataclass(frozen=True)
class Side:
    """The people of a drive and how its grants work together."""

    principals: Sequence[Principal]
    members: Sequence[Membership] = ()
    rules: AccessRules = field(default_factory=AccessRules)

    def circles(self) -> Circles:
        """Who is in which group."""
        return Circles(self.principals, self.members, owned_guests=self.rules.owned_guests)


def groups_of(person: Principal, side: Side) -> set[str]:
    """The ids of all groups that *person* is in, at any depth."""
    found: set[str] = set()
    waiting = [person.id]
    while waiting:
        member = waiting.pop()
        for link in side.members:
            if link.member == member and link.group not in found:
                found.add(link.group)
                waiting.append(link.group)
    return found


def names(grant: Grant, person: Principal, side: Side) -> bool:
    """Whether *grant* is about *person*."""
    if grant.principal.kind is PrincipalKind.EVERYBODY:
        return person.kind is PERSON or side.rules.everybody_guests
    if grant.principal.kind in (PERSON, GUEST):
        return (grant.principal.kind, grant.principal.id) == (person.kind, person.id)
    return grant.principal.id in groups_of(person, side)


def reaching(grants: Iterable[Grant], path: tuple[str, ...]) -> list[Grant]:
    """What reaches the entry at *path*, after breaks and resets."""
    there: list[Grant] = []
    for depth in range(len(path) + 1):
        place = path[:depth]
        here = [grant for grant in grants if grant.path == place]
        if any(grant.effect is Effect.RESET for grant in here):
            there = []
        if any(grant.effect is Effect.BREAK for grant in here):
            there = [grant for grant in there if grant.effect is Effect.DENY]
        last = place == path
        wanted = (Reach.ALL, Reach.HERE) if last else (Reach.ALL, Reach.BELOW)
        there += [it for it in here if it.effect in (Effect.ALLOW, Effect.DENY) and it.reach in wanted]
    return there


def role_of(person: Principal, path: tuple[str, ...], grants: Sequence[Grant], side: Side, now: int) -> Role:
    """What *person* may do on the entry at *path*."""
    if not can_act(person, side):
        return Role.NONE
    if side.rules.passage:
        for depth in range(len(path)):
            if _own(person, path[:depth], grants, side, now) < Role.PASS:
                return Role.NONE
    return _own(person, path, grants, side, now)


def can_act(person: Principal, side: Side) -> bool:
    """Whether *person* is active, and owned where that counts."""
    if not person.active or person.kind is not GUEST or not side.rules.owned_guests:
        return person.active
    return any(it.kind is PERSON and it.id == person.owner and it.active for it in side.principals)


def _own(person: Principal, path: tuple[str, ...], grants: Sequence[Grant], side: Side, now: int) -> Role:
    about = [
        grant
        for grant in reaching(grants, path)
        if names(grant, person, side) and (grant.expires is None or grant.expires > now)
    ]
    first = min((grant.rank for grant in about), default=0)
    about = [grant for grant in about if grant.rank == first]
    allowed = max((grant.role for grant in about if grant.effect is Effect.ALLOW), default=Role.NONE)
    denied = [max(grant.role, Role.PASS) for grant in about if grant.effect is Effect.DENY]
    for limit in denied:
        allowed = min(allowed, Role(limit - 1))
    return min(allowed, dict(side.rules.caps).get(person.kind, Role.MANAGE))


def target(
    old: Side, new: Side, people: IdentityMap, features: Features, *, now: int = -1, endless: bool = False
) -> Target:
    """What a translation from *old* to *new* knows."""
    profile = Profile(kind="test", address="", access=new.rules, features=features)
    return Target(profile, old.rules, people, old.circles(), now, endless)


def carried(
    db: duckdb.DuckDBPyConnection, grants: Sequence[Grant], to: Target, new: Side
) -> tuple[list[Grant], list[tuple[str, str | None, tuple[str, ...]]]]:
    """What is set in NEW for *grants*, and (path, effect in OLD, losses) of each grant that was found."""
    load_grants(db, grants)
    carry_grants(db, to)
    known: Mapping[tuple[str, str], Principal] = {(it.kind, it.id): it for it in new.principals}
    rows = db.execute(
        "select path, effect, new_effect, new_kind, new_id, new_role, new_reach, new_expires, losses from carried"
    ).fetchall()
    given = [
        Grant(
            decode(path),
            known.get((kind, id_), EVERYBODY),
            frozenset(),
            Effect(effect),
            Reach(reach),
            role=Role(role),
            expires=expires,
        )
        for path, _, effect, kind, id_, role, reach, expires, _ in rows
        if effect is not None
    ]
    return given, [(path, effect, tuple(losses)) for path, effect, *_, losses in rows if effect is not None]


def load_grants(db: duckdb.DuckDBPyConnection, grants: Sequence[Grant]) -> None:
    """Make the tables that `carry_grants` asks for, over `TREE`."""
    db.register("given", grants_table(grants))
    db.execute("create or replace temp table old_grants as select * from given")
    entries = pa.table(
        {"path": list(TREE), "kind": ["folder" if folder else "file" for folder in TREE.values()]}
    )
    db.register("given", entries)
    db.execute("create or replace temp table old_entries as select * from given where path <> ''")
    db.execute("create or replace temp table gone (path varchar)")


def grants_table(grants: Sequence[Grant]) -> pa.Table:
    """*grants* as a manifest holds them."""
    rows = [
        {
            "path": encode(it.path),
            "effect": it.effect.value,
            "principal_kind": it.principal.kind.value,
            "principal": it.principal.id,
            "role": int(it.role),
            "rank": it.rank,
            "reach": it.reach.value,
            "rights": sorted(it.rights),
            "expires": it.expires,
            "source": it.source,
        }
        for it in grants
    ]
    return pa.Table.from_pylist(rows, schema=GRANTS)
