"""
Unfinished files: where they are kept, and how one gets its final name.

A new file is made without any name, in its own folder, and linked into place
when it is whole: it inherits what that folder hands down (group, default ACL)
and a killed process leaves nothing behind.  Where that is impossible (network
shares, FAT, resumable files) it has a name in `.lading-parts/OWNER` in the
root; it is renamed into place and given what the folder hands down.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import re
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from lading.connectors.folder.acl import hand_down, stop_handing_down
from lading.connectors.folder.draft import MODE, NEW, OPEN, Draft
from lading.connectors.folder.system import FOLDER_ONLY, UNSUPPORTED, by_descriptor
from lading.connectors.folder.tree import PARTS, Tree

_PARTS = PARTS.encode()
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# EACCES: the account may write to that folder, but not to the root where ours would be.
_NO_WAY = (UNSUPPORTED | {errno.EXDEV, errno.EMLINK, errno.EACCES}) - {errno.EISDIR}
T = TypeVar("T")
_TEMPORARY = re.compile(rb"t-([0-9a-f]+)-([0-9a-f]+)-[0-9a-f]+")
# Marks of the drives that are open in this process.
_at_work: set[bytes] = set()


class Parts:
    """
    The unfinished files of *owner* in *tree*.

    *mark* (hexadecimal digits) tells this drive object from all others.
    """

    def __init__(self, tree: Tree, owner: str, mark: str) -> None:
        self._tree = tree
        self._owner = os.fsencode(owner)
        self._mark = mark.encode()
        self._count = itertools.count()
        self._folder = -1
        self._abandoned: list[int] = []
        self._lock = threading.Lock()
        self.nameless = hasattr(os, "O_TMPFILE") and os.path.isdir(by_descriptor(tree.root))
        """Whether drafts need no name, as far as anybody knows."""
        self._tried = False
        _at_work.add(self._mark)

    def folder(self, *, make: bool = True) -> int:
        """
        A descriptor of `.lading-parts/OWNER`, made when it is first needed; -1 if it shall not be made.

        It stays open until `close`.
        """
        with self._lock:
            if self._folder >= 0 and _is_gone(self._folder):
                # Another process of this owner was the last to leave and tidied up.  Threads may
                # still use the descriptor, so it stays open.
                self._abandoned.append(self._folder)
                self._folder = -1
            if self._folder < 0:
                self._folder = self._opened(make)
            return self._folder

    def inside(self, act: Callable[[int], T]) -> T:
        """What *act* returns for our folder; it is called again if somebody removed that meanwhile."""
        while True:
            folder = self.folder()
            try:
                return act(folder)
            except FileNotFoundError:
                if not _is_gone(folder):
                    raise

    def draft(self, parent: int) -> Draft:
        """An empty new draft of a file for the folder *parent* (a descriptor)."""
        if self.nameless:
            try:
                return Draft(os.open(b".", os.O_TMPFILE | OPEN, MODE, dir_fd=parent))
            except OSError as problem:
                if problem.errno not in UNSUPPORTED:
                    raise
                self.nameless = False
        return self.inside(self._named)

    def needs_no_names(self) -> bool:
        """Whether drafts need no names here: tried once, where nobody knows."""
        if not self._tried and self.nameless:
            self.draft(self._tree.root).close()
        self._tried = True
        return self.nameless

    def put(self, draft: Draft, parent: int, name: bytes, *, replace: bool) -> None:
        """
        Give *draft* its final *name* in the folder *parent*, in one step.

        Raises:
            FileExistsError: something is there, and *replace* is not set.
        """
        try:
            if draft.name:
                hand_down(parent, draft.descriptor)
                draft.rename(parent, name, replace=replace)
            elif replace:
                self.inside(lambda folder: draft.name_in(folder, self.fresh_name()))
                draft.rename(parent, name, replace=True)
            else:
                draft.link_new(parent, name)
        except OSError as problem:
            if problem.errno not in _NO_WAY:
                raise
            self._put_across(draft, parent, name, replace=replace)

    @contextlib.contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Keep other writers of Lading to this drive, here and in other processes, waiting."""
        with contextlib.ExitStack() as stack:
            # Some network shares have no locks, and some accounts may not write to the root; then
            # the comparison alone has to do.
            with contextlib.suppress(OSError):
                descriptor = self.inside(lambda folder: os.open(b"..", _LIST, dir_fd=folder))
                stack.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield

    def left_behind(self) -> list[bytes]:
        """Names in our folder: partials, and temporaries that no living process works on."""
        folder = self.folder(make=False)
        if folder < 0:
            return []
        readable = os.open(b".", _LIST, dir_fd=folder)
        try:
            names = [os.fsencode(name) for name in os.listdir(readable)]
        finally:
            os.close(readable)
        return [name for name in names if not _alive(name)]

    def close(self) -> None:
        """Remove our folders if nothing is left in them; twice is no error."""
        _at_work.discard(self._mark)
        with self._lock:
            folder, self._folder = self._folder, -1
            abandoned, self._abandoned = self._abandoned, []
        for descriptor in abandoned:
            os.close(descriptor)
        if folder < 0:
            return
        os.close(folder)
        with contextlib.suppress(OSError):
            above = os.open(_PARTS, FOLDER_ONLY, dir_fd=self._tree.root)
            try:
                os.rmdir(self._owner, dir_fd=above)
                os.rmdir(_PARTS, dir_fd=self._tree.root)
            finally:
                os.close(above)

    def _opened(self, make: bool) -> int:
        # Whoever tidies up at the same moment may remove what was just made: try again.
        last = 100
        for attempt in range(last + 1):
            try:
                above = _made(_PARTS, self._tree.root, make=make)
                try:
                    return _made(self._owner, above, make=make)
                finally:
                    os.close(above)
            except FileNotFoundError:
                if not make:
                    return -1
                if attempt == last:
                    raise
        return -1

    def fresh_name(self) -> bytes:
        """A name for a temporary file that no other drive object, here or elsewhere, uses."""
        return b"t-%x-%b-%x" % (os.getpid(), self._mark, next(self._count))

    def _named(self, folder: int) -> Draft:
        name = self.fresh_name()
        return Draft(os.open(name, NEW, MODE, dir_fd=folder), folder, name)

    def _put_across(self, draft: Draft, parent: int, name: bytes, *, replace: bool) -> None:
        """Place *draft* where no way leads from our folder: on a file system mounted below the root."""
        folder = _made(_PARTS, parent, make=True)
        try:
            if not draft.name:
                with contextlib.suppress(OSError):
                    draft.name_in(folder, self.fresh_name())
            if draft.folder == folder:
                draft.rename(parent, name, replace=replace)
                return
            copy = self._named(folder)
            try:
                draft.copy_into(copy)
                hand_down(parent, copy.descriptor)
                copy.rename(parent, name, replace=replace)
                os.dup2(copy.descriptor, draft.descriptor, inheritable=False)
                draft.unlink()
            finally:
                copy.close()
        finally:
            if draft.folder == folder and draft.name:
                draft.unlink()
            os.close(folder)
            with contextlib.suppress(OSError):
                os.rmdir(_PARTS, dir_fd=parent)


def _made(name: bytes, parent: int, *, make: bool) -> int:
    """A descriptor of the folder *name* in *parent*, for us alone."""
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
            # What is in it gets its rights from the folder it goes to, not from here.
            stop_handing_down(name, parent)
    made = os.open(name, FOLDER_ONLY, dir_fd=parent)
    owner = os.fstat(made).st_uid
    if owner not in (os.geteuid(), 0, os.fstat(parent).st_uid):
        # A stranger who owns it could exchange files before they get their name.
        os.close(made)
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    return made


def _is_gone(folder: int) -> bool:
    """Whether the open *folder* has been removed."""
    try:
        return os.fstat(folder).st_nlink == 0
    except OSError as problem:
        if problem.errno == errno.ESTALE:
            return True
        raise


def _alive(name: bytes) -> bool:
    found = _TEMPORARY.fullmatch(name)
    if not found:
        return False
    process = int(found.group(1), 16)
    if process == os.getpid():
        return found.group(2) in _at_work
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
