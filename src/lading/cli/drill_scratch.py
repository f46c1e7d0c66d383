"""
Where a drill restores to, and how that place is left as it was, also after a kill.

What a drill will make is written down before it makes any of it; whoever
cleans removes that and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from lading.connectors.address import Address
from lading.connectors.conditions import ANYTHING
from lading.connectors.registry import open_drive
from lading.connectors.wrap.policy import Policy, wrapped
from lading.manifest.files import local_errors, locked, write_json
from lading.model.errors import BadRequest, BadState, Busy, DriveError, LadingError, NotFound
from lading.model.paths import Path, shown
from lading.model.text import Text
from lading.vault.part import Part, read_part

RUNNING = "running.json"
_CLAIMED = "claimed.json"
_OWN = "lading-drill-"
_DRILL = Text("a drill", "演练")
_TAKEN = Text(
    "the scratch place has an entry of that name already; give an empty one",
    "临时位置已有同名条目；请提供空的位置",
)
_NOT_OURS = Text("it names a folder that no drill made", "其中所列文件夹并非演练所建")


@dataclass(frozen=True)
class Scratch:
    """The place of one drill: *target* takes what is restored, *work* is a local folder that goes with the drill."""

    target: Address
    work: str
    made: bool

    def claim(self, part: Part) -> None:
        """
        Write down that the entries of *part* will be ours.

        Raises:
            BadRequest: one of that name is there already.
        """
        if self.target.kind != "folder":
            with closing(open_drive(_plain(self.target))) as drive:
                for name in sorted({path[0] for path in part.paths if path}):
                    with suppress(NotFound):
                        drive.stat((name,))
                        raise BadRequest(shown((name,)), _TAKEN)
        part.write(os.path.join(self.work, _CLAIMED))
        facts = {
            "format": 1,
            "target": {
                "kind": self.target.kind,
                "place": self.target.place,
                "options": dict(self.target.options),
                "owner": self.target.owner,
            },
            "made": self.made,
        }
        with local_errors(self.work):
            write_json(os.path.join(self.work, RUNNING), facts)

    def empty(self, rest: Iterable[Path]) -> None:
        """
        Remove what was made so far, so that what is made next finds nothing, as a full restore does; *rest* is still to be made.

        What cannot be removed stays claimed.

        Raises:
            DriveError: the place is not there any more.
        """
        if self.target.kind == "folder":
            self._remove_own()
        else:
            still = frozenset(rest)
            left = self._removed(_entries(it for it in self._claimed() if it not in still))
            Part([*left, *still]).write(os.path.join(self.work, _CLAIMED))

    def clean(self) -> int:
        """
        Remove all that the drill made there; how many entries could not be removed.

        Raises:
            DriveError: the place is not there any more.
        """
        left = 0
        if os.path.exists(os.path.join(self.work, RUNNING)):
            left = self._clean_folder() if self.target.kind == "folder" else self._clean_drive()
        elif self.made:
            _gone(os.path.dirname(self.target.place))
        if not left:
            shutil.rmtree(self.work, ignore_errors=True)
        return left

    def _clean_folder(self) -> int:
        place = self.target.place
        self._remove_own()
        if self.made:
            _gone(os.path.dirname(place))
        return sum(1 + len(folders) + len(files) for _, folders, files in os.walk(place))

    def _remove_own(self) -> None:
        """Remove the folder that the drill made for itself, as far as it can be."""
        place = self.target.place
        if os.path.basename(place) != _own(self.work):
            raise BadState(os.path.join(self.work, RUNNING), _NOT_OURS)
        # Between two portions it is not there.
        if os.path.lexists(place):
            shutil.rmtree(place, onerror=partial(_let_in, place))

    def _clean_drive(self) -> int:
        return len(self._removed(_entries(self._claimed())))

    def _claimed(self) -> tuple[Path, ...]:
        return read_part(os.path.join(self.work, _CLAIMED)).paths

    def _removed(self, paths: Iterable[Path]) -> list[Path]:
        """Remove the entries at *paths*; those that could not be."""
        with closing(wrapped(open_drive(_plain(self.target)), Policy())) as drive:
            if drive.partials is not None:
                drive.partials.sweep(())
            return [path for path in sorted(paths, key=len, reverse=True) if not _removed(drive, path)]


def _entries(paths: Iterable[Path]) -> set[Path]:
    """The entries at *paths*, and the folders above them."""
    return {path[:depth] for path in paths for depth in range(1, len(path) + 1)}


def _own(work: str) -> str:
    """The name of the folder that the drill working in *work* makes for itself."""
    return _OWN + os.path.basename(work).removeprefix("run-")


def scratch_in(target: Address, work: str) -> Scratch:
    """The place at *target* for the drill that works in *work*: in a local folder, a folder of its own; elsewhere the drive as it is."""
    if target.kind != "folder":
        return Scratch(target, work, False)
    place = os.path.realpath(target.place)
    options = {key: value for key, value in target.options.items() if key != "create"} | {"create": "yes"}
    own = Address("folder", os.path.join(place, _own(work)), options, target.owner)
    made = not os.path.isdir(place)
    with local_errors(place):
        os.makedirs(place, exist_ok=True)
    return Scratch(own, work, made)


def clean_earlier(folder: str) -> list[tuple[str, int]]:
    """
    Clean what earlier drills left that were killed: the place of each, and how much could not be removed (-1: the place is not there).
    """
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        work = os.path.join(folder, name)
        if not (name.startswith("run-") and os.path.isdir(work)):
            continue
        with suppress(Busy), locked(work, _DRILL):
            found += _cleaned(work)
    return found


def held(work: str) -> Any:
    """The lock of a drill that works in *work*."""
    return locked(work, _DRILL)


def _cleaned(work: str) -> list[tuple[str, int]]:
    try:
        with open(os.path.join(work, RUNNING), encoding="utf-8") as stream:
            told = json.load(stream)
        it = Scratch(Address(**told["target"]), work, bool(told["made"]))
    except FileNotFoundError:
        # Killed before it made anything.
        shutil.rmtree(work, ignore_errors=True)
        return []
    except (OSError, ValueError, KeyError, TypeError):
        return [(work, -1)]
    try:
        return [(it.target.place, it.clean())]
    except LadingError:
        return [(it.target.place, -1)]


def _removed(drive: Any, path: Path) -> bool:
    try:
        drive.remove(path, expect=ANYTHING)
    except NotFound:
        return True
    except DriveError:
        return False
    return True


def _gone(folder: str) -> None:
    """Remove *folder*, which was made for the drill, unless something else came to lie there."""
    with suppress(OSError):
        os.rmdir(folder)


def _plain(target: Address) -> Address:
    options = {key: value for key, value in target.options.items() if key not in ("create", "role")}
    return Address(target.kind, target.place, options, target.owner)


def _let_in(place: str, remove: Any, path: str, _: Any) -> None:
    """Try again with the rights that a restored folder may have taken from us; above *place* nothing is ours."""
    with suppress(OSError):
        if path != place:
            os.chmod(os.path.dirname(path), 0o700)
        if not os.path.islink(path):
            os.chmod(path, 0o700)
        remove(path)
