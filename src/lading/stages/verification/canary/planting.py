"""
Plan which canaries a drive can hold, and place them there.

What is there already and as it should be is left alone, so that a planting that was cut off goes on where it was.
Nothing outside of the folder of the kit is touched, and nothing in it that somebody changed is put right.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, Protocol

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, unchanged
from lading.model.access import Effect, Grant, Link, Version
from lading.model.errors import Changed, DriveError, Unable
from lading.model.failpoints import failpoint
from lading.model.paths import Path
from lading.model.text import Text

from .kit import README, Kit, kit_of, page
from .looking import digest_of, digested, found_at, message_of, passes
from .table import BY_CODE, PINNED, Canary, File, grant_of, label, link_of, place, saved, version_count

FAILPOINTS = ("canary.page", "canary.file", "canary.version", "canary.mark", "canary.planted")
"""Where a test can have a planting killed."""

_LONGEST_PAGE = 1 << 18
_ALTERED = Text("somebody changed it; it was left alone", "已被他人更改，未作处理")
_UNLOCKED = Text(
    "nobody holds a lock on it: open it in an editor that locks, leave it open, and plant again",
    "无人锁定该文件：请用会加锁的编辑器打开并保持打开，然后重新放置",
)

_MYSELF = Text(
    "a denial would shut out the account in use; name another with --person",
    "该拒绝会将当前账号挡在外面；请用 --person 指定他人",
)


class State(StrEnum):
    """What became of a canary that was to be planted."""

    PLANTED = "planted"
    THERE = "there"
    """It was in place already."""
    UNABLE = "unable"
    """The drive cannot hold it."""
    REFUSED = "refused"
    """The drive refused, or somebody changed what is there."""


class Outcome(NamedTuple):
    """What became of the canary *code*, and why."""

    code: str
    state: State
    reasons: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be planted (`kit.codes`), and for each other canary why it cannot be."""

    kit: Kit
    unable: Mapping[str, tuple[Text, ...]]


class Wallet(Protocol):
    """Keeps secrets of links where only this account can read them."""

    def keep(self, code: str, name: str, secret: str) -> None:
        """Keep *secret*, lastingly."""


def planned(kit: Kit, lacking: Mapping[str, tuple[Text, ...]]) -> Plan:
    """The plan for *kit*, given why the drive cannot hold each canary (empty: it can)."""
    codes = tuple(code for code in BY_CODE if not lacking[code])
    return Plan(replace(kit, codes=codes), {code: why for code, why in lacking.items() if why})


def plant(drive: Drive, plan: Plan, wallet: Wallet) -> tuple[Kit, tuple[Outcome, ...]]:
    """
    Plant what *plan* names; the kit as it is there now, and what became of each canary.

    Raises:
        Changed: the page of the kit was replaced by something else.
        DriveError: the drive as a whole refuses, or the folder cannot be made.
    """
    drive.make_folder(plan.kit.base)
    # Told before anything else is there, so that nobody wonders; corrected at the end.
    _keep_page(drive, plan.kit, rewrite=False)
    outcomes = tuple(_outcomes(drive, plan, wallet))
    there = tuple(it.code for it in outcomes if it.state in (State.PLANTED, State.THERE))
    kit = replace(plan.kit, codes=there)
    _keep_page(drive, kit, rewrite=True)
    return kit, outcomes


def _keep_page(drive: Drive, kit: Kit, *, rewrite: bool) -> None:
    """Put the page of *kit* in its folder; one that is there is only written again with *rewrite*."""
    path, text = (*kit.base, README), page(kit)
    entry = found_at(drive, path)
    if entry is None:
        drive.write(path, [text], expect=ABSENT, size=len(text))
    elif (there := read(drive, path)) != text:
        known = kit_of(there)
        if known is None or known.campaign != kit.campaign:
            raise Changed(path, _ALTERED)
        if rewrite:
            drive.write(path, [text], expect=unchanged(entry), size=len(text))
    failpoint("canary.page")


def read(drive: Drive, path: Path) -> bytes:
    """What the page at *path* holds, as far as a page may go."""
    found = b""
    with drive.read(path) as reader:
        while len(found) < _LONGEST_PAGE and (piece := reader.read(_LONGEST_PAGE)):
            found += piece
    return found


def _outcomes(drive: Drive, plan: Plan, wallet: Wallet) -> Iterator[Outcome]:
    for code, canary in BY_CODE.items():
        if code not in plan.kit.codes:
            yield Outcome(code, State.UNABLE, plan.unable.get(code, ()))
            continue
        work = _Planting(drive, canary, plan.kit, wallet)
        try:
            work.all()
        except DriveError as problem:
            if not passes(problem):
                raise
            yield Outcome(code, State.REFUSED, (message_of(problem),))
        else:
            yield Outcome(code, State.PLANTED if work.acted else State.THERE)
            failpoint("canary.planted")


