"""
Links of two drives, held against each other: whoever has a link is a principal of its own.

No link keeps its URL on the way, so links on one entry are matched by what they allow.  A link that
opens more, longer, to more people, more often or without its password is a gain, and so is one without a match.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from lading.manifest.access.tables import Tables, rows
from lading.manifest.engine import duckdb
from lading.model.access import Role

_COLUMNS = 'path, id, role, expires, has_password, "limit", used, version is not null, inside, "by"'


class Aspect(StrEnum):
    """In what way a link opens more than another one."""

    NEW = "new"
    """There is no link left that it could be matched with."""
    ROLE = "role"
    LONGER = "longer"
    PASSWORD = "password"  # noqa: S105 (the name of an aspect)
    LIMIT = "limit"
    VERSION = "version"
    INSIDE = "inside"
    ENTRIES = "entries"
    """Entries lie below it that were not there."""


class Opening(NamedTuple):
    """What a link opens; *left* is how many downloads are left, None any number; *pinned* to one version."""

    path: str
    id: str
    role: Role
    expires: int | None
    password: bool
    left: int | None
    pinned: bool
    inside: bool
    by: str


class Change(NamedTuple):
    """A link of one drive and its match in the other; *more* is how the second one opens more, *less* how it opens less."""

    old: Opening | None
    new: Opening | None
    more: tuple[Aspect, ...]
    less: tuple[Aspect, ...]

    @property
    def gain(self) -> bool:
        """Whether somebody can open more than before."""
        return bool(self.more)


def openings(connection: duckdb.DuckDBPyConnection, tables: Tables, now: int) -> list[Opening]:
    """The links of *tables* that open something at *now*."""
    found = []
    for path, name, role, expires, password, limit, used, pinned, inside, by in rows(
        connection, tables.links, _COLUMNS
    ):
        left = None if limit is None else limit - used
        if role > Role.NONE and (expires is None or expires > now) and (left is None or left > 0):
            found.append(Opening(path, name, Role(role), expires, password, left, pinned, inside, by))
    return found


def compare_links(
    old: Iterable[Opening], new: Iterable[Opening], inside: Mapping[str, tuple[int, ...]]
) -> list[Change]:
    """
    The links that differ; those of *old* have the paths of the second drive.

    *inside* tells how many entries lie at and below a path by the sides that have them, as `Outcome.inside`.
    """
    pairs: dict[str, tuple[list[Opening], list[Opening]]] = defaultdict(lambda: ([], []))
    for side, links in enumerate((old, new)):
        for link in links:
            pairs[link.path][side].append(link)
    found: list[Change] = []
    for path in sorted(pairs):
        later = inside.get(path, (0, 0, 0, 0))[2]
        found += _matched(*pairs[path], later)
    return [change for change in found if change.more or change.less]


def wider(one: Opening, two: Opening) -> tuple[Aspect, ...]:
    """In what ways *two* opens more than *one*."""
    checks = {
        Aspect.ROLE: two.role > one.role,
        Aspect.LONGER: _more(one.expires, two.expires),
        Aspect.PASSWORD: one.password and not two.password,
        Aspect.LIMIT: _more(one.left, two.left),
        Aspect.VERSION: one.pinned and not two.pinned,
        Aspect.INSIDE: one.inside and not two.inside,
    }
    return tuple(aspect for aspect, true in checks.items() if true)


def _more(one: int | None, two: int | None) -> bool:
    return one is not None and (two is None or two > one)


def _matched(old: list[Opening], new: list[Opening], later: int) -> list[Change]:
    """All links of one entry: the best matches first, each link in one of them."""
    ways = sorted(
        (
            (len(wider(a, b)), len(wider(b, a)), a.id, b.id, at, to)
            for at, a in enumerate(old)
            for to, b in enumerate(new)
        )
    )
    found, used = [], (set[int](), set[int]())
    for *_, at, to in ways:
        if at in used[0] or to in used[1]:
            continue
        used[0].add(at)
        used[1].add(to)
        entries = (Aspect.ENTRIES,) if later else ()
        found.append(Change(old[at], new[to], wider(old[at], new[to]) + entries, wider(new[to], old[at])))
    found += [Change(one, None, (), (Aspect.NEW,)) for at, one in enumerate(old) if at not in used[0]]
    found += [Change(None, one, (Aspect.NEW,), ()) for to, one in enumerate(new) if to not in used[1]]
    return found
