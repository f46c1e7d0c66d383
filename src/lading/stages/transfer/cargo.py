"""
What comes with the rows of a partition: versions, restrictions, and where nothing may be put.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

from lading.manifest.parts import read_table
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Reach, Role, Version
from lading.model.paths import Path, decode
from lading.stages.transfer.succession import Wanted

OPEN = ".open"
"""The end of the names of files that list (as JSON, encoded) entries which could not be shut."""


class Cargo(NamedTuple):
    """What comes with rows, by their numbers; *open* are entries of NEW that could not be shut."""

    histories: Mapping[int, tuple[Wanted, ...]]
    guards: Mapping[int, tuple[Grant, ...]]
    open: frozenset[Path] = frozenset()

    @property
    def alone(self) -> Collection[int]:
        """Rows that are not done together with others."""
        return self.histories.keys() | self.guards.keys()


def read_cargo(folder: LocalPath, key: str) -> Cargo:
    """What comes with the partition *key* of the pass in *folder*."""
    histories: dict[int, list[Wanted]] = defaultdict(list)
    for row in _rows(folder / "plan" / "versions" / f"{key}.parquet"):
        histories[row["seq"]].append(_wanted(row))
    guards: dict[int, list[Grant]] = defaultdict(list)
    for row in _rows(folder / "plan" / "guards" / f"{key}.parquet"):
        guards[row["seq"]].append(grant_of(row))
    open_ = frozenset(
        decode(path)
        for file in (*(folder / "plan").glob(f"*{OPEN}"), *(folder / "result").glob(f"*{OPEN}"))
        for path in json.loads(file.read_bytes())
    )
    return Cargo(
        {seq: tuple(found) for seq, found in histories.items()},
        {seq: tuple(found) for seq, found in guards.items()},
        open_,
    )


def grant_of(row: Mapping[str, Any]) -> Grant:
    """The grant of NEW that a row of a plan is about."""
    return Grant(
        decode(row["path"]),
        Principal(PrincipalKind(row["kind"]), row["id"]),
        frozenset(),
        Effect(row["effect"]),
        Reach(row["reach"]),
        role=Role(row["role"]),
        expires=row["expires"],
    )


def _wanted(row: Mapping[str, Any]) -> Wanted:
    version = Version(
        "", row["saved"], row["size"], row["author"], modified=row["modified"], label=row["label"]
    )
    return Wanted(row["ordinal"], row["id"], version, row["sha256"])


def _rows(path: LocalPath) -> list[dict[str, Any]]:
    return read_table(path).to_pylist() if path.exists() else []
