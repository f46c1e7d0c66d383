"""
Compare a folder with what the generator knows it wrote.

Shares no code with the product: it walks and hashes by itself, so that an
error in the product cannot hide itself here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lading.testkit.world.records import MadeFile, World

UNFINISHED = ".lading-parts"
"""Where a folder drive keeps what has no name yet."""
_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Difference:
    """A path relative to the root, and what is wrong there: missing, extra, content or time."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.what}: {self.path!a}"


@dataclass(frozen=True, slots=True)
class Arrived:
    """
    What stands under its final name in an unfinished copy.

    *files* maps each path to its inode and time in ns, so that it can be told later
    whether it was written again; *broken* are those whose content is not the whole one.
    """

    files: dict[str, tuple[int, int]]
    bytes: int
    broken: tuple[str, ...]
    unfinished: int
    unfinished_bytes: int


def differences(world: World, root: Path) -> list[Difference]:
    """All differences between *world* and what lies below *root*, in paths, contents and times (whole seconds)."""
    expected = {file.path: file for file in world.files}
    files, folders = _found(root)
    wrong = [
        Difference(path, "missing") for path in (expected.keys() - files) | (set(world.folders) - folders)
    ]
    wrong += [
        Difference(path, "extra") for path in (files - expected.keys()) | (folders - set(world.folders))
    ]
    for path in expected.keys() & files:
        wrong += _compared(expected[path], root)
    return sorted(wrong, key=lambda difference: difference.path)


def arrived(world: World, root: Path) -> Arrived:
    """What of *world* has arrived below *root*, read and compared."""
    expected = {file.path: file for file in world.files}
    found = {path for path in _found(root)[0] if path in expected}
    facts = {path: os.stat(root / path) for path in found}
    parts = [os.stat(path).st_size for path in _unfinished(root)]
    return Arrived(
        files={path: (it.st_ino, it.st_mtime_ns) for path, it in facts.items()},
        bytes=sum(it.st_size for it in facts.values()),
        broken=tuple(sorted(path for path in found if _sha256(root / path) != expected[path].sha256)),
        unfinished=len(parts),
        unfinished_bytes=sum(parts),
    )


def written_again(before: Arrived, root: Path) -> list[str]:
    """Those of the files that had arrived *before* which are not the same files any more."""
    return sorted(path for path, facts in before.files.items() if _identity(root / path) != facts)


def count(root: Path) -> int:
    """The number of files below *root* that have their final name."""
    return sum(len(names) for _, names in _walk(root))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = os.stat(path)
    except FileNotFoundError:
        return None
    return facts.st_ino, facts.st_mtime_ns


def _compared(file: MadeFile, root: Path) -> Iterator[Difference]:
    path = root / file.path
    if _sha256(path) != file.sha256:
        yield Difference(file.path, "content")
    # WebDAV tells times in whole seconds.
    if os.stat(path).st_mtime_ns // _SECOND != file.mtime_ns // _SECOND:
        yield Difference(file.path, "time")


def _found(root: Path) -> tuple[set[str], set[str]]:
    files: set[str] = set()
    folders: set[str] = set()
    for folder, names in _walk(root):
        place = "" if folder == str(root) else f"{os.path.relpath(folder, root)}/"
        files.update(place + name for name in names)
        if place:
            folders.add(place[:-1])
    return files, folders


def _walk(root: Path) -> Iterator[tuple[str, list[str]]]:
    for folder, inside, names in os.walk(root):
        if folder == str(root) and UNFINISHED in inside:
            inside.remove(UNFINISHED)
        yield folder, names


def _unfinished(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root / UNFINISHED):
        yield from (Path(folder, name) for name in names)


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
