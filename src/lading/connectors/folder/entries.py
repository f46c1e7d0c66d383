"""
Entries from what the kernel says, one by one and by the folder.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice
from threading import Lock

from lading.connectors.folder.tree import PARTS
from lading.connectors.folder.trouble import translated
from lading.model.entry import Entry, Kind
from lading.model.errors import Advice, CursorExpired, Forbidden
from lading.model.paths import Path, name_from

# Larger pages are slower: what is made for them no longer fits the cache of the processor.
PAGE = 2_000
_OPEN_LISTINGS = 64

_ETAG = "%x-%x-%x-%s"
_new: Callable[[type[Entry], tuple[object, ...]], Entry] = tuple.__new__
_KINDS = {
    stat.S_IFDIR: Kind.FOLDER,
    stat.S_IFLNK: Kind.SYMLINK,
}
# Names come decoded as the locale says; on some Chinese servers that is GB18030.
_FOREIGN_LOCALE = sys.getfilesystemencoding().lower() not in ("utf-8", "utf8")


def entry_of(path: Path, facts: os.stat_result, device: int, problem: str | None = None) -> Entry:
    """
    The entry at *path*.

    Its id is the inode number, with the device before it when that is not *device*, the one
    of the root: device numbers of network mounts change when the machine starts again.
    """
    # Scans come here for every entry: a tuple made directly, and "%", take half the time.
    number = "%x" % facts.st_ino  # noqa: UP031
    modified, mode = facts.st_mtime_ns, facts.st_mode
    etag, size = None, 0
    if mode & 0o170000 == stat.S_IFREG:
        kind, size = Kind.FILE, facts.st_size
    else:
        kind = _KINDS.get(mode & 0o170000, Kind.SPECIAL)
    if kind is not Kind.FOLDER:
        etag = _ETAG % (facts.st_size, modified, facts.st_ctime_ns, number)
    if facts.st_dev != device:
        number = f"{facts.st_dev:x}-{number}"
    return _new(Entry, (path, kind, size, modified, number, etag, (), problem))


def etag_of(facts: os.stat_result) -> str:
    """
    A mark that changes with the content.

    The time of change cannot be set by anybody, so a rewrite that keeps size and time of
    modification shows all the same; the inode number tells replacements within one tick apart.
    """
    return _ETAG % (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, f"{facts.st_ino:x}")


def barred(facts: os.stat_result, name: bytes | str, folder: int) -> str | None:
    """
    The problem code of an entry that this account cannot read, None if it seems that it can.

    The kernel is asked only about entries that not everybody may read.
    """
    mode = facts.st_mode
    if mode & 0o444 == 0o444 and (mode & 0o111 == 0o111 or not stat.S_ISDIR(mode)):
        return None
    me = os.geteuid()
    if me == 0 or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return None
    if facts.st_uid == me and stat.S_ISREG(mode) and mode & 0o400:
        return None
    wanted = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
    return None if os.access(name, wanted, dir_fd=folder, effective_ids=True) else Forbidden.code


class Listing:
    """One folder being listed, page by page."""

    def __init__(self, folder: Path, descriptor: int, device: int) -> None:
        self.folder = folder
        self.ended = False
        self._descriptor = descriptor
        self._device = device
        self._found: Iterator[os.DirEntry[str]] = os.scandir(descriptor)

    def page(self) -> list[Entry]:
        """The next entries; `ended` says whether these were the last."""
        found = list(islice(self._found, PAGE))
        self.ended = len(found) < PAGE
        folder, device = self.folder, self._device
        watched = os.geteuid() != 0
        entries = []
        for item in found:
            name = item.name
            try:
                facts = item.stat(follow_symlinks=False)
            except OSError as problem:
                if problem.errno != errno.ENOENT:
                    entries.append(_unseen(folder, item, problem))
                continue
            if name == PARTS and stat.S_ISDIR(facts.st_mode):
                continue
            hint = barred(facts, name, self._descriptor) if watched else None
            if _FOREIGN_LOCALE:
                name = name_from(os.fsencode(name))
            # Not `(*folder, name)`: that makes a list first.
            entries.append(entry_of(folder + (name,), facts, device, hint))  # noqa: RUF005
        return entries

    def close(self) -> None:
        """Give back the descriptors; twice is no error."""
        if self._descriptor >= 0:
            self._found.close()  # type: ignore[attr-defined]
            os.close(self._descriptor)
            self._descriptor = -1


class Listings:
    """Listings that wait for their next page, by cursor; the longest waiting give way to new ones."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._count = 0
        self._waiting: OrderedDict[str, Listing] = OrderedDict()
        self._lock = Lock()

    def keep(self, listing: Listing) -> str:
        """Keep *listing* for later, and return the cursor that asks for it."""
        with self._lock:
            self._count += 1
            cursor = f"{self._mark}-{self._count:x}"
            self._waiting[cursor] = listing
            dropped = self._waiting.popitem(last=False)[1] if len(self._waiting) > _OPEN_LISTINGS else None
        if dropped:
            dropped.close()
        return cursor

    def take(self, cursor: str, folder: Path) -> Listing:
        """The listing of *folder* that waits under *cursor*; it waits no longer."""
        with self._lock:
            listing = self._waiting.pop(cursor, None)
        if listing is None or listing.folder != folder:
            if listing:
                listing.close()
            raise CursorExpired(folder, "the drive was opened again, or too many listings were left open")
        return listing

    def close(self) -> None:
        """Drop all that wait."""
        with self._lock:
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for listing in waiting:
            listing.close()


def _unseen(folder: Path, item: os.DirEntry[str], problem: OSError) -> Entry:
    """An entry of which nothing but the name may be seen: its folder can be read, not entered."""
    path = (*folder, name_from(os.fsencode(item.name)))
    error = translated(problem, path)
    if error.advice is not Advice.SKIP_ITEM:
        raise error from problem
    kind = Kind.SPECIAL
    if item.is_symlink():
        kind = Kind.SYMLINK
    elif item.is_dir(follow_symlinks=False):
        kind = Kind.FOLDER
    elif item.is_file(follow_symlinks=False):
        kind = Kind.FILE
    return Entry(path, kind, problem=error.code)
