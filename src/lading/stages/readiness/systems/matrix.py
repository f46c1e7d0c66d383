"""
What a new system supports: programs, operating systems, calls.

Ours is `lading.toml` beside this module; what stands there as tried is tried by the tests of this repository.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path as LocalPath
from typing import Any

from lading.manifest.files import local_errors
from lading.model.errors import BadTable
from lading.model.text import Text
from lading.stages.readiness.facts.compatibility import Ruling, Used

OURS = LocalPath(__file__).with_name("lading.toml")
SUPPORT = ("tried", "untried", "no")
_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rulings by name of a program or system, and the methods that each place of the new system's interface has."""

    name: str
    programs: Mapping[str, Ruling]
    systems: Mapping[tuple[str, str], Ruling]
    calls: Mapping[str, frozenset[str]]

    def has(self, operation: str) -> bool:
        """Whether the new system has *operation*, `METHOD place`."""
        method, _, place = operation.partition(" ")
        return method in self.calls.get(place, ())

    def rulings(self, used: Iterable[Used]) -> Iterator[Ruling]:
        """What is said of the programs and systems that are in use."""
        seen = set()
        for it in used:
            keys: list[Any] = (
                [(it.name, version) for version in it.versions] if it.kind == "system" else [it.name]
            )
            table: Mapping[Any, Ruling] = self.systems if it.kind == "system" else self.programs
            for key in keys:
                if key in table and key not in seen:
                    seen.add(key)
                    yield table[key]


def matrix_in(file: str) -> Matrix:
    """
    The matrix that the TOML *file* holds.

    Raises:
        DriveError: it cannot be read.
        BadTable: it holds none; the detail names the place.
    """
    with local_errors(file), open(file, "rb") as stream:
        raw = stream.read(_LARGEST)
    try:
        return _matrix(tomllib.loads(raw.decode("utf-8-sig")))
    except (ValueError, RecursionError, TypeError, KeyError) as problem:
        detail = str(problem)[:200]
        raise BadTable(
            file, Text(f"it is no file about a system ({detail})", f"不是系统说明文件（{detail}）")
        ) from None


def _matrix(told: Mapping[str, Any]) -> Matrix:
    programs = [_ruling(it) for it in told.get("program", [])]
    systems = [_ruling(it) for it in told.get("platform", [])]
    calls: dict[str, frozenset[str]] = {}
    for it in told.get("call", []):
        calls[_text(it, "place")] = frozenset(str(method).upper() for method in it["methods"])
    name = _text(told, "name")
    if not name:
        raise ValueError("name is missing")
    return Matrix(
        name, {it.name: it for it in programs}, {(it.name, it.version): it for it in systems}, calls
    )


def _ruling(row: Mapping[str, Any]) -> Ruling:
    name, support, ends = _text(row, "name"), _text(row, "support") or "untried", row.get("ends")
    if not name:
        raise ValueError("a program or platform has no name")
    if support not in SUPPORT:
        raise ValueError(f"{name}: support is one of {', '.join(SUPPORT)}")
    if ends is not None and type(ends) is not date:
        raise ValueError(f"{name}: ends is a day, like 2025-10-14 without quotes")
    minimum = _text(row, "minimum")
    if minimum and not re.fullmatch(r"\d+(\.\d+)*", minimum):
        raise ValueError(f"{name}: minimum is numbers with dots between, in quotes")
    words = (_text(row, it) for it in ("note_en", "note_zh", "source"))
    return Ruling(name, support, _text(row, "version"), minimum, ends, *words)


def _text(row: Mapping[str, Any], key: str) -> str:
    if not isinstance(row, Mapping):
        raise ValueError(f"{row!r} is no table")
    value = row.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} is a text in quotes")
    return value
