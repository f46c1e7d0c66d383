"""
One entry of one drive: who can do what on it, and why somebody can or cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lading.manifest.access.causes import Cell, Fate, Verdict, verdicts
from lading.manifest.access.decide import Item, levels, role_in
from lading.manifest.access.ground import Ground
from lading.manifest.access.links import Opening, openings
from lading.manifest.access.people import LEVELS, Directory, Pair, directory, masks
from lading.manifest.access.tables import Tables
from lading.manifest.access.walk import Place, Side, walk
from lading.manifest.access.walls import inside
from lading.manifest.engine import duckdb
from lading.model.access import Effect, Role
from lading.model.errors import NotFound
from lading.model.paths import decode
from lading.model.text import Text


class Step(NamedTuple):
    """
    One grant on the way down and what becomes of it for somebody.

    *chain* leads from the person to the principal that the grant names (keys; empty for what ends inheritance),
    *decides* tells that the role follows from it.
    """

    verdict: Verdict
    chain: tuple[str, ...]
    decides: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    What the person *key* may do on *path*, and everything that has a part in it, from the top down.

    *role* is what is left, *granted* what the grants alone give; *barred* is the topmost folder that the
    person cannot pass, *names* tells that the role follows from something visible below; *links* open the entry to whoever has them.
    """

    path: str
    key: str
    role: Role
    granted: Role
    alive: bool
    steps: tuple[Step, ...]
    barred: str | None
    names: bool
    links: tuple[Opening, ...]
    directory: Directory


class Holders(NamedTuple):
    """*people* (keys) have *role* by *grant*, cut by the denial *cut*; without a grant, they see a name for what lies below."""

    role: Role
    grant: Item | None
    cut: Item | None
    people: tuple[str, ...]


class Who(NamedTuple):
    """Everyone with a role on an entry, the highest first, and the links that open it."""

    holders: list[Holders]
    links: tuple[Opening, ...]
    directory: Directory


@dataclass(frozen=True, slots=True)
class _Seen:
    place: Place
    side: Side
    directory: Directory
    links: tuple[Opening, ...]

    @property
    def cell(self) -> Cell:
        return Cell(self.place, False, 1)


def why(connection: duckdb.DuckDBPyConnection, tables: Tables, key: str, path: str, now: int) -> Explanation:
    """
    Explain what the person *key* may do on *path* (encoded) at *now*.

    Raises:
        NotFound: there is no such person, or no such entry.
        BadManifest: a table cannot be understood.
    """
    known = directory(connection, tables)
    if key not in known.known:
        raise NotFound(key.partition(":")[2], Text("no such person in the manifest", "清单中没有此人"))
    seen = _seen(connection, tables, known, [Pair((key,))], path, now)
    own = seen.place.sides[0].own
    granted = role_in(levels(own.state, passage=tables.rules.passage), 1)
    return Explanation(
        path,
        key,
        role_in(own.found, 1),
        granted,
        known.alive(key, now),
        tuple(_steps(seen, key, now)),
        _barred(seen),
        bool(own.names & 1),
        seen.links,
        known,
    )


def who(connection: duckdb.DuckDBPyConnection, tables: Tables, path: str, now: int) -> Who:
    """
    Everyone who has a role on *path* (encoded) at *now*, grouped by the grant that decides.

    Raises:
        NotFound: there is no such entry.
        BadManifest: a table cannot be understood.
    """
    known = directory(connection, tables)
    keys = sorted(key for key, one in known.known.items() if one.single)
    seen = _seen(connection, tables, known, [Pair((key,)) for key in keys], path, now)
    found = [
        Holders(role, grant, cut, tuple(key for bit, key in enumerate(keys) if people >> bit & 1))
        for role, grant, cut, people in _groups(seen)
    ]
    return Who(sorted(found, key=lambda it: (-it.role, -len(it.people))), seen.links, known)


def _seen(
    connection: duckdb.DuckDBPyConnection,
    tables: Tables,
    known: Directory,
    people: Sequence[Pair],
    path: str,
    now: int,
) -> _Seen:
    side = Side(masks(people, 0, known, now), tables.rules, now, {})
    found: list[Place] = []

    def visit(place: Place) -> None:
        if place.path == path:
            found.append(place)

    walk(Ground(connection, [tables], at=[path]).nodes(), [side], visit)
    if path and not found[0].there:
        raise NotFound(decode(path), Text("no such entry in the manifest", "清单中没有此项"))
    links = tuple(link for link in openings(connection, tables, now) if inside(path, link.path))
    return _Seen(found[0], side, known, links)


def _steps(seen: _Seen, key: str, now: int) -> Iterator[Step]:
    ways = seen.directory.counts_as(key, now)
    deciding = _deciding(seen)
    for verdict in reversed(verdicts(seen.cell, 0)):
        item = verdict.item
        if item.effect in (Effect.BREAK, Effect.RESET):
            yield Step(verdict, (), verdict.fate is Fate.COUNTS)
        elif item.mask:
            yield Step(verdict, _chain(ways, item.key), item.number in deciding)


def _deciding(seen: _Seen) -> set[int]:
    """The numbers of the grants from which the role of the one person follows."""
    counting = [it.item for it in verdicts(seen.cell, 0) if it.fate is Fate.COUNTS and it.item.mask]
    first = [it for it in counting if it.rank == min(one.rank for one in counting)]
    most = max((it.role for it in first if it.effect is Effect.ALLOW), default=Role.NONE)
    cuts = [it for it in first if it.effect is Effect.DENY and 0 < it.role <= most]
    lowest = min((it.role for it in cuts), default=None)
    giving = [it for it in first if it.effect is Effect.ALLOW and it.role == most]
    return {it.number for it in giving} | {it.number for it in cuts if it.role == lowest}


def _chain(ways: dict[str, str], whom: str) -> tuple[str, ...]:
    found = [whom]
    while ways.get(found[-1]):
        found.append(ways[found[-1]])
    return tuple(reversed(found))


def _barred(seen: _Seen) -> str | None:
    if not seen.side.rules.passage or seen.place.sides[0].own.reached & 1:
        return None
    above = reversed(seen.place.chain()[1:])
    return next(place.path for place in above if not place.sides[0].own.found[Role.PASS] & 1)


def _groups(seen: _Seen) -> Iterator[tuple[Role, Item | None, Item | None, int]]:
    own = seen.place.sides[0].own
    passage = seen.side.rules.passage
    counting = [it.item for it in verdicts(seen.cell, 0) if it.fate is Fate.COUNTS]
    denials = sorted((it for it in counting if it.effect is Effect.DENY), key=lambda it: (it.rank, it.role))
    free = levels(own.state, passage=passage, denials=False)
    left = levels(own.state, passage=passage)
    cut = 0
    for had, has in zip(free, left, strict=True):
        cut |= had & ~has
    for role in range(LEVELS - 1, Role.NONE, -1):
        people = own.found[role] & ~(own.found[role + 1] if role + 1 < LEVELS else 0)
        if names := people & own.names:
            yield Role(role), None, None, names
            people &= ~names
        giving = [it for it in counting if it.effect is Effect.ALLOW]
        for item in sorted(giving, key=lambda it: (it.rank, -it.role)):
            having, people = people & item.mask, people & ~item.mask
            for denial in denials:
                if some := having & cut & denial.mask:
                    yield Role(role), item, denial, some
                    having &= ~some
            if having:
                yield Role(role), item, None, having
