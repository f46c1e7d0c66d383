"""
Put planned and hostile files on disk, and say what the file system made of them.

A hostile entry that the file system refuses, merges with its twin or stores
under another name or time is reported, never passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from random import Random

from lading.testkit.world.documents import write
from lading.testkit.world.hostile import Trap
from lading.testkit.world.plan import Planned
from lading.testkit.world.records import MadeFile, Refused


def content_of(planned: Planned, seed: int) -> bytes:
    """Return the content of *planned*; it depends on its content key, kind and size, not on its path."""
    # The key may hold surrogates of names that are not UTF-8, hence bytes.
    rng = Random(os.fsencode(f"{seed}/{planned.content}/{planned.size}"))
    return write(planned.kind, title_of(planned.content), planned.size, rng)


def title_of(path: str) -> str:
    """Return the last name of *path* without what an XML document cannot hold."""
    return "".join(char if char.isprintable() else " " for char in os.path.basename(path))


def put(root: Path, planned: Planned, seed: int, trait: str = "") -> MadeFile:
    """Write *planned* below *root*, with its folders, over whatever is there, and return what was written."""
    made = MadeFile(planned.path, planned.kind, 0, "", planned.mtime_ns, trait)
    return put_content(root, made, content_of(planned, seed))


def put_content(root: Path, made: MadeFile, content: bytes) -> MadeFile:
    """Write *content* at the path and with the time of *made*, and return it with the new size and digest."""
    target = root / made.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    os.utime(target, ns=(made.mtime_ns, made.mtime_ns))
    return replace(made, size=len(content), sha256=sha256(content).hexdigest())


@dataclass(slots=True)
class Planting:
    """What became of the hostile entries: files and folders on disk, and the refused ones."""

    files: list[MadeFile] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def plant(root: Path, place: str, trap: Trap, planned: Planned, seed: int, into: Planting) -> None:
    """Create the entry of *trap* in the folder *place* as *planned* describes it, and note the outcome in *into*."""
    (root / place).mkdir(parents=True, exist_ok=True)
    if merged := _merged_name(root / place, trap.names):
        into.refused.append(
            Refused(planned.path, trap.trait, f"the file system takes it for an existing name: {merged!r}")
        )
        return
    try:
        made = _create(root, trap, planned, seed)
    except OSError as error:
        into.refused.append(Refused(planned.path, trap.trait, error.strerror or str(error)))
        return
    if made is None:
        into.folders.append(planned.path)
    else:
        into.files.append(made)
        if made.mtime_ns != planned.mtime_ns:
            into.refused.append(
                Refused(planned.path, trap.trait, f"the file system keeps another time: {made.mtime_ns} ns")
            )


def _create(root: Path, trap: Trap, planned: Planned, seed: int) -> MadeFile | None:
    target = root / planned.path
    if trap.kind == "folder":
        target.mkdir(parents=True)
        made = None
    else:
        made = put(root, planned, seed, trap.trait)
        made = replace(made, mtime_ns=target.stat().st_mtime_ns)
    if trap.names[-1] not in os.listdir(os.fsencode(target.parent)):
        remove = target.rmdir if trap.kind == "folder" else target.unlink
        remove()
        raise OSError("the file system stores it under another name")
    return made


def _merged_name(folder: Path, names: tuple[bytes, ...]) -> bytes | None:
    """Return the first of *names* that seems to exist already although no listing shows it so."""
    current = os.fsencode(folder)
    for name in names:
        inside = os.path.join(current, name)
        # A name that is too long does not exist either: lexists answers False.
        if not os.path.lexists(inside):
            return None
        if name not in os.listdir(current):
            return name
        current = inside
    return None


def settle_folder_times(
    root: Path, files: Iterable[MadeFile], folders: Iterable[str], otherwise_ns: int
) -> None:
    """Give each folder the time of the newest file directly in it, so that folder times follow from the seed too."""
    newest: dict[str, int] = {}
    for file in files:
        parent = os.path.dirname(file.path)
        newest[parent] = max(newest.get(parent, file.mtime_ns), file.mtime_ns)
    for folder in folders:
        time = newest.get(folder, otherwise_ns)
        os.utime(root / folder, ns=(time, time))


def folders_of(files: Iterable[MadeFile], more: Iterable[str] = ()) -> tuple[str, ...]:
    """Return all folders, sorted: those above *files*, and *more* with those above them."""
    found: set[str] = set()
    for path in (*(os.path.dirname(file.path) for file in files), *more):
        while path and path not in found:
            found.add(path)
            path = os.path.dirname(path)
    return tuple(sorted(found))
