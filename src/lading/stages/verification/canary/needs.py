"""
Which canaries a drive can hold, decided from its profile and facets; and the kit that fits it.

Nothing here changes a drive; `new_kit` asks it for its people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lading.connectors.able import refused_grant, refused_link
from lading.connectors.api import Drive
from lading.connectors.names import folded, measure, path_problems, problems
from lading.connectors.profile import NameRules, Profile
from lading.model.access import Effect, Principal, PrincipalKind, Role
from lading.model.errors import DriveError
from lading.model.paths import Path
from lading.model.text import Text

from .kit import DAY, GUEST_DAYS, Kit, folder_name
from .looking import passes
from .table import BY_CODE, MOST_VERSIONS, Canary, File, Parts, grant_of, link_of, place, version_count

_LEVELS = 30
_LEVEL = "第30层"
_NO_PERSON = Text(
    "the drive tells of no active person; name one with --person", "网盘未提供在职人员；请用 --person 指定"
)
_NO_GUEST = Text(
    "the drive tells of no active guest; name one with --guest", "网盘未提供有效的外部来宾；请用 --guest 指定"
)


@dataclass(frozen=True, slots=True)
class Ability:
    """What a drive is and offers: its profile, and the names of its facets."""

    profile: Profile
    facets: frozenset[str]


_FACETS = ("versions", "grants", "links", "moves", "locks")


def ability_of(drive: Drive) -> Ability:
    """What *drive* can do."""
    return Ability(drive.profile, frozenset(name for name in _FACETS if getattr(drive, name) is not None))


def new_kit(drive: Drive, bare: Kit) -> Kit:
    """
    *bare*, whose base is the folder that it shall stand in, fitted to what *drive* can hold.

    Where it names no person or guest, the first active one that the drive tells of is taken; nobody who
    manages the folder, because the account in use may be theirs, and a denial would shut it out.
    """
    people, managers = _people(drive), _managers(drive, bare.base)
    people = [one for one in people if one.id not in managers]
    person = bare.person or _id(chosen(people, PrincipalKind.PERSON))
    guest = bare.guest or _id(chosen(people, PrincipalKind.GUEST))
    known = next((one for one in people if one.kind is PrincipalKind.GUEST and one.id == guest), None)
    return fitted(replace(bare, person=person, guest=guest), ability_of(drive), known)


def _people(drive: Drive) -> list[Principal]:
    if drive.people is None:
        return []
    try:
        return list(drive.people.principals())
    except DriveError as problem:
        if not passes(problem):
            raise
        return []


def _managers(drive: Drive, folder: Path) -> set[str]:
    """Ids of those who are named as managers of *folder* or of one above it."""
    found: set[str] = set()
    try:
        for depth in range(len(folder) + 1):
            grants = () if drive.grants is None else drive.grants.list(folder[:depth])
            found.update(grant.principal.id for grant in grants if grant.role is Role.MANAGE)
    except DriveError as problem:
        if not passes(problem):
            raise
    return found


def _id(one: Principal | None) -> str:
    return one.id if one is not None else ""


def chosen(people: list[Principal], kind: PrincipalKind) -> Principal | None:
    """The one of *people* to whom canaries are granted: active, of *kind*, with the first id."""
    found = (one for one in people if one.kind is kind and one.active)
    return min(found, key=lambda one: one.id, default=None)


def fitted(kit: Kit, able: Ability, guest: Principal | None) -> Kit:
    """*kit* with as much of names, folders, versions and grants as a drive of that ability holds."""
    rules, features = able.profile.names, able.profile.features
    takes = "versions" in able.facets and "order" in features.versions
    limit = features.version_limit
    base = (*kit.base, folder_name(kit.campaign, rules))
    end = kit.begun + GUEST_DAYS * DAY
    until = guest.until if guest is not None else None
    return replace(
        kit,
        base=base,
        length=_room((*base, "long-name"), rules),
        unit=rules.unit,
        levels=_levels((*base, "deep"), rules),
        grain=able.profile.clock_grain,
        versions=min(MOST_VERSIONS, limit or MOST_VERSIONS) if takes else 0,
        kept=_kept(able.profile) if takes else frozenset(),
        role=_least(features.roles),
        link_role=_least(features.link_roles),
        guest_end=features.end_until(end if until is None else min(end, until)),
    )


def lacks(canary: Canary, kit: Kit, able: Ability) -> tuple[Text, ...]:
    """Why a drive cannot hold *canary*; empty if it can."""
    parts = canary.parts(kit)
    found = (
        *_names(canary.code, parts, kit, able),
        *_files(parts, kit, able),
        *_marks(canary.code, parts, kit, able),
    )
    return tuple(dict.fromkeys(found))


def holdable(kit: Kit, able: Ability) -> dict[str, tuple[Text, ...]]:
    """For each canary, by its code, why the drive cannot hold it."""
    return {code: lacks(canary, kit, able) for code, canary in BY_CODE.items()}


def _kept(profile: Profile) -> frozenset[str]:
    """Facts of versions that are kept; their times only where any time is."""
    return profile.features.versions - (frozenset() if profile.keeps_modified else {"modified"})


def _room(folder: Path, rules: NameRules) -> int:
    """The longest name in *folder*, which may be less than the longest name at all."""
    if rules.path_length is None:
        return rules.length
    used = sum(measure(name, rules.unit) + 1 for name in folder) + 1
    return max(16, min(rules.length, rules.path_length - used))


def _levels(folder: Path, rules: NameRules) -> int:
    """How many folders fit into each other below *folder*, with a file in the innermost."""
    levels = _LEVELS
    if rules.depth is not None:
        levels = min(levels, rules.depth - len(folder) - 1)
    if rules.path_length is not None:
        used = sum(measure(name, rules.unit) + 1 for name in (*folder, "底 bottom.txt"))
        levels = min(levels, (rules.path_length - used) // (measure(_LEVEL, rules.unit) + 1))
    return max(1, levels)


def _least(roles: frozenset[Role]) -> Role:
    """Reading where it can be given, else the least that can be."""
    return Role.DOWNLOAD if Role.DOWNLOAD in roles or not roles else min(roles)


def _names(code: str, parts: Parts, kit: Kit, able: Ability) -> Iterator[Text]:
    rules = able.profile.names
    paths = [place(kit, code, file.path) for file in parts.files]
    for path in paths:
        for why in (*path_problems(path, rules), *(why for name in path for why in problems(name, rules))):
            yield Text(f"it cannot hold the name: {why}", f"不支持该名称：{why}")
    if len({tuple(folded(name, rules) for name in path) for path in paths}) < len(paths):
        yield Text("it cannot tell the two names apart", "无法区分这两个名称")


def _files(parts: Parts, kit: Kit, able: Ability) -> Iterator[Text]:
    for file in parts.files:
        if file.modified is not None:
            yield from _time(file.modified, able.profile)
        if file.versions > 1 and version_count(kit, file) < 2:
            yield Text("it takes no earlier versions", "不接受历史版本")
        yield from _size(file, kit, able.profile.size_limit)


def _time(modified: int, profile: Profile) -> Iterator[Text]:
    if not profile.keeps_modified:
        yield Text("it keeps no times of others", "不保留外部给出的时间")
    elif profile.kept_time(modified) != modified - modified % profile.clock_grain:
        yield Text("it cannot keep such a time", "无法保存这样的时间")


def _size(file: File, kit: Kit, limit: int | None) -> Iterator[Text]:
    if limit is not None and len(file.content(kit, 1)) > limit:
        yield Text(f"it takes at most {limit} bytes", f"文件最多 {limit} 字节")


def _marks(code: str, parts: Parts, kit: Kit, able: Ability) -> Iterator[Text]:
    features = able.profile.features
    for given in parts.grants:
        refusal = refused_grant(grant_of(kit, code, given), features)
        if "grants" not in able.facets or not features.effects:
            yield Text("it takes no grants", "不接受授权")
        elif refusal is not None:
            yield refusal
        elif given.effect is not Effect.BREAK and not (kit.guest if given.guest else kit.person):
            yield _NO_GUEST if given.guest else _NO_PERSON
    for shared in parts.links:
        password = "x" if "password" in shared.limits else None
        refusal = refused_link(link_of(kit, code, shared, "1"), password, features)
        if "links" not in able.facets or not features.link_roles:
            yield Text("it makes no links", "不能创建链接")
        elif refusal is not None:
            yield refusal
    if parts.move is not None and "moves" not in able.facets:
        yield Text("it cannot move folders", "不能移动文件夹")
    if parts.locked is not None and "locks" not in able.facets:
        yield Text("it does not tell who holds locks", "不提供锁定信息")
