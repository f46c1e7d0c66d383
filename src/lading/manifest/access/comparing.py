"""
Two drives held against each other: people matched, moments chosen, everything that differs brought together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lading.manifest.access.diff import Outcome, Tolerance, compare
from lading.manifest.access.ground import Ground, Moved
from lading.manifest.access.links import Change, Opening, compare_links, openings
from lading.manifest.access.people import Directory, Pair, directory, masks
from lading.manifest.access.tables import EVERYBODY, Tables
from lading.manifest.access.walk import EVERYONE, Side
from lading.manifest.engine import duckdb
from lading.model.access import Role

MOMENTS = 4
"""How many moments are looked at, unless somebody says otherwise."""
ANYONE = "*"
"""In a tolerance: whoever it is."""

Same = Mapping[str, str | None]
"""Keys of the first drive and those of the second, None for who is nobody there; see `tables.key_of`."""


class Tolerated(NamedTuple):
    """A gain that is accepted: of whoever counts as *key* in the second drive (or `ANYONE`), on *path* and below."""

    key: str
    path: str
    role: Role


@dataclass(frozen=True, slots=True)
class Wish:
    """
    How to compare, at *now* and at later moments at which grants end, up to *moments* in all.

    Without *same* people are matched by their ids; with it, only those that it lists.
    """

    now: int
    same: Same | None = None
    moved: Moved = ()
    tolerated: Sequence[Tolerated] = ()
    moments: int = MOMENTS


@dataclass(slots=True)
class Compared:
    """
    What a comparison found.

    *outcomes* are by moment, the present one first; *unseen* is how many later moments were left out at which
    something ends on one side only.  *links* is None where a drive does not tell its links.
    """

    sides: tuple[Tables, Tables]
    directories: tuple[Directory, Directory]
    people: list[Pair]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    unseen: int = 0
    links: list[Change] | None = None

    @property
    def only(self) -> tuple[int, int]:
        """Who is on the first side only, and who on the second only, as bits."""
        found = [0, 0]
        for number, (one, two) in enumerate(pair.keys for pair in self.people):
            if one is None or two is None:
                found[one is None] |= 1 << number
        return found[0], found[1]

    @property
    def gained(self) -> bool:
        """Whether anybody gained anything, now or later, through a grant or a link."""
        return any(one.gained for one in self.outcomes.values()) or any(one.gain for one in self.links or ())

    @property
    def differs(self) -> bool:
        """Whether anything was gained or lost."""
        return self.gained or any(one.lost for one in self.outcomes.values()) or bool(self.links)


def compare_access(connection: duckdb.DuckDBPyConnection, old: Tables, new: Tables, wish: Wish) -> Compared:
    """
    Compare who can do what on *old* with *new*.

    Raises:
        BadManifest: a table cannot be understood.
    """
    work = _Work(connection, (old, new), wish)
    found = Compared((old, new), work.directories, work.people)
    moments, found.unseen = work.moments()
    for moment in moments:
        found.outcomes[moment] = work.outcome(moment)
    if old.links is not None and new.links is not None:
        found.links = compare_links(*work.links, found.outcomes[wish.now].inside)
    return found


class _Work:
    """All that does not depend on the moment."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, sides: tuple[Tables, Tables], wish: Wish
    ) -> None:
        self._sides = sides
        self._wish = wish
        self.directories = (directory(connection, sides[0]), directory(connection, sides[1]))
        self.people = matched(*self.directories, wish.same)
        self._common = common_keys(self.directories[0], wish.same)
        old, new = (openings(connection, side, wish.now) for side in sides)
        asked = {link.path for link in new} | {one.path for one in wish.tolerated}
        self._ground = Ground(connection, sides, moved=wish.moved, asked=asked)
        paths = self._ground.mapped([link.path for link in old])
        self.links: tuple[list[Opening], list[Opening]] = (
            [link._replace(path=path) for link, path in zip(old, paths, strict=True)],
            new,
        )

    def moments(self) -> tuple[list[int], int]:
        """The moments to look at, the present one first, and how many more at which the sides may differ."""
        now, most = self._wish.now, self._wish.moments - 1
        uneven = self._ground.endings(now)
        ends = [
            {it.until for it in known.known.values() if it.until is not None and it.until > now}
            for known in self.directories
        ]
        for moment in ends[0] | ends[1]:
            uneven[moment] = uneven.get(moment, False) or moment not in ends[0] & ends[1]
        last = [max(uneven)] if uneven and most else []
        first = spread(
            sorted(moment for moment in uneven if uneven[moment] and moment not in last), most - len(last)
        )
        rest = spread(sorted(set(uneven) - {*first, *last}), most - len(last) - len(first))
        chosen = sorted({*first, *rest, *last})
        return [now, *chosen], sum(uneven.values()) - sum(uneven[moment] for moment in chosen)

    def outcome(self, moment: int) -> Outcome:
        """The comparison at *moment*."""
        sides = [
            Side(
                masks(self.people, number, known, moment),
                known.rules,
                moment,
                self._common if number == 0 else {},
            )
            for number, known in enumerate(self.directories)
        ]
        of = sides[1].masks.of
        tolerances = [
            Tolerance(path, EVERYONE if key == ANYONE else of.get(key, 0), role)
            for key, path, role in self._wish.tolerated
        ]
        asked = {link.path for link in self.links[1]}
        return compare(self._ground.nodes(), sides, tolerances=tolerances, asked=asked)


def matched(old: Directory, new: Directory, same: Same | None) -> list[Pair]:
    """The people of both drives, each as both know them; nobody is left out."""
    free = {key for key, one in new.known.items() if one.single}
    found = []
    for key in sorted(key for key, one in old.known.items() if one.single):
        there = key if same is None else same.get(key)
        if there not in new.known:
            there = None
        found.append(Pair((key, there)))
        free.discard(there or "")
    return found + [Pair((None, key)) for key in sorted(free)]


def common_keys(old: Directory, same: Same | None) -> dict[str, str]:
    """The keys of the first drive as the second has them, to find a grant again; who is nobody there gets a key that nobody has."""
    if same is None:
        return {}
    groups = {key: key for key, one in old.known.items() if not one.single}
    found = groups | {key: same.get(key) or "" for key, one in old.known.items() if one.single or key in same}
    return {key: there or f"-{key}" for key, there in found.items()} | {EVERYBODY: EVERYBODY}


def spread(moments: Sequence[int], most: int) -> list[int]:
    """At most *most* of *moments*, evenly, the last one among them."""
    if most < 1:
        return []
    if len(moments) <= most:
        return list(moments)
    step = len(moments) / most
    return [moments[round((number + 1) * step) - 1] for number in range(most)]
