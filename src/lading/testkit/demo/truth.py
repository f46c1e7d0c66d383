"""
Compare what a drive holds with what the generator knows it wrote.

Shares no code with the product: what is held was listed and hashed by
`lading.testkit.demo.door`, so that an error in the product cannot hide itself here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lading.testkit.world.records import MadeFile, World

UNFINISHED = ".lading-parts"
"""Where drafts lie that have no name yet, on a drive that has no other place for them."""
_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Held:
    """A file of the drive: its identity with version, its time in whole seconds since 1970, and its content."""

    identity: str
    seconds: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Holding:
    """All that a drive holds below one folder; *unfinished* are the sizes of what has no name yet."""

    files: Mapping[str, Held]
    folders: frozenset[str]
    unfinished: tuple[int, ...] = field(default=())


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

    *files* maps each path to its identity, so that it can be told later whether it was
    written again; *broken* are those whose content is not the whole one.
    """

    files: dict[str, str]
    bytes: int
    broken: tuple[str, ...]
    unfinished: int
    unfinished_bytes: int


def differences(world: World, holding: Holding) -> list[Difference]:
    """All differences between *world* and *holding*, in paths, contents and times (whole seconds)."""
    expected = {file.path: file for file in world.files}
    files, folders = holding.files.keys(), holding.folders
    wrong = [
        Difference(path, "missing") for path in (expected.keys() - files) | (set(world.folders) - folders)
    ]
    wrong += [
        Difference(path, "extra") for path in (files - expected.keys()) | (folders - set(world.folders))
    ]
    for path in expected.keys() & files:
        wrong += _compared(expected[path], holding.files[path])
    return sorted(wrong, key=lambda difference: difference.path)


def arrived(world: World, holding: Holding) -> Arrived:
    """What of *world* has arrived in *holding*."""
    expected = {file.path: file for file in world.files}
    found = {path: held for path, held in holding.files.items() if path in expected}
    return Arrived(
        files={path: held.identity for path, held in found.items()},
        bytes=sum(held.size for held in found.values()),
        broken=tuple(sorted(path for path, held in found.items() if held.sha256 != expected[path].sha256)),
        unfinished=len(holding.unfinished),
        unfinished_bytes=sum(holding.unfinished),
    )


def written_again(before: Arrived, holding: Holding) -> list[str]:
    """Those of the files that had arrived *before* which are not the same files any more."""
    now = {path: held.identity for path, held in holding.files.items()}
    return sorted(path for path, identity in before.files.items() if now.get(path) != identity)


def _compared(file: MadeFile, held: Held) -> Iterator[Difference]:
    if held.sha256 != file.sha256:
        yield Difference(file.path, "content")
    # WebDAV tells times in whole seconds.
    if held.seconds != file.mtime_ns // _SECOND:
        yield Difference(file.path, "time")
