"""
What becomes of people, guests, groups and memberships, and how much hangs on each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lading.manifest.circles import Circles
from lading.manifest.engine import duckdb
from lading.model.access import Membership, PrincipalKind
from lading.model.fidelity import Account
from lading.model.identity import GROUPS, INDIVIDUALS, IdentityMap, Key, Match, Outcome, key_of
from lading.model.losses import Feature
from lading.stages.planning.counting import EXAMPLES, Group, Ranked, account

_KINDS = {
    Feature.PEOPLE: ("person", (PrincipalKind.PERSON,)),
    Feature.GUESTS: ("guest", (PrincipalKind.GUEST,)),
    Feature.GROUPS: ("group", GROUPS),
}


class Weight(NamedTuple):
    """How many grants, links and versions name somebody, and on how many entries."""

    grants: int = 0
    links: int = 0
    versions: int = 0
    entries: int = 0

    @property
    def all(self) -> int:
        """All that hangs on them."""
        return self.grants + self.links + self.versions


_WEIGHTS = """
select kind, id, sum(grants), sum(links), sum(versions), count(distinct path) from (
    select principal_kind as kind, principal as id, path, 1 as grants, 0 as links, 0 as versions from old_grants
    union all select who.kind, who.id, path, 0, 1, 0 from old_links join individuals as who on who.id = old_links."by"
    union all select who.kind, who.id, path, 0, 0, 1 from old_versions join individuals as who on who.id = author
) group by kind, id
"""


def weights(db: duckdb.DuckDBPyConnection) -> dict[Key, Weight]:
    """How much hangs on each principal that anything hangs on."""
    db.execute(
        "create or replace temp view individuals as"
        " select kind, id from old_principals where kind in ('person', 'guest')"
    )
    rows = db.execute(_WEIGHTS).fetchall()
    return {Key(PrincipalKind(kind), id_): Weight(*map(int, counts)) for kind, id_, *counts in rows}


def people(
    matches: IdentityMap, heavy: Mapping[Key, Weight], unknown: Mapping[Feature, str]
) -> Iterator[Account]:
    """The accounts of people, guests, and groups with departments."""
    for feature, (prefix, kinds) in _KINDS.items():
        found = [match for match in matches if match.old.kind in kinds]
        groups = [
            Group(_losses(match, prefix), 1, [_example(match, heavy.get(key_of(match.old), Weight()))])
            for match in found
        ]
        yield account(feature, groups, len(found), unknown.get(feature))


def _losses(match: Match, prefix: str) -> tuple[str, ...]:
    if match.outcome is not Outcome.MAPPED or match.new is None:
        return (f"{prefix}.{match.outcome}",)
    codes = ["group.wider"] if match.widens else []
    codes += ["group.fewer"] if match.spares else []
    codes += ["group.kind"] if match.new.kind is not match.old.kind else []
    return tuple(codes)


def _example(match: Match, weight: Weight) -> Ranked:
    old = match.old
    words = [old.kind.value, old.name, f"({old.id})", old.mail, f"· {weight.all}"]
    return Ranked(-weight.all, None, " ".join(word for word in words if word))


def memberships(
    members: Iterable[Membership], matches: IdentityMap, new: Circles, unknown: str | None
) -> Account:
    """The account of memberships: they are not transferred, so they have to be in NEW already."""
    counts: dict[tuple[str, ...], int] = {}
    examples: dict[tuple[str, ...], list[Ranked]] = {}
    total = 0
    for member in members:
        losses = _member_losses(member, matches, new)
        counts[losses] = counts.get(losses, 0) + 1
        kept = examples.setdefault(losses, [])
        kept.append(Ranked(0, None, f"{member.group} · {member.member}"))
        examples[losses] = sorted(kept, key=lambda it: it.what)[:EXAMPLES]
        total += 1
    groups = [Group(losses, count, examples[losses]) for losses, count in counts.items()]
    return account(Feature.MEMBERSHIPS, groups, total, unknown)


def _member_losses(member: Membership, matches: IdentityMap, new: Circles) -> tuple[str, ...]:
    group = _mapped(member.group, GROUPS, matches)
    whom = _mapped(member.member, INDIVIDUALS, matches) or _mapped(member.member, GROUPS, matches)
    if group is None or whom is None:
        return ("member.nobody",)
    there = new.people(whom)
    return () if there and there <= new.people(group) else ("member.absent",)


def _mapped(id_: str, kinds: Sequence[PrincipalKind], matches: IdentityMap) -> Key | None:
    for kind in kinds:
        match = matches.find(kind, id_)
        if match is not None and match.new is not None and match.outcome is Outcome.MAPPED:
            return key_of(match.new)
    return None
