"""
The resolver over manifests against the resolver inside our own drive: on random drives both say the same.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from lading.connectors.profile import AccessRules
from lading.drive.models import Grant as GrantRow
from lading.drive.models import Membership, Node
from lading.drive.models import Principal as PrincipalRow
from lading.drive.rights.sight import sight
from lading.model.access import ANYBODY, Effect, Grant, Principal, PrincipalKind, Role
from lading.model.paths import Path, encode
from unit.access import oracle
from unit.access.test_roles import roles
from unit.drive.rights_ground import acting
from unit.drive.rights_oracle import World
from unit.drive.test_rights_oracle import EARLY, LATE, Built, worlds

OURS = AccessRules(caps=((PrincipalKind.GUEST, Role.EDIT),), owned_guests=True)
SLOW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def written_down(built: Built) -> tuple[oracle.World, dict[int, Path]]:
    """The drive as a manifest has it: what lies in a bin or in a deleted space is not there; and the path of each node."""
    paths: dict[int, Path] = {}
    for number, (row, thing) in enumerate(zip(built.nodes, built.world.things, strict=True)):
        if thing.binned or thing.space in built.world.deleted:
            continue
        above = () if thing.parent is None else paths[built.nodes[thing.parent].id]
        paths[row.id] = (*above, f"space {number}" if thing.parent is None else row.name)
    principals = {row.id: principal(row) for row in PrincipalRow.objects.select_related("parent", "owner")}
    members = {
        (row.group.key, row.member.key) for row in Membership.objects.select_related("group", "member")
    }
    world = oracle.World(set(paths.values()), list(principals.values()), members, rules=OURS)
    world.grants = [
        grant(row, paths[row.node_id], principals) for row in GrantRow.objects.all() if row.node_id in paths
    ]
    world.grants += [
        Grant(paths[row.id], ANYBODY, frozenset(), Effect.BREAK)
        for row in Node.objects.filter(breaks=True)
        if row.id in paths
    ]
    return world, paths


def principal(row: PrincipalRow) -> Principal:
    parent, owner = (other.key if other else None for other in (row.parent, row.owner))
    return Principal(PrincipalKind(row.kind), row.key, row.name, "", "", row.active, parent, owner, row.until)


def grant(row: GrantRow, path: Path, principals: dict[int, Principal]) -> Grant:
    effect = Effect.DENY if row.deny else Effect.ALLOW
    return Grant(
        path, principals[row.principal_id], frozenset(), effect, role=Role(row.role), expires=row.expires
    )


@given(worlds())
@SLOW
def test_a_manifest_tells_the_roles_that_the_drive_gives(world: World) -> None:
    """For every person and every entry, before and after grants end, the resolver over the tables gives the drive's own role."""
    built = Built(replace(world, sides={}, glass=set()))
    told, paths = written_down(built)
    people = [built.people[who] for who in built.persons()]

    for now in (EARLY, LATE):
        found = roles(told, now, every=True)
        for who in people:
            seeing = sight(acting(who), now=now)
            drive = {paths[it.id]: seeing.role(it.trail, it.id) for it in built.nodes if it.id in paths}
            assert drive == {path: found[who.key, encode(path)] for path in drive}
