"""
Whom somebody counts as, and all people of a comparison as the bits of whole numbers.

A person counts as themselves, their groups, the groups these are in, the departments above, and everybody.
Circles end.  Who is not active counts for nothing and passes nothing on.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lading.connectors.profile import AccessRules
from lading.manifest.access.tables import EVERYBODY, KEY, Tables, key_of, relation, rows
from lading.manifest.engine import duckdb
from lading.model.access import PrincipalKind, Role

LEVELS = len(Role)
Levels = tuple[int, ...]
"""One number for each role: the bits of who has it or more.  The first, of `NONE`, means nothing."""

_COLUMNS = "kind, id, name, active, parent, owner, until"


class Known(NamedTuple):
    """A principal by its *key*; *listed* is false if a grant or a membership names it and no table does."""

    key: str
    kind: str
    id: str
    name: str = ""
    active: bool = True
    parent: str | None = None
    owner: str | None = None
    until: int | None = None
    listed: bool = True

    @property
    def single(self) -> bool:
        """Whether it is a person or guest."""
        return self.key.startswith("u:")


class Directory:
    """The principals of one drive, and who belongs to whom."""

    def __init__(
        self, known: Iterable[Known], members: Iterable[tuple[str, str]], rules: AccessRules
    ) -> None:
        self.rules = rules
        self.known = {one.key: one for one in known}
        self._above: dict[str, list[str]] = defaultdict(list)
        pairs = [(self._group(group), member) for group, member in members]
        for group, member in pairs:
            self._above[self._member(member)].append(group)
        for one in list(self.known.values()):
            if one.parent is not None:
                self._above[one.key].append(self._group(one.parent))

    def alive(self, key: str, now: int) -> bool:
        """Whether *key* counts for anything at *now*."""
        one = self.known[key]
        if not one.active:
            return False
        if one.kind != PrincipalKind.GUEST:
            return True
        return (one.until is None or one.until > now) and (not self.rules.owned_guests or self._owned(one))

    def counts_as(self, key: str, now: int) -> dict[str, str]:
        """All keys that *key* counts as at *now*, each with the one it comes by; shortest ways, itself first."""
        if not self.alive(key, now):
            return {}
        ways, waiting = {key: ""}, deque([key])
        while waiting:
            one = waiting.popleft()
            for above in self._steps(one):
                if above not in ways and (above == EVERYBODY or self.known[above].active):
                    ways[above] = one
                    waiting.append(above)
        return ways

    def kind(self, key: str) -> PrincipalKind:
        """What *key* is."""
        return PrincipalKind.EVERYBODY if key == EVERYBODY else PrincipalKind(self.known[key].kind)

    def add(self, key: str, kind: str, name: str) -> None:
        """Know *key*, which a grant names, though no table does."""
        if key not in self.known:
            self.known[key] = Known(key, kind, name, listed=False)

    def _steps(self, key: str) -> Iterable[str]:
        yield from self._above.get(key, ())
        one = self.known.get(key)
        if (
            one is not None
            and one.single
            and (self.rules.everybody_guests or one.kind != PrincipalKind.GUEST)
        ):
            yield EVERYBODY

    def _owned(self, guest: Known) -> bool:
        owner = self.known.get("u:" + (guest.owner or ""))
        return owner is not None and owner.active and owner.kind == PrincipalKind.PERSON

    def _member(self, name: str) -> str:
        """The key of a member: a person where one has this id, also if nothing else is known of it."""
        everybody = self.known.get(EVERYBODY)
        if "u:" + name not in self.known:
            if "g:" + name in self.known:
                return "g:" + name
            if everybody is not None and everybody.id == name:
                return EVERYBODY
            self.add("u:" + name, PrincipalKind.PERSON, name)
        return "u:" + name

    def _group(self, name: str) -> str:
        self.add("g:" + name, PrincipalKind.GROUP, name)
        return "g:" + name


def directory(connection: duckdb.DuckDBPyConnection, tables: Tables) -> Directory:
    """The directory that *tables* tell, with those that only grants name."""
    told = [Known(key_of(row[0], row[1]), *row) for row in rows(connection, tables.principals, _COLUMNS)]
    found = Directory(told, rows(connection, tables.members, '"group", member'), tables.rules)
    for key, kind, name in _named(connection, tables):
        found.add(key, kind, name)
    return found


class Pair(NamedTuple):
    """One person as the sides know them; None where a side has no such person."""

    keys: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Masks:
    """
    The people of one side at one moment: whose bits count as a key (*of*), who counts for anything
    (*alive*), who is there at all (*there*), and who may have each role (*may*).
    """

    of: Mapping[str, int]
    alive: int
    there: int
    may: Levels


def masks(people: Sequence[Pair], side: int, directory: Directory, now: int) -> Masks:
    """The bits of *people* on *side*; the number of a bit is the place in *people*."""
    size = len(people) // 8 + 1
    of: dict[str, bytearray] = {}
    alive, there = bytearray(size), bytearray(size)
    may = [bytearray(size) for _ in range(LEVELS)]
    caps = dict(directory.rules.caps)
    for number, pair in enumerate(people):
        key = pair.keys[side]
        if key is None:
            continue
        at, bit = number >> 3, 1 << (number & 7)
        there[at] |= bit
        for role in range(caps.get(directory.kind(key), Role.MANAGE) + 1):
            may[role][at] |= bit
        for counted in _counted(directory, key, now):
            alive[at] |= bit
            of.setdefault(counted, bytearray(size))[at] |= bit
    counted_as = {key: _number(bits) for key, bits in of.items()}
    return Masks(counted_as, _number(alive), _number(there), tuple(map(_number, may)))


def members_of(bits: int) -> Iterable[int]:
    """The numbers of the bits that are set, from the lowest."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _counted(directory: Directory, key: str, now: int) -> Iterable[str]:
    return (EVERYBODY,) if key == EVERYBODY else directory.counts_as(key, now)


def _number(bits: bytearray) -> int:
    return int.from_bytes(bits, "little")


def _named(connection: duckdb.DuckDBPyConnection, tables: Tables) -> list[tuple[str, str, str]]:
    """Key, kind and id of everyone that grants name."""
    key = KEY.format(kind="principal_kind", id="principal")
    found: list[tuple[str, str, str]] = (
        relation(connection, tables.grants)
        .filter("effect in ('allow', 'deny') and principal_kind <> 'everybody'")
        .project(f"{key}, principal_kind, principal")
        .distinct()
        .fetchall()
    )
    return found
