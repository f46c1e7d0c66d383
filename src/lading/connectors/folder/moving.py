"""
Renames and moves within the drive.
"""

from __future__ import annotations

import errno
import os
from contextlib import nullcontext
from typing import NamedTuple

from lading.connectors.conditions import Absent, Precondition
from lading.connectors.folder.draft import rename_absent
from lading.connectors.folder.parts import Parts
from lading.connectors.folder.system import UNSUPPORTED, rename_new
from lading.connectors.folder.tree import Tree
from lading.connectors.folder.tree import target as last_name
from lading.connectors.folder.trouble import translated
from lading.connectors.folder.writing import Writing, found_in
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, DriveError, NotFound, WrongKind
from lading.model.paths import Path, within


class _Place(NamedTuple):
    folder: int
    """A descriptor."""
    name: bytes
    path: Path


class FolderMoves:
    """The moves facet: `renameat2`, which refuses to replace where nothing is expected."""

    def __init__(self, tree: Tree, parts: Parts, writing: Writing) -> None:
        self._tree = tree
        self._parts = parts
        self._writing = writing

    def move(self, source: Path, target: Path, *, expect: Precondition) -> Entry:
        """
        Give *source* the name *target*; see `Moves.move`.

        Raises:
            DriveError: they lie on different file systems, so that this would be copying.
        """
        old, new = last_name(source), self._writing.name_for(target)
        if not source or (source != target and within(target, source)):
            raise WrongKind(source, "a folder cannot lie in itself")
        if not target:
            raise WrongKind(target, "the root is a folder")
        leaving = self._parent(source)
        try:
            entering = self._parent(target)
            try:
                return self._moved(_Place(leaving, old, source), _Place(entering, new, target), expect)
            finally:
                os.close(entering)
        except OSError as problem:
            if problem.errno == errno.EXDEV:
                raise DriveError(target, "on another file system than its old place") from problem
            raise translated(problem, source) from problem
        finally:
            os.close(leaving)

    def _parent(self, path: Path) -> int:
        try:
            return self._tree.parent(path)
        except OSError as problem:
            raise translated(problem, path) from problem

    def _moved(self, source: _Place, target: _Place, expect: Precondition) -> Entry:
        entry = found_in(*source, self._tree.device)
        if entry is None:
            raise NotFound(source.path, "nothing to move")
        found = found_in(*target, self._tree.device)
        one = found is not None and found.id == entry.id and source.path != target.path
        respelled = one and _is_respelling(source, target)
        with nullcontext() if isinstance(expect, Absent) else self._parts.one_at_a_time():
            if not respelled:
                found = self._writing.compare(*target, expect)
            if found is not None and entry.is_folder and not respelled:
                raise WrongKind(target.path, "a folder cannot replace a file")
            if isinstance(expect, Absent) and not respelled:
                _rename_new(source, target, is_folder=entry.is_folder)
            else:
                os.rename(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder)
                if one and not respelled:
                    # Renaming one hard link of a file over another does nothing, says rename(2).
                    os.unlink(source.name, dir_fd=source.folder)
        moved = found_in(*target, self._tree.device)
        if moved is None:
            raise Changed(target.path, "gone again after it was moved here")
        return moved


def _is_respelling(source: _Place, target: _Place) -> bool:
    """
    Whether two names of one entry are one name, spelled in two ways the file system does not tell apart.

    Two hard links of a file both stand in the folder; two spellings never do.
    """
    if source.path[:-1] != target.path[:-1]:
        return False
    listing = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=source.folder)
    try:
        return not {source.name, target.name} <= {os.fsencode(name) for name in os.listdir(listing)}
    finally:
        os.close(listing)


def _rename_new(source: _Place, target: _Place, *, is_folder: bool) -> None:
    try:
        if is_folder:
            _rename_folder(source, target)
        else:
            rename_absent(source.folder, source.name, target.folder, target.name)
    except FileExistsError:
        raise AlreadyExists(target.path, "it appeared meanwhile") from None


def _rename_folder(source: _Place, target: _Place) -> None:
    try:
        rename_new(source.folder, source.name, target.folder, target.name)
    except OSError as problem:
        if problem.errno not in UNSUPPORTED:
            raise
        # There are no hard links of folders; what `rename` could replace here is an empty folder.
        os.rename(source.name, target.name, src_dir_fd=source.folder, dst_dir_fd=target.folder)
