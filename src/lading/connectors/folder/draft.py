"""
An unfinished file, and the ways in which it can get a name.
"""

from __future__ import annotations

import contextlib
import errno
import os

from lading.connectors.folder.system import UNSUPPORTED, link_open, rename_new
from lading.model.text import Text

GAVE_BACK = Text("another content was given back", "返回了不同的内容")
MODE = 0o666
# Reading, too: a draft on another file system than its target is copied.
OPEN = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
NEW = OPEN | os.O_CREAT | os.O_EXCL
_BLOCK = 1 << 20
# Smaller than what the C library takes from the system anew each time, and than the nearer caches of a processor.
_PIECE = 1 << 17
_HOLE = 1 << 16


class Draft:
    """
    An open file without its final name.

    Its temporary one is *name* in *folder* (a descriptor), empty if it has none at all.
    *kept* says that the name stays when the draft is given up.
    """

    __slots__ = ("descriptor", "folder", "kept", "name")

    def __init__(self, descriptor: int, folder: int = -1, name: bytes = b"", *, kept: bool = False) -> None:
        self.descriptor = descriptor
        self.folder = folder
        self.name = name
        self.kept = kept

    def link_new(self, parent: int, name: bytes) -> None:
        """Give a draft without name its final *name* in *parent*; FileExistsError if that is taken."""
        link_open(self.descriptor, parent, name)

    def name_in(self, folder: int, name: bytes) -> None:
        """Give a draft without name a temporary one."""
        link_open(self.descriptor, folder, name)
        self.folder, self.name = folder, name

    def rename(self, parent: int, name: bytes, *, replace: bool) -> None:
        """Turn the temporary name into the final one; FileExistsError if it is taken and not to be replaced."""
        if replace:
            os.rename(self.name, name, src_dir_fd=self.folder, dst_dir_fd=parent)
        else:
            rename_absent(self.folder, self.name, parent, name)
        self.name = b""

    def close(self) -> None:
        """Close the file, and remove what was not placed."""
        os.close(self.descriptor)
        if self.name and not self.kept:
            self.unlink()

    def unlink(self) -> None:
        """Remove the temporary name."""
        with contextlib.suppress(OSError):
            os.unlink(self.name, dir_fd=self.folder)
        self.name = b""

    def copy_into(self, other: Draft) -> None:
        """Make *other* hold the same bytes and times."""
        at = 0
        while block := os.pread(self.descriptor, _BLOCK, at):
            write_at(other.descriptor, block, at)
            if not holds(other.descriptor, block, at):
                # Whoever has read back the first one counts on it.
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            at += len(block)
        facts = os.fstat(self.descriptor)
        os.utime(other.descriptor, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def write_at(descriptor: int, block: bytes, at: int) -> None:
    """
    Write *block* at byte *at*, where *descriptor* stands and the file ends.

    A large one of nothing but zeros becomes a hole, so that sparse files stay sparse.
    """
    if len(block) >= _HOLE and block[0] == 0 == block[-1] and block == bytes(len(block)):
        os.ftruncate(descriptor, at + len(block))
        os.lseek(descriptor, at + len(block), os.SEEK_SET)
    else:
        write_all(descriptor, block)


def holds(descriptor: int, block: bytes, start: int) -> bool:
    """Whether the file gives back *block* from byte *start* on, and ends there: that is told by a byte more than is asked for."""
    at = 0
    while True:
        asked = min(len(block) + 1 - at, _PIECE)
        held = os.pread(descriptor, asked, start + at)
        if not block.startswith(held, at):
            return False
        at += len(held)
        if len(held) < asked:
            return at == len(block)


def write_all(descriptor: int, block: bytes) -> None:
    """Write the whole *block*: a full disk or a signal can cut one call short."""
    done = os.write(descriptor, block)
    if done < len(block):
        rest = memoryview(block)[done:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def rename_absent(source: int, old: bytes, parent: int, name: bytes) -> None:
    """
    Rename a file where nothing may be, by the best means that the file system has.

    Of several at once exactly one wins by each of the three.  By the third, a kill between
    its two steps leaves an empty file: only file systems with neither `RENAME_NOREPLACE` nor
    hard links (some FUSE ones) come to that.
    """
    try:
        rename_new(source, old, parent, name)
        return
    except OSError as problem:
        if problem.errno not in UNSUPPORTED:
            raise
    try:
        os.link(old, name, src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
        os.unlink(old, dir_fd=source)
        return
    except OSError as problem:
        if problem.errno not in UNSUPPORTED:
            raise
    os.close(os.open(name, NEW, MODE, dir_fd=parent))
    try:
        os.rename(old, name, src_dir_fd=source, dst_dir_fd=parent)
    except OSError:
        os.unlink(name, dir_fd=parent)
        raise
