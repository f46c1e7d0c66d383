"""
Build a project-finance firm (项目融资) on the local disk, and let it work on.

Eight deals in eight phases, with thousands of valid files of the kinds and
sizes such a firm keeps, and among them the names, depths and times that
break careless software.  The same seed gives the same paths, sizes, digests
and times on one machine.  It writes only below the root it is given, and
refuses a root that is not empty.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from lading.testkit.world.deals import DEALS, EMPTY_FOLDERS
from lading.testkit.world.evolution import change
from lading.testkit.world.hostile import HOSTILE, SERVABLE, TRAPS, Trap
from lading.testkit.world.plan import NEWEST, Planned, plan_files
from lading.testkit.world.records import Changes, MadeFile, Refused, World
from lading.testkit.world.writing import Planting, folders_of, plant, put, settle_folder_times

__all__ = ["HOSTILE", "SERVABLE", "Changes", "MadeFile", "Refused", "World", "build", "change"]

_NEWEST_NS = int(NEWEST.timestamp()) * 10**9
_TRAP_SHELF = "13 往来函件 Correspondence"
_TRAP_SIZE = 3_000


def build(root: Path, *, seed: int, files: int = 3000, hostile: frozenset[str] = HOSTILE) -> World:
    """
    Write a firm of *files* ordinary files below *root* and return what was written.

    The entries of the traits in *hostile* come on top (85 files and folders
    for all; `SERVABLE` leaves out what not every WebDAV server can express).  3,000
    files have about 250 MB.  Below 500 files none is larger than 4 MB.

    Raises:
        FileExistsError: *root* exists and is not empty.
        ValueError: *hostile* holds an unknown trait.
    """
    if unknown := hostile - HOSTILE:
        raise ValueError(f"unknown traits: {', '.join(sorted(unknown))}")
    if root.exists() and any(root.iterdir()):
        raise FileExistsError(f"not empty: {root}")
    made = [put(root, planned, seed) for planned in plan_files(seed, files)]
    planting = _plant_all(root, seed, (trap for trap in TRAPS if trap.trait in hostile))
    made = sorted([*made, *planting.files], key=lambda file: file.path)
    empty = [f"{deal.folder}/{name}" for deal in DEALS for name in EMPTY_FOLDERS]
    for folder in empty:
        (root / folder).mkdir(parents=True)
    folders = folders_of(made, (*empty, *planting.folders))
    settle_folder_times(root, made, folders, _NEWEST_NS)
    return World(root, DEALS, tuple(made), folders, tuple(planting.folders), tuple(planting.refused))


def _plant_all(root: Path, seed: int, traps: Iterable[Trap]) -> Planting:
    """Spread *traps* over the deals, all of one trait in one place, so that twins meet."""
    planting = Planting()
    traits = sorted(HOSTILE)
    for trap in traps:
        deal = DEALS[traits.index(trap.trait) % len(DEALS)]
        place = f"{deal.folder}/{_TRAP_SHELF}"
        path = f"{place}/{os.fsdecode(b'/'.join(trap.names))}"
        time = _NEWEST_NS if trap.time is None else int(trap.time.timestamp()) * 10**9
        plant(root, place, trap, Planned(path, trap.kind, _TRAP_SIZE, time, path), seed, planting)
    return planting


def summary(world: World) -> dict[str, object]:
    """Return the figures of *world* for a person or a script; names are escaped where no terminal could show them."""
    return {
        "root": str(world.root),
        "files": len(world.files),
        "bytes": world.bytes,
        "counts": world.counts,
        "hostile": len(world.planted),
        "refused": [
            {"path": ascii(item.path), "trait": item.trait, "reason": item.reason} for item in world.refused
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    """Build a firm from the command line and print its figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m lading.testkit.worlds", description=build.__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--servable", action="store_true", help="only names that WebDAV can express")
    options = parser.parse_args(arguments)
    hostile = SERVABLE if options.servable else HOSTILE
    try:
        world = build(options.root, seed=options.seed, files=options.files, hostile=hostile)
    except OSError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(summary(world), ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
