"""
A folder of our own on any drive for a trial, which goes again, also after a kill.

Its name is drawn and written down in the state folder before anything is made; whoever cleans
removes that folder and nothing else.
"""

from __future__ import annotations

import glob
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Any

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ANYTHING
from lading.connectors.opening import opened
from lading.connectors.wrap.policy import Policy, wrapped
from lading.manifest.files import local_errors, locked, write_json
from lading.model.entry import Entry
from lading.model.errors import BadRequest, Busy, DriveError, LadingError, NotFound
from lading.model.paths import Path
from lading.model.progress import Progress, Publish, nobody_listens
from lading.model.text import Text

_NAME = re.compile(r"lading-forecast-[0-9a-f]{12}\Z")
_RUNNING = "running.json"
_TRIAL = Text("a forecast", "预测")
_NO_FOLDERS = Text(
    "a trial needs a folder of its own, and this kind of drive has none below its address; give --scratch",
    "试复制需要独立的文件夹，而此类网盘的地址之下不能指定文件夹；请用 --scratch 指定",
)
_WITH_FOLDERS = frozenset(("folder", "lading", "nextcloud", "s3", "smb", "webdav"))


@dataclass(frozen=True)
class ScratchFolder:
    """The folder *name* on the drive at *parent*; *work* is a local folder that goes with the trial; *made*: we made *parent* as well."""

    parent: Address
    name: str
    work: str
    made: bool

    @property
    def target(self) -> Address:
        """The address of the folder, made when it is opened."""
        options = {**self.parent.options, "create": "yes", "role": "target"}
        return replace(self.parent, place=f"{self.parent.place.rstrip('/')}/{self.name}", options=options)

    def claim(self) -> None:
        """
        Write down that the folder will be ours.

        Raises:
            DriveError: it cannot be written.
        """
        place = {
            "kind": self.parent.kind,
            "place": self.parent.place,
            "options": dict(self.parent.options),
            "owner": self.parent.owner,
        }
        with local_errors(self.work):
            write_json(
                os.path.join(self.work, _RUNNING),
                {"format": 1, "parent": place, "name": self.name, "made": self.made},
            )

    def clean(self, publish: Publish = nobody_listens) -> int:
        """
        Remove the folder with all in it; how many entries could not be removed.

        Raises:
            DriveError: the drive is not there any more.
        """
        left = 0
        if os.path.exists(os.path.join(self.work, _RUNNING)):
            if self.parent.kind == "folder":
                shutil.rmtree(self.target.place, ignore_errors=True)
                left = sum(1 + len(files) for _, _, files in os.walk(self.target.place))
            else:
                self._sweep()
                with closing(_open(self.parent)) as drive:
                    left = _Removing(drive, publish).tree((self.name,))
        if self.made and self.parent.kind == "folder":
            # Unless something else came to lie there.
            with suppress(OSError):
                os.rmdir(self.parent.place)
        if not left:
            shutil.rmtree(self.work, ignore_errors=True)
        return left

    def _sweep(self) -> None:
        """Remove unfinished files of the copies, which are not listed; each copy is known by the folder of its job."""
        for job in glob.glob(os.path.join(self.work, "job-*", "*")):
            place = replace(self.target, owner=os.path.basename(job))
            with suppress(LadingError), closing(_open(place)) as drive:
                if drive.partials is not None:
                    drive.partials.sweep(())


def scratch_folder(place: Address, work: str) -> ScratchFolder:
    """
    A folder with a new name on the drive at *place*.

    Raises:
        BadRequest: the drive cannot be opened at a folder.
    """
    if place.kind not in _WITH_FOLDERS:
        raise BadRequest(str(place), _NO_FOLDERS)
    options = {key: value for key, value in place.options.items() if key not in ("create", "role")}
    made = place.kind == "folder" and not os.path.lexists(place.place)
    parent = replace(place, options=options)
    return ScratchFolder(parent, f"lading-forecast-{secrets.token_hex(6)}", work, made)


def held(work: str) -> Any:
    """The lock of a trial that works in *work*."""
    return locked(work, _TRIAL)


def clean_earlier(folder: str) -> Iterator[tuple[str, int]]:
    """
    Clean what earlier trials left in *folder* that were killed: the place of each, and how much could not be removed (-1: not to be reached).
    """
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        work = os.path.join(folder, name)
        if not (name.startswith("run-") and os.path.isdir(work)):
            continue
        with suppress(Busy), held(work):
            yield from _cleaned(work)


def _cleaned(work: str) -> Iterator[tuple[str, int]]:
    try:
        with open(os.path.join(work, _RUNNING), encoding="utf-8") as stream:
            told = json.load(stream)
        it = ScratchFolder(Address(**told["parent"]), str(told["name"]), work, bool(told["made"]))
        if _NAME.match(it.name) is None:
            raise ValueError(it.name)
    except FileNotFoundError:
        # Killed before it made anything.
        shutil.rmtree(work, ignore_errors=True)
        return
    except (OSError, ValueError, KeyError, TypeError):
        yield work, -1
        return
    try:
        yield str(it.target), it.clean()
    except LadingError:
        yield str(it.target), -1


def _open(place: Address) -> Drive:
    return wrapped(opened(place, Policy()), Policy())


class _Removing:
    """Removes a tree from *drive*, and tells how far it is."""

    def __init__(self, drive: Drive, publish: Publish) -> None:
        self._drive, self._publish, self._done = drive, publish, 0

    def tree(self, top: Path) -> int:
        """How many entries could not be removed."""
        with ThreadPoolExecutor(max(1, min(8, self._drive.profile.concurrency))) as pool:
            left, folders = 0, [top]
            for folder in folders:
                entries = self._entries(folder)
                folders += [it.path for it in entries if it.is_folder]
                left += sum(pool.map(self._stays, [it.path for it in entries if not it.is_folder]))
            for folder in sorted(folders, key=len, reverse=True):
                left += self._stays(folder)
        return left

    def _entries(self, folder: Path) -> list[Entry]:
        entries: list[Entry] = []
        cursor = None
        try:
            while True:
                page = self._drive.list(folder, cursor=cursor)
                entries += page.entries
                if page.cursor is None:
                    return entries
                cursor = page.cursor
        except NotFound:
            return entries

    def _stays(self, path: Path) -> bool:
        self._done += 1
        self._publish(Progress("clean", self._done, 0))
        try:
            self._drive.remove(path, expect=ANYTHING)
        except NotFound:
            return False
        except DriveError:
            return True
        return False
