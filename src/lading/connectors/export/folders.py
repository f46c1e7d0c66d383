"""
A folder of exported files: read where it stands, no symlink followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from lading.connectors.export.members import Member
from lading.connectors.export.trouble import translated
from lading.model.entry import Kind
from lading.model.errors import Changed, DriveError, WrongKind
from lading.model.paths import Path, name_bytes, name_from

_BENEATH = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Folder:
    """What stands below the folder *place*, but not the files *beside* (tables that describe the others)."""

    encoding = ""
    marked = 0

    def __init__(self, place: str, *, beside: frozenset[str]) -> None:
        self._beside = beside
        self._place = place
        with translated(place):
            self._root = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def members(self) -> Iterator[Member]:
        """Folder by folder, names in their order; a folder that cannot be listed says so."""
        waiting = [iter(self._in(()))]
        while waiting:
            if (member := next(waiting[-1], None)) is None:
                waiting.pop()
            elif member.kind is not Kind.FOLDER:
                yield member
            else:
                try:
                    inside = self._in(member.names)
                except DriveError as problem:
                    yield member._replace(problem=problem.code, detail=problem.detail)
                else:
                    yield member
                    waiting.append(iter(inside))

    def open(self, member: Member, start: int) -> BinaryIO:
        """The file, if it is still the one that was found."""
        descriptor = self._opened(member.names, _BENEATH)
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise WrongKind(member.names, "not a file")
            if _etag(facts) != member.etag:
                raise Changed(member.names, "since the drive was opened")
            os.lseek(descriptor, start, os.SEEK_SET)
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise

    def changed(self, member: Member) -> bool:
        """Whether the file is another by now."""
        try:
            descriptor = self._opened(member.names, _BENEATH)
        except OSError:
            return True
        try:
            return _etag(os.fstat(descriptor)) != member.etag
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Give back the descriptor; twice is no error."""
        descriptor, self._root = self._root, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _in(self, folder: Path) -> list[Member]:
        with translated(folder):
            descriptor = self._opened(folder, _BENEATH | os.O_DIRECTORY)
        try:
            with os.scandir(descriptor) as found:
                items = sorted(found, key=lambda item: item.name)
                return [
                    _member(folder, item)
                    for item in items
                    if self._place_of(folder, item.name) not in self._beside
                ]
        finally:
            os.close(descriptor)

    def _place_of(self, folder: Path, name: str) -> str:
        return os.path.join(os.path.realpath(self._place), *folder, name)

    def _opened(self, names: Path, flags: int) -> int:
        """*names* opened one by one, so that none of them can be a symlink."""
        at = os.dup(self._root)
        for number, name in enumerate(names):
            last = number == len(names) - 1
            try:
                below = os.open(name_bytes(name), flags if last else _BENEATH | os.O_DIRECTORY, dir_fd=at)
            finally:
                os.close(at)
            at = below
        return at


def _member(folder: Path, item: os.DirEntry[str]) -> Member:
    names = (*folder, name_from(os.fsencode(item.name)))
    facts = item.stat(follow_symlinks=False)
    mode = facts.st_mode
    if stat.S_ISDIR(mode):
        return Member(names, Kind.FOLDER, 0, facts.st_mtime_ns, 1, _etag(facts))
    if stat.S_ISLNK(mode):
        return Member(names, Kind.SYMLINK, 0, facts.st_mtime_ns, 1, _etag(facts))
    if not stat.S_ISREG(mode):
        return Member(names, Kind.SPECIAL, 0, facts.st_mtime_ns, 1, _etag(facts))
    return Member(names, Kind.FILE, facts.st_size, facts.st_mtime_ns, 1, _etag(facts))


def _etag(facts: os.stat_result) -> str:
    return f"{facts.st_size:x}-{facts.st_mtime_ns:x}-{facts.st_ctime_ns:x}-{facts.st_ino:x}"
