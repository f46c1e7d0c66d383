"""
Every check that Lading has for two drives, asked as a person asks it, and what each of them finds in short words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lading.model.losses import Outcome
from support.command import Answer, inside

Findings = Mapping[str, frozenset[str]]
"""What each check finds, by its name; one that finds nothing is not there."""


@dataclass(frozen=True)
class Given:
    """What people give to the checks: who is who, the walls, and the day."""

    map: Path
    walls: Path
    at: str


def asked(old: Path, new: Path, given: Given) -> dict[str, Answer]:
    """The answer of every check, by its name."""
    sides = (old, new)
    access = ("--people", given.map, "--walls", given.walls, "--at", given.at)
    return {
        "compare": inside("compare", *sides, "--with", "all", "--map", given.map, "--json"),
        "access": inside("access", "diff", *sides, *access, "--json"),
        "identity": inside("identity", *sides, "--json"),
        "fidelity": inside("fidelity", *sides, "--json"),
    }


def found(answers: Mapping[str, Answer]) -> Findings:
    """What *answers* find."""
    said = {name: frozenset(short(answers[of].json)) for name, (of, short) in _SHORT.items()}
    return {name: words for name, words in said.items() if words}


def _compare(told: Mapping[str, Any]) -> Iterator[str]:
    if "error" in told:
        yield told["error"]["code"]
        return
    yield from (f"entries {what}" for what, it in told["counts"].items() if what != "same" and it["objects"])
    for name, table in told["tables"].items():
        yield from (f"{name} {what}" for what in ("missing", "extra", "unknown") if table[what])
        yield from (f"{name} {field}" for field in table["fields"])


def _access(told: Mapping[str, Any]) -> Iterator[str]:
    for moment in told["moments"]:
        for cause in moment["causes"]:
            yield f"{'gain' if cause['gain'] else 'loss'} {cause['why']}"
    for link in told["links"] or ():
        yield from (f"link opens more: {aspect}" for aspect in link["more"])
        yield from (f"link opens less: {aspect}" for aspect in link["less"])
    yield from told["notes"]


def _walls(told: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{it['people']} on both sides in {it['side']}" for it in told["walls"])


def _identity(told: Mapping[str, Any]) -> Iterator[str]:
    for it in told["findings"]:
        words = [it["outcome"], it["why"], *(word for word in ("wider", "fewer") if it[word])]
        yield " ".join(word for word in words if word)


def _fidelity(told: Mapping[str, Any]) -> Iterator[str]:
    # What arrives in other words is not lost.
    yield from (code for code, outcome in told["outcomes"].items() if outcome != Outcome.TRANSLATED)
    yield from (f"unknown {it['feature']}" for it in told["contract"]["accounts"] if it["unknown"])


_SHORT = {
    "compare": ("compare", _compare),
    "access": ("access", _access),
    "walls": ("access", _walls),
    "identity": ("identity", _identity),
    "fidelity": ("fidelity", _fidelity),
}
"""Each check, the command that makes it, and its findings in short words."""
