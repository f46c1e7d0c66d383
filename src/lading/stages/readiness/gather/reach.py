"""
Who works in which space: the people whom a finding hits, counted by department.

It reads the grants that let somebody change something on a space or below it; groups are resolved to their people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lading.manifest.circles import Circles, People
from lading.manifest.engine import engine
from lading.manifest.read import Manifest
from lading.model.access import PrincipalKind, Role
from lading.model.identity import INDIVIDUALS, Key
from lading.stages.readiness.findings import Hit


@dataclass(frozen=True, slots=True)
class Reach:
    """People by encoded *spaces*; the department of each; those whom a wave cannot do without are *critical*."""

    spaces: Mapping[str, People] = field(default_factory=dict)
    departments: Mapping[Key, str] = field(default_factory=dict)
    critical: People = frozenset()

    def of_spaces(self, spaces: Iterable[str]) -> tuple[Hit, ...]:
        """Who works in *spaces*, each person once."""
        nobody: People = frozenset()
        return self.of_people(nobody.union(*(self.spaces.get(space, nobody) for space in spaces)))

    def of_people(self, people: Iterable[Key]) -> tuple[Hit, ...]:
        """*people* by department, the largest first."""
        every = set(people)
        counts = Counter(self.departments.get(it, "") for it in every)
        vital = Counter(self.departments.get(it, "") for it in every & self.critical)
        ranked = sorted(counts.items(), key=lambda it: (-it[1], it[0]))
        return tuple(Hit(count, name, critical=vital[name]) for name, count in ranked)


NOBODY_KNOWN = Reach()


def reach_of(
    manifest: Manifest, circles: Circles, critical: Iterable[str] = (), *, directory: str | None = None
) -> Reach:
    """
    Who may change something in each space of *manifest*; *critical* are ids, logins or mail addresses.

    Where people or grants were not scanned nobody is known.
    """
    if not manifest.has("grants") or not circles.principals:
        return NOBODY_KNOWN
    with engine(directory) as db:
        manifest.rows(db, "grants").create_view("grants")
        rows = db.execute(
            "select distinct split_part(path, '/', 1), principal_kind, principal from grants "
            f"where effect = 'allow' and role >= {int(Role.EDIT)}"
        ).fetchall()
    spaces: defaultdict[str, set[Key]] = defaultdict(set)
    for space, kind, name in rows:
        key = Key(PrincipalKind(kind), name)
        everybody = key.kind is PrincipalKind.EVERYBODY
        spaces[space] |= (circles.active if everybody else circles.people(key)) & circles.active
    wanted = {it.casefold() for it in critical}
    vital = {
        key
        for key, it in circles.principals.items()
        if key.kind in INDIVIDUALS and wanted & {it.id.casefold(), it.login.casefold(), it.mail.casefold()}
    }
    # What a grant on the drive itself gives, it gives in every space.
    above = frozenset(spaces.pop("", ()))
    return Reach(
        {space: frozenset(people) | above for space, people in spaces.items()},
        _departments(circles),
        frozenset(vital),
    )


def _departments(circles: Circles) -> dict[Key, str]:
    """The smallest department that each person is in: the one above it holds more."""
    sized = [
        (circles.people(key), it)
        for key, it in circles.principals.items()
        if key.kind is PrincipalKind.DEPARTMENT
    ]
    ranked = sorted(sized, key=lambda it: (-len(it[0]), it[1].id))
    return {person: it.name or it.id for people, it in ranked for person in people}
