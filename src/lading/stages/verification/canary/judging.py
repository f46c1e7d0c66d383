"""
Decide what became of each canary on a drive, from what was seen there.

Pure.  Each way in which a canary is not as it was planted is a difference with the codes of the losses that
would explain it; what a fidelity contract announced by one of these codes is expected, all else is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from lading.connectors.profile import Profile
from lading.model.access import Effect, Grant, Link, Version
from lading.model.losses import CODES, Feature, Outcome
from lading.model.paths import Path, shown
from lading.model.text import Text

from .kit import Kit
from .looking import Seen, message_of
from .planting import same_grant, sha256
from .table import PINNED, Canary, File, Parts, Shared, grant_of, label, link_of, saved, version_count


class State(StrEnum):
    """What became of a canary, from best to worst."""

    EQUAL = "equal"
    """All that was planted is there, as it was."""
    ANNOUNCED = "announced"
    """It differs as the contract announced, and in nothing else."""
    ABSENT = "absent"
    """It was never planted, for OLD cannot hold it."""
    UNKNOWN = "unknown"
    """Something of it could not be asked."""
    CHANGED = "changed"
    """Something of it is not as it was."""
    LOST = "lost"
    """Something of it is not there."""


ANSWERS = (State.EQUAL, State.ANNOUNCED, State.ABSENT)
"""The states in which nothing is wrong."""


class Difference(NamedTuple):
    """One way in which a canary is not as it was; *losses* are codes that would announce it; *gone*: a thing is missing."""

    says: Text
    losses: frozenset[str] = frozenset()
    gone: bool = False
    unknown: bool = False


PAGE = "page"
"""The code under which the page of the kit is judged."""


class Verdict(NamedTuple):
    """What became of the canary *code*; *announced* differences are in the contract, *others* are not."""

    code: str
    state: State
    announced: tuple[Difference, ...] = ()
    others: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Yard:
    """What canaries are held against: their kit, the profile of the drive, and losses that a contract announced."""

    kit: Kit
    profile: Profile
    announced: frozenset[str] = frozenset()


def judge(canary: Canary, seen: Seen, yard: Yard) -> Verdict:
    """What became of *canary*."""
    if canary.code not in yard.kit.codes:
        return Verdict(canary.code, State.ABSENT)
    found = [*_differences(canary, seen, yard)]
    announced = tuple(it for it in found if it.losses & yard.announced)
    others = tuple(it for it in found if not it.losses & yard.announced)
    return Verdict(canary.code, _state(announced, others), announced, others)


def judge_page(found: bytes | None, wanted: bytes) -> Verdict:
    """What became of the page of the kit, which is *wanted*."""
    if found is None:
        return Verdict(PAGE, State.LOST, (), (Difference(_NO_PAGE, _NO_FILE, gone=True),))
    if found != wanted:
        return Verdict(PAGE, State.CHANGED, (), (Difference(_OTHER_PAGE),))
    return Verdict(PAGE, State.EQUAL)


def _state(announced: Collection[Difference], others: Collection[Difference]) -> State:
    if any(it.gone for it in others):
        return State.LOST
    if any(not it.unknown for it in others):
        return State.CHANGED
    if others:
        return State.UNKNOWN
    return State.ANNOUNCED if announced else State.EQUAL


def _differences(canary: Canary, seen: Seen, yard: Yard) -> Iterator[Difference]:
    parts = canary.parts(yard.kit)
    for problem in seen.problems:
        yield Difference(message_of(problem), unknown=True)
    for file in parts.files:
        yield from _of_file(file, seen, yard)
        if version_count(yard.kit, file) > 1 and file.path in seen.entries:
            yield from _of_versions(file, seen, yard)
    for given in parts.grants:
        path = given.path
        yield from _of_grant(grant_of(yard.kit, canary.code, given), path, seen, yard)
    for shared in parts.links:
        wanted = link_of(yard.kit, canary.code, shared, _pinned(shared, parts, seen, yard.kit))
        yield from _of_link(wanted, shared, seen, yard)
    if seen.left:
        yield Difference(
            Text("the folder is still where it was before it was moved", "文件夹仍在移动前的位置")
        )
    if parts.locked is not None and not seen.locked:
        yield Difference(Text("nobody holds the lock", "已无人持有锁定"), frozenset({"lock.lost"}), gone=True)


_NO_PAGE = Text("the page that explains the folder is not there", "说明页不存在")
_OTHER_PAGE = Text("the page that explains the folder is another", "说明页内容不同")
_NO_FILE = frozenset(
    code
    for code, loss in CODES.items()
    if loss.feature in (Feature.CONTENTS, Feature.FOLDERS) or code == "name.refused"
)


def _of_file(file: File, seen: Seen, yard: Yard) -> Iterator[Difference]:
    entry, name = seen.entries.get(file.path), shown(file.path)
    if entry is None:
        if not seen.problems:
            yield Difference(Text(f"{name} is not there", f"{name} 不存在"), _NO_FILE, gone=True)
        return
    if not entry.is_file:
        yield Difference(Text(f"{name} is no file", f"{name} 不是文件"))
        return
    wanted = sha256(file.content(yard.kit, version_count(yard.kit, file)))
    if file.path in seen.digests and seen.digests[file.path] != wanted:
        yield Difference(Text(f"{name} holds another content", f"{name} 的内容不同"))
    if file.modified is not None:
        yield from _of_time(file.modified, entry.modified, name, yard)


def _of_time(planted: int, found: int | None, name: str, yard: Yard) -> Iterator[Difference]:
    """A time may be rounded to the clock of the drive; whether it may be held or lost, the contract says."""
    wanted = planted - planted % yard.kit.grain
    kept = yard.profile.kept_time(wanted)
    if found == wanted or (found == kept and abs(found - wanted) < yard.profile.clock_grain):
        return
    said = Text(f"{name} has another time", f"{name} 的时间不同")
    if not yard.profile.keeps_modified:
        yield Difference(said, frozenset({"file_time.lost"}))
    else:
        yield Difference(said, frozenset({"file_time.held"} if found == kept else ()))


def _of_versions(file: File, seen: Seen, yard: Yard) -> Iterator[Difference]:
    count, name = version_count(yard.kit, file), shown(file.path)
    wanted = [sha256(file.content(yard.kit, number)) for number in range(1, count + 1)]
    if seen.versions is None:
        yield _missing_versions(name, count - 1, frozenset({"version.none"}))
        return
    if (told := seen.versions.get(file.path)) is None:
        if not seen.problems:
            yield _missing_versions(name, count - 1, frozenset())
        return
    found = [dict(version.digests)["sha256"] for version in told]
    if found == wanted:
        yield from _of_facts(told, 0, name, yard)
    elif sorted(found) == sorted(wanted):
        said = Text(f"the versions of {name} are in another order", f"{name} 的版本顺序不同")
        yield Difference(said, frozenset({"version.order"}))
    elif found and wanted[-len(found) :] == found:
        codes = {"version.limit"} | ({"version.none", "version.no_entry"} if len(found) == 1 else set())
        yield _missing_versions(name, count - len(found), frozenset(codes))
        yield from _of_facts(told, count - len(found), name, yard)
    else:
        yield from _mixed(name, found, wanted)


def _mixed(name: str, found: list[str], wanted: list[str]) -> Iterator[Difference]:
    if missing := len(set(wanted) - set(found)):
        yield _missing_versions(name, missing, frozenset())
    if strange := len(set(found) - set(wanted)) or len(found) - len(set(found)):
        yield Difference(Text(f"{name} has {strange} versions too many", f"{name} 多出 {strange} 个版本"))


def _missing_versions(name: str, count: int, losses: frozenset[str]) -> Difference:
    said = Text(f"{count} earlier versions of {name} are not there", f"{name} 缺少 {count} 个历史版本")
    return Difference(said, losses, gone=True)


def _of_facts(told: tuple[Version, ...], first: int, name: str, yard: Yard) -> Iterator[Difference]:
    """Times, authors and labels of versions, each told once for the whole file."""
    kept, person = yard.kit.kept, yard.kit.person
    numbered = [*enumerate(told, start=first + 1)]
    times = {number: _rounded(saved(number), yard) for number, _ in numbered}
    wrong = {
        "saved": any(version.saved not in times[number] for number, version in numbered),
        "modified": any(version.modified not in times[number] for number, version in numbered),
        "author": bool(person) and any(version.author != person for version in told),
        "label": any(version.label != label(number) for number, version in numbered),
    }
    for fact, differs in wrong.items():
        if fact in kept and differs:
            said, losses = _FACTS[fact]
            yield Difference(Text(said.en.format(name=name), said.zh.format(name=name)), losses)


_FACTS = {
    "saved": (
        Text("versions of {name} were saved at other times", "{name} 的版本保存时间不同"),
        frozenset({"version_time.saved", "version_time.rounded"}),
    ),
    "modified": (
        Text("versions of {name} have other times", "{name} 的版本修改时间不同"),
        frozenset({"version_time.modified", "version_time.rounded"}),
    ),
    "author": (
        Text("versions of {name} have another author", "{name} 的版本作者不同"),
        frozenset({"version_author.lost", "version_author.nobody"}),
    ),
    "label": (
        Text("versions of {name} have other labels", "{name} 的版本标注不同"),
        frozenset({"version_label.lost"}),
    ),
}


def _rounded(planted: int, yard: Yard) -> tuple[int, int]:
    wanted = planted - planted % yard.kit.grain
    return wanted, wanted - wanted % yard.profile.clock_grain


def _codes(*features: Feature, worst: Outcome) -> frozenset[str]:
    return frozenset(
        code for code, loss in CODES.items() if loss.feature in features and loss.outcome is worst
    )


_EFFECTS = {Effect.ALLOW: Feature.GRANTS, Effect.DENY: Feature.DENIALS, Effect.BREAK: Feature.BREAKS}
_EFFECT_NAMES = {
    Effect.ALLOW: Text("the grant", "授权"),
    Effect.DENY: Text("the denial", "拒绝"),
    Effect.BREAK: Text("the break of inheritance", "中断继承"),
}


def _of_grant(wanted: Grant, path: Path, seen: Seen, yard: Yard) -> Iterator[Difference]:
    what, name, feature = _EFFECT_NAMES[wanted.effect], shown(path), _EFFECTS[wanted.effect]
    if seen.grants is not None and path not in seen.grants and seen.problems:
        return
    found = (seen.grants or {}).get(path, ())
    if any(same_grant(one, wanted) for one in found):
        return
    alike = [one for one in found if _to_same(one, wanted)]
    if not alike:
        said = Text(f"{what.en} on {name} is not there", f"{name} 上的{what.zh}不存在")
        yield Difference(said, _codes(feature, worst=Outcome.DROPPED), gone=True)
        return
    said = Text(f"{what.en} on {name} is another", f"{name} 上的{what.zh}不同")
    for losses in _lossy(wanted, alike, _held(wanted.expires, yard)):
        yield Difference(said, losses)


def _lossy(wanted: Grant, alike: list[Grant], held: int | None) -> Iterator[frozenset[str]]:
    """
    What would explain each way in which *alike* are not *wanted*; what gives more than it did is never announced.

    *held* is the end that the drive can hold instead of the one that is wanted.
    """
    lossy = _codes(_EFFECTS[wanted.effect], worst=Outcome.LOSSY) - {"grant.sooner"}
    narrower = [one for one in alike if one.role <= wanted.role and one.expires in (wanted.expires, held)]
    if wanted.effect is Effect.DENY:
        yield lossy
    elif not narrower:
        yield lossy & {"grant.expiry_by_hand"}
    elif all(one.expires != wanted.expires for one in narrower):
        yield frozenset({"grant.sooner"})
        if all(one.role < wanted.role for one in narrower):
            yield lossy
    else:
        yield lossy


def _held(end: int | None, yard: Yard) -> int | None:
    """The last moment up to *end* at which something on the drive can end."""
    return None if end is None else yard.profile.features.end_until(end)


def _to_same(one: Grant, wanted: Grant) -> bool:
    return one.effect is wanted.effect and one.principal.id == wanted.principal.id


_LINK_CODES = {
    "password": "link.no_password",
    "expires": "link.no_expiry",
    "limit": "link.no_limit",
    "version": "link.no_version",
}


def _of_link(wanted: Link, shared: Shared, seen: Seen, yard: Yard) -> Iterator[Difference]:
    name = shown(shared.path)
    if seen.links is not None and shared.path not in seen.links and seen.problems:
        return
    found = (seen.links or {}).get(shared.path, ())
    lost = min((sorted(_limits_lost(wanted, one)) for one in found), key=len, default=None)
    if lost == []:
        return
    if lost is None:
        losses = _codes(Feature.LINKS, worst=Outcome.DROPPED) - frozenset(_LINK_CODES.values())
        mine = frozenset(_LINK_CODES[limit] for limit in shared.limits)
        yield Difference(
            Text(f"the link to {name} is not there", f"指向 {name} 的链接不存在"), losses | mine, gone=True
        )
        return
    listed = ", ".join(lost)
    # A link that opens more than it did is never announced; one that gives a lower role or ends sooner may be.
    lowered = lost == ["role"] and any(one.role < wanted.role for one in found)
    losses = frozenset({"link.role", "link.words"} if lowered else ())
    if lost == ["expires"] and all(one.expires == _held(wanted.expires, yard) for one in found):
        losses = frozenset({"link.sooner"})
    said = Text(f"the link to {name} lost or changed: {listed}", f"指向 {name} 的链接丢失或改变了：{listed}")
    yield Difference(said, losses)


def _pinned(shared: Shared, parts: Parts, seen: Seen, kit: Kit) -> str | None:
    """The id that the pinned version has here; one that is not there fits no link."""
    if "version" not in shared.limits:
        return None
    file = next(file for file in parts.files if file.path == shared.path)
    content = sha256(file.content(kit, PINNED))
    told = (seen.versions or {}).get(shared.path, ())
    return next((it.id for it in told if dict(it.digests)["sha256"] == content), "")


def _limits_lost(wanted: Link, found: Link) -> Iterator[str]:
    pairs = {
        "role": (wanted.role, found.role),
        "expires": (wanted.expires, found.expires),
        "password": (wanted.has_password, found.has_password),
        "limit": (wanted.limit, found.limit),
        "version": (wanted.version, found.version),
        "inside": (wanted.inside, found.inside),
    }
    return (name for name, (before, after) in pairs.items() if before != after)
