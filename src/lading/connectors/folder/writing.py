"""
Storing content: fill a draft, hold the target against what was expected, put the draft in its place.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from functools import cached_property

from lading.connectors.conditions import Absent, Precondition, Unchanged, check
from lading.connectors.folder.draft import GAVE_BACK, Draft, holds, write_at
from lading.connectors.folder.entries import barred, entry_of
from lading.connectors.folder.parts import Parts
from lading.connectors.folder.tree import Tree, targeted
from lading.connectors.folder.trouble import translated
from lading.connectors.names import check_holdable
from lading.connectors.profile import NameRules, Profile
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Truncated, WrongKind
from lading.model.paths import Path

Source = Iterable[bytes]
# From this size on it pays to look at the target before the first byte, and to find the folder
# again after the last: somebody may have moved it in the meantime.
_LONG = 1 << 20
_PLAIN = frozenset("/\0")


class Writing:
    """
    Everything that gives a file its name.

    *profile* is asked for the rules and times of the drive; with *sync* each file is on the
    disk before its name is, and the name before the call returns.
    """

    def __init__(self, tree: Tree, parts: Parts, profile: Callable[[], Profile], *, sync: bool) -> None:
        self._tree = tree
        self._parts = parts
        self._ask = profile
        self._sync = sync

    @cached_property
    def _profile(self) -> Profile:
        """That of the drive, which may be found out by writing to it: asked for when something is written."""
        return self._ask()

    @cached_property
    def _strict(self) -> bool:
        return _needs_checking(self._profile.names)

    def name_for(self, path: Path) -> bytes:
        """
        The name that *path* would get.

        Raises:
            NameRefused: the drive cannot hold it, or would store it as another one.
        """
        return self._place_for(path)[1]

    def _place_for(self, path: Path) -> tuple[bytes, bytes]:
        """The folder, as `Tree.opened` takes it, and the name that *path* would get; refuses what `name_for` refuses."""
        if self._strict:
            check_holdable(path, self._profile.names)
        return targeted(path)

    def kept(self, modified: int) -> int:
        """The time that is kept for *modified*."""
        return self._profile.kept_time(modified)

    def write(
        self, path: Path, source: Source, *, expect: Precondition, size: int | None, modified: int | None
    ) -> Entry:
        """Store *source* at *path*; see `Drive.write`."""
        entry = self._stored(path, source, expect, size, modified, back=False)
        assert entry is not None
        return entry

    def write_back(
        self,
        path: Path,
        source: Source,
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry | None:
        """Store *source* at *path* and read it back before it has a name; see `ReadBack.write`."""
        return self._stored(path, source, expect, size, modified, back=True)

    def _stored(
        self,
        path: Path,
        source: Source,
        expect: Precondition,
        size: int | None,
        modified: int | None,
        *,
        back: bool,
    ) -> Entry | None:
        """As `write`; if it has to be read *back*, None where drafts have names: only files that are closed were stored there."""
        if back and not self._parts.nameless:
            return None
        folder, name = self._place_for(path)
        if not path:
            raise WrongKind(path, "the root is a folder")
        try:
            parent = self._tree.opened(folder)
        except OSError as problem:
            raise translated(problem, path) from problem
        try:
            if size is None or size >= _LONG:
                self._look_ahead(parent, name, path, expect)
            draft = self._draft(parent, path)
            try:
                if back and draft.name:
                    return None
                if _fill(draft.descriptor, source, size, path, back=back) >= _LONG:
                    return self.place(draft, path, expect=expect, modified=modified)
                return self._placed(draft, parent, name, path, expect, modified)
            finally:
                draft.close()
        finally:
            os.close(parent)

    def place(self, draft: Draft, path: Path, *, expect: Precondition, modified: int | None) -> Entry:
        """Give the whole *draft* its time and its name, in the folder that is there now."""
        folder, name = targeted(path)
        try:
            parent = self._tree.opened(folder)
        except OSError as problem:
            raise translated(problem, path) from problem
        try:
            return self._placed(draft, parent, name, path, expect, modified)
        finally:
            os.close(parent)

    def _placed(
        self, draft: Draft, parent: int, name: bytes, path: Path, expect: Precondition, modified: int | None
    ) -> Entry:
        try:
            if modified is not None:
                os.utime(draft.descriptor, ns=(self.kept(modified),) * 2)
            if self._sync:
                os.fsync(draft.descriptor)
            self._put(draft, parent, name, path, expect)
            if self._sync:
                _sync_folder(parent)
            return entry_of(path, os.fstat(draft.descriptor), self._tree.device)
        except OSError as problem:
            raise translated(problem, path) from problem

    def compare(self, parent: int, name: bytes, path: Path, expect: Precondition) -> Entry | None:
        """
        The entry *name* in *parent*, held against what is expected for a file to be put there.

        Raises:
            AlreadyExists, NotFound, Changed: as `check`.
            WrongKind: a folder has that name.
        """
        found = found_in(parent, name, path, self._tree.device)
        if found is not None and found.is_folder:
            kind = AlreadyExists if isinstance(expect, Absent) else WrongKind
            raise kind(path, "a folder")
        check(expect, found, path)
        return found

    def _put(self, draft: Draft, parent: int, name: bytes, path: Path, expect: Precondition) -> None:
        if isinstance(expect, Unchanged):
            with self._parts.one_at_a_time():
                self.compare(parent, name, path, expect)
                self._parts.put(draft, parent, name, replace=True)
        else:
            self._parts.put(draft, parent, name, replace=not isinstance(expect, Absent))

    def _draft(self, parent: int, path: Path) -> Draft:
        try:
            return self._parts.draft(parent)
        except OSError as problem:
            raise translated(problem, path) from problem

    def _look_ahead(self, parent: int, name: bytes, path: Path, expect: Precondition) -> None:
        try:
            self.compare(parent, name, path, expect)
        except OSError as problem:
            raise translated(problem, path) from problem


def found_in(parent: int, name: bytes, path: Path, device: int) -> Entry | None:
    """The entry *name* in the folder *parent*, None if there is none."""
    try:
        facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return entry_of(path, facts, device, barred(facts, name, parent))


def _fill(descriptor: int, source: Source, size: int | None, path: Path, *, back: bool) -> int:
    """Write all of *source*, reading it *back* or not, and tell how many bytes; errors of its own pass through untouched."""
    count = 0
    for block in source:
        if size is not None and count + len(block) > size:
            raise Truncated(path, f"more than {size} bytes")
        try:
            write_at(descriptor, block, count)
            if back and not holds(descriptor, block, count):
                raise Truncated(path, GAVE_BACK)
        except OSError as problem:
            raise translated(problem, path) from problem
        count += len(block)
    if size is not None and count != size:
        raise Truncated(path, f"{count} of {size} bytes")
    return count


def _needs_checking(rules: NameRules) -> bool:
    """Whether the kernel might store another name than the one it was given, instead of refusing it."""
    return bool(rules.endings or rules.reserved_stems or not rules.controls or rules.characters != _PLAIN)


def _sync_folder(parent: int) -> None:
    folder = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        os.fsync(folder)
    except OSError as problem:
        # Some file systems cannot, and have nothing to lose by that.
        if problem.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
            raise
    finally:
        os.close(folder)