class _Planting:
    """One canary being planted; *acted* tells whether anything had to be done."""

    def __init__(self, drive: Drive, canary: Canary, kit: Kit, wallet: Wallet) -> None:
        self._drive = drive
        self._code = canary.code
        self._parts = canary.parts(kit)
        self._kit = kit
        self._wallet = wallet
        self._moving = False
        self._folders: set[Path] = set()
        self.acted = False

    def all(self) -> None:
        """Everything the canary consists of."""
        move = self._parts.move
        arrived = move is not None and found_at(self._drive, self._at(move.target)) is not None
        self._moving = move is not None and not arrived
        for file in self._parts.files:
            self._plant(file)
        if not arrived:
            self._mark()
        if self._moving:
            self._move()
        if self._parts.locked is not None:
            self._demand_lock(self._at(self._parts.locked))

    def _at(self, path: Path) -> Path:
        """Where *path* is now: a folder that will be moved is filled where it is first."""
        move = self._parts.move
        if self._moving and move is not None and path[: len(move.target)] == move.target:
            path = (*move.source, *path[len(move.target) :])
        return place(self._kit, self._code, path)

    def _mark(self) -> None:
        for given in self._parts.grants:
            self._grant(replace(grant_of(self._kit, self._code, given), path=self._at(given.path)))
        for shared in self._parts.links:
            path = self._at(shared.path)
            version = self._pinned(path) if "version" in shared.limits else None
            self._link(link_of(self._kit, self._code, shared, version))

    def _plant(self, file: File) -> None:
        path = self._at(file.path)
        self._make_folders(path)
        entry = found_at(self._drive, path)
        if file.versions > 1:
            self._add_versions(file, path, there=entry is not None)
        elif entry is None:
            text = file.content(self._kit, 1)
            self._drive.write(path, [text], expect=ABSENT, size=len(text), modified=file.modified)
            self.acted = True
            failpoint("canary.file")
        elif not entry.is_file or digest_of(self._drive, entry) != sha256(file.content(self._kit, 1)):
            raise Changed(path, _ALTERED)

    def _make_folders(self, path: Path) -> None:
        for depth in range(len(self._kit.base) + 1, len(path)):
            folder = path[:depth]
            if folder not in self._folders and found_at(self._drive, folder) is None:
                self._drive.make_folder(folder)
            self._folders.add(folder)

    def _add_versions(self, file: File, path: Path, *, there: bool) -> None:
        assert self._drive.versions is not None
        known = tuple(self._drive.versions.list(path)) if there else ()
        count = version_count(self._kit, file)
        contents = [file.content(self._kit, number) for number in range(1, count + 1)]
        for version, content in zip(known, contents, strict=False):
            if digested(self._drive, path, version) != sha256(content):
                raise Changed(path, _ALTERED)
        if len(known) > count:
            raise Changed(path, _ALTERED)
        expect = unchanged(self._drive.stat(path)) if there else ABSENT
        for number in range(len(known) + 1, count + 1):
            content = contents[number - 1]
            entry = self._drive.versions.add(path, [content], self._version(number, content), expect=expect)
            expect, self.acted = unchanged(entry), True
            failpoint("canary.version")

    def _version(self, number: int, content: bytes) -> Version:
        at, author = saved(number), self._kit.person if "author" in self._kit.kept else ""
        return Version("", at, len(content), author, modified=at, label=label(number))

    def _pinned(self, path: Path) -> str:
        assert self._drive.versions is not None
        return tuple(self._drive.versions.list(path))[PINNED - 1].id

    def _grant(self, grant: Grant) -> None:
        assert self._drive.grants is not None
        if grant.effect is Effect.DENY and grant.principal.id == self._account():
            raise Unable(grant.path, _MYSELF)
        if not any(same_grant(one, grant) for one in self._drive.grants.list(grant.path)):
            self._drive.grants.set(grant)
            self.acted = True
            failpoint("canary.mark")

    def _account(self) -> str | None:
        """The id of the account in use, where the drive writes it down with what we wrote."""
        versions, path = self._drive.versions, self._at(self._parts.files[0].path)
        return None if versions is None else next((it.author for it in versions.list(path)), None)

    def _link(self, link: Link) -> None:
        assert self._drive.links is not None
        if any(same_link(one, link) for one in self._drive.links.list(link.path)):
            return
        password = secrets.token_urlsafe(18) if link.has_password else None
        if password is not None:
            # Kept before there is a link, lest there be one whose password nobody knows.
            self._wallet.keep(self._code, "password", password)
        _, url = self._drive.links.make(link, password=password)
        if password is not None:
            self._wallet.keep(self._code, "url", url)
        self.acted = True
        failpoint("canary.mark")

    def _move(self) -> None:
        move, moves = self._parts.move, self._drive.moves
        assert move is not None
        assert moves is not None
        target = place(self._kit, self._code, move.target)
        self._make_folders(target)
        moves.move(place(self._kit, self._code, move.source), target, expect=ABSENT)
        self.acted = True

    def _demand_lock(self, path: Path) -> None:
        assert self._drive.locks is not None
        if not any(lock.path == path for lock in self._drive.locks.all()):
            raise Unable(path, _UNLOCKED)


def sha256(content: bytes) -> str:
    """The digest of *content*, in hex."""
    return hashlib.sha256(content).hexdigest()


def same_grant(found: Grant, wanted: Grant) -> bool:
    """Whether *found* gives what *wanted* gives to the same."""
    if found.effect is not wanted.effect or wanted.effect is Effect.BREAK:
        return found.effect is wanted.effect
    return (found.principal.id, found.role, found.reach, found.expires) == (
        wanted.principal.id, wanted.role, wanted.reach, wanted.expires,
    )  # fmt: skip


def same_link(found: Link, wanted: Link) -> bool:
    """Whether *found* has the limits of *wanted*."""
    return _limits(found) == _limits(wanted)


def _limits(link: Link) -> tuple[object, ...]:
    return link.role, link.expires, link.has_password, link.limit, link.version, link.inside
