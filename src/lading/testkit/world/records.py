"""
What was written to disk, as plain values: the truth that a test compares a copy with.

Paths are relative to the root, with `/` between names, and carry bytes that
are not UTF-8 as `os.fsdecode` does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lading.testkit.world.deals import Deal


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file on disk; *trait* names its difficulty and is empty for an ordinary file."""

    path: str
    kind: str
    size: int
    sha256: str
    mtime_ns: int
    trait: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A hostile entry that the local file system did not take as asked, and why."""

    path: str
    trait: str
    reason: str


@dataclass(frozen=True, slots=True)
class World:
    """A firm on disk at one moment; *generation* counts the changes since it was built."""

    root: Path
    deals: tuple[Deal, ...]
    files: tuple[MadeFile, ...]
    folders: tuple[str, ...]
    hostile_folders: tuple[str, ...]
    refused: tuple[Refused, ...]
    generation: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many files of each kind there are, and under `folder` how many folders."""
        return {**Counter(file.kind for file in self.files), "folder": len(self.folders)}

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size for file in self.files)

    @property
    def planted(self) -> tuple[str, ...]:
        """The paths of all hostile entries that are on disk."""
        return (*(file.path for file in self.files if file.trait), *self.hostile_folders)


@dataclass(frozen=True, slots=True)
class Changes:
    """
    What happened to a world between two passes; the lists of files are disjoint.

    *renamed* holds files that got another name or folder one by one, *carried*
    those that moved along with a folder of *moved_folders*; each is a pair of
    old and new path, and content and time stay as they were.
    """

    edited: tuple[str, ...]
    added: tuple[str, ...]
    deleted: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    carried: tuple[tuple[str, str], ...]
    moved_folders: tuple[tuple[str, str], ...]
    world: World
