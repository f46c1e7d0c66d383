"""
Remove a kit from a drive: exactly what was planted, by its content, and nothing that somebody changed or added.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from lading.connectors.api import Drive
from lading.connectors.conditions import unchanged
from lading.connectors.listing import list_all
from lading.model.access import Grant, Link
from lading.model.entry import Entry
from lading.model.errors import DriveError, NotFound
from lading.model.failpoints import failpoint
from lading.model.paths import Path, within
from lading.model.text import Text

from .kit import README, Kit, kit_of
from .looking import Places, digest_of, found_at, message_of, passes
from .planting import read, same_grant, same_link, sha256
from .table import BY_CODE, Canary, Move, Parts, grant_of, link_of, place

FAILPOINTS = ("canary.removed", "canary.page_removed")
"""Where a test can have a removal killed."""

_ADDED = Text("it, or what it holds, was not planted", "并非由金丝雀工具放置，或其中有此类内容")
_ALTERED = Text("somebody changed it", "已被他人更改")


class Left(NamedTuple):
    """What stands on the drive still, and why."""

    path: Path
    why: Text


class Removed(NamedTuple):
    """How many files and folders went, and what was left."""

    entries: int
    left: tuple[Left, ...]


def remove(drive: Drive, kit: Kit, base: Path, places: Places) -> Removed:
    """
    Remove what *kit* planted and a transfer may have carried: on *drive* its folder is *base*, and *places* tells where each path is: files whose newest content is the planted one, and folders that are empty then.

    The grants and links that were planted end before their entries go; earlier versions go with them.

    Raises:
        DriveError: the drive as a whole refuses.
    """
    work = _Removing(drive, kit, base, places)
    for canary in BY_CODE.values():
        work.canary(canary)
    work.page()
    if drive.partials is not None:
        # What a killed planting or removal of ours left unfinished.
        drive.partials.sweep(())
    return Removed(work.entries, tuple(work.left))


class _Removing:
    """A removal; *left* is what could not or must not go."""

    def __init__(self, drive: Drive, kit: Kit, base: Path, places: Places) -> None:
        self._drive = drive
        self._kit = kit
        self._base = base
        self._places = places
        self.entries = 0
        self.left: list[Left] = []

    def canary(self, canary: Canary) -> None:
        """Remove one canary; those that were never planted are looked for, too: a planting may have been cut off."""
        parts, folders = canary.parts(self._kit), set[Path]()
        self._marks(canary.code, parts)
        for file in parts.files:
            # A file whose planting was cut off holds an earlier one of its contents.
            contents = {sha256(file.content(self._kit, number)) for number in range(1, file.versions + 1)}
            for path in _both(file.path, parts.move):
                whole = self._at(canary.code, path)
                folders.update(whole[:depth] for depth in range(len(self._base) + 1, len(whole)))
                self._tried(whole, partial(self._file, contents))
        for folder in sorted(folders, key=len, reverse=True):
            self._tried(folder, self._folder)

    def page(self) -> None:
        """Remove the page and the folder of the kit, once nothing else is in it."""
        base = self._base
        try:
            others = [entry for entry in list_all(self._drive, base) if entry.path[-1] != README]
        except NotFound:
            return
        if not others:
            self._tried((*base, README), self._page)
            self._tried(base, self._folder)
        elif not any(within(it.path, base) for it in self.left):
            self.left += [Left(entry.path, _ADDED) for entry in others]

    def _at(self, code: str, path: Path) -> Path:
        return self._places(place(self._kit, code, path))

    def _tried(self, path: Path, act: Callable[[Entry], None]) -> None:
        """Do *act* with what is at *path*, if anything is; what fails for it alone is left."""
        try:
            if (entry := found_at(self._drive, path)) is not None:
                act(entry)
        except NotFound:
            return
        except DriveError as problem:
            if not passes(problem):
                raise
            self.left.append(Left(path, message_of(problem)))

    def _file(self, contents: Collection[str], entry: Entry) -> None:
        if not entry.is_file or digest_of(self._drive, entry) not in contents:
            self.left.append(Left(entry.path, _ALTERED))
            return
        self._remove(entry)
        failpoint("canary.removed")

    def _page(self, entry: Entry) -> None:
        known = kit_of(read(self._drive, entry.path))
        if known is None or known.campaign != self._kit.campaign:
            self.left.append(Left(entry.path, _ALTERED))
            return
        self._remove(entry)
        failpoint("canary.page_removed")

    def _folder(self, entry: Entry) -> None:
        if not any(True for _ in list_all(self._drive, entry.path)):
            self._remove(entry)
        elif not any(within(it.path, entry.path) for it in self.left):
            self.left.append(Left(entry.path, _ADDED))

    def _remove(self, entry: Entry) -> None:
        self._drive.remove(entry.path, expect=unchanged(entry))
        self.entries += 1

    def _marks(self, code: str, parts: Parts) -> None:
        """End what was given and shared, first: it must not outlive what it was for."""
        for given in parts.grants:
            grant = grant_of(self._kit, code, given)
            for path in _both(given.path, parts.move):
                self._tried(self._at(code, path), partial(self._unset, grant))
        for shared in parts.links:
            link = link_of(self._kit, code, shared, None)
            self._tried(self._places(link.path), partial(self._revoke, link))

    def _unset(self, grant: Grant, entry: Entry) -> None:
        if (grants := self._drive.grants) is not None:
            for one in grants.list(entry.path):
                if same_grant(one, grant):
                    grants.unset(one)

    def _revoke(self, link: Link, entry: Entry) -> None:
        if (links := self._drive.links) is not None:
            for one in links.list(entry.path):
                # The id of the version that it is pinned to is not known any more.
                if same_link(replace(one, version=None), link):
                    links.revoke(one)


def _both(path: Path, move: Move | None) -> tuple[Path, ...]:
    """*path*, and where it is as long as its folder has not been moved."""
    if move is None:
        return (path,)
    return path, (*move.source, *path[len(move.target) :])
