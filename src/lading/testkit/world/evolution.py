"""
Let a firm work for a week: edit, add, delete, rename and move files, and move a folder.

Decides first, in a pure function of the world and a seed; then applies the
decision to the disk.  Hostile entries are never moved or deleted, at most
edited, so that their names stay where tests expect them.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from random import Random

from lading.testkit.world.plan import NEWEST, Planned, size_for
from lading.testkit.world.records import Changes, MadeFile, World
from lading.testkit.world.writing import folders_of, put, put_content, settle_folder_times

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Intent:
    """What is going to happen, before anything does."""

    edits: tuple[MadeFile, ...]
    additions: tuple[Planned, ...]
    deletions: tuple[MadeFile, ...]
    renames: tuple[tuple[MadeFile, str], ...]
    folder: tuple[str, str]
    carried: tuple[MadeFile, ...]


def change(world: World, *, seed: int) -> Changes:
    """
    Change the firm on disk and return what changed, with the world as it is now.

    About one file in twenty is touched.  Every edit changes content, size or
    both, and the time; one edit in four keeps the size.  Two different
    worlds built alike change alike.

    Raises:
        ValueError: the firm is too small; 30 files are enough.
    """
    rng = Random(f"{seed}/change/{world.generation}")
    intent = _decide(world, rng)
    edited = [_edit(world, file, rng) for file in intent.edits]
    added = [put(world.root, planned, seed) for planned in intent.additions]
    for file in intent.deletions:
        (world.root / file.path).unlink()
    renamed = [_move(world, file, path) for file, path in intent.renames]
    carried = _move_folder(world, intent)
    after = _world_after(world, intent, (*edited, *added, *renamed, *carried))
    return Changes(
        edited=tuple(file.path for file in edited),
        added=tuple(file.path for file in added),
        deleted=tuple(file.path for file in intent.deletions),
        renamed=tuple((file.path, path) for file, path in intent.renames),
        carried=tuple((old.path, new.path) for old, new in zip(intent.carried, carried, strict=True)),
        moved_folders=(intent.folder,),
        world=after,
    )


def _decide(world: World, rng: Random) -> _Intent:
    old = _folder_to_move(world, rng)
    new = f"{os.path.dirname(old)}/归档 Archive {world.generation + 1:02}/{os.path.basename(old)}"
    carried = tuple(file for file in world.files if file.path.startswith(f"{old}/"))
    copies = Counter(file.sha256 for file in world.files)
    # Only content that exists once is renamed or deleted: otherwise a rename could not be told from a copy.
    free = [
        file
        for file in world.files
        if not file.trait and copies[file.sha256] == 1 and file not in set(carried)
    ]
    rng.shuffle(free)
    share = max(4, len(free) // 80)
    edits, deletions, renames = free[:share], free[share : share * 2], free[share * 2 : share * 3]
    edits += [file for file in world.files if file.trait and file.kind != "empty"][:1]
    folders = sorted({os.path.dirname(file.path) for file in free})
    return _Intent(
        edits=tuple(edits),
        additions=tuple(_additions(world, folders, share, rng)),
        deletions=tuple(deletions),
        renames=tuple(_new_names(world, renames, folders, rng)),
        folder=(old, new),
        carried=carried,
    )


def _folder_to_move(world: World, rng: Random) -> str:
    """Return a folder inside a deal with no hostile entry and up to forty files, at least five where there is one."""
    ordinary: Counter[str] = Counter()
    for file in world.files:
        ordinary.update(_above(file.path))
    awkward = set(chain.from_iterable(_above(path) for path in world.planted))
    deals = {deal.folder for deal in world.deals}
    # Only below a deal: a move of a top folder would leave the root.
    inside = [folder for folder in ordinary if deals & set(_above(folder)) and folder not in awkward]
    fitting = [folder for folder in sorted(inside) if ordinary[folder] <= 40 and "归档" not in folder]
    if not fitting:
        raise ValueError("the firm is too small to change: no folder can be moved")
    return rng.choice([folder for folder in fitting if ordinary[folder] >= 5] or fitting)


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _additions(world: World, folders: list[str], count: int, rng: Random) -> list[Planned]:
    generation = world.generation + 1
    fresh = f"{rng.choice(world.deals).folder}/17 新增 New {generation:02}"
    additions = []
    for number in range(1, count + 1):
        kind = rng.choice(("pdf", "docx", "xlsx", "eml", "csv"))
        path = (
            f"{rng.choice((fresh, rng.choice(folders)))}/新文件 New file {generation:02}-{number:03}.{kind}"
        )
        additions.append(
            Planned(path, kind, size_for(kind, rng), _moment(world, rng), f"{generation}/{path}")
        )
    return additions


def _new_names(
    world: World, files: list[MadeFile], folders: list[str], rng: Random
) -> list[tuple[MadeFile, str]]:
    """Return a free path for each of *files*: another name, another folder, or another case of the ending."""
    taken = {file.path for file in world.files}
    pairs = []
    for turn, file in enumerate(files):
        stem, _, ending = file.path.rpartition(".")
        candidates = (
            f"{stem} 定稿 final {world.generation + 1:02}.{ending}",
            f"{rng.choice(folders)}/{os.path.basename(file.path)}",
            f"{stem}.{ending.swapcase()}",
        )
        path = candidates[turn % 3]
        if path in taken:
            path = candidates[0]
        taken.add(path)
        pairs.append((file, path))
    return pairs


def _moment(world: World, rng: Random) -> int:
    """Return a time in the week of this change, in ns; each change has a week of its own."""
    start = NEWEST + _WEEK * (world.generation + 1)
    return (int(start.timestamp()) + rng.randrange(int(_WEEK.total_seconds()))) * 10**9


def _edit(world: World, file: MadeFile, rng: Random) -> MadeFile:
    target = world.root / file.path
    time = _moment(world, rng)
    if file.kind == "pdf" and rng.random() < 0.5:
        content = _restamped(target.read_bytes(), rng)
        return put_content(world.root, replace(file, mtime_ns=time), content)
    planned = Planned(file.path, file.kind, size_for(file.kind, rng), time, f"{time}/{file.path}")
    return put(world.root, planned, rng.randrange(10**9), file.trait)


def _restamped(pdf: bytes, rng: Random) -> bytes:
    """Return *pdf* with another stamp on its scan: as long as before, still valid, other content."""
    # The scan is the last stream and uncompressed, so its last bytes are grey levels.
    end = pdf.rindex(b"\nendstream")
    return pdf[: end - 64] + rng.randbytes(64) + pdf[end:]


def _move(world: World, file: MadeFile, path: str) -> MadeFile:
    (world.root / path).parent.mkdir(parents=True, exist_ok=True)
    (world.root / file.path).rename(world.root / path)
    return replace(file, path=path)


def _move_folder(world: World, intent: _Intent) -> list[MadeFile]:
    old, new = intent.folder
    (world.root / new).parent.mkdir(parents=True)
    (world.root / old).rename(world.root / new)
    return [replace(file, path=new + file.path.removeprefix(old)) for file in intent.carried]


def _world_after(world: World, intent: _Intent, changed: tuple[MadeFile, ...]) -> World:
    old, new = intent.folder
    gone = {file.path for file in chain(intent.edits, intent.deletions, intent.carried)}
    gone.update(file.path for file, _ in intent.renames)
    files = sorted(
        [*changed, *(file for file in world.files if file.path not in gone)], key=lambda file: file.path
    )
    kept = [folder for folder in world.folders if folder != old and not folder.startswith(f"{old}/")]
    moved = [new + folder.removeprefix(old) for folder in world.folders if folder not in set(kept)]
    folders = folders_of(files, (*kept, *moved))
    settle_folder_times(world.root, files, folders, int(NEWEST.timestamp()) * 10**9)
    return replace(world, files=tuple(files), folders=folders, generation=world.generation + 1)
