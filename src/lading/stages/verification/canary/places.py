"""
Where the canaries of OLD are on another drive.

A transfer maps the names that NEW cannot hold and leaves a list of them; without the list the same
names are computed anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from lading.connectors.api import Drive
from lading.connectors.listing import list_all
from lading.connectors.names import folded, mapped, problems
from lading.connectors.profile import NameRules
from lading.manifest.files import local_errors
from lading.model.errors import BadRequest, NotFound, WrongKind
from lading.model.paths import Path, decode, shown
from lading.model.text import Text

from .kit import README, Kit, is_kit_folder, kit_of
from .looking import Places, found_at
from .planting import read
from .table import BY_CODE, place

_BAD_LIST = Text("the list of mapped names cannot be read", "无法读取改名清单")


def kits_in(drive: Drive, folder: Path) -> Iterator[tuple[Path, Kit]]:
    """
    Each kit that stands directly in *folder*, with the path of its folder on this drive.

    Raises:
        DriveError: *folder* cannot be listed.
    """
    for entry in sorted(list_all(drive, folder), key=lambda entry: entry.path):
        if not entry.is_folder or not is_kit_folder(entry.path[-1]):
            continue
        path = (*entry.path, README)
        try:
            page = found_at(drive, path)
            kit = kit_of(read(drive, path)) if page is not None and page.is_file else None
        except (NotFound, WrongKind):
            continue
        if kit is not None:
            yield entry.path, kit


def paths_of(kit: Kit) -> tuple[Path, ...]:
    """The path of every file of *kit* in OLD."""
    return tuple(
        place(kit, code, file.path) for code, canary in BY_CODE.items() for file in canary.parts(kit).files
    )


def computed(kit: Kit, base: Path, rules: NameRules) -> Places:
    """The places on a drive with *rules*, on which the folder of *kit* is *base*."""
    others = _losers(paths_of(kit), rules)

    def find(path: Path) -> Path:
        below = [
            others.get(path[: depth + 1]) or (mapped(name, rules) if problems(name, rules) else name)
            for depth, name in enumerate(path)
        ]
        return (*base, *below[len(kit.base) :])

    return find


def listed(kit: Kit, base: Path, names: Mapping[Path, Path]) -> Places:
    """The places that the list *names* of a transfer tells; what lies below a mapped folder is below its new name."""

    def find(path: Path) -> Path:
        for depth in range(len(path), len(kit.base), -1):
            if path[:depth] in names:
                return (*names[path[:depth]], *path[depth:])
        return (*base, *path[len(kit.base) :])

    return find


def names_of(file: str, kit: Kit) -> dict[Path, Path]:
    """
    What the list *file* of a pass (`mapped.parquet`, or `mapped.jsonl` with shown paths) says about *kit*.

    Raises:
        BadRequest: it cannot be understood.
        DriveError: it cannot be read.
    """
    with local_errors(file):
        try:
            rows = _from_table(file) if file.endswith(".parquet") else _from_lines(file, kit)
            return {old: new for old, new in rows if old[: len(kit.base)] == kit.base}
        except (pa.ArrowInvalid, ValueError, KeyError, TypeError):
            raise BadRequest(file, _BAD_LIST) from None


def _from_table(file: str) -> Iterable[tuple[Path, Path]]:
    table = pq.read_table(file, columns=["path", "target"])
    for old, new in zip(table.column("path").to_pylist(), table.column("target").to_pylist(), strict=True):
        yield decode(old), decode(new)


def _from_lines(file: str, kit: Kit) -> Iterable[tuple[Path, Path]]:
    """A shown path stands for a path of the kit; names in NEW are taken as they are shown."""
    known = {shown(path[:depth]): path[:depth] for path in paths_of(kit) for depth in range(1, len(path) + 1)}
    with open(file, encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            if row["old"] in known:
                yield known[row["old"]], tuple(row["new"].strip("/").split("/"))


def _losers(paths: Iterable[Path], rules: NameRules) -> dict[Path, str]:
    """Names that the drive could not tell from a neighbour's: the first in order keeps its own."""
    groups: dict[tuple[Path, str], set[Path]] = {}
    for path in paths:
        for depth in range(1, len(path) + 1):
            key = path[: depth - 1], folded(path[depth - 1], rules)
            groups.setdefault(key, set()).add(path[:depth])
    return {path: mapped(path[-1], rules) for group in groups.values() for path in sorted(group)[1:]}
