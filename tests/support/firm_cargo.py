"""
What the generated firm keeps in its drive: files with all their versions, rights of every sort, links with every limit.

Plain values; the same seed gives the same cargo.  The first name of each path is the space, one for each deal.  The two
rivals, which stand on both sides of a wall, are open to their own teams alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Role, Version
from lading.model.paths import Path
from lading.testkit.firm import RIVALS, Firm, adviser_key, build_firm, team_key
from lading.testkit.world.deals import DEALS, EMPTY_FOLDERS, Deal
from lading.testkit.world.plan import Planned, plan_files

K = PrincipalKind
WALLED = tuple(deal.folder for deal in RIVALS)
"""The spaces on the two sides of the wall."""
SPACES = tuple(deal.folder for deal in DEALS)
MOST_VERSIONS = 50
FIRST_PASSWORD = "correct horse: 电池"
END = 4_000_000_000 * 10**9
_HOUR = 3600 * 10**9
_LARGEST = 6_000
_VERSIONS = (1, 1, 1, 1, 2, 2, 3, 4, 7)


@dataclass(frozen=True, slots=True)
class Saved:
    """One content of a file; those of one path come oldest first."""

    path: Path
    content: bytes
    version: Version


@dataclass(frozen=True, slots=True)
class Shared:
    """A link of somebody; *taken* downloads are to be counted before the move."""

    link: Link
    password: str | None = None
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Cargo:
    """All of it; *saved* holds the versions of each file oldest first."""

    firm: Firm
    folders: tuple[Path, ...]
    saved: tuple[Saved, ...]
    grants: tuple[Grant, ...]
    links: tuple[Shared, ...]

    def versions(self, spaces: tuple[str, ...] = SPACES) -> dict[Path, list[tuple[object, ...]]]:
        """The facts of all versions of each file in *spaces*, as `facts` tells those of a drive."""
        found: dict[Path, list[tuple[object, ...]]] = {}
        for one in self.saved:
            if one.path[0] in spaces:
                found.setdefault(one.path, []).append(facts(one.version))
        return found


def facts(version: Version) -> tuple[object, ...]:
    """What has to be the same of a version on both sides."""
    told = version.saved, version.modified, version.size, version.author, version.label
    return *told, dict(version.digests)["sha256"]


def build_cargo(seed: int = 4, files: int = 320) -> Cargo:
    """The cargo of a firm of 200 people with about *files* files."""
    firm = build_firm(seed=seed)
    dice = Random(f"{seed}/cargo")
    planned = [it for it in plan_files(seed, files) if it.path.split("/")[0] in SPACES]
    saved = tuple(one for file, number in _counted(planned, dice) for one in _saves(file, number, firm, dice))
    paths = sorted({one.path for one in saved})
    empty = [(deal.folder, *name.split("/")) for deal in DEALS for name in EMPTY_FOLDERS]
    above = {path[:depth] for path in (*paths, *((*it, "") for it in empty)) for depth in range(2, len(path))}
    grants = tuple(grant for deal in DEALS for grant in _grants(deal, firm, paths))
    return Cargo(firm, tuple(sorted(above)), saved, grants, tuple(_links(paths)))


def _counted(planned: list[Planned], dice: Random) -> Iterator[tuple[Planned, int]]:
    """How many versions each file has: the first of all fifty, the one of each deal that links show twelve, others few."""
    paths = [tuple(it.path.split("/")) for it in planned]
    shown = {_shown([path for path in paths if path[0] == space]) for space in SPACES}
    for file, path in zip(planned, paths, strict=True):
        few = dice.choice(_VERSIONS)
        yield file, MOST_VERSIONS if path == paths[0] else 12 if path in shown else few


def _shown(paths: Sequence[Path]) -> Path:
    """Of the files of a deal the one that links show: its folder is open to the lead, who is denied nothing there."""
    return sorted(paths)[1]


def _saves(file: Planned, number: int, firm: Firm, dice: Random) -> Iterator[Saved]:
    path = tuple(file.path.split("/"))
    deal = next(deal for deal in DEALS if deal.folder == path[0])
    team = firm.team(deal)
    for ordinal in range(number):
        size = min(file.size, _LARGEST) + dice.randrange(200)
        content = f"{file.path} {ordinal} ".encode().ljust(size, b".")
        at = file.mtime_ns + ordinal * 37 * _HOUR
        yield Saved(path, content, _version(content, at, dice.choice(team).key, ordinal, number))


def _version(content: bytes, at: int, author: str, ordinal: int, number: int) -> Version:
    label = (
        "签署版 signed" if ordinal == number - 1 and number > 1 else f"v{ordinal}" if ordinal % 5 == 4 else ""
    )
    digest = hashlib.sha256(content).hexdigest()
    return Version("", at, len(content), author, (("sha256", digest),), at - _HOUR // 3, label)


def _grants(deal: Deal, firm: Firm, paths: list[Path]) -> Iterator[Grant]:
    """The rights of one deal; of a rival nobody outside its team and its advisers gets any."""
    top = (deal.folder,)
    files = [path for path in paths if path[0] == deal.folder]
    shelves = sorted({path[:2] for path in files})
    lead, second, third, fourth = (Principal(K.PERSON, it.key) for it in firm.team(deal)[:4])
    team, advisers = Principal(K.GROUP, team_key(deal)), Principal(K.GROUP, adviser_key(deal))
    guest = Principal(K.GUEST, f"G-{deal.code}-technical")
    yield _allow(top, lead, Role.MANAGE)
    yield _allow(top, team, Role.EDIT)
    yield _allow(shelves[0], advisers, Role.DOWNLOAD)
    yield _allow(files[1], guest, Role.EDIT, END)
    yield _deny(shelves[0], second, Role.DOWNLOAD)
    yield _deny(files[0], team, Role.EDIT)
    yield _deny(files[-1], third, Role.PREVIEW)
    closed = (deal.folder, "16 待定 TBD") if len(shelves) == 1 else shelves[-1]
    yield Grant(closed, ANYBODY, frozenset(), Effect.BREAK)
    yield _allow(closed, third, Role.EDIT)
    yield _allow(closed, fourth, Role.DOWNLOAD, END + _HOUR)
    if deal not in RIVALS:
        yield from _outside(deal, files, shelves)


def _outside(deal: Deal, files: list[Path], shelves: list[Path]) -> Iterator[Grant]:
    """What departments, nested groups and everybody have on a deal without a wall."""
    top = (deal.folder,)
    risk, legal = (Principal(K.DEPARTMENT, key) for key in ("risk", "legal"))
    yield _allow(top, risk, Role.DOWNLOAD)
    yield _deny(files[2], legal, Role.DOWNLOAD)
    yield _allow(shelves[0], Principal(K.DEPARTMENT, "branch-sh"), Role.UPLOAD, END)
    yield _allow(top, Principal(K.GROUP, "project-work"), Role.PREVIEW)
    yield _allow(files[3], Principal(K.EVERYBODY, "everybody"), Role.DOWNLOAD)


def _allow(path: Path, who: Principal, role: Role, expires: int | None = None) -> Grant:
    return Grant(path, who, frozenset(), role=role, expires=expires)


def _deny(path: Path, who: Principal, role: Role) -> Grant:
    return Grant(path, who, frozenset(), Effect.DENY, role=role)


def _links(paths: list[Path]) -> Iterator[Shared]:
    """Links of each sort; those of the rivals are for people inside, as a wall asks."""
    for space in SPACES:
        file = _shown([path for path in paths if path[0] == space])
        plain = Link(file, "", frozenset(), role=Role.DOWNLOAD)
        inside = replace(plain, inside=True)
        if space in WALLED:
            yield Shared(replace(inside, expires=END))
            continue
        yield Shared(plain, FIRST_PASSWORD)
        yield Shared(replace(plain, expires=END))
        yield Shared(replace(plain, limit=5), taken=2)
        yield Shared(replace(plain, role=Role.PREVIEW))
        yield Shared(inside)
        yield Shared(replace(plain, path=file[:2], role=Role.PREVIEW, limit=9))
        yield Shared(replace(inside, expires=END + 1, limit=3, role=Role.DOWNLOAD), FIRST_PASSWORD)
        yield Shared(replace(plain, version="2"))
