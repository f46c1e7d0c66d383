"""
What a drive says about a file or a folder.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from lading.model.paths import Path


class Kind(StrEnum):
    """
    What an entry is.

    Only files and folders are moved.  The other two are reported: a symlink
    is never followed (it may leave the drive), and a socket, pipe or device
    has no content to move.
    """

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    SPECIAL = "special"


class Entry(NamedTuple):
    """
    A file or a folder, as its drive describes it at one moment.

    A named tuple, not a dataclass: a scan makes millions of them.
    """

    path: Path
    kind: Kind
    size: int = 0
    """Bytes of content; 0 for anything but a file."""
    modified: int | None = None
    """Nanoseconds since 1970-01-01 UTC, negative before; None if the drive keeps no time."""
    id: str | None = None
    """Stays with the entry when it is renamed or moved; None if the drive has no such thing."""
    etag: str | None = None
    """Changes whenever the content changes; None if the drive cannot tell."""
    digests: tuple[tuple[str, str], ...] = ()
    """(algorithm, lower-case hex) pairs which the drive itself computed over the content."""
    problem: str | None = None
    """Code of the error that stands between us and the content, known already from the listing."""

    @property
    def is_file(self) -> bool:
        """Whether the entry has content of its own."""
        return self.kind is Kind.FILE

    @property
    def is_folder(self) -> bool:
        """Whether the entry can hold others."""
        return self.kind is Kind.FOLDER
