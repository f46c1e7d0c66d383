"""
From paths to open files, without ever leaving the root.

Every path is resolved anew from the descriptor of the root, in one `openat2`
call that refuses symlinks.  Descriptors of folders are not kept: one would
still lead to its folder after somebody moved that out of the root, and the
call costs two millionths of a second.
"""

from __future__ import annotations

import os

from lading.connectors.folder.system import FOLDER_ONLY, PATH_ONLY, open_beneath
from lading.model.errors import NameRefused
from lading.model.paths import Path

PARTS = ".lading-parts"
"""The folder of unfinished files, in the root (and for a moment in folders of other file systems)."""

_NO_NAMES = frozenset(("", ".", ".."))
_NOATIME: int = getattr(os, "O_NOATIME", 0)


class Tree:
    """The folders and files below the folder *root*, a descriptor."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.device = os.fstat(root).st_dev
        self._quiet = _NOATIME

    def close(self) -> None:
        """Give back the root; twice is no error."""
        root, self.root = self.root, -1
        if root >= 0:
            os.close(root)

    def folder(self, path: Path) -> int:
        """A descriptor of the folder *path*, good for calls relative to it; the caller closes it."""
        return self.opened(joined(path))

    def opened(self, names: bytes) -> int:
        """As `folder`, of a path that was `joined` before."""
        return open_beneath(self.root, names, FOLDER_ONLY) if names else os.dup(self.root)

    def parent(self, path: Path) -> int:
        """A descriptor of the folder that holds *path*, which is not the root."""
        return self.folder(path[:-1])

    def look(self, path: Path) -> int:
        """A descriptor that only looks at *path*, itself a symlink or not."""
        return open_beneath(self.root, joined(path), PATH_ONLY) if path else os.dup(self.root)

    def reading(self, path: Path, flags: int = 0) -> int:
        """
        A descriptor for reading *path*; the time of its last access stays, where we may ask for that.

        O_NONBLOCK lets a pipe without a writer be opened and recognised instead of waiting for one.
        """
        flags |= os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
        names = joined(path) if path else b"."
        try:
            return open_beneath(self.root, names, flags | self._quiet)
        except PermissionError:
            if not self._quiet:
                raise
            opened = open_beneath(self.root, names, flags)
            # Only the owner of a file may ask; where we own none, do not ask twice for each.
            self._quiet = 0
            return opened


def joined(path: Path) -> bytes:
    """
    *path* as the kernel takes it.

    Raises:
        NameRefused: it holds what is no name on any drive, or what is the name of no bytes.
    """
    text = "/".join(path)
    if not _NO_NAMES.isdisjoint(path) or text.count("/") >= max(1, len(path)) or "\0" in text:
        raise NameRefused(path, "not a name")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _with_stray_bytes(text, path)


def _with_stray_bytes(text: str, path: Path) -> bytes:
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise NameRefused(path, "not the name of any bytes") from None
    if raw.decode("utf-8", "surrogateescape") != text:
        # Escapes that together are valid UTF-8: the name would come back as another one.
        raise NameRefused(path, "not the name of any bytes")
    return raw


def target(path: Path) -> bytes:
    """
    The last name of *path*, for a path that is about to be changed.

    Raises:
        NameRefused: as for `joined`, and for our own folder of unfinished files.
    """
    return targeted(path)[1]


def targeted(path: Path) -> tuple[bytes, bytes]:
    """The folder of *path* as the kernel takes it, empty for the root, and its last name; refuses what `target` refuses."""
    raw = joined(path)
    if PARTS in path:
        raise NameRefused(path, "reserved for unfinished files")
    folder, _, name = raw.rpartition(b"/")
    return folder, name
